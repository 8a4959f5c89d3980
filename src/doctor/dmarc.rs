//! DMARC (RFC 7489): what the domain that recipients see tells receivers to do with mail that is not
//! aligned, and where reports go.
//!
//! The record is looked for at the domain and at the part of it that somebody registered, by the
//! public suffix list; suffixes' own records (RFC 9091) are not looked for.

use super::domain::organisational;
use super::finding::{Check, Finding};
use super::names::{Names, NoAnswer};
use super::tags;

/// What receivers are asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum Wish {
    Nothing,
    Quarantine,
    Reject,
}

/// A record that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Policy {
    /// For the domain itself.
    pub(super) wish: Wish,
    /// For domains below it, where it says so.
    pub(super) below: Option<Wish>,
    /// DKIM's domain must be the very same (`adkim=s`).
    pub(super) strict_dkim: bool,
    /// SPF's domain must be the very same (`aspf=s`).
    pub(super) strict_spf: bool,
    /// Where reports go.
    pub(super) reports: bool,
}

/// What there is in DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Published {
    /// A record, where it stands, and as it is written.
    Found {
        /// What it says.
        policy: Policy,
        /// At `_dmarc.<this>`.
        domain: String,
        /// As it is written.
        text: String,
    },
    /// None at either place.
    Absent,
    /// More than one: none counts (section 6.6.3).
    Several(String, Vec<String>),
    /// One that cannot be read: it counts as none.
    Unreadable(String, String, NoPolicy),
}

/// Why a record does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoPolicy {
    /// Not `name=value` parts.
    #[error("it is no list of tags (`v=DMARC1; p=none`)")]
    Tags,
    /// No `p=` that receivers know, and nowhere to report to.
    #[error("its `p=` is none of `none`, `quarantine` and `reject`")]
    Wish,
}

impl Policy {
    /// Reads a record (section 6.3).
    ///
    /// # Errors
    /// [`NoPolicy`].
    pub(super) fn parse(text: &str) -> Result<Self, NoPolicy> {
        let read = tags::read(text).ok_or(NoPolicy::Tags)?;
        let wish = |tag: &str| match tags::value(&read, tag)?.to_ascii_lowercase().as_str() {
            "none" => Some(Wish::Nothing),
            "quarantine" => Some(Wish::Quarantine),
            "reject" => Some(Wish::Reject),
            _ => None,
        };
        let reports = tags::value(&read, "rua")
            .is_some_and(|list| list.to_ascii_lowercase().contains("mailto:"));
        let strict =
            |tag: &str| tags::value(&read, tag).is_some_and(|it| it.eq_ignore_ascii_case("s"));
        Ok(Self {
            // Section 6.6.3: without a good `p=` it counts as `none` where reports are asked for.
            wish: match wish("p") {
                Some(wish) => wish,
                None if reports => Wish::Nothing,
                None => return Err(NoPolicy::Wish),
            },
            below: wish("sp"),
            strict_dkim: strict("adkim"),
            strict_spf: strict("aspf"),
            reports,
        })
    }
}

/// Whether a text is a DMARC record at all (section 6.6.3): others may stand beside it.
fn is_dmarc(text: &str) -> bool {
    let (first, _) = text.split_once(';').unwrap_or((text, ""));
    let (name, value) = first.split_once('=').unwrap_or((first, ""));
    name.trim().eq_ignore_ascii_case("v") && value.trim() == "DMARC1"
}

/// Looks for the record that counts for mail from `domain`.
///
/// # Errors
/// [`NoAnswer`].
pub(super) async fn published(names: &dyn Names, domain: &str) -> Result<Published, NoAnswer> {
    let registered = organisational(domain);
    let places = [Some(domain), (registered != domain).then_some(registered)];
    for place in places.into_iter().flatten() {
        let mut found = names.texts(&format!("_dmarc.{place}")).await?;
        found.retain(|text| is_dmarc(text));
        let place = place.to_owned();
        match found.as_slice() {
            [] => {}
            [text] => {
                let text = text.clone();
                return Ok(match Policy::parse(&text) {
                    Ok(policy) => Published::Found {
                        policy,
                        domain: place,
                        text,
                    },
                    Err(why) => Published::Unreadable(place, text, why),
                });
            }
            _ => return Ok(Published::Several(place, found)),
        }
    }
    Ok(Published::Absent)
}

/// What to begin with.
const FIRST: &str = "v=DMARC1; p=none";

/// Judges what was found for mail from `domain`.
pub(super) fn judge(domain: &str, published: &Result<Published, NoAnswer>) -> Finding {
    let wrong = |place: &str, what: String, instead: Vec<String>| {
        Finding::wrong(Check::Dmarc, what).publish_text(
            &format!("_dmarc.{place}"),
            FIRST.to_owned(),
            instead,
        )
    };
    match published {
        Err(why) => Finding::not_known(Check::Dmarc, why.to_string()),
        Ok(Published::Absent) => wrong(
            organisational(domain),
            format!("{domain} has no DMARC record: large providers refuse bulk mail without one"),
            Vec::new(),
        ),
        // Which of them is meant, nobody here knows.
        Ok(Published::Several(place, texts)) => Finding::wrong(
            Check::Dmarc,
            format!(
                "there are {} DMARC records at _dmarc.{place}: none of them counts. Leave one",
                texts.len()
            ),
        ),
        Ok(Published::Unreadable(place, text, why)) => wrong(
            place,
            format!("the DMARC record at _dmarc.{place} does not count: {why}"),
            vec![text.clone()],
        ),
        Ok(Published::Found {
            policy,
            domain: place,
            ..
        }) => {
            let wish = match policy.below {
                Some(below) if place != domain => below,
                _ => policy.wish,
            };
            of_policy(place, wish, policy.reports)
        }
    }
}

fn of_policy(place: &str, wish: Wish, reports: bool) -> Finding {
    let at = format!("_dmarc.{place}");
    match (wish, reports) {
        (Wish::Nothing, false) => Finding::advice(
            Check::Dmarc,
            format!(
                "{at} says `p=none` and asks for no reports: name a mailbox for them (`rua=mailto:…`), then go on to `p=quarantine`"
            ),
        ),
        (Wish::Nothing, true) => Finding::advice(
            Check::Dmarc,
            format!(
                "{at} says `p=none`: forged mail arrives. When the reports show only your own, go on to `p=quarantine`"
            ),
        ),
        (_, false) => Finding::advice(
            Check::Dmarc,
            format!(
                "{at} asks for no reports: name a mailbox for them (`rua=mailto:…`), or nobody hears when your mail is refused"
            ),
        ),
        (Wish::Quarantine, true) => Finding::good(
            Check::Dmarc,
            format!("{at} says `p=quarantine`, with reports"),
        ),
        (Wish::Reject, true) => {
            Finding::good(Check::Dmarc, format!("{at} says `p=reject`, with reports"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;
    use crate::doctor::told::Told;
    use proptest::prelude::*;

    async fn judged(told: &Told, domain: &str) -> Finding {
        judge(domain, &published(told, domain).await)
    }

    #[tokio::test]
    async fn how_policies_stand() {
        for (record, state, words) in [
            (
                "v=DMARC1; p=reject; rua=mailto:d@c.example",
                State::Good,
                "p=reject",
            ),
            (
                "V = DMARC1;p=Quarantine;rua=mailto:d@c.example!10m",
                State::Good,
                "p=quarantine",
            ),
            ("v=DMARC1; p=reject", State::Advice, "no reports"),
            ("v=DMARC1; p=none", State::Advice, "no reports"),
            (
                "v=DMARC1; p=none; rua=mailto:d@c.example",
                State::Advice,
                "forged mail",
            ),
            (
                "v=DMARC1; rua=mailto:d@c.example",
                State::Advice,
                "forged mail",
            ),
            ("v=DMARC1", State::Wrong, "none of `none`"),
            ("v=DMARC1; p=refuse", State::Wrong, "none of `none`"),
            ("v=DMARC1; p", State::Wrong, "list of tags"),
            ("v=DMARC2; p=none", State::Wrong, "no DMARC record"),
            ("p=none; v=DMARC1", State::Wrong, "no DMARC record"),
        ] {
            let told = Told::default().text("_dmarc.c.example", record);
            let found = judged(&told, "c.example").await;
            assert_eq!(found.state, state, "{record}");
            assert!(found.what.contains(words), "{}", found.what);
            assert_eq!(found.publish.is_some(), state == State::Wrong);
        }
    }

    #[tokio::test]
    async fn a_domain_below_goes_by_the_registered_one() {
        let told = Told::default().text(
            "_dmarc.c.example",
            "v=DMARC1; p=reject; sp=none; rua=mailto:d@c.example",
        );
        assert_eq!(judged(&told, "c.example").await.state, State::Good);
        assert_eq!(judged(&told, "a.b.c.example").await.state, State::Advice);
        let told = told.text(
            "_dmarc.x.c.example",
            "v=DMARC1; p=reject; sp=none; rua=mailto:d@c.example",
        );
        assert_eq!(judged(&told, "x.c.example").await.state, State::Good);
    }

    #[tokio::test]
    async fn none_several_and_silence() {
        let found = judged(
            &Told::default().text("_dmarc.c.example", "hello"),
            "a.c.example",
        )
        .await;
        assert_eq!(found.state, State::Wrong);
        let record = found.publish.unwrap();
        assert_eq!(
            (record.name.as_str(), record.value.as_str()),
            ("_dmarc.c.example", FIRST)
        );
        let told = Told::default()
            .text("_dmarc.c.example", "v=DMARC1; p=none")
            .text("_dmarc.c.example", "v=DMARC1; p=reject");
        assert!(
            judged(&told, "c.example")
                .await
                .what
                .contains("2 DMARC records")
        );
        let told = Told::default().failing("_dmarc.c.example");
        assert_eq!(judged(&told, "c.example").await.state, State::NotKnown);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,80}") {
            let _ = is_dmarc(&text);
            let _ = Policy::parse(&text);
        }

        #[test]
        fn what_is_written_is_read(wish in 0..3_usize, below in 0..4_usize, dkim: bool, spf: bool, reports: bool) {
            let wishes = [(Wish::Nothing, "none"), (Wish::Quarantine, "quarantine"), (Wish::Reject, "reject")];
            let mut text = format!("v=DMARC1; p={}", wishes[wish].1);
            if let Some((_, word)) = wishes.get(below) {
                text.push_str(&format!("; sp={word}"));
            }
            text.push_str(&format!("; adkim={}; aspf={}", if dkim { "s" } else { "r" }, if spf { "s" } else { "r" }));
            if reports {
                text.push_str("; rua=mailto:a@c.example,mailto:b@c.example");
            }
            prop_assert!(is_dmarc(&text));
            prop_assert_eq!(Policy::parse(&text), Ok(Policy {
                wish: wishes[wish].0,
                below: wishes.get(below).map(|it| it.0),
                strict_dkim: dkim,
                strict_spf: spf,
                reports,
            }));
        }
    }
}
