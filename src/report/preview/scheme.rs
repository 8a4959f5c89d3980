//! A mail's page as a program in light or in dark shows it: its own `prefers-color-scheme` decided, whatever the browser prefers
//! that shows the preview. Colours that the mail does not set are the program's.

/// Which colours a mail program shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// Black on white.
    Light,
    /// White on black.
    Dark,
}

/// What is always and never so, as a media feature.
const ALWAYS: &str = "(min-width: 0px)";
const NEVER: &str = "(max-width: 0px)";

/// The page with its media queries about the scheme decided.
pub(super) fn in_scheme(html: &str, scheme: Scheme) -> String {
    let mut out = String::with_capacity(html.len() + 128);
    out.push_str(match scheme {
        Scheme::Light => "<style>html{color-scheme:light;background:#fff;color:#000}</style>",
        Scheme::Dark => "<style>html{color-scheme:dark;background:#121212;color:#e8e8e8}</style>",
    });
    // The doctype must stay first, or the page is shown in quirks mode.
    if let Some((doctype, rest)) = doctype(html) {
        out.insert_str(0, doctype);
        decide(rest, scheme, &mut out);
    } else {
        decide(html, scheme, &mut out);
    }
    out
}

fn doctype(html: &str) -> Option<(&str, &str)> {
    let start = html.get(..9)?;
    if !start.eq_ignore_ascii_case("<!doctype") {
        return None;
    }
    let end = html.find('>')? + 1;
    html.split_at_checked(end)
}

fn decide(html: &str, scheme: Scheme, out: &mut String) {
    let mut rest = html;
    while let Some((before, wants, after)) = next_query(rest) {
        out.push_str(before);
        out.push_str(if wants == scheme { ALWAYS } else { NEVER });
        rest = after;
    }
    out.push_str(rest);
}

/// The next `(prefers-color-scheme: …)`: what stands before it, what it asks for, what stands behind it.
fn next_query(html: &str) -> Option<(&str, Scheme, &str)> {
    let mut from = 0;
    loop {
        let open = from + html.get(from..)?.find('(')?;
        let inside = html.get(open + 1..)?;
        from = open + 1;
        let close = inside.find(')')?;
        let inner = inside.get(..close)?;
        let Some((name, value)) = inner.split_once(':') else {
            continue;
        };
        if !name.trim().eq_ignore_ascii_case("prefers-color-scheme") {
            continue;
        }
        let wants = match value.trim().to_ascii_lowercase().as_str() {
            "dark" => Scheme::Dark,
            "light" => Scheme::Light,
            _ => continue,
        };
        return Some((html.get(..open)?, wants, inside.get(close + 1..)?));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_own_queries_are_decided() {
        let page = "<!DOCTYPE html><style>@media (Prefers-Color-Scheme:dark) {a{}} @media screen and ( prefers-color-scheme : light ) {b{}} @media (max-width: 600px) {c{}}</style>";
        let dark = in_scheme(page, Scheme::Dark);
        assert!(
            dark.starts_with("<!DOCTYPE html><style>html{color-scheme:dark"),
            "{dark}"
        );
        assert!(dark.contains("@media (min-width: 0px) {a{}}"), "{dark}");
        assert!(dark.contains("screen and (max-width: 0px) {b{}}"), "{dark}");
        assert!(dark.contains("@media (max-width: 600px) {c{}}"), "{dark}");
        let light = in_scheme(page, Scheme::Light);
        assert!(light.contains("@media (max-width: 0px) {a{}}"), "{light}");
        for odd in [
            "",
            "(",
            "((",
            "(prefers-color-scheme: )",
            "<!DOCTYPE",
            "(a:b",
        ] {
            assert!(in_scheme(odd, Scheme::Dark).ends_with(odd));
        }
    }
}
