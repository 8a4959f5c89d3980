//! Opens and clicks: the picture of a mail, and its links that lead on. Who asks is answered when what was seen is on stable
//! storage; where that is not to be had they are answered all the same, and it is counted as lost: nobody's picture is broken
//! and no link leads nowhere because a disk is full.
//!
//! Only a mail whose sending is not known yet waits in memory, bounded, until the ledger is fetched that tells of it.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use jiff::Timestamp;
use tokio::sync::Notify;

use super::page::answer;
use super::readers::{declines, reader};
use super::service::{Refusal, Service};
use crate::ledger::audience::Audience;
use crate::ledger::event::RecipientIndex;
use crate::ledger::feedback::{Feedback, Heard, Reader};
use crate::ledger::segment::Record;
use crate::mail::token::{InMail, Use};

/// One transparent pixel (GIF89a).
const PICTURE: [u8; 43] = [
    0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x21,
    0xf9, 4, 1, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b,
];

/// What waits at most for its sending to become known: a mail may be opened before the ledger was fetched that tells of it.
const MOST_EARLY: usize = 10_000;

/// For so many milliseconds.
const EARLY: i64 = 10 * 60 * 1_000;

/// A sending that is not known makes a round come early, once in so many milliseconds.
const REFRESH: i64 = 60 * 1_000;

/// The same link of the same mail counts once in so many milliseconds.
const AGAIN: i64 = 60 * 1_000;

/// Links followed lately that are remembered at most.
const MOST_CLICKS: usize = 100_000;

/// Something that was asked for.
pub(super) struct Sighting {
    mail: InMail,
    by: Reader,
    /// Where the link leads; `None`: the picture.
    link: Option<String>,
    at: Timestamp,
}

/// See the module.
#[derive(Default)]
pub(super) struct Trace {
    early: Mutex<Vec<Sighting>>,
    /// How many of those there are.
    how_early: AtomicUsize,
    /// When links were followed last, in milliseconds.
    clicks: Mutex<HashMap<u64, i64>>,
    hasher: RandomState,
    asked_for_round: AtomicI64,
    round: Notify,
}

impl Trace {
    /// Returns when a round should come early.
    pub(super) async fn wants_round(&self) {
        self.round.notified().await;
    }

    /// Whether anything waits for its sending to become known.
    pub(super) fn has_early(&self) -> bool {
        self.how_early.load(Ordering::Relaxed) > 0
    }

    /// Whether a link counts: it was not followed within a minute.
    fn counts(&self, sighting: &Sighting, link: &str) -> bool {
        let at = sighting.at.as_millisecond();
        let of = (sighting.mail.occurrence, sighting.mail.index);
        let place = self.hasher.hash_one((of, sighting.by, link));
        let mut clicks = lock(&self.clicks);
        if clicks.len() >= MOST_CLICKS {
            clicks.retain(|_, last| at - *last < AGAIN);
        }
        if clicks.len() >= MOST_CLICKS {
            clicks.clear();
        }
        let last = clicks.get(&place).copied();
        if last.is_some_and(|last| (0..AGAIN).contains(&(at - last))) {
            return false;
        }
        clicks.insert(place, at);
        true
    }
}

fn lock<T>(what: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Service {
    /// The picture, whatever is asked for; a token of ours is an open.
    pub(super) async fn open(
        self: &Arc<Self>,
        name: &str,
        headers: &HeaderMap,
        is_head: bool,
    ) -> Response<Body> {
        let token = name.strip_suffix(".gif").unwrap_or_default();
        if let Ok(mail) = InMail::verify(&self.key(), Use::Open, token, "") {
            self.see(mail, None, headers, is_head).await;
        }
        answer(StatusCode::OK, "image/gif", PICTURE.as_slice())
    }

    /// Leads on to where the token says, and nowhere else.
    pub(super) async fn click(
        self: &Arc<Self>,
        token: &str,
        query: Option<&str>,
        headers: &HeaderMap,
        is_head: bool,
    ) -> Result<Response<Body>, Refusal> {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let mut links = pairs.filter(|(name, _)| name == "to");
        let (_, link) = links.next().ok_or(Refusal::Link)?;
        let mail = InMail::verify(&self.key(), Use::Click, token, &link);
        let mail = mail.map_err(|_| Refusal::Link)?;
        let there = location(&link).ok_or(Refusal::Link)?;
        let link = link.into_owned();
        self.see(mail, Some(link), headers, is_head).await;
        let mut answer = answer(StatusCode::FOUND, "text/plain", Body::empty());
        answer.headers_mut().insert(header::LOCATION, there);
        Ok(answer)
    }

    /// Takes note, unless it is only looked whether it is there, or who asks declines.
    async fn see(
        self: &Arc<Self>,
        mail: InMail,
        link: Option<String>,
        headers: &HeaderMap,
        is_head: bool,
    ) {
        if is_head || declines(headers) {
            return;
        }
        let by = reader(headers);
        self.metrics.seen(link.is_some(), by);
        let at = self.now();
        self.note_down(vec![Sighting { mail, by, link, at }]).await;
    }

    /// Puts down what was seen, where it counts; of what is not known yet, waits for the ledger that tells of it.
    async fn note_down(self: &Arc<Self>, sightings: Vec<Sighting>) {
        let mut records = Vec::new();
        for sighting in sightings {
            let occurrence = self.sendings.named(sighting.mail.occurrence);
            let audience = match occurrence {
                Some(occurrence) => self.audience(&occurrence).await,
                None => None,
            };
            match audience {
                Some(audience) => records.extend(self.reading_of(&audience, &sighting)),
                None => self.wait_for(sighting),
            }
        }
        if records.is_empty() {
            return;
        }
        match self.readings.put(&records).await {
            Ok(()) => self.metrics.spooled(records.len()),
            Err(_) => {
                self.metrics.not_spooled();
                self.take_back(&records);
            }
        }
    }

    /// What could not be put down was not seen: the next opening counts.
    fn take_back(&self, records: &[Record]) {
        for record in records {
            if let Record::Feedback(Feedback {
                mail: Some(mail),
                what: Heard::Opened { by },
                ..
            }) = record
            {
                self.sendings.was_not_opened(mail, *by);
            }
        }
    }

    /// What was seen as a record, where it counts: of each mail one open for people and one for machines, of each link one
    /// click a minute.
    fn reading_of(&self, audience: &Audience, sighting: &Sighting) -> Option<Record> {
        let index = sighting.mail.index;
        let (recipient, by) = (audience.who(RecipientIndex(index))?, sighting.by);
        let counts = match &sighting.link {
            None => self.sendings.opens((&audience.occurrence, index), by),
            Some(link) => self.trace.counts(sighting, link),
        };
        counts.then(|| {
            Record::Feedback(Feedback {
                message: self.new_key(),
                recipient,
                mail: Some((audience.occurrence.clone(), RecipientIndex(index))),
                at: sighting.at,
                what: match &sighting.link {
                    None => Heard::Opened { by },
                    Some(link) => Heard::Clicked {
                        by,
                        link: link.clone(),
                    },
                },
            })
        })
    }

    /// Keeps it until its sending is known, and makes that known soon.
    fn wait_for(&self, sighting: Sighting) {
        let mut early = lock(&self.trace.early);
        match early.len() < MOST_EARLY {
            true => early.push(sighting),
            false => self.metrics.unseen(),
        }
        self.trace.how_early.store(early.len(), Ordering::Relaxed);
        drop(early);
        self.ask_for_round();
    }

    /// What the ledger does not tell of here yet is known soon.
    pub(super) fn ask_for_round(&self) {
        let now = self.now().as_millisecond();
        let last = self.trace.asked_for_round.load(Ordering::Relaxed);
        if !(0..REFRESH).contains(&(now - last)) {
            self.trace.asked_for_round.store(now, Ordering::Relaxed);
            self.trace.round.notify_one();
        }
    }

    /// Tries again what waits for its sending to become known.
    pub(super) async fn note_early(self: &Arc<Self>) {
        if !self.trace.has_early() {
            return;
        }
        let early = std::mem::take(&mut *lock(&self.trace.early));
        self.trace.how_early.store(0, Ordering::Relaxed);
        let now = self.now().as_millisecond();
        let young = |it: &Sighting| now - it.at.as_millisecond() < EARLY;
        self.note_down(early.into_iter().filter(young).collect())
            .await;
    }
}

/// Where a browser is sent: to the web only, in the characters that a header may have (RFC 3986 §2.1 for all others).
fn location(link: &str) -> Option<HeaderValue> {
    let scheme = link.split_once("://").map(|(scheme, _)| scheme)?;
    let is_web = ["https", "http"]
        .iter()
        .any(|it| it.eq_ignore_ascii_case(scheme));
    if !is_web || link.chars().any(|c| c.is_control() || c == ' ') {
        return None;
    }
    let mut text = String::with_capacity(link.len());
    for byte in link.bytes() {
        match byte.is_ascii() {
            true => text.push(char::from(byte)),
            false => text.push_str(&format!("%{byte:02X}")),
        }
    }
    HeaderValue::try_from(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_web_and_break_no_header() {
        let there = |link| location(link).map(|it| it.to_str().unwrap().to_owned());
        for link in ["https://a.example/x?y=1&z#k", "http://a.example"] {
            assert_eq!(there(link).as_deref(), Some(link));
        }
        let spelled = there("https://a.example/año");
        assert_eq!(spelled.as_deref(), Some("https://a.example/a%C3%B1o"));
        for bad in [
            "javascript:alert(1)",
            "data://text/html,x",
            "//a.example",
            "/u/x",
            "https://a.example/\r\nSet-Cookie: a",
            "https://a.example/ x",
            "ftp://a.example",
            "",
        ] {
            assert_eq!(there(bad), None, "{bad}");
        }
        assert_eq!(PICTURE.len(), 43);
    }
}
