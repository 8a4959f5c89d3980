//! Strangers' text inside of pages of Markdown: of a pull request, of a relay.

use super::visible;

/// Git's shortest abbreviations of a commit that GitHub makes a link of.
const SHORTEST_HASH: usize = 7;

/// Whatever Markdown or HTML could give a meaning to is escaped, so that it stays text, in a table's cell, too.
/// What GitHub looks for in finished pages (names, numbers of issues, commits, formulas, `:names:` of pictures, addresses) is
/// taken apart by elements that show nothing: it looks when entities and backslashes are gone already.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = first.is_ascii_alphanumeric();
        let end = match is_word {
            true => rest.find(|c: char| !c.is_ascii_alphanumeric()),
            false => Some(first.len_utf8()),
        };
        let (piece, after) = rest.split_at(end.unwrap_or(rest.len()));
        match is_word {
            true => word(piece, &mut out),
            false => sign(first, text, text.len() - rest.len(), &mut out),
        }
        rest = after;
    }
    out
}

/// A word that could be a commit is taken apart into pieces that are too short to be one.
fn word(word: &str, out: &mut String) {
    let is_hash = word.len() >= SHORTEST_HASH && word.bytes().all(|it| it.is_ascii_hexdigit());
    for (at, c) in word.chars().enumerate() {
        match is_hash && at % SHORTEST_HASH == SHORTEST_HASH - 1 {
            true => apart(c, out),
            false => out.push(c),
        }
    }
}

/// What is no letter and no digit, at a place of the text.
fn sign(c: char, text: &str, at: usize, out: &mut String) {
    let before = text.get(..at).unwrap_or_default();
    let next = text.get(at..).and_then(|it| it.chars().nth(1));
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        // GitHub notifies whoever is `@named`, and writes a reference into the issue `#1` or `GH-1`.
        '@' | '#' | '$' => apart(c, out),
        '-' if ends_in(before, "gh") => apart(c, out),
        ':' if next.is_some_and(|it| it == '/' || it.is_alphabetic()) => apart(c, out),
        '.' if ends_in(before, "www") => apart(c, out),
        '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '!' | '~' => {
            out.push('\\');
            out.push(c);
        }
        c if c.is_control() => out.push(' '),
        c => out.push(visible(c)),
    }
}

fn apart(c: char, out: &mut String) {
    out.push_str("<span>");
    out.push(c);
    out.push_str("</span>");
}

fn ends_in(text: &str, word: &str) -> bool {
    let end = text.len().checked_sub(word.len());
    let end = end.and_then(|at| text.get(at..));
    end.is_some_and(|it| it.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_becomes_a_link_a_formula_or_a_picture() {
        assert_eq!(
            escaped("$x^2$ :tada: https://a.example www.b.example 12:30: \u{202e}x\n"),
            "<span>$</span>x^2<span>$</span> <span>:</span>tada: https<span>:</span>//a.example \
             www<span>.</span>b.example 12:30: \u{fffd}x "
        );
    }

    /// What GitHub looks through: the texts between elements, with entities and backslashes read.
    fn texts(page: &str) -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut rest = page;
        while let Some(c) = rest.chars().next() {
            let mut skip = c.len_utf8();
            let last = texts.last_mut().unwrap();
            match c {
                '<' => {
                    skip = rest.find('>').unwrap() + 1;
                    texts.push(String::new());
                }
                '&' => {
                    skip = rest.find(';').unwrap() + 1;
                    last.push(match &rest[..skip] {
                        "&amp;" => '&',
                        "&lt;" => '<',
                        "&gt;" => '>',
                        other => panic!("{other}"),
                    });
                }
                '\\' => {
                    let next = rest[1..].chars().next().unwrap();
                    skip += next.len_utf8();
                    last.push(next);
                }
                c => last.push(c),
            }
            rest = &rest[skip..];
        }
        texts
    }

    #[test]
    fn nobody_is_named_and_nothing_is_referred_to() {
        let hash = "0123456789abcdefABCDEF0123456789abcdef01";
        for text in [
            "@camara/directiva",
            "\\@ana",
            "ana@camara.example",
            "#123",
            "\\#1",
            "owner/repo#3",
            "GH-123",
            "gh-1",
            "owner/repo@0123456",
            hash,
            "&#64;ana &commat;ana",
            "https://github.com/owner/repo/issues/1",
            "www.github.com",
            "| a@b # | <b>@c</b>",
        ] {
            let page = escaped(text);
            let texts = texts(&page);
            assert_eq!(texts.concat(), text, "{page}");
            for piece in &texts {
                let is_hash = piece
                    .split(|c: char| !c.is_ascii_alphanumeric())
                    .any(|word| word.len() >= 7 && word.bytes().all(|it| it.is_ascii_hexdigit()));
                let is_sign = piece.len() > 1 && piece.contains(['@', '#']);
                let lower = piece.to_ascii_lowercase();
                assert!(
                    !is_hash && !is_sign && !lower.contains("gh-") && !lower.contains("://"),
                    "{text}: {piece}"
                );
            }
        }
        assert_eq!(
            escaped("facturas de 2026, decadas"),
            "facturas de 2026, decadas"
        );
    }
}
