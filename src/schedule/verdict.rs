//! What a reply says about the pace of its destination: a table of codes, statuses and words.
//!
//! It judges the pace only; what becomes of the recipient is decided by the code alone, elsewhere.
//! The first row that fits decides. Words are matched as whole words of the text in lower case
//! (`rate` is not in `separate`); one that ends in `*` may go on. Words with an `@` are left out
//! before: an address that is quoted back says nothing.

use std::time::Duration;

use jiff::Timestamp;

use super::pacer::Verdict;

/// So long a lane rests after a hard block.
pub const BLOCK_FOR: Duration = Duration::from_secs(3600);

/// What a row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judgement {
    Fine,
    Slow,
    Block,
}

/// One row. An empty list of statuses or words fits everything.
struct Row {
    /// 4 or 5; 0 for both.
    class: u16,
    /// Single codes; empty: any of the class.
    codes: &'static [u16],
    /// Enhanced statuses (RFC 3463) without their class; `1.` fits all that begin so.
    statuses: &'static [&'static str],
    words: &'static [&'static str],
    says: Judgement,
}

const fn row(
    class: u16,
    codes: &'static [u16],
    statuses: &'static [&'static str],
    words: &'static [&'static str],
    says: Judgement,
) -> Row {
    Row {
        class,
        codes,
        statuses,
        words,
        says,
    }
}

use Judgement::{Block, Fine, Slow};

/// Tables of providers: Google (4.7.28 rate, 5.7.1 likely spam, 4.7.0), Microsoft (5.7.606–649
/// banned sender, S3140/S3150 block lists, 4.7.650), Yahoo (TSS04, TS03), Italian and French ones.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    // The address or mailbox is at fault, whatever else the text says (RFC 3463 §3.2, §3.3).
    row(0, &[], &["1.0", "1.1", "1.2", "1.3", "1.6", "1.10", "2.0", "2.1", "2.2", "2.3"], &["unknown", "no such", "does not exist", "not found", "full", "over quota", "quota exceeded", "disabled", "inactive", "inesistente", "sconosciuto", "piena", "no existe", "desconocido", "llen*"], Fine),
    row(5, &[], &["1.1", "1.2", "1.10", "2.2"], &[], Fine),
    row(4, &[], &["2.2"], &[], Fine),
    // A sender that is listed or banned: nothing more gets through for a while.
    row(5, &[], &["7.511", "7.606", "7.607", "7.608", "7.609", "7.610", "7.649"], &[], Block),
    row(0, &[], &[], &["spamhaus", "blocklist*", "block list", "blacklist*", "black list", "denylist*", "spamcop", "barracudacentral", "sorbs", "rbl", "dnsbl", "s3140", "s3150", "tss09", "ts03", "banned"], Block),
    row(5, &[], &[], &["ip blocked", "ip address blocked", "host blocked", "sender blocked", "blocked using", "has been blocked", "permanently deferred", "poor reputation", "bad reputation", "bloccato", "bloqueado", "bloqueada"], Block),
    // Too fast, or taken for spam.
    row(4, &[421], &[], &[], Slow),
    row(0, &[], &["7.28", "7.650", "3.2", "4.5"], &[], Slow),
    row(0, &[], &[], &["spam*", "unsolicited", "unsolicitedratelimiterror", "rate", "rates", "ratelimit*", "throttl*", "too many", "too fast", "too much", "slow down", "blocked", "reputation", "policy", "suspicious", "bulk", "greylist*", "graylist*", "troppi", "troppe", "demasiados", "demasiadas", "frequenza", "reputazione", "reputación", "indesiderat*", "no deseado", "límite", "limite"], Slow),
    row(5, &[], &["7.1", "7.0"], &[], Slow),
    row(4, &[], &["7."], &[], Slow),
    // A refusal for now that gives no better reason.
    row(4, &[], &[], &[], Slow),
];

/// Judges a reply to a mail that went to a destination.
pub fn judge(code: u16, text: &str, now: Timestamp) -> Verdict {
    match judgement(code, text) {
        Fine => Verdict::Fine,
        Slow => Verdict::Slow,
        Block => Verdict::Block {
            until: now.checked_add(BLOCK_FOR).unwrap_or(Timestamp::MAX),
        },
    }
}

fn judgement(code: u16, text: &str) -> Judgement {
    let class = code / 100;
    if class != 4 && class != 5 {
        return Fine;
    }
    let status = enhanced_status(text);
    let words = words(text);
    ROWS.iter()
        .find(|row| row.fits(code, status, &words))
        .map_or(Fine, |row| row.says)
}

impl Row {
    fn fits(&self, code: u16, status: Option<&str>, words: &str) -> bool {
        (self.class == 0 || self.class == code / 100)
            && (self.codes.is_empty() || self.codes.contains(&code))
            && (self.statuses.is_empty()
                || status.is_some_and(|found| {
                    self.statuses.iter().any(|wanted| {
                        found == *wanted || (wanted.ends_with('.') && found.starts_with(wanted))
                    })
                }))
            && (self.words.is_empty() || self.words.iter().any(|word| holds(words, word)))
    }
}

fn holds(words: &str, wanted: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(stem) => words.contains(&format!(" {stem}")),
        None => words.contains(&format!(" {wanted} ")),
    }
}

/// The first enhanced status of a reply, without its class: `7.28` of `4.7.28`.
fn enhanced_status(text: &str) -> Option<&str> {
    let (class, status) = text.split_whitespace().next()?.split_once('.')?;
    let parts = status.split('.');
    let numbers = parts.clone().all(|part| {
        (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    });
    (matches!(class, "2" | "4" | "5") && numbers && parts.count() == 2).then_some(status)
}

/// The words, in lower case, each with one blank before and after.
fn words(text: &str) -> String {
    let mut words = String::from(" ");
    for part in text.split_whitespace().filter(|part| !part.contains('@')) {
        for word in part
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
        {
            words.extend(word.chars().flat_map(char::to_lowercase));
            words.push(' ');
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn replies_as_servers_give_them() {
        for (code, text, wanted) in [
            (250, "2.0.0 OK spam rate", Fine),
            (550, "5.1.1 <spam@blocked.example>: user unknown", Fine),
            (
                550,
                "5.2.1 The email account that you tried to reach is inactive",
                Fine,
            ),
            (552, "5.2.2 mailbox full", Fine),
            (
                452,
                "4.2.2 The recipient's inbox is out of storage space",
                Fine,
            ),
            (
                554,
                "Your corporate account needs a separate generated key",
                Fine,
            ),
            (500, "", Fine),
            (
                421,
                "4.7.28 Our system has detected an unusual rate of unsolicited mail",
                Slow,
            ),
            (
                450,
                "4.2.1 The user is receiving mail at a rate that prevents delivery",
                Slow,
            ),
            (
                550,
                "5.7.1 Our system has detected that this message is likely unsolicited mail",
                Slow,
            ),
            (
                451,
                "4.7.650 The mail server has been temporarily rate limited",
                Slow,
            ),
            (
                450,
                "4.7.1 <a@b.example>: Recipient address rejected: Greylisted",
                Slow,
            ),
            (
                421,
                "4.7.0 [TSS04] Messages temporarily deferred due to unexpected volume",
                Slow,
            ),
            (421, "Demasiadas conexiones, intente más tarde", Slow),
            (550, "Messaggio indesiderato", Slow),
            (554, "Límite de envíos superado", Slow),
            (450, "try later", Slow),
            (
                554,
                "5.7.1 Service unavailable; client host blocked using zen.spamhaus.org",
                Block,
            ),
            (550, "5.7.606 Access denied, banned sending IP", Block),
            (
                550,
                "5.7.1 Unfortunately, messages weren't sent: part of their network is on our block list (S3150)",
                Block,
            ),
            (553, "Indirizzo IP bloccato", Block),
            (421, "4.7.1 [TS03] All messages permanently deferred", Block),
        ] {
            assert_eq!(judgement(code, text), wanted, "{code} {text}");
        }
    }

    #[test]
    fn a_block_lasts_an_hour() {
        let now: Timestamp = "2026-12-03T17:00:00Z".parse().unwrap();
        let until = "2026-12-03T18:00:00Z".parse().unwrap();
        assert_eq!(judge(550, "banned", now), Verdict::Block { until });
        let last = judge(550, "banned", Timestamp::MAX);
        assert_eq!(
            last,
            Verdict::Block {
                until: Timestamp::MAX
            }
        );
    }

    proptest! {
        #[test]
        fn any_reply_is_judged(code: u16, text: String) {
            let found = judgement(code, &text);
            prop_assert!(found == Fine || matches!(code / 100, 4 | 5));
        }
    }
}
