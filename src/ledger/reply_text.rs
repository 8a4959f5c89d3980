//! Free text on its way into the ledger: no addresses, no characters that steer a terminal or turn text around, not long.
//!
//! The one place that keeps the promise that the ledger holds no addresses. Relays repeat the
//! recipient's address in their replies, and people write addresses into reasons.

use crate::diagnostic::is_unseen;

/// Longest reply kept, in characters: a relay's, of which there is one for each mail.
pub const LONGEST: usize = 200;

/// Longest reason kept of why a campaign is held, in characters. Its end says what to do.
pub const LONGEST_REASON: usize = 1_000;

/// `text` on one line, every address's local part replaced by `…`, cut to [`LONGEST`] characters;
/// what is cut ends in `…`. Applied twice it changes nothing more.
pub fn reply_text(text: &str) -> String {
    fit(text, LONGEST)
}

/// The same of a reason why a campaign is held: up to [`LONGEST_REASON`].
pub fn reason_text(text: &str) -> String {
    fit(text, LONGEST_REASON)
}

fn fit(text: &str, longest: usize) -> String {
    // A relay's reply is cut before masking as well, so that a long one costs nothing. The word that
    // the cut goes through may be an address that lost its `@`, so it is left out.
    let (text, cut) = match text.char_indices().nth(8 * longest) {
        Some((end, _)) => (text.get(..end).unwrap_or_default(), true),
        None => (text, false),
    };
    let mut kept: String = text
        .chars()
        .map(|c| match c {
            c if is_unseen(c) => ' ',
            c => c,
        })
        .collect();
    if cut {
        kept.truncate(kept.rfind(char::is_whitespace).unwrap_or(0));
        kept.push('…');
    }
    let masked = masked(&kept);
    let trimmed = masked.trim();
    if trimmed.chars().nth(longest).is_none() {
        return trimmed.to_owned();
    }
    let cut: String = trimmed.chars().take(longest - 1).collect();
    format!("{}…", cut.trim_end())
}

/// Shorter local parts are left: they are no names, and words of a reply (`no`, `ok`) may look like them.
const SHORTEST_LOCAL: usize = 3;

/// `text`, in which a relay speaks of the recipient with this local part, without it: relays repeat it
/// without a domain, too, and without what follows a `+`. Case does not matter. Only whole words are
/// replaced, and what looks like a status code stays.
pub fn without_recipient(text: &str, local: &str) -> String {
    let plain = local.trim_matches('"').to_lowercase();
    let base = plain.split('+').next().unwrap_or_default().to_owned();
    let mut out = text.to_owned();
    // Most replies do not speak of anybody.
    let lower = text.to_lowercase();
    for name in [plain, base] {
        if lower.contains(&name) && name.chars().count() >= SHORTEST_LOCAL && !is_code(&name) {
            out = without_word(&out, &name);
        }
    }
    out
}

/// Whether it may be a reply's code or a status (RFC 3463).
fn is_code(text: &str) -> bool {
    let digits = |part: &str| part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit());
    text.split('.').all(digits)
}

fn without_word(text: &str, word: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || is_mark(c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let begins = !out.ends_with(is_part);
        match prefix_length(rest, word).filter(|_| begins) {
            Some(length) if !rest.get(length..).unwrap_or_default().starts_with(is_part) => {
                out.push('…');
                rest = rest.get(length..).unwrap_or_default();
            }
            _ => {
                out.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
    }
    out
}

/// How many bytes of `text` are `word`, which is in lower case, at its beginning.
fn prefix_length(text: &str, word: &str) -> Option<usize> {
    let mut wanted = word.chars();
    for (at, c) in text.char_indices() {
        for lower in c.to_lowercase() {
            match wanted.next() {
                None => return Some(at),
                Some(expected) if expected == lower => {}
                Some(_) => return None,
            }
        }
    }
    wanted.next().is_none().then_some(text.len())
}

/// Replaces what stands before each `@` (also written `%40` or `=40`) and looks like a local part.
fn masked(text: &str) -> String {
    if !text.contains('@') && !text.contains("40") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, length)) = next_at(rest) {
        let (before, after) = rest.split_at(at);
        let (sign, after) = after.split_at(length);
        out.push_str(before);
        let start = local_start(&out);
        if start < out.len() {
            out.truncate(start);
            out.push('…');
        }
        out.push_str(sign);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Where the next at-sign stands, and how long its spelling is.
fn next_at(text: &str) -> Option<(usize, usize)> {
    ["@", "%40", "=40"]
        .iter()
        .filter_map(|sign| text.find(sign).map(|at| (at, sign.len())))
        .min()
}

/// Where the local part at the end of `text` begins: a quoted string's quote (RFC 5321, 4.1.2), or
/// the first of the characters that an atom may have, other scripts' letters included (RFC 6531).
fn local_start(text: &str) -> usize {
    if let Some(inside) = text.strip_suffix('"') {
        return inside.rfind('"').unwrap_or(0);
    }
    let atom = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c) || is_mark(c);
    text.char_indices()
        .rev()
        .take_while(|&(_, c)| atom(c))
        .last()
        .map_or(text.len(), |(start, _)| start)
}

/// Combining accents and the like: anything beyond ASCII that is neither white space nor our own
/// ellipsis or a bracket that relays put around addresses.
fn is_mark(c: char) -> bool {
    !c.is_ascii() && !c.is_whitespace() && !matches!(c, '…' | '«' | '»' | '“' | '”' | '‘' | '’')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_lose_their_local_part() {
        for (text, expected) in [
            (
                "2.0.0 Ok: queued as 4ZPtKz1x2yz3",
                "2.0.0 Ok: queued as 4ZPtKz1x2yz3",
            ),
            (
                "550 5.1.1 <ana.diaz@uno.test>: unknown",
                "550 5.1.1 <…@uno.test>: unknown",
            ),
            ("to=ana@uno.test,b@dos.test", "…@uno.test,…@dos.test"),
            ("\"ana b\"@uno.test no", "…@uno.test no"),
            ("ñandú@uno.test", "…@uno.test"),
            (
                "see https://x.test/?r=ana%40uno.test",
                "see https:…%40uno.test",
            ),
            ("b+ana=40uno.test@dos.test", "……@dos.test"),
            ("a\r\nb\tc\0", "a  b c"),
            ("a\u{202e}b\u{2066}c\u{61c}d", "a b c d"),
        ] {
            assert_eq!(reply_text(text), expected);
        }
        let cut = reply_text(&"x ".repeat(5000));
        assert_eq!(cut.chars().count(), LONGEST);
        assert!(cut.ends_with("x…"), "{cut}");
        assert_eq!(reply_text(&"x".repeat(5000)), "…");
    }

    #[test]
    fn reasons_keep_their_end() {
        let why = format!("{}: run `postmerge lint`", "why ".repeat(200));
        assert_eq!(reason_text(&why), why);
        assert!(reply_text(&why).ends_with('…'));
        let cut = reason_text(&"x ".repeat(5000));
        assert_eq!(cut.chars().count(), LONGEST_REASON);
        assert!(cut.ends_with('…'));
        assert_eq!(reason_text("ask ana@uno.test"), "ask …@uno.test");
    }

    #[test]
    fn a_recipients_local_part_is_masked_as_a_word() {
        for (text, local, expected) in [
            (
                "550 5.1.1 user ana.diaz unknown",
                "ana.diaz",
                "550 5.1.1 user … unknown",
            ),
            ("550 <ANA.Diaz>: no", "ana.diaz", "550 <…>: no"),
            ("550 ana.diaz+news, ana.diaz", "ana.diaz+news", "550 …, …"),
            ("550 banana.diazepam", "ana.diaz", "550 banana.diazepam"),
            ("550 no such user, ok?", "no", "550 no such user, ok?"),
            (
                "550 5.1.1 573001112233: no",
                "573001112233",
                "550 5.1.1 …: no",
            ),
            ("550 5.1.1 no", "550", "550 5.1.1 no"),
            ("550 5.1.1 no", "5.1.1", "550 5.1.1 no"),
            ("550 ÑANDÚ lleno", "ñandú", "550 … lleno"),
            ("İx İstanbul", "i̇stanbul", "İx …"),
            ("\"ana b\" unknown", "\"ana b\"", "\"…\" unknown"),
        ] {
            assert_eq!(without_recipient(text, local), expected, "{local}");
        }
    }

    proptest! {
        #[test]
        fn no_local_part_stays_as_a_word(
            before in "[ -~ñé]{0,60}", local in "[a-zñ][a-z0-9ñé._+-]{1,30}[a-z]", after in "[ -~ñé]{0,60}",
        ) {
            let text = format!("{before} <{}> {after}", local.to_uppercase());
            let masked = without_recipient(&text, &local);
            prop_assert!(!masked.to_lowercase().contains(&format!("<{local}>")), "{}", masked);
            prop_assert!(masked.contains("<…>"), "{}", masked);
        }

        #[test]
        fn masking_is_done_at_once(text in "[a-z@%40=\" .…ñ<>\\t\\n]{0,300}|\\PC{0,80}") {
            let once = reply_text(&text);
            prop_assert_eq!(reply_text(&once), once.clone());
            prop_assert!(once.chars().count() <= LONGEST);
            let reason = reason_text(&text);
            prop_assert_eq!(reason_text(&reason), reason.clone());
            prop_assert!(!once.chars().any(char::is_control));
        }

        #[test]
        fn no_local_part_survives(
            before in "[ -~]{0,180}", local in "secret[a-z0-9.+_-]{0,60}", after in "[ -~]{0,40}",
        ) {
            let text = format!("{before} {local}@uno.test {after}");
            prop_assert!(!reply_text(&text).contains("secret"), "{}", reply_text(&text));
        }
    }
}
