//! Style sheets put into the elements' own `style`: many mail programs read nothing else. Loads nothing from the
//! network, and refuses what would keep it busy.

use css_inline::{CSSInliner, InlineOptions};

use super::RenderError;
use super::page::{Part, parts};

/// A long newsletter has 5,000 elements and 1,000 selectors; this many pairs take about a second.
const MOST_PAIRS: usize = 20_000_000;

/// The page with the sheet's rules, and those of its own `style` elements, in its elements. `file` is the sheet's
/// name in errors.
///
/// # Errors
/// [`RenderError::Style`] where the sheet cannot be read, or would take too long.
pub(super) fn inline(page: &str, sheet: &str, file: &str) -> Result<String, RenderError> {
    let failed = |why: String| RenderError::Style {
        file: file.to_owned(),
        why,
    };
    if is_too_much(page, sheet) {
        return Err(failed(format!(
            "every rule is tried on every element, and there are more than {MOST_PAIRS} pairs of them"
        )));
    }
    let inliner = CSSInliner::new(InlineOptions {
        keep_style_tags: false,
        keep_at_rules: true,
        load_remote_stylesheets: false,
        extra_css: Some(sheet.into()),
        ..InlineOptions::default()
    });
    inliner.inline(page).map_err(|why| failed(why.to_string()))
}

/// Whether a page would keep the inliner busy for long. Counted are the marks that end a selector, so a comma in
/// a value counts as well.
fn is_too_much(page: &str, sheet: &str) -> bool {
    let selectors = |css: &str| css.bytes().filter(|it| matches!(it, b'{' | b',')).count();
    let (mut rules, mut elements) = (selectors(sheet), 0_usize);
    for part in parts(page) {
        match part {
            Part::Raw("style", css) => rules += selectors(css),
            Part::Tag(_) => elements += 1,
            _ => {}
        }
    }
    rules.saturating_mul(elements) > MOST_PAIRS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_would_take_minutes_is_refused_at_once() {
        let rules: String = (0..20_000)
            .map(|n| format!(".c{n} b {{color:red}}"))
            .collect();
        let elements = "<b>x</b>".repeat(8_000);
        let hostile = format!("<style>{rules}</style>{elements}");
        for (page, sheet) in [(hostile.as_str(), ""), (elements.as_str(), rules.as_str())] {
            let refused = inline(page, sheet, "style.css").unwrap_err().to_string();
            assert!(refused.contains("style.css"), "{refused}");
        }
        let ordinary = inline("<p class=a>x</p>", ".a {color: red}", "style.css").unwrap();
        assert!(ordinary.contains("color: red"), "{ordinary}");
    }
}
