//! The top-level keys of a YAML file as blocks of lines, put into another order without another change.
//!
//! A block is a key with everything below it and the comments right above it. What stands above the first key,
//! and apart from it, is the file's own. Where it is not certain what belongs together nothing is put into order.

use std::ops::Range;

/// A file whose keys are in another order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Disorder<'a> {
    /// The first key that comes too late.
    pub(super) key: &'a str,
    /// The key that it belongs before.
    pub(super) before: &'a str,
    /// What is to be replaced, where that is certain.
    pub(super) fix: Option<(Range<usize>, String)>,
}

/// What is not in this order. Keys that it does not name are another rule's.
pub(super) fn disorder<'a>(text: &'a str, order: &[String]) -> Option<Disorder<'a>> {
    let place = |key: &str| order.iter().position(|it| it == key);
    let blocks = blocks(text);
    let keys: Vec<(usize, &str)> = blocks
        .iter()
        .filter_map(|block| Some((place(block.key)?, block.key)))
        .collect();
    let (highest, late) = keys.windows(2).find_map(|pair| match pair {
        [(a, _), (b, key)] if b < a => Some((*b, *key)),
        _ => None,
    })?;
    let least = keys.iter().min().map(|(_, key)| *key);
    let stays = blocks
        .first()
        .map(|it| it.key)
        .filter(|it| Some(*it) == least);
    let before = keys.iter().find(|(at, _)| *at > highest)?.1;
    let mut sorted: Vec<(usize, &Block<'_>)> = Vec::with_capacity(blocks.len());
    let mut is_certain = true;
    for block in &blocks {
        match place(block.key) {
            // What stays at the top keeps what stands above it, whosever that is.
            Some(at) if block.is_certain && (!block.is_anybodys || stays == Some(block.key)) => {
                sorted.push((at, block));
            }
            _ => is_certain = false,
        }
    }
    sorted.sort_by_key(|(at, _)| *at);
    let fix = || {
        let whole = blocks.first()?.lines.start..blocks.last()?.lines.end;
        let ends_in_break = text.get(whole.clone())?.ends_with('\n');
        let mut out = String::with_capacity(whole.len());
        for (_, block) in sorted {
            out.push_str(text.get(block.lines.clone())?);
        }
        // Without a break at the file's end two keys would come into one line.
        ends_in_break.then_some((whole, out))
    };
    Some(Disorder {
        key: late,
        before,
        fix: if is_certain { fix() } else { None },
    })
}

#[derive(Debug)]
struct Block<'a> {
    key: &'a str,
    lines: Range<usize>,
    is_certain: bool,
    /// Whether the comments above it may be about something else: the file, or a part of it.
    is_anybodys: bool,
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found: Vec<Block<'_>> = Vec::new();
    let body = text.trim_start_matches('\u{feff}');
    let mut at = text.len() - body.len();
    let mut head = Head::default();
    // Comments and empty lines whose key is yet to come.
    let mut lead: Option<usize> = None;
    // Whether an empty line parts them from it.
    let mut is_apart = false;
    for line in body.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let bare = line.trim_end();
        if found.is_empty() && (bare.starts_with('#') || bare.is_empty()) {
            head.take(bare, start);
        } else if bare.starts_with('#') || bare.is_empty() && lead.is_some() {
            lead.get_or_insert(start);
            is_apart |= bare.is_empty();
        } else if let Some(key) = key(bare) {
            let (own, is_anybodys) = match found.is_empty() {
                true => (head.of_the_key, head.is_anybodys()),
                false => (lead.take(), std::mem::take(&mut is_apart)),
            };
            found.push(Block {
                key,
                lines: own.unwrap_or(start)..at,
                is_certain: true,
                is_anybodys,
            });
        } else if let Some(last) = found.last_mut() {
            // Below the key; what is not indented is something else: a document's end, say.
            last.is_certain &= bare.is_empty() || line.starts_with([' ', '-']);
            last.is_certain &= !bare.starts_with("---");
            last.lines.end = at;
            (lead, is_apart) = (None, false);
        }
    }
    if let (Some(_), Some(last)) = (lead, found.last_mut()) {
        // Whose are comments at the end?
        last.is_certain = false;
    }
    // Comments inside of a block, at the line's beginning, belong to it.
    let starts: Vec<usize> = found.iter().skip(1).map(|it| it.lines.start).collect();
    for (block, next) in found.iter_mut().zip(starts) {
        block.lines.end = next;
    }
    found
}

/// The comments above the first key.
#[derive(Default)]
struct Head {
    /// Where those begin that stand right above it.
    of_the_key: Option<usize>,
    /// Whether others stand before these and apart from them, which are the file's own then.
    has_its_own: bool,
    /// Whether the line is among them that editors look for.
    has_schema: bool,
}

impl Head {
    fn take(&mut self, line: &str, start: usize) {
        if line.is_empty() {
            self.has_its_own |= self.of_the_key.take().is_some() || self.has_schema;
        } else if line.contains("yaml-language-server:") {
            self.has_schema = true;
        } else {
            self.of_the_key.get_or_insert(start);
        }
    }

    /// Whether comments begin the file and stand right above the first key: they may be about either.
    const fn is_anybodys(&self) -> bool {
        self.of_the_key.is_some() && !self.has_its_own
    }
}

/// The key that a line begins with.
fn key(line: &str) -> Option<&str> {
    let (key, rest) = line.split_once(':')?;
    let is_key = !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    (is_key && (rest.is_empty() || rest.starts_with([' ', '\t']))).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> Vec<String> {
        ["uno", "dos", "tres"].map(str::to_owned).to_vec()
    }

    #[test]
    fn blocks_move_with_their_comments_and_keep_every_byte() {
        let text = "\u{feff}# head\n\ntres: [1]\r\n# about dos\ndos:\n  a: 1\n# still dos\n  b: 2\n\nuno: x # y\n";
        let found = disorder(text, &order()).unwrap();
        assert_eq!((found.key, found.before), ("dos", "tres"));
        let (at, new) = found.fix.unwrap();
        let fixed = format!("{}{new}{}", &text[..at.start], &text[at.end..]);
        assert_eq!(
            fixed,
            "\u{feff}# head\n\nuno: x # y\n# about dos\ndos:\n  a: 1\n# still dos\n  b: 2\n\ntres: [1]\r\n"
        );
        assert_eq!(disorder(&fixed, &order()), None);
    }

    #[test]
    fn what_stands_right_above_the_first_key_goes_with_it() {
        for head in ["# yaml-language-server: $schema=x\n\n", "# the file's\n\n"] {
            // The schema's line is the file's, and so is what stands apart.
            let text = format!("{head}# the file's, too\n\n# about dos\ndos: 1\nuno: 2\n");
            let (at, new) = disorder(&text, &order()).unwrap().fix.unwrap();
            let fixed = format!("{}{new}{}", &text[..at.start], &text[at.end..]);
            let expected = format!("{head}# the file's, too\n\nuno: 2\n# about dos\ndos: 1\n");
            assert_eq!(fixed, expected);
        }
        let text = "# yaml-language-server: $schema=x\n\n# about dos\ndos: 1\nuno: 2\n";
        let (at, new) = disorder(text, &order()).unwrap().fix.unwrap();
        assert_eq!(&text[..at.start], "# yaml-language-server: $schema=x\n\n");
        assert_eq!(new, "uno: 2\n# about dos\ndos: 1\n");
    }

    #[test]
    fn nothing_is_moved_where_it_is_not_certain() {
        for text in [
            "dos: 1\nuno: 2\n# whose?\n",
            "# whose?\ndos: 1\nuno: 2\n",
            "dos: 1\n# ---- whose? ----\n\nuno: 2\n",
            "# yaml-language-server: $schema=x\n# whose?\ndos: 1\nuno: 2\n",
            "dos: 1\nuno: 2",
            "dos: 1\nuno: 2\nother: 3\n",
            "dos: 1\nuno: 2\n...\n",
            "dos: 1\n---\nuno: 2\n",
        ] {
            assert_eq!(disorder(text, &order()).unwrap().fix, None, "{text}");
        }
        for text in ["", "uno: 1\ntres: 2\n", "{dos: 1, uno: 2}\n", "- dos: 1\n"] {
            assert_eq!(disorder(text, &order()), None, "{text}");
        }
    }
}
