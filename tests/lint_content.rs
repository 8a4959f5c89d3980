//! What bodies may say without a finding, and what they may not: sentences and pages as offices write them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::path::{Path, PathBuf};

use postmerge::diagnostic::{human, json};
use postmerge::lint;
use postmerge::workspace::folder::Folder;

#[path = "support/overlay.rs"]
mod overlay;

/// The findings of the sound workspace with these files, as `code message`.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let folder = overlay::base(&PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    for (path, text) in files {
        overlay::write(&folder.path().join(path), text.as_bytes());
    }
    let report = run(folder.path());
    let all = report.findings.iter();
    all.map(|it| format!("{} {}", it.rule.code, it.message))
        .collect()
}

fn run(root: &Path) -> lint::Report {
    let request = lint::Request::at("2026-11-02T12:00:00Z".parse().unwrap());
    lint::run(&Folder::new(root), &request)
}

fn of_body(body: &str) -> Vec<String> {
    found(&[("campaigns/rueda/body.md", body)])
}

fn of_page(css: &str, body: &str) -> Vec<String> {
    let page = format!(
        "<!DOCTYPE html><html lang=\"es\"><head><title>x</title><style>{css}</style></head><body>{body}\
         <p>Uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete.</p>\
         <p>{{{{ organisation.name }}}} {{{{ organisation.postal_address }}}} <a href=\"{{{{ unsubscribe_url }}}}\">Baja</a></p>\
         </body></html>"
    );
    let campaign = "subject: Rueda\nsender: eventos\naudience:\n  lists: [exportadores]\n\
                    send: {date: 2026-12-03, window: \"12:00\"}\n";
    found(&[
        ("campaigns/otra/body.html", &page),
        ("campaigns/otra/campaign.yaml", campaign),
    ])
}

#[test]
fn addresses_and_names_are_no_mismatch() {
    for body in [
        "Escriba a <eventos@camara.example>.",
        "[programa.pdf](https://camara.example)",
        "[P.IVA](https://camara.example) [node.js](https://camara.example)",
        "[Cómo llegar](https://maps.app.goo.gl/x)",
    ] {
        assert_eq!(of_body(body), Vec::<String>::new(), "{body}");
    }
    for body in [
        "[info@camara.example](mailto:eventos@camara.example)",
        "<a href=\"https://camara.example\">www.otra.example</a>",
    ] {
        let all = of_body(body);
        assert!(
            all.iter().any(|it| it.starts_with("PM102")),
            "{body}: {all:?}"
        );
    }
}

#[test]
fn decoration_is_no_picture_that_needs_words() {
    let body = "Hola.\n\n<img src=\"https://camara.example/x.png\" width=\"600\" height=\"20\" alt=\"\">\n\n\
                <img src=\"https://camara.example/y.png\" width=\"1\" height=\"1\" alt=\"\">\n";
    assert_eq!(of_body(body), Vec::<String>::new());
    let all = of_body(
        "Hola.\n\n<img src=\"https://camara.example/x.png\" width=\"600\" height=\"20\">\n",
    );
    assert!(all.iter().any(|it| it.starts_with("PM112")), "{all:?}");
}

#[test]
fn what_telephones_show_is_not_hidden() {
    let mobile = "@media (max-width:600px){.mob{display:block !important}}";
    let all = of_page(
        mobile,
        "<div class=\"mob\" style=\"display:none\">Solo en móvil</div>",
    );
    assert!(!all.iter().any(|it| it.starts_with("PM119")), "{all:?}");
    let all = of_page(".m{display:none}", "<div class=\"m\">escondido</div>");
    assert!(all.iter().any(|it| it.starts_with("PM119")), "{all:?}");
}

#[test]
fn an_important_colour_goes_before_an_elements_own() {
    let own = "<p class=\"d\" style=\"color:#eeeeee;background:#fff\">hola</p>";
    let all = of_page(".d{color:#222 !important}", own);
    assert!(!all.iter().any(|it| it.starts_with("PM122")), "{all:?}");
    let all = of_page("", "<p style=\"color:#777777;background:#ffffff\">hola</p>");
    let low = "PM122 #777777 on #ffffff has a contrast of 4.47 to 1; 4.5 are needed";
    assert!(all.iter().any(|it| it == low), "{all:?}");
}

#[test]
fn code_and_names_of_characters_are_not_spelt() {
    let all = found(&[
        (
            "campaigns/rueda/body.md",
            "Hola&nbsp;mundo `qwrt` <code>zxcv</code> <b>hola</b>\n",
        ),
        ("dictionaries/es.dic", "2\nhola\nmundo\n"),
        ("dictionaries/es.aff", "SET UTF-8\n"),
    ]);
    assert_eq!(all, Vec::<String>::new());
    let all = found(&[("dictionaries/es.aff", "SET UTF-8\n")]);
    assert!(all.iter().any(|it| it.starts_with("PM220")), "{all:?}");
}

/// Of a page of megabytes in one line, or of links of as much, people get what they can read, and soon.
#[test]
fn findings_stay_short_whatever_the_text_is() {
    let folder = overlay::base(&PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    let body = folder.path().join("campaigns/rueda/body.md");
    let long = "x".repeat(150_000);
    let links: Vec<String> = (0..20).map(|n| format!("[a]({long}{n})")).collect();
    overlay::write(&body, links.join("\n\n").as_bytes());
    let report = run(folder.path());
    assert!(report.findings.len() >= 20);
    let shown = human::render(&report.findings, &report.files, false);
    assert!(shown.len() < 100_000, "{}", shown.len());
    assert!(json::render(&report.findings, &report.files).len() < 100_000);
    overlay::write(&body, "a b , c ".repeat(400_000).as_bytes());
    let report = run(folder.path());
    let shown = human::render(&report.findings, &report.files, false);
    assert!(shown.len() < 500_000, "{}", shown.len());
    assert!(shown.contains("more slips stand in this text"));
}
