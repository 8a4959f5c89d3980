//! Text stands out from its ground.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::Text;
use crate::lint::style::{Colour, contrast, declarations};
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

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for text in context.texts {
        for element in &text.elements {
            let style = element.attribute("style").unwrap_or_default();
            pair(text, style, &element.at, out);
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

/// A colour and the ground that stand in one style, where both are known.
fn pair(text: &Text, style: &str, at: &std::ops::Range<usize>, out: &mut Vec<Diagnostic>) {
    let (mut colour, mut ground) = (None, None);
    for (name, value) in declarations(style) {
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
        let message =
            format!("{colour} on {ground} has a contrast of {found:.1} to 1; 4.5 are needed");
        out.push(
            text.finding(&CHECK.rule, at, message)
                .why("many read mails on a telephone in the sun, or do not see well")
                .help("take a darker or a lighter colour"),
        );
    }
}
