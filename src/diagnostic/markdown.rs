//! Strangers' text inside of pages of Markdown: of a pull request, of a relay.

use super::visible;

/// Whatever Markdown or HTML could give a meaning to is escaped, so that it stays text, in a table's cell, too.
/// What GitHub looks for in finished pages (names, formulas, `:names:` of pictures, addresses) is taken apart by
/// elements that show nothing.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let next = characters.peek().copied();
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // GitHub notifies whoever is `@named`.
            '@' => out.push_str("&#64;"),
            '$' => out.push_str("<span>$</span>"),
            ':' if next.is_some_and(|it| it == '/' || it.is_alphabetic()) => {
                out.push_str("<span>:</span>");
            }
            '.' if ends_in_www(&out) => out.push_str("<span>.</span>"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '!' | '~' | '#' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(visible(c)),
        }
    }
    out
}

fn ends_in_www(text: &str) -> bool {
    let end = text.len().checked_sub(3).and_then(|at| text.get(at..));
    end.is_some_and(|it| it.eq_ignore_ascii_case("www"))
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
}
