//! A template's text without its tags, for rules about what people read.

use crate::render::literal;

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

#[cfg(test)]
mod tests {
    use super::without_tags;

    #[test]
    fn tags_are_taken_out() {
        for (given, right) in [
            ("a {{ b }} c", "a ? c"),
            ("{% if a %}b{% endif %}{# } #}", "?b?"),
            ("{{ a }}", "?"),
            ("{{ '}}' }}b{{ c }}{{ d }}", "?b?"),
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
