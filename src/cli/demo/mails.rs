//! The mails that arrived, by campaign, with their text and HTML beside them; and the published files
//! that they show and link to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use super::accounting::Account;
use super::folder;
use super::inbox::header;
use crate::mail::digest::Digest;
use crate::mail::recipient_id::RecipientKey;
use crate::workspace::published::{asset_url, document_url};

/// A mail to look at.
pub(super) struct Shown {
    pub(super) to: String,
    pub(super) subject: String,
    /// Their paths below the demo's folder.
    pub(super) eml: String,
    pub(super) html: String,
    pub(super) text: String,
}

/// Mails of a campaign that are laid out.
const SHOWN: usize = 4;

/// What lies in the inbox.
#[derive(Default)]
pub(super) struct Arrived {
    pub(super) shown: BTreeMap<String, Vec<Shown>>,
    pub(super) mails: u64,
    /// More copies of one Message-ID than the one there may be.
    pub(super) duplicates: u64,
    /// Arrived, and the ledger says unknown.
    pub(super) unknown_arrived: u64,
}

/// Sorts the inbox into folders by campaign, and lays some mails out.
pub(super) fn sort(out: &Path, accounts: &[Account], base: Option<&str>) -> io::Result<Arrived> {
    let mut arrived = Arrived::default();
    let mut seen = BTreeSet::new();
    let mut by_id = BTreeMap::new();
    let mut unknown = BTreeSet::new();
    for account in accounts {
        by_id.extend(
            account
                .message_ids
                .iter()
                .map(|id| (id.as_str(), account.id.as_str())),
        );
        unknown.extend(account.unknown_ids.iter().map(String::as_str));
    }
    for path in folder::files(&out.join("inbox"))? {
        let message = fs::read(&path)?;
        arrived.mails += 1;
        let id = header(&message, "message-id").unwrap_or_default();
        let id = id.trim_matches(['<', '>']).to_owned();
        if unknown.contains(id.as_str()) {
            arrived.unknown_arrived += 1;
        }
        let campaign = *by_id.get(id.as_str()).unwrap_or(&"other");
        if !seen.insert(id) {
            arrived.duplicates += 1;
        }
        let slug = campaign.replace(['/', '@'], "-");
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let eml = format!("inbox/{slug}/{name}.eml");
        fs::create_dir_all(out.join("inbox").join(&slug))?;
        fs::rename(&path, out.join(&eml))?;
        let shown = arrived.shown.entry(campaign.to_owned()).or_default();
        if shown.len() < SHOWN {
            let html_path = format!("mails/{slug}-{name}.html");
            let text_path = format!("mails/{slug}-{name}.txt");
            let mut html = part(&message, "text/html").unwrap_or_default();
            if let Some(base) = base {
                html = html.replace(&format!("{base}/"), "../");
            }
            fs::write(out.join(&html_path), html)?;
            fs::write(
                out.join(&text_path),
                part(&message, "text/plain").unwrap_or_default(),
            )?;
            shown.push(Shown {
                to: header(&message, "to").unwrap_or_default(),
                subject: title(&part_title(&message)),
                eml,
                html: html_path,
                text: text_path,
            });
        }
    }
    Ok(arrived)
}

/// Lays assets and documents out as a publisher would, below the demo's folder.
pub(super) fn publish(
    out: &Path,
    workspace: &Path,
    base: &str,
    key: &RecipientKey,
) -> io::Result<()> {
    for (folder_name, is_asset) in [("assets", true), ("campaigns", false)] {
        let below = workspace.join(folder_name);
        if !below.is_dir() {
            continue;
        }
        for path in folder::files(&below)? {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if !is_asset && (name == "campaign.yaml" || name.starts_with("body.")) {
                continue;
            }
            let digest = Digest::of(&fs::read(&path)?);
            let url = match is_asset {
                true => asset_url(base, &digest, &name),
                false => document_url(base, key, &digest, &name),
            };
            let Some(place) = url
                .strip_prefix(base)
                .and_then(|rest| rest.strip_prefix('/'))
            else {
                continue;
            };
            let place = out.join(place);
            fs::create_dir_all(place.parent().unwrap_or(out))?;
            fs::copy(&path, place)?;
        }
    }
    Ok(())
}

/// The page's own title is the subject, decoded: the header's is encoded words.
fn part_title(message: &[u8]) -> String {
    let html = part(message, "text/html").unwrap_or_default();
    let title = html
        .split_once("<title>")
        .and_then(|(_, rest)| rest.split_once("</title>"));
    title.map_or_else(String::new, |(title, _)| title.to_owned())
}

fn title(text: &str) -> String {
    text.replace("&amp;", "&")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
}

/// The part with this type. Knows what this program's own mails look like, and nothing more.
fn part(message: &[u8], kind: &str) -> Option<String> {
    let text = String::from_utf8_lossy(message);
    let (_, rest) = text.split_once(&format!("Content-Type: {kind}"))?;
    let (_, body) = rest.split_once("\r\n\r\n")?;
    let body = body.split("\r\n--=_").next()?;
    Some(unquoted(body))
}

/// Quoted-printable (RFC 2045 §6.7), undone.
fn unquoted(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let joined = text.replace("=\r\n", "");
    let mut rest = joined.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let hex = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match hex.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(value) if byte == b'=' => {
                bytes.push(value);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_and_decoded() {
        let mail = b"A: b\r\nContent-Type: text/plain; x\r\n\r\na=C3=B1=\r\no = 1\r\n--=_a--\r\n";
        assert_eq!(part(mail, "text/plain").unwrap(), "a\u{f1}o = 1");
        assert_eq!(part(mail, "text/html"), None);
    }
}
