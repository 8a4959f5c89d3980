//! Comments for whoever reviews: `<!-- postmerge: allow RULE -- reason -->` accepts a finding where it stands.
//! Recipients do not get them, so they are taken out of pages and style sheets before those are written.

use std::borrow::Cow;

use super::page::{Part, parts};

/// How comments begin.
const SIGNS: [&str; 4] = ["<!--", "/*", "{#", "#"];

/// Where in a comment the names of accepted rules begin, if it accepts some. However it is spaced and
/// capitalised: nobody means a text for recipients with it.
pub fn accepted_from(comment: &str) -> Option<usize> {
    let sign = SIGNS.into_iter().find(|sign| comment.starts_with(sign))?;
    let rest = comment.get(sign.len()..)?.trim_start_matches(['-', '#']);
    let rest = word(rest, "postmerge")?;
    let rest = rest.trim_start().strip_prefix(':')?;
    let rest = word(rest, "allow")?;
    let is_whole = !rest.starts_with(|c: char| c.is_alphanumeric());
    is_whole.then(|| comment.len() - rest.len())
}

/// What stands behind a word, in any capitals.
fn word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (found, rest) = text.trim_start().split_at_checked(word.len())?;
    found.eq_ignore_ascii_case(word).then_some(rest)
}

/// A page without them.
pub(super) fn taken_out_of_page(page: &str) -> Cow<'_, str> {
    if !is_suspect(page) {
        return Cow::Borrowed(page);
    }
    let mut out = String::with_capacity(page.len());
    for part in parts(page) {
        match part {
            Part::Comment(comment) if accepted_from(comment).is_some() => {}
            Part::Raw("style", css) => out.push_str(&taken_out_of_css(css)),
            other => out.push_str(other.source()),
        }
    }
    Cow::Owned(out)
}

/// A style sheet without them.
pub(super) fn taken_out_of_css(css: &str) -> Cow<'_, str> {
    if !is_suspect(css) {
        return Cow::Borrowed(css);
    }
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = rest.find("/*") {
        let (before, from) = rest.split_at(at);
        let body = from.get(2..).unwrap_or_default();
        let end = body.find("*/").map_or(from.len(), |at| at + 4);
        let (comment, after) = from.split_at(end);
        out.push_str(before);
        if accepted_from(comment).is_none() {
            out.push_str(comment);
        }
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn is_suspect(text: &str) -> bool {
    text.to_ascii_lowercase().contains("postmerge")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acceptances_are_known_by_their_words() {
        for (comment, rest) in [
            ("<!-- postmerge: allow a -- b -->", Some(" a -- b -->")),
            ("<!--PostMerge:allow a-->", Some(" a-->")),
            ("<!--\n  postmerge :  Allow\na -->", Some("\na -->")),
            ("/* postmerge: allow a */", Some(" a */")),
            ("{#- postmerge: allow a -#}", Some(" a -#}")),
            ("# postmerge: allow", Some("")),
            ("## postmerge: allow a", Some(" a")),
            ("<!-- postmerge: allowed a -->", None),
            ("<!-- postmerge allows a -->", None),
            ("<!-- see postmerge: allow a -->", None),
            ("postmerge: allow a", None),
            ("<!-- posñ", None),
        ] {
            let found = accepted_from(comment).and_then(|at| comment.get(at..));
            assert_eq!(found, rest, "{comment}");
        }
    }

    #[test]
    fn nothing_else_is_taken_out() {
        let page = "<p>a<!-- b --></p><!-- postmerge: allow x -- y --><style>p{}/* postmerge: allow x -- y *//* z */</style>\
                    <code>&lt;!-- postmerge: allow x --&gt;</code>";
        assert_eq!(
            taken_out_of_page(page),
            "<p>a<!-- b --></p><style>p{}/* z */</style><code>&lt;!-- postmerge: allow x --&gt;</code>"
        );
        assert_eq!(taken_out_of_css("a{} /* postmerge: allow x"), "a{} ");
    }
}
