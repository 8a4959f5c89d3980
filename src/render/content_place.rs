//! Where a layout has `{{ content }}`: once, in what people read, and under no condition, for every mail has
//! its text.

use super::RenderError;
use super::page::{Part, parts};
use super::tags::{Kind, Piece, Tags, position};

/// What stands before and after `{{ content }}` in a layout; `is_page`: in HTML.
///
/// # Errors
/// [`RenderError::Template`] where it stands nowhere, twice, or where nobody sees it.
pub(super) fn around_content<'a>(
    tags: &Tags,
    layout: &'a str,
    file: &str,
    is_page: bool,
) -> Result<(&'a str, &'a str), RenderError> {
    let mut found = None;
    let mut conditions = 0_usize;
    for piece in tags.pieces(layout) {
        let Piece::Tag(index) = piece else { continue };
        match tags.keyword(index) {
            Some("if" | "for") => conditions += 1,
            Some("endif" | "endfor") => conditions = conditions.saturating_sub(1),
            _ => {}
        }
        let Some(tag) = tags.get(index).filter(|tag| is_content(&tag.kind)) else {
            continue;
        };
        let wrong = |why: &str| Err(RenderError::template(&tag.origin, why.to_owned()));
        if found.is_some() {
            return wrong(
                "`{{ content }}` stands here a second time: the text goes into one place",
            );
        }
        if conditions > 0 {
            return wrong(
                "`{{ content }}` stands in an `if` or a `for`: mails would lack their text, or repeat it",
            );
        }
        let word = tags.word(index);
        if is_page && !is_shown(layout, &word) {
            return wrong(
                "`{{ content }}` stands in a tag, a comment or a style, where nobody reads it",
            );
        }
        found = layout.split_once(word.as_str());
    }
    found.ok_or_else(|| {
        let origin = position(&file.into(), layout, 0);
        let why = "the layout has no `{{ content }}`: the campaign's text has no place in it";
        RenderError::template(&origin, why.to_owned())
    })
}

fn is_content(kind: &Kind) -> bool {
    matches!(kind, Kind::Expression(inner) if inner == "content")
}

fn is_shown(page: &str, word: &str) -> bool {
    let mut all = parts(page).into_iter();
    all.any(|part| matches!(part, Part::Text(text) if text.contains(word)))
}
