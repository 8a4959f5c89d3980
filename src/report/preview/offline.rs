//! A mail's page without what makes a browser connect before any policy is asked: `<link rel="preconnect">`, frames and their like. Mail
//! programs do not obey these elements either.

use crate::render::html::{Part, parts, tag_name};

/// Elements that say where something else is. For frames Chromium connects before it asks whether they are allowed.
const ELEMENTS: [&str; 7] = ["link", "base", "meta", "iframe", "frame", "object", "embed"];

/// The page without links, bases, frames, and metas that speak for HTTP. What stays that a browser might read as one after all, because
/// it reads comments and styles in another way, becomes a comment.
pub(super) fn offline(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    for part in parts(html) {
        match part {
            Part::Tag(tag) if is_connecting(tag) => {}
            part => out.push_str(part.source()),
        }
    }
    neutral(&out)
}

fn is_connecting(tag: &str) -> bool {
    let name = tag_name(tag);
    match name.as_str() {
        "meta" => speaks_for_http(tag),
        name => ELEMENTS.contains(&name),
    }
}

fn speaks_for_http(tag: &str) -> bool {
    tag.to_ascii_lowercase().contains("http-equiv")
}

/// A tag begins by its name right after `<` wherever it is, and by nothing else (HTML, 13.2.5.6).
fn neutral(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    // Metas that say nothing of other places, as one for the width of a telephone, stay where there are no others.
    let has_http = speaks_for_http(html);
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let inside = tail.get(1..).unwrap_or_default();
        let named = ELEMENTS.into_iter().find(|name| begins_with(inside, name));
        let is_kept = match named {
            None => true,
            Some("meta") => !has_http,
            Some(_) => false,
        };
        out.push_str(if is_kept { "<" } else { "<!" });
        rest = inside;
    }
    out.push_str(rest);
    out
}

fn begins_with(text: &str, name: &str) -> bool {
    let Some((start, after)) = text.split_at_checked(name.len()) else {
        return false;
    };
    let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>');
    start.eq_ignore_ascii_case(name) && after.chars().next().is_none_or(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_says_where_to_connect_to() {
        for (page, expected) in [
            ("<p>a<LINK rel=preconnect href='http://x'>b", "<p>ab"),
            (
                "<iframe src=http://x>a</iframe><object data=http://x>b",
                "a</iframe>b",
            ),
            ("<link/rel=preconnect href=http://x><base href=//x>", ""),
            ("<meta HTTP-Equiv=refresh content='0;url=http://x'>", ""),
            (
                "<meta name=viewport content=x><metadata><basefont><links>",
                "<meta name=viewport content=x><metadata><basefont><links>",
            ),
            (
                "<style>a{}</style><a href='x'>link</a>",
                "<style>a{}</style><a href='x'>link</a>",
            ),
        ] {
            assert_eq!(offline(page), expected);
        }
    }

    /// Places that browsers read in another way than this program: no `<link` is left anywhere.
    #[test]
    fn not_where_browsers_read_otherwise_either() {
        for page in [
            "<!--><link rel=preconnect href=http://x>-->",
            "<!-- --!><link rel=preconnect href=http://x> -->",
            "<xmp><!--</xmp><link rel=preconnect href=http://x>",
            "<svg><title><link rel=preconnect href=http://x></title></svg>",
            "<svg><style><link\nrel=preconnect href=http://x></style></svg>",
            "<<link x>link rel=preconnect href=http://x>",
            "<?<link x>link rel=preconnect href=http://x>",
            "<p title='><link rel=preconnect href=http://x>",
            "<!--><meta http-equiv=refresh content=0>-->",
            "<!--><meta a='>' http-equiv=refresh content=0>-->",
            "<xmp><!--</xmp><iframe src=http://x>",
            "<link",
        ] {
            let found = offline(page).to_ascii_lowercase();
            assert!(
                !found.contains("<link") && !found.contains("<meta") && !found.contains("<iframe"),
                "{found}"
            );
        }
    }
}
