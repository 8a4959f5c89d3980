//! Text stands out from its ground.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::cascade::{Sheet, shown};
use crate::lint::content::{Kind, Owner, Text};
use crate::lint::style::{Colour, Declaration, contrast, declarations};
use crate::lint::without_tags::without_tags;
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM122",
        name: "contrast-low",
        severity: Severity::Warning,
        summary: "Text is hard to read on its ground.",
    },
    run,
};

/// WCAG 2.2, 1.4.3: for text of usual size.
const ENOUGH: f64 = 4.5;

/// The same, for large text.
const ENOUGH_IF_LARGE: f64 = 3.0;

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for text in context.texts {
        let css = match text.kind {
            Kind::Html => sheets(context, text),
            _ => String::new(),
        };
        let sheet = Sheet::of(&css, false);
        for element in text.elements.iter().filter(|it| !sheet.decides(it)) {
            let style = element.attribute("style").unwrap_or_default();
            pair(text, style, &element.at, out);
        }
        if text.kind == Kind::Html {
            nested(text, &css, &sheet, out);
        }
        if text.path.ends_with(".css") {
            let mut at = 0;
            for rule in text.source.split_inclusive('}') {
                let open = rule.rfind('{').map_or(0, |open| open + 1);
                let lead = rule
                    .get(open..)
                    .map_or(0, |it| it.len() - it.trim_start().len());
                let span = at + open + lead..at + rule.trim_end_matches('}').trim_end().len();
                pair(text, rule.get(open..).unwrap_or_default(), &span, out);
                at += rule.len();
            }
        }
    }
}

/// All style sheets of a page, templates' tags taken out.
fn sheets(context: &Context<'_>, text: &Text) -> String {
    let mut css = String::new();
    // A campaign's page has no sheet beside it.
    if matches!(text.owner, Owner::Template(_)) {
        let is_sheet = |it: &&Text| it.owner == text.owner && it.path.ends_with(".css");
        let beside = context.texts.iter().filter(is_sheet);
        css.extend(beside.map(|it| it.source.as_str()));
    }
    for at in &text.sheets {
        css.push_str(text.source.get(at.clone()).unwrap_or_default());
    }
    without_tags(&css, "unknown")
}

/// Colours and grounds of different elements and rules, on light screens and on dark ones.
fn nested(text: &Text, css: &str, sheet: &Sheet<'_>, out: &mut Vec<Diagnostic>) {
    let light = shown(&text.source, sheet);
    let has_dark = css.contains("prefers-color-scheme");
    let dark = if has_dark {
        shown(&text.source, &Sheet::of(css, true))
    } else {
        Vec::new()
    };
    let only_dark = dark.iter().filter(|it| !light.contains(it));
    let all = light
        .iter()
        .map(|it| (it, ""))
        .chain(only_dark.map(|it| (it, " on dark screens")));
    // What one style gives is told where the style stands.
    for (it, when) in all.filter(|(it, _)| !it.is_of_one_style) {
        let needed = if it.is_large { ENOUGH_IF_LARGE } else { ENOUGH };
        let found = contrast(it.colour, it.ground);
        if found < needed {
            let message = format!(
                "{} on {} has a contrast of {} to 1{when}; {needed} are needed",
                it.colour,
                it.ground,
                rounded(found)
            );
            out.push(finding(text, &it.at, message));
        }
    }
}

/// A colour and the ground that stand in one style, where both are known.
fn pair(text: &Text, style: &str, at: &Range<usize>, out: &mut Vec<Diagnostic>) {
    let (mut colour, mut ground) = (None, None);
    for Declaration { name, value, .. } in declarations(style) {
        match name.as_str() {
            "color" => colour = Colour::parse(&value),
            "background-color" | "background" => ground = Colour::parse(&value),
            _ => {}
        }
    }
    let (Some(colour), Some(ground)) = (colour, ground) else {
        return;
    };
    let found = contrast(colour, ground);
    if found < ENOUGH {
        let found = rounded(found);
        let message =
            format!("{colour} on {ground} has a contrast of {found} to 1; 4.5 are needed");
        out.push(finding(text, at, message));
    }
}

/// Downwards, so that what is not enough does not look as if it were.
fn rounded(contrast: f64) -> f64 {
    (contrast * 100.0).floor() / 100.0
}

fn finding(text: &Text, at: &Range<usize>, message: String) -> Diagnostic {
    text.finding(&CHECK.rule, at, message)
        .why("many read mails on a telephone in the sun, or do not see well")
        .help("take a darker or a lighter colour")
}
