//! Texts are set as in print.
//!
//! Quotation marks, dashes and three dots in Markdown are put right by rendering; what is left is spaces,
//! and dots in what is not Markdown.

use std::ops::Range;

use crate::diagnostic::place::{Place, pointer};
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::{Kind, Text};
use crate::lint::same_markdown::harmless;
use crate::lint::{Check, Context};
use crate::render::literal;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM192",
        name: "typography",
        severity: Severity::Warning,
        summary: "A text has slips that print would not have.",
    },
    run,
};

/// So many findings are enough for one text, where somebody reads them.
const MOST: usize = 50;

/// So many are mended in one go; what is left then is mended in the next.
const MOST_TO_MEND: usize = 20_000;

/// A slip: its bytes, what it is, what belongs there.
type Slip = (Range<usize>, &'static str, &'static str);

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let most = match context.request.is_mending {
        true => MOST_TO_MEND,
        false => MOST,
    };
    for text in context.texts.iter().filter(|it| it.kind == Kind::Markdown) {
        let mut all = in_markdown(text);
        let slips: Vec<Slip> = all.by_ref().take(most).collect();
        let safe = harmless(&text.source, &slips);
        for (slip, is_safe) in slips.into_iter().zip(safe) {
            out.push(finding(&text.path, 0, slip, is_safe));
        }
        if let Some((at, ..)) = all.next() {
            let more = all.count() + 1;
            let several = if more == 1 {
                "slip stands"
            } else {
                "slips stand"
            };
            out.push(
                text.finding(
                    &CHECK.rule,
                    &at,
                    format!("{more} more {several} in this text"),
                )
                .help("`postmerge lint --fix` mends them"),
            );
        }
    }
    for file in context.loaded.campaigns.values() {
        let Some(yaml) = context.files.get(file.path.as_str()) else {
            continue;
        };
        for key in ["subject", "preheader"] {
            let Some(at) = yaml.positions().value(&pointer(&[key])) else {
                continue;
            };
            let written = yaml.text().get(at.clone()).unwrap_or_default();
            if written.contains('\n') {
                // In a block's lines spaces are layout.
                continue;
            }
            let slips = slips(written, true).into_iter().take(most);
            out.extend(slips.map(|slip| finding(file.path.as_str(), at.start, slip, true)));
        }
    }
}

/// Read only as far as it is asked for.
fn in_markdown(text: &Text) -> impl Iterator<Item = Slip> {
    text.shown.iter().flat_map(|at| {
        let piece = text.source.get(at.clone()).unwrap_or_default();
        // A piece over several lines is HTML's, whose spaces mean nothing.
        let piece = (!text.is_code(at) && !piece.contains('\n')).then_some(piece);
        let slips = piece.into_iter().flat_map(|piece| slips(piece, false));
        slips.map(|(span, what, right)| (span.start + at.start..span.end + at.start, what, right))
    })
}

/// The slips of one line, in order; in templates' tags nothing is one.
fn slips(line: &str, is_plain: bool) -> Vec<Slip> {
    let mut found: Vec<Slip> = Vec::new();
    for piece in literal(line) {
        outside(line, piece, is_plain, &mut found);
    }
    found
}

fn outside(line: &str, at: Range<usize>, is_plain: bool, found: &mut Vec<Slip>) {
    let part = line.get(at.clone()).unwrap_or_default();
    for (offset, c) in part.char_indices() {
        let start = at.start + offset;
        if found.last().is_some_and(|(last, ..)| start < last.end) {
            continue;
        }
        let before = line.get(..start).unwrap_or_default().chars().next_back();
        let after = line.get(start..).unwrap_or_default();
        let is_first = before.is_none_or(char::is_whitespace);
        if c == ' ' && !is_first {
            let spaces = after.len() - after.trim_start_matches(' ').len();
            let next = after.trim_start_matches(' ');
            let mut following = next.chars();
            let sign = following.next();
            let is_end = following.next().is_none_or(char::is_whitespace);
            if matches!(sign, Some(',' | '.' | ';' | ':' | '!' | '?')) && is_end {
                found.push((
                    start..start + spaces,
                    "a space stands before the punctuation mark",
                    "",
                ));
            } else if spaces > 1 && sign.is_some() {
                found.push((
                    start..start + spaces,
                    "more than one space stands here",
                    " ",
                ));
            }
        } else if is_plain
            && after.starts_with("...")
            && !after.starts_with("....")
            && before != Some('.')
        {
            found.push((start..start + 3, "three dots stand for `…`", "…"));
        }
    }
}

fn finding(path: &str, base: usize, (at, what, right): Slip, is_safe: bool) -> Diagnostic {
    let at = base + at.start..base + at.end;
    let title = match right {
        "" => "take the space away".to_owned(),
        " " => "leave one space".to_owned(),
        right => format!("write `{right}`"),
    };
    let finding = Diagnostic::new(&CHECK.rule, path, Place::Bytes(at.clone()), what)
        .why("small slips make a mail look hasty");
    if is_safe {
        finding
            .fix(title, Place::Bytes(at), right.to_owned())
            .safely()
    } else {
        finding.help(
            "without it Markdown would read something else here, such as a list: write it in another way",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::slips;

    fn mended(line: &str, is_plain: bool) -> String {
        let mut text = line.to_owned();
        for (at, _, right) in slips(line, is_plain).into_iter().rev() {
            text.replace_range(at, right);
        }
        assert_eq!(slips(&text, is_plain), [], "{text}");
        text
    }

    #[test]
    fn slips_are_mended_once_and_for_all() {
        for (given, right) in [
            ("Hola , Ana  y   Bo .", "Hola, Ana y Bo."),
            ("¿Qué ?  Sí", "¿Qué? Sí"),
            (
                "{{ nombre  |  upper }} , hola",
                "{{ nombre  |  upper }}, hola",
            ),
            ("a :) b .5 ... c", "a :) b .5 ... c"),
            ("ñandú  ñ", "ñandú ñ"),
            ("  sangría", "  sangría"),
        ] {
            assert_eq!(mended(given, false), right);
        }
        assert_eq!(mended("Espere... y verá....", true), "Espere… y verá....");
        assert_eq!(
            mended("{% if a %}...{% endif %}", true),
            "{% if a %}…{% endif %}"
        );
    }
}
