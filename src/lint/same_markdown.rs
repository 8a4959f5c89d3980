//! Whether Markdown means the same after its spaces were mended: `2026 . Fue` is a sentence, and `2026. Fue` an
//! item of a list. What was not thought of is seen here, because both are read.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser};

/// Longer lines are mended as a whole, or not at all.
const LONGEST: usize = 2_000;

/// A replacement: its bytes, what it is for, what comes there.
type Change<'a> = (Range<usize>, &'a str, &'a str);

/// For each change, all in order, whether the text means the same with it. They may only take spaces away.
pub(super) fn harmless(source: &str, changes: &[Change<'_>]) -> Vec<bool> {
    let mut is_harmless = vec![true; changes.len()];
    if changes.is_empty() || is_same(source, &changed(source, 0, changes)) {
        return is_harmless;
    }
    // Somewhere it does not: lines tell where.
    let mut at = 0;
    let mut next = 0;
    for line in source.split_inclusive('\n') {
        let here = at..at + line.len();
        at = here.end;
        let first = next;
        let rest = changes.get(first..).unwrap_or_default();
        next += rest.partition_point(|(span, ..)| span.start < here.end);
        let of_line = changes.get(first..next).unwrap_or_default();
        if of_line.is_empty() || is_same(line, &changed(line, here.start, of_line)) {
            continue;
        }
        for (change, it) in of_line.iter().zip(is_harmless.iter_mut().skip(first)) {
            let alone = std::slice::from_ref(change);
            *it = line.len() <= LONGEST && is_same(line, &changed(line, here.start, alone));
        }
    }
    let left: Vec<Change<'_>> = changes
        .iter()
        .zip(&is_harmless)
        .filter(|(_, it)| **it)
        .map(|(change, _)| change.clone())
        .collect();
    if !is_same(source, &changed(source, 0, &left)) {
        is_harmless.fill(false);
    }
    is_harmless
}

fn changed(text: &str, start: usize, changes: &[Change<'_>]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _, right) in changes {
        let at = at.start.saturating_sub(start)..at.end.saturating_sub(start);
        out.push_str(text.get(from..at.start).unwrap_or_default());
        out.push_str(right);
        from = at.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

fn is_same(before: &str, after: &str) -> bool {
    let mut before = Reader::of(before);
    let mut after = Reader::of(after);
    loop {
        match (before.next(), after.next()) {
            (None, None) => return true,
            (one, other) if one != other => return false,
            _ => {}
        }
    }
}

/// What Markdown is made of: texts in one piece, without their spaces, and everything else as it is.
#[derive(PartialEq)]
enum Piece<'a> {
    Text(String),
    Other(Event<'a>),
}

struct Reader<'a> {
    events: std::iter::Peekable<Parser<'a>>,
}

impl<'a> Reader<'a> {
    fn of(text: &'a str) -> Self {
        let mut options = Options::empty();
        options.insert(Options::ENABLE_TABLES);
        options.insert(Options::ENABLE_STRIKETHROUGH);
        Self {
            events: Parser::new_ext(text, options).peekable(),
        }
    }

    fn next(&mut self) -> Option<Piece<'a>> {
        match self.events.next()? {
            Event::Text(text) => {
                let mut all = text.replace(' ', "");
                while let Some(Event::Text(more)) =
                    self.events.next_if(|it| matches!(it, Event::Text(_)))
                {
                    all.push_str(&more.replace(' ', ""));
                }
                Some(Piece::Text(all))
            }
            Event::Html(text) => Some(Piece::Other(Event::Html(text.replace(' ', "").into()))),
            other => Some(Piece::Other(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With every space that stands before a punctuation mark taken away.
    fn judged(source: &str) -> Vec<bool> {
        let marks = [" .", " ,", " ;", " :", " !", " )"];
        let mut changes: Vec<Change<'_>> = marks
            .iter()
            .flat_map(|mark| source.match_indices(mark))
            .map(|(at, _)| (at..at + 1, "", ""))
            .collect();
        changes.sort_by_key(|(at, ..)| at.start);
        harmless(source, &changes)
    }

    #[test]
    fn what_would_become_something_else_is_not_harmless() {
        for (source, expected) in [
            (
                "Antes , y\n\n2026 . Fue un gran año , sí\n",
                vec![true, false, true],
            ),
            ("1 . a", vec![false]),
            ("uno\n\n1 ) a , b", vec![false, true]),
            ("[a] : https://a.example", vec![false]),
            ("a \\ , b", vec![false]),
            ("AT&amp ; T", vec![false]),
            ("a **b ** , c** d , e", vec![false, true]),
            ("Hola , **Ana** : bien . Adiós !", vec![true; 4]),
            ("<b>a , b</b> c .\n\n<div>a , b</div>", vec![true; 3]),
        ] {
            assert_eq!(judged(source), expected, "{source}");
        }
    }

    #[test]
    fn a_very_long_line_is_judged_as_a_whole() {
        let source = "a , b ".repeat(1_000);
        assert_eq!(judged(&source), vec![true; 1_000]);
        let source = format!("1 . {source}");
        assert_eq!(judged(&source), vec![false; 1_001]);
    }
}
