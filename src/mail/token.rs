//! Tokens that come back to us: in the reverse-path of a bounce, in an unsubscribe link or mail.
//!
//! Keyed and versioned; lower-case base32, since servers on the way lower-case local parts; never
//! valid for another purpose than they were made for. Compared in constant time. They hold no
//! address, and without the key nobody can make one or tell whose it is.

use subtle::ConstantTimeEq;

use super::address::Address;
use super::base32;
use super::occurrence::OccurrenceId;
use super::recipient_id::{RecipientId, RecipientKey};

/// Why a text is no token of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not of our form: another length or other characters.
    #[error("this is not a token")]
    Malformed,
    /// Made by a newer or an abandoned version of the format.
    #[error("the token has version {0}, which is not read here")]
    Version(u8),
    /// Of the right form, but not made with this key, or altered.
    #[error("the token was not made here, or was altered")]
    Forged,
}

/// The version that is written and read.
pub const VERSION: u8 = 1;
/// The version of tokens for leaving that say which mailing they stood in. Those of the first are written where there is no
/// mailing, or no room, and read for ever.
const IN_MAILING: u8 = 2;

/// Bytes of keyed hash in a token: 72 bits, against guessing over the network.
const MAC: usize = 9;
/// Version, occurrence, index, copy.
const VERP_HEAD: usize = 1 + 5 + 4 + 1;
/// Version, occurrence, index.
const IN_MAIL_HEAD: usize = 1 + 5 + 4;
/// Version, action, scope's kind, scope's hash, recipient.
const LEAVE_HEAD: usize = 1 + 1 + 1 + 4 + 12;
/// Version, action and scope's kind, scope's hash, recipient, mailing.
const LEAVE_IN_MAILING_HEAD: usize = 1 + 1 + 4 + 12 + 3;

/// What identifies an occurrence inside a reverse-path: 40 keyed bits. Whoever reads a bounce
/// compares it with those of the occurrences that it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OccurrenceTag(pub [u8; 5]);

/// What identifies an occurrence together with one of its recipients: the first 24 bits of its tag. Of all mailings that somebody
/// got, two are alike once in millions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MailingTag(pub [u8; 3]);

/// What a reverse-path token says: `bounces+<token>@…`, 32 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReversePath {
    /// Which occurrence.
    pub occurrence: OccurrenceTag,
    /// The recipient's index in that occurrence's audience.
    pub index: u32,
    /// 0 for the recipient's own mail; counts up over its cc and bcc copies.
    pub copy: u8,
}

/// What following an unsubscribe token does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Leaves.
    Unsubscribe,
    /// Opens the recipient's preferences.
    Preferences,
    /// Says that they still want mail, and that what is known of them is right.
    Confirm,
    /// Wants it, or wants it again.
    Want,
    /// Wants no newsletter for four weeks.
    Pause,
    /// Ends a pause.
    Resume,
}

/// What an unsubscribe token is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All mail that needs consent.
    All,
    /// One topic, by 32 keyed bits of its name; compare with [`Scope::topic`].
    Topic([u8; 4]),
}

/// What an unsubscribe token says: `leave+<token>@…` and `https://portal/u/<token>`, 48 characters, or 45 without a mailing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leave {
    /// What is asked for.
    pub action: Action,
    /// About what.
    pub scope: Scope,
    /// By whom.
    pub recipient: RecipientId,
    /// In which mailing it stood, so that leaving is counted for it. What is asked for does not depend on it.
    pub mailing: Option<MailingTag>,
}

impl OccurrenceTag {
    /// The tag of an occurrence.
    pub fn of(key: &RecipientKey, occurrence: &OccurrenceId) -> Self {
        let mac = key.mac("occurrence tag", &[occurrence.to_string().as_bytes()]);
        Self(prefix(&mac))
    }

    /// What is left of it where the recipient is told, too.
    pub const fn mailing(self) -> MailingTag {
        let [a, b, c, _, _] = self.0;
        MailingTag([a, b, c])
    }
}

impl Scope {
    /// The scope of one topic.
    pub fn topic(key: &RecipientKey, topic: &str) -> Self {
        Self::Topic(prefix(&key.mac("topic tag", &[topic.as_bytes()])))
    }
}

impl ReversePath {
    /// Writes the token.
    pub fn token(&self, key: &RecipientKey) -> String {
        let mut head = Vec::with_capacity(VERP_HEAD + MAC);
        head.push(VERSION);
        head.extend_from_slice(&self.occurrence.0);
        head.extend_from_slice(&self.index.to_be_bytes());
        head.push(self.copy);
        seal(key, "reverse-path", head)
    }

    /// Reads a token, in whatever case it came back.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn verify(key: &RecipientKey, token: &str) -> Result<Self, TokenError> {
        let head: [u8; VERP_HEAD] = open(key, "reverse-path", token)?;
        let [_, o1, o2, o3, o4, o5, i1, i2, i3, i4, copy] = head;
        Ok(Self {
            occurrence: OccurrenceTag([o1, o2, o3, o4, o5]),
            index: u32::from_be_bytes([i1, i2, i3, i4]),
            copy,
        })
    }
}

impl Leave {
    /// Characters of a token that says in which mailing it stood.
    pub const LONGER: usize = 48;
    /// Characters of one that does not.
    pub const SHORTER: usize = 45;

    /// Writes the token.
    pub fn token(&self, key: &RecipientKey) -> String {
        let (kind, topic) = match self.scope {
            Scope::All => (1, [0; 4]),
            Scope::Topic(topic) => (2, topic),
        };
        let action = self.action.number();
        let mut head = match self.mailing {
            None => vec![VERSION, action, kind],
            Some(_) => vec![IN_MAILING, action << 4 | kind],
        };
        head.extend_from_slice(&topic);
        head.extend_from_slice(&self.recipient.0);
        head.extend(self.mailing.iter().flat_map(|it| it.0));
        seal(key, "leave", head)
    }

    /// Reads a token, in whatever case it came back.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn verify(key: &RecipientKey, token: &str) -> Result<Self, TokenError> {
        match open::<LEAVE_HEAD>(key, "leave", token) {
            Ok([_, action, kind, t1, t2, t3, t4, recipient @ ..]) => {
                Self::of((action, kind), [t1, t2, t3, t4], recipient, None)
            }
            Err(TokenError::Version(IN_MAILING)) => {
                let head = open_with::<LEAVE_IN_MAILING_HEAD>(key, IN_MAILING, "leave", token, "")?;
                let [_, what, t1, t2, t3, t4, rest @ ..] = head;
                let [recipient @ .., m1, m2, m3] = rest;
                let mailing = Some(MailingTag([m1, m2, m3]));
                Self::of((what >> 4, what & 15), [t1, t2, t3, t4], recipient, mailing)
            }
            Err(why) => Err(why),
        }
    }

    fn of(
        (action, kind): (u8, u8),
        topic: [u8; 4],
        recipient: [u8; 12],
        mailing: Option<MailingTag>,
    ) -> Result<Self, TokenError> {
        let action = Action::of(action).ok_or(TokenError::Malformed)?;
        let scope = match (kind, topic) {
            (1, [0, 0, 0, 0]) => Scope::All,
            (2, topic) => Scope::Topic(topic),
            _ => return Err(TokenError::Malformed),
        };
        Ok(Self {
            action,
            scope,
            recipient: RecipientId(recipient),
            mailing,
        })
    }

    /// The link that writes the mail with this token to `mailbox`.
    pub fn mailto(&self, key: &RecipientKey, mailbox: &Address) -> String {
        self.action.mailto(mailbox, &self.token(key))
    }
}

impl Action {
    const ALL: [Self; 6] = [
        Self::Unsubscribe,
        Self::Preferences,
        Self::Confirm,
        Self::Want,
        Self::Pause,
        Self::Resume,
    ];

    /// Its number in tokens. These stand in mails that went out: none is ever given to another action.
    const fn number(self) -> u8 {
        match self {
            Self::Unsubscribe => 1,
            Self::Preferences => 2,
            Self::Confirm => 3,
            Self::Want => 4,
            Self::Pause => 5,
            Self::Resume => 6,
        }
    }

    fn of(number: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|action| action.number() == number)
    }

    /// The subject of a mail that asks for it: in one language, since only the token is read.
    const fn subject(self) -> &'static str {
        match self {
            Self::Unsubscribe => "unsubscribe",
            Self::Preferences => "preferences",
            Self::Confirm => "confirm",
            Self::Want => "subscribe",
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
    }

    /// The link that writes a mail with such a token to `mailbox` (RFC 6068).
    pub fn mailto(self, mailbox: &Address, token: &str) -> String {
        let (local, domain, query) = (mailbox.local(), mailbox.domain(), self.query());
        format!("mailto:{local}+{token}@{domain}{query}")
    }

    /// What such a link ends with, and no other.
    pub fn query(self) -> String {
        format!("?subject={}", self.subject())
    }
}

/// What a link or picture in one mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// The picture that says that the mail was shown.
    Open,
    /// The mail as a page.
    View,
    /// A link that is counted; `link` takes part in the keyed hash.
    Click,
    /// A document of the recipient's own; `link` says which.
    Document,
}

/// What such a token says: `https://portal/o/<token>`, 31 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InMail {
    /// Which occurrence.
    pub occurrence: OccurrenceTag,
    /// The recipient's index in that occurrence's audience.
    pub index: u32,
}

impl Use {
    const fn purpose(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::View => "view",
            Self::Click => "click",
            Self::Document => "document",
        }
    }
}

impl InMail {
    /// Writes the token for this use; `link` is where it leads, or nothing: another is refused with this token.
    pub fn token(&self, key: &RecipientKey, what: Use, link: &str) -> String {
        let mut head = Vec::with_capacity(IN_MAIL_HEAD + MAC);
        head.push(VERSION);
        head.extend_from_slice(&self.occurrence.0);
        head.extend_from_slice(&self.index.to_be_bytes());
        seal_with(key, what.purpose(), head, link)
    }

    /// Reads a token.
    ///
    /// # Errors
    /// [`TokenError`], also where it was made for another use or link.
    pub fn verify(
        key: &RecipientKey,
        what: Use,
        token: &str,
        link: &str,
    ) -> Result<Self, TokenError> {
        let head: [u8; IN_MAIL_HEAD] = open_with(key, VERSION, what.purpose(), token, link)?;
        let [_, o1, o2, o3, o4, o5, i1, i2, i3, i4] = head;
        Ok(Self {
            occurrence: OccurrenceTag([o1, o2, o3, o4, o5]),
            index: u32::from_be_bytes([i1, i2, i3, i4]),
        })
    }
}

fn prefix<const N: usize>(mac: &[u8; 32]) -> [u8; N] {
    let mut first = [0; N];
    first.iter_mut().zip(mac).for_each(|(to, from)| *to = *from);
    first
}

fn seal(key: &RecipientKey, purpose: &str, head: Vec<u8>) -> String {
    seal_with(key, purpose, head, "")
}

/// `beside` is not in the token, but takes part in its keyed hash, where there is any.
fn seal_with(key: &RecipientKey, purpose: &str, mut head: Vec<u8>, beside: &str) -> String {
    let parts: &[&[u8]] = &[&head, beside.as_bytes()];
    let parts = parts.get(..1 + usize::from(!beside.is_empty()));
    let mac = key.token_macs(purpose, parts.unwrap_or_default()).next();
    let mac = mac.unwrap_or_default();
    head.extend_from_slice(mac.get(..MAC).unwrap_or(&mac));
    let mut token = String::with_capacity(head.len() * 8 / 5 + 1);
    base32::encode(&mut token, &head);
    token
}

fn open<const HEAD: usize>(
    key: &RecipientKey,
    purpose: &str,
    token: &str,
) -> Result<[u8; HEAD], TokenError> {
    open_with(key, VERSION, purpose, token, "")
}

fn open_with<const HEAD: usize>(
    key: &RecipientKey,
    wanted: u8,
    purpose: &str,
    token: &str,
    beside: &str,
) -> Result<[u8; HEAD], TokenError> {
    let bytes = base32::decode(token).ok_or(TokenError::Malformed)?;
    // The version comes first, so that another version may have another length.
    let version = *bytes.first().ok_or(TokenError::Malformed)?;
    if version != wanted {
        return Err(TokenError::Version(version));
    }
    let (head, given) = bytes.split_at_checked(HEAD).ok_or(TokenError::Malformed)?;
    if given.len() != MAC {
        return Err(TokenError::Malformed);
    }
    let parts: &[&[u8]] = &[head, beside.as_bytes()];
    let parts = parts.get(..1 + usize::from(!beside.is_empty()));
    let mut macs = key.token_macs(purpose, parts.unwrap_or_default());
    let is_ours = macs.any(|mac| {
        let wanted = mac.get(..MAC).unwrap_or(&mac);
        bool::from(wanted.ct_eq(given))
    });
    if is_ours {
        head.try_into().map_err(|_| TokenError::Malformed)
    } else {
        Err(TokenError::Forged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(secret: u8) -> RecipientKey {
        RecipientKey::from_secret(&[secret; 32]).unwrap()
    }

    #[test]
    fn tokens_fit_a_local_part() {
        let path = ReversePath {
            occurrence: OccurrenceTag([255; 5]),
            index: u32::MAX,
            copy: 255,
        };
        assert_eq!(path.token(&key(1)).len(), 32);
        let leave = Leave {
            action: Action::Unsubscribe,
            scope: Scope::All,
            recipient: RecipientId([255; 12]),
            mailing: None,
        };
        assert_eq!(leave.token(&key(1)).len(), Leave::SHORTER);
        let leave = Leave {
            mailing: Some(OccurrenceTag([255; 5]).mailing()),
            ..leave
        };
        assert_eq!(leave.token(&key(1)).len(), Leave::LONGER);
    }

    /// Mails with such tokens went out: they are read for ever. Computed apart from this code.
    #[test]
    fn tokens_of_former_versions_are_read() {
        for (token, action) in [
            (
                "aeaqcaaaaaaagaydambqgaydambqga5cdhh5teajnax54",
                Action::Unsubscribe,
            ),
            (
                "aebaeclhan3qgaydambqgaydambqga3pvptik36enwun6",
                Action::Preferences,
            ),
            (
                "aebqcaaaaaaagaydambqgaydambqga3kkhsx52h57hkkk",
                Action::Confirm,
            ),
        ] {
            let scope = match action {
                Action::Preferences => Scope::topic(&key(1), "ferias"),
                _ => Scope::All,
            };
            let leave = Leave {
                action,
                scope,
                recipient: RecipientId([3; 12]),
                mailing: None,
            };
            assert_eq!(leave.token(&key(1)), token, "{action:?}");
            assert_eq!(Leave::verify(&key(1), token), Ok(leave));
        }
    }

    #[test]
    fn the_mailing_can_not_be_changed_or_left_out() {
        let leave = Leave {
            action: Action::Unsubscribe,
            scope: Scope::All,
            recipient: RecipientId([3; 12]),
            mailing: Some(MailingTag([1, 2, 3])),
        };
        let token = leave.token(&key(1));
        assert_eq!(Leave::verify(&key(1), &token), Ok(leave));
        assert_eq!(Leave::verify(&key(2), &token), Err(TokenError::Forged));
        let bytes = base32::decode(&token).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            *changed.get_mut(at).unwrap() ^= 1;
            let mut text = String::new();
            base32::encode(&mut text, &changed);
            assert!(Leave::verify(&key(1), &text).is_err(), "{at}");
        }
        let path = ReversePath::verify(&key(1), &token);
        assert_eq!(path, Err(TokenError::Version(IN_MAILING)));
    }

    #[test]
    fn a_link_writes_the_mail() {
        let leave = Leave {
            action: Action::Want,
            scope: Scope::All,
            recipient: RecipientId([3; 12]),
            mailing: None,
        };
        let mailbox = Address::parse("bajas@camara.example").unwrap();
        let link = leave.mailto(&key(1), &mailbox);
        let token = leave.token(&key(1));
        assert_eq!(
            link,
            format!("mailto:bajas+{token}@camara.example?subject=subscribe")
        );
    }

    #[test]
    fn wrong_ones_are_told_apart() {
        let leave = Leave {
            action: Action::Preferences,
            scope: Scope::topic(&key(1), "ferias"),
            recipient: RecipientId([3; 12]),
            mailing: None,
        };
        let token = leave.token(&key(1));
        assert_eq!(Leave::verify(&key(1), &token), Ok(leave));
        assert_eq!(Leave::verify(&key(2), &token), Err(TokenError::Forged));
        assert_eq!(Leave::verify(&key(1), ""), Err(TokenError::Malformed));
        assert_eq!(Leave::verify(&key(1), "hola!"), Err(TokenError::Malformed));
        assert_eq!(
            ReversePath::verify(&key(1), &token),
            Err(TokenError::Malformed)
        );
        let mut newer = String::new();
        base32::encode(&mut newer, &[3, 9, 9]);
        assert_eq!(Leave::verify(&key(1), &newer), Err(TokenError::Version(3)));
        assert_ne!(
            Scope::topic(&key(1), "ferias"),
            Scope::topic(&key(1), "becas")
        );
    }

    #[test]
    fn a_link_in_a_mail_is_good_for_its_use_and_its_place_only() {
        let mail = InMail {
            occurrence: OccurrenceTag([7; 5]),
            index: 42,
        };
        let token = mail.token(&key(1), Use::Click, "https://feria.example/");
        assert_eq!(token.len(), 31);
        let read = |what, link| InMail::verify(&key(1), what, &token, link);
        assert_eq!(read(Use::Click, "https://feria.example/"), Ok(mail));
        for link in ["https://evil.example/", "", "https://feria.example"] {
            assert_eq!(read(Use::Click, link), Err(TokenError::Forged), "{link}");
        }
        assert_eq!(
            read(Use::Open, "https://feria.example/"),
            Err(TokenError::Forged)
        );
    }

    #[test]
    fn a_former_secret_is_read_and_makes_nothing() {
        let leave = Leave {
            action: Action::Confirm,
            scope: Scope::All,
            recipient: RecipientId([3; 12]),
            mailing: None,
        };
        let (old, new) = ([7; 32], [8; 32]);
        let with = |secrets: &[&[u8]]| {
            let secrets = secrets.iter().copied();
            key(1).with_token_secrets(secrets).unwrap()
        };
        let before = with(&[&old]);
        let now = with(&[&new, &old]);
        let later = with(&[&new]);
        let token = leave.token(&before);
        assert_ne!(token, leave.token(&key(1)));
        assert_eq!(Leave::verify(&now, &token), Ok(leave));
        assert_eq!(Leave::verify(&later, &token), Err(TokenError::Forged));
        assert_eq!(Leave::verify(&later, &leave.token(&now)), Ok(leave));
        let occurrence = "2026/rueda".parse().unwrap();
        assert_eq!(
            OccurrenceTag::of(&key(1), &occurrence),
            OccurrenceTag::of(&now, &occurrence)
        );
        assert!(
            key(1)
                .with_token_secrets([b"short".as_slice()])
                .is_err_and(|why| why.0 == 5)
        );
    }

    proptest! {
        #[test]
        fn a_reverse_path_reads_back(tag: [u8; 5], index: u32, copy: u8, upper: bool) {
            let path = ReversePath { occurrence: OccurrenceTag(tag), index, copy };
            let mut token = path.token(&key(1));
            if upper { token.make_ascii_uppercase(); }
            prop_assert_eq!(ReversePath::verify(&key(1), &token), Ok(path));
        }

        #[test]
        fn every_wish_reads_back(which in 0_usize..6, topic: Option<[u8; 4]>, who: [u8; 12], mailing: Option<[u8; 3]>, upper: bool) {
            let leave = Leave {
                action: Action::ALL[which],
                scope: topic.map_or(Scope::All, Scope::Topic),
                recipient: RecipientId(who),
                mailing: mailing.map(MailingTag),
            };
            let mut token = leave.token(&key(1));
            let length = if mailing.is_some() { Leave::LONGER } else { Leave::SHORTER };
            prop_assert_eq!(token.len(), length);
            if upper { token.make_ascii_uppercase(); }
            prop_assert_eq!(Leave::verify(&key(1), &token), Ok(leave));
        }

        #[test]
        fn one_changed_character_is_refused(index: u32, at in 0_usize..32, to in "[a-z2-7]") {
            let path = ReversePath { occurrence: OccurrenceTag([1; 5]), index, copy: 0 };
            let token = path.token(&key(1));
            let mut altered = token.clone();
            altered.replace_range(at..=at, &to);
            prop_assume!(altered != token);
            prop_assert!(ReversePath::verify(&key(1), &altered).is_err());
        }

        #[test]
        fn anything_else_is_refused(text in ".{0,60}") {
            prop_assert!(ReversePath::verify(&key(1), &text).is_err());
            prop_assert!(Leave::verify(&key(1), &text).is_err());
        }
    }
}
