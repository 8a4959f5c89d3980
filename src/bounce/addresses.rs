//! Addresses in running text and in header fields: found, not validated; what identifies a recipient
//! is compared with what was sent.

/// Longest local part and domain that are taken for such (RFC 5321 section 4.5.3.1, doubled).
const LONGEST: usize = 320;

/// An address in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Where it starts, without brackets and quotes.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// In lower case.
    pub(super) address: String,
}

/// All addresses of a text, in their order.
pub(super) fn all(text: &str) -> impl Iterator<Item = Found> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(at) = text.get(from..).and_then(|rest| rest.find('@')) {
            let at = from + at;
            let lowest = from;
            from = at + 1;
            if let Some(found) = around(text, at, lowest) {
                from = found.end.max(from);
                return Some(found);
            }
        }
        None
    })
}

/// The first address of a text.
pub(super) fn first(text: &str) -> Option<String> {
    all(text).next().map(|found| found.address)
}

/// The address of the first mailbox in a header field (RFC 5322 section 3.4). What stands in a display name, a quoted string or a
/// comment is what somebody wrote there, and nobody's address, where there is another.
pub(super) fn mailbox(field: &str) -> Option<String> {
    let plain = without_words(field);
    let one = plain.split(',').find(|one| first(one).is_some());
    let in_brackets = one.and_then(|one| {
        let mut pieces = one.split('<').skip(1);
        pieces.find_map(|piece| first(piece.split('>').next()?))
    });
    // A comma may belong to a name that should have been quoted.
    in_brackets
        .or_else(|| one.and_then(first))
        .or_else(|| first(field))
}

/// A field without its comments, and without quoted strings but those that are local parts.
fn without_words(field: &str) -> String {
    let mut plain = String::with_capacity(field.len());
    let mut quoted: Option<String> = None;
    let mut depth = 0_usize;
    let mut chars = field.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, &mut quoted) {
            ('\\', text) if text.is_some() || depth > 0 => {
                let pair = chars.next();
                if let Some(text) = text {
                    text.push(c);
                    text.extend(pair);
                }
            }
            ('"', Some(text)) => {
                if chars.peek() == Some(&'@') {
                    plain.push('"');
                    plain.push_str(text);
                    plain.push('"');
                }
                quoted = None;
            }
            (c, Some(text)) => text.push(c),
            ('"', None) if depth == 0 => quoted = Some(String::new()),
            ('(', None) => depth += 1,
            (')', None) => depth = depth.saturating_sub(1),
            (c, None) if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain
}

/// The address whose `@` stands at a place, not reaching before `lowest`.
fn around(text: &str, at: usize, lowest: usize) -> Option<Found> {
    let before = text.get(lowest..at)?;
    let after = text.get(at + 1..)?;
    let (start, local) = local_before(before).map(|(start, local)| (lowest + start, local))?;
    let domain = domain_of(after)?;
    let end = at + 1 + domain.len();
    let address = format!("{local}@{domain}").to_lowercase();
    (address.len() <= LONGEST).then_some(Found {
        start,
        end,
        address,
    })
}

/// The local part that ends here, and where it starts.
fn local_before(before: &str) -> Option<(usize, &str)> {
    if let Some(rest) = before.strip_suffix('"') {
        let start = rest.rfind('"')?;
        let quoted = before.get(start..)?;
        let sound = (3..=66).contains(&quoted.len()) && !quoted.contains(char::is_control);
        return sound.then_some((start, quoted));
    }
    let start = before
        .char_indices()
        .rev()
        .take_while(|(_, c)| is_atext(*c))
        .last()?
        .0;
    let mut local = before.get(start..)?;
    // In angle brackets it is whole, whatever it starts with.
    if before.get(..start).is_some_and(|b| b.ends_with('<')) && !local.starts_with(['\'', '=']) {
        return Some((start, local));
    }
    // X.400 and Exchange write `SMTP=user@host`; quotes and dots in front belong to the sentence.
    for prefix in ["smtp=", "rfc-822=", "rfc822=", "mailto="] {
        let at = local.to_ascii_lowercase().rfind(prefix);
        local = at
            .and_then(|at| local.get(at + prefix.len()..))
            .unwrap_or(local);
    }
    let local = local.trim_start_matches(
        ['\'', '`', '.', '=', '/', '*', '-', '|', '{', '~', '!', '_'].as_slice(),
    );
    // A leading underscore or dash may belong to it after all.
    let whole = before.len() - local.len();
    let local = before
        .get(..whole)
        .and_then(|b| b.chars().next_back())
        .filter(|c| ['_', '-'].contains(c) && whole - 1 == start)
        .and_then(|_| before.get(whole - 1..))
        .unwrap_or(local);
    (!local.is_empty()).then_some((before.len() - local.len(), local))
}

/// The domain that starts here: at least two labels.
fn domain_of(after: &str) -> Option<&str> {
    let end = after
        .char_indices()
        .find(|(_, c)| !(c.is_alphanumeric() || *c == '.' || *c == '-' || *c == '_'))
        .map_or(after.len(), |(i, _)| i);
    let domain = after.get(..end)?;
    // `user@host...User unknown`
    let domain = domain.split("..").next().unwrap_or(domain);
    let domain = domain.trim_end_matches(['.', '-', '_']);
    let labels = domain.split('.').count();
    let sound = labels >= 2
        && domain.split('.').all(|label| !label.is_empty())
        && domain.rsplit('.').next().is_some_and(|last| {
            last.chars().all(|c| c.is_alphanumeric() || c == '-')
                && !last.bytes().all(|b| b.is_ascii_digit())
        });
    sound.then_some(domain)
}

fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || "!#$%&'*+-/=?^_`{|}~.".contains(c)
        || (c.is_alphabetic() && !c.is_ascii() && !is_cjk(c))
}

/// Scripts without blanks between words: what stands before an address there is the sentence.
fn is_cjk(c: char) -> bool {
    matches!(u32::from(c), 0x2E80..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0xFF00..=0xFFEF)
}

/// Addresses that machines and helpers answer at: never whom a report is about, unless it says so in a status block.
pub(super) fn is_role_of_server(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default();
    const ROLES: &[&str] = &[
        "postmaster",
        "mailer-daemon",
        "mailerdaemon",
        "mail-daemon",
        "mdaemon",
        "abuse",
        "hostmaster",
        "mailadmin",
        "helpdesk",
        "noc",
        "no-reply",
        "noreply",
        "do-not-reply",
        "donotreply",
        "unblock",
        "delist",
        "removals",
        "removeme",
    ];
    ROLES.contains(&local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_whose_address_it_is_not_who_is_named() {
        for (field, wanted) in [
            ("ana@a.example", "ana@a.example"),
            ("\"x@evil.example\" <m90@a.example>", "m90@a.example"),
            ("x@evil.example <m90@a.example>", "m90@a.example"),
            ("(x@evil.example) m90@a.example", "m90@a.example"),
            ("m90@a.example (x@evil.example)", "m90@a.example"),
            ("\"a \\\" x@evil.example\" <m90@a.example>", "m90@a.example"),
            ("P\u{e9}rez, Ana <ana@a.example>", "ana@a.example"),
            (
                "Ana <ana@a.example>, Luis <luis@a.example>",
                "ana@a.example",
            ),
            ("Ana <\"ana p\"@a.example>", "\"ana p\"@a.example"),
            ("\"ana@a.example\"", "ana@a.example"),
            ("Ana <ana@a.example", "ana@a.example"),
        ] {
            assert_eq!(mailbox(field).as_deref(), Some(wanted), "{field}");
        }
        for field in ["", "Ana", "\"", "(", "<>", "\\"] {
            assert_eq!(mailbox(field), None, "{field}");
        }
    }
}
