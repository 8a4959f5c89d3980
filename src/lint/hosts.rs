//! Which texts people take for the name of a host. A dot alone does not make one: `programa.pdf`, `P.IVA` and
//! `José.Muñoz` are none.

/// Endings of general names that mails show, and the reserved one of examples.
const GENERAL: [&str; 56] = [
    "com", "net", "org", "info", "biz", "edu", "gov", "mil", "int", "name", "pro", "mobi", "cat",
    "coop", "museum", "travel", "jobs", "asia", "aero", "tel", "post", "xyz", "top", "app", "dev",
    "online", "shop", "store", "site", "website", "web", "tech", "cloud", "blog", "page", "link",
    "click", "live", "life", "news", "media", "email", "agency", "company", "global", "group",
    "world", "bank", "finance", "expo", "events", "wine", "lat", "eus", "gal", "example",
];

/// Countries' endings (ISO 3166-1, with `eu` and `uk`), less those that files end in: `md`, `py`, `ps`, `sh`, `rs`.
const COUNTRIES: &str = "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br \
    bs bt bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu \
    fi fj fk fm fo fr ga gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq \
    ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc me mg mh mk ml mm \
    mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr pt \
    pw qa re ro ru rw sa sb sc sd se sg si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to \
    tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw";

/// Of the general ones, the first so many end nothing but hosts: shops write `ReadyHosting.com`.
const UNMISTAKABLE: usize = 7;

/// Whether a text is a host's name as people write one: with an ending that there is, and in small letters, unless the
/// ending leaves no doubt.
pub(super) fn looks_like_host(text: &str) -> bool {
    let ending = text.rsplit('.').next().unwrap_or_default();
    let mut unmistakable = GENERAL.iter().take(UNMISTAKABLE);
    let is_any_case = unmistakable.any(|it| *it == ending);
    let is_label = |label: &str| {
        let is_letter = |c: char| c.is_lowercase() || (is_any_case && c.is_alphabetic());
        let inner = |c: char| is_letter(c) || c.is_numeric() || c == '-';
        !label.is_empty()
            && label.chars().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let Some((before, ending)) = text.rsplit_once('.') else {
        return false;
    };
    let is_ending = ending.starts_with("xn--")
        || GENERAL.contains(&ending)
        || COUNTRIES.split_whitespace().any(|it| it == ending);
    // `p.es` and `n.it` are abbreviations.
    is_ending && before.chars().count() > 1 && before.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::looks_like_host;

    #[test]
    fn names_of_hosts_are_told_from_names_of_files_and_people() {
        for host in [
            "camara.example",
            "www.otra.com.co",
            "año.es",
            "x-1.europa.eu",
            "ReadyHosting.com",
        ] {
            assert!(looks_like_host(host), "{host}");
        }
        for none in [
            "programa.pdf",
            "Excel.xlsx",
            "index.html",
            "node.js",
            "leame.md",
            "José.Muñoz",
            "P.IVA",
            "dott.ssa",
            "C.so",
            "p.es",
            "12.12.2026",
            "S.p.A.",
            "Amazon.es",
            "etc...es",
            "-a.es",
            "com",
            "",
        ] {
            assert!(!looks_like_host(none), "{none}");
        }
    }
}
