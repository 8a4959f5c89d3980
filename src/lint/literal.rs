//! What stands outside of a template's tags. Where a tag is not closed, everything behind its beginning is
//! inside of it.

use std::ops::Range;

/// The pieces outside of tags, in order, none empty. Reads the text once.
pub(super) fn literal(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let (open, closing) = tag(rest).unwrap_or((rest.len(), ""));
            if open > 0 {
                let piece = at..at + open;
                at = piece.end;
                return Some(piece);
            }
            let inside = rest.get(2..).unwrap_or_default();
            let end = inside.find(closing).map(|end| end + 4);
            at += end.unwrap_or(rest.len());
        }
        None
    })
}

/// A text in which each tag is `instead`.
pub(super) fn without_tags(text: &str, instead: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for piece in literal(text) {
        if piece.start > at {
            out.push_str(instead);
        }
        at = piece.end;
        out.push_str(text.get(piece).unwrap_or_default());
    }
    if at < text.len() {
        out.push_str(instead);
    }
    out
}

/// Where the next tag begins, and what ends it.
fn tag(text: &str) -> Option<(usize, &'static str)> {
    text.match_indices('{').find_map(|(at, _)| {
        let closing = match text.as_bytes().get(at + 1)? {
            b'{' => "}}",
            b'%' => "%}",
            b'#' => "#}",
            _ => return None,
        };
        Some((at, closing))
    })
}

#[cfg(test)]
mod tests {
    use super::without_tags;

    #[test]
    fn tags_are_taken_out() {
        for (given, right) in [
            ("a {{ b }} c", "a ? c"),
            ("{% if a %}b{% endif %}{# } #}", "?b?"),
            ("{{ a }}", "?"),
            ("a { b } c", "a { b } c"),
            ("ñ{{ a", "ñ?"),
            ("a{", "a{"),
            ("{{", "?"),
            ("", ""),
        ] {
            assert_eq!(without_tags(given, "?"), right, "{given}");
        }
    }
}
