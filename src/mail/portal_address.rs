//! The addresses of the portal that stand in mails, below its own (without a slash at its end): made while rendering, read
//! by the portal. Both ask here, so that a link cannot miss its page.
//!
//! What an address is good for is in its token: leaving, preferences and invitations are a person's; the picture, the page, a
//! counted link and a document are one mail's.

use jiff::{Timestamp, ToSpan as _};

use super::invitation::Invitation;
use super::percent::encoded;
use super::recipient_id::{RecipientId, RecipientKey};
use super::sealed::NotSealed;
use super::token::{Action, InMail, Leave, MailingTag, Scope, TokenError, Use};

/// What stands in place of a token where a mail is only shown: it opens nobody's page.
pub const SPECIMEN: &str = "specimen";

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Where somebody leaves.
pub fn leaving(portal: &str, token: &str) -> String {
    format!("{portal}/u/{token}")
}

/// Where somebody says what they want to get; `mailing`: which one the link stands in.
pub fn preferences(
    portal: &str,
    key: &RecipientKey,
    recipient: RecipientId,
    mailing: Option<MailingTag>,
) -> String {
    let leave = Leave {
        action: Action::Preferences,
        scope: Scope::All,
        recipient,
        mailing,
    };
    format!("{portal}/p/{}", leave.token(key))
}

/// Where a mail is seen as a page.
pub fn view(portal: &str, key: &RecipientKey, mail: InMail) -> String {
    format!("{portal}/v/{}", mail.token(key, Use::View, ""))
}

/// The picture that says that a mail was shown.
pub fn picture(portal: &str, key: &RecipientKey, mail: InMail) -> String {
    format!("{portal}/o/{}.gif", mail.token(key, Use::Open, ""))
}

/// What stands before a counted link's token.
pub fn click_before(portal: &str) -> String {
    format!("{portal}/r/")
}

/// What stands after a counted link's token.
pub fn click_after(link: &str) -> String {
    format!("?to={}", encoded(link))
}

/// Where somebody who was invited joins.
///
/// # Errors
/// [`NotSealed`].
pub fn joining(
    portal: &str,
    key: &RecipientKey,
    invitation: &Invitation,
) -> Result<String, NotSealed> {
    let sealed = invitation.seal(key)?;
    Ok(format!("{portal}/i/{}", sealed.as_str()))
}

/// When a link to a document in a mail of that date ends: so many days later, at the end of that day (UTC), so that the
/// same mail made again on its day is the same.
pub fn document_end(date: Timestamp, days: u16) -> Timestamp {
    let whole = date.as_second().div_euclid(DAY).saturating_add(1);
    let end = whole.saturating_mul(DAY);
    let end = Timestamp::from_second(end).unwrap_or(date);
    end.checked_add((24 * i64::from(days)).hours())
        .unwrap_or(end)
}

/// Where a document of a recipient's own is until `end`; `path` is its place below the campaign's folder.
pub fn document(
    portal: &str,
    key: &RecipientKey,
    mail: InMail,
    end: Timestamp,
    path: &str,
) -> String {
    let token = mail.token(key, Use::Document, &document_link(end.as_second(), path));
    let mut address = format!("{portal}/d/{token}/{}", end.as_second());
    for segment in path.split('/') {
        address.push('/');
        address.push_str(&encoded(segment));
    }
    address
}

/// Why an address is no document's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoDocument {
    /// The token was not made for this path and end.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// It was, and its time is over.
    #[error("the link is good no longer")]
    Over,
}

/// Reads what follows `{portal}/d/`: the token, the end as it is written, and the path, decoded. Says whose mail it was in; the
/// path is one that was put there by us.
///
/// # Errors
/// [`NoDocument`].
pub fn read_document(
    key: &RecipientKey,
    token: &str,
    end: &str,
    path: &str,
    now: Timestamp,
) -> Result<InMail, NoDocument> {
    let second: i64 = end.parse().map_err(|_| TokenError::Malformed)?;
    // `+1` and `01` are numbers as well, and no end that was ever written.
    if second.to_string() != end {
        return Err(TokenError::Malformed.into());
    }
    let mail = InMail::verify(key, Use::Document, token, &document_link(second, path))?;
    if now.as_second() >= second {
        return Err(NoDocument::Over);
    }
    Ok(mail)
}

fn document_link(end: i64, path: &str) -> String {
    format!("{end}/{path}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::token::OccurrenceTag;

    const PORTAL: &str = "https://portal.camara.example";

    fn key() -> RecipientKey {
        RecipientKey::from_secret(&[1; 32]).unwrap()
    }

    const MAIL: InMail = InMail {
        occurrence: OccurrenceTag([7; 5]),
        index: 42,
    };

    #[test]
    fn a_document_is_there_until_its_end_and_for_its_path_only() {
        let date: Timestamp = "2026-12-03T17:00:00Z".parse().unwrap();
        let end = document_end(date, 30);
        assert_eq!(end, "2027-01-03T00:00:00Z".parse().unwrap());
        let later = "2026-12-03T23:59:59Z".parse().unwrap();
        assert_eq!(document_end(later, 30), end);
        let path = "facturas/F 1.pdf";
        let address = document(PORTAL, &key(), MAIL, end, path);
        let rest = address
            .strip_prefix("https://portal.camara.example/d/")
            .unwrap();
        let (token, rest) = rest.split_once('/').unwrap();
        let (written, encoded) = rest.split_once('/').unwrap();
        assert_eq!(encoded, "facturas/F%201.pdf");
        let read = |end: &str, path: &str, now| read_document(&key(), token, end, path, now);
        assert_eq!(read(written, path, date), Ok(MAIL));
        assert_eq!(read(written, path, end), Err(NoDocument::Over));
        let forged = Err(NoDocument::Token(TokenError::Forged));
        assert_eq!(read(written, "facturas/F 2.pdf", date), forged);
        assert_eq!(read("1900000000", path, date), forged);
        let malformed = Err(NoDocument::Token(TokenError::Malformed));
        for odd in [format!("+{written}"), format!("0{written}"), String::new()] {
            assert_eq!(read(&odd, path, date), malformed);
        }
    }

    #[test]
    fn each_address_has_its_own_token() {
        let open = picture(PORTAL, &key(), MAIL);
        let page = view(PORTAL, &key(), MAIL);
        let token = open
            .strip_prefix("https://portal.camara.example/o/")
            .unwrap();
        let token = token.strip_suffix(".gif").unwrap();
        assert_eq!(InMail::verify(&key(), Use::Open, token, ""), Ok(MAIL));
        assert_eq!(
            InMail::verify(&key(), Use::View, token, ""),
            Err(TokenError::Forged)
        );
        let token = page
            .strip_prefix("https://portal.camara.example/v/")
            .unwrap();
        assert_eq!(InMail::verify(&key(), Use::View, token, ""), Ok(MAIL));
        assert!(InMail::verify(&key(), Use::View, SPECIMEN, "").is_err());
    }
}
