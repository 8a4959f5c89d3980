//! What every answer needs: the workspace, who left and who asked for what, the spool, limits, the time.

use std::collections::HashSet;
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, header};
use jiff::Timestamp;
use minijinja::context;
use tokio::sync::Semaphore;

use super::bursts::Bursts;
use super::consents::Consents;
use super::folds::Folds;
use super::ground::{Ground, Membership};
use super::holder::Holder;
use super::limits::{AddressLimits, Client, ClientLimits, Limits, Rate};
use super::metrics::Metrics;
use super::outbox::Outbox;
use super::page::{Page, Pages};
use super::post::Post;
use super::sendings::Sendings;
use super::sent::Sent;
use super::spool::Spool;
use super::trace::Trace;
use super::unanswered::Unanswered;
use super::words::Words;
use crate::clock::Clock;
use crate::git::CommitId;
use crate::ledger::event::{Exclusion, RunId, Scope, SuppressionEvent};
use crate::ledger::feedback::MessageKey;
use crate::ledger::last_word::LastWord;
use crate::ledger::segment::Record;
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::workspace::encryption::Keys;
use crate::workspace::settings::{Locale, Network, Settings};

/// Minutes of a day.
const DAY: f64 = 1_440.0;

/// Finds the key that settings name.
pub type KeyOf = dyn Fn(&Settings) -> Result<RecipientKey, String> + Send + Sync;

/// What is handed in.
pub struct Outside {
    /// The organisation's key, as settings name it; or why it cannot be had.
    pub key: Box<KeyOf>,
    /// What encrypted lists are read with.
    pub keys: Keys,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// This portal's id.
    pub run: RunId,
    /// How long clients may keep it waiting: [`super::PATIENCE`], but for tests.
    pub patience: std::time::Duration,
    /// Sends mails with links; `None`: nobody can join by themselves.
    pub post: Option<Arc<dyn Post>>,
    /// The folder that `postmerge publish` laid out, where its files are handed out.
    pub files: Option<std::path::PathBuf>,
    /// Takes the lines of the log.
    pub log: Option<Arc<super::Log>>,
}

/// See the module.
pub(super) struct Service {
    pub(super) outside: Outside,
    key: RwLock<Arc<RecipientKey>>,
    pub(super) spool: Spool,
    /// What is put down of opens and clicks: apart, since it waits for judgement and nobody waits for it.
    pub(super) readings: Spool,
    pub(super) trace: Trace,
    pub(super) bursts: Mutex<Bursts>,
    pub(super) sendings: Sendings,
    pub(super) sent: Sent,
    pub(super) unanswered: Unanswered,
    pub(super) outbox: Outbox,
    pub(super) pages: Pages,
    pub(super) metrics: Metrics,
    pub(super) limits: PortalLimits,
    consents: Mutex<Consents>,
    /// Who is asked about on the ledger: one after the other.
    pub(super) looking: Arc<Semaphore>,
    ground: RwLock<Arc<Ground>>,
    /// The main branch's head whose workspace cannot be read, as the log has it already.
    unread: Mutex<Option<CommitId>>,
    folds: RwLock<Folds>,
    counter: AtomicU64,
    /// Who left what since the last round: pressing twice says it once.
    left: Mutex<HashSet<(RecipientId, Scope)>>,
    /// The last moment that a record was given, in milliseconds.
    last: AtomicI64,
}

/// The limits, each for what it is there for.
pub(super) struct PortalLimits {
    /// Pages and forms that one client asks for without a link of somebody's.
    pub(super) pages: ClientLimits,
    /// The same by a link, whoever follows it from wherever.
    pub(super) held: Limits<Holder>,
    /// Links of one client that were not made here.
    pub(super) wrong: ClientLimits,
    /// Mails with links that one client asks for.
    pub(super) mails: ClientLimits,
    /// Mails with links to one address.
    pub(super) to_address: AddressLimits,
    /// How often the log says that one of these was withheld.
    pub(super) withheld: Limits<()>,
    /// Mails with links, of everybody.
    pub(super) all_mails: Limits<()>,
    /// What somebody's own links put down, whoever uses them: each record is read for as long as there is a ledger.
    pub(super) records: Limits<RecipientId>,
}

/// Why there is no answer but a page that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A link that was not made here, is too old, or is about nothing that there is: one page for all.
    Link,
    /// Too much.
    Slow,
    /// Nothing can be put down, or no mail sent.
    Trouble,
    /// A form that is longer than any of ours.
    Large,
    /// A form that does not come to its end.
    Late,
    /// What cannot be done with that address.
    Method,
}

/// Who asks.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    pub(super) client: Client,
    /// Whose link they follow, where it is one that was made here.
    pub(super) holder: Option<Holder>,
    /// Who speaks to us, where nothing says that it speaks for another.
    pub(super) direct: Option<IpAddr>,
    /// As the browser wishes.
    wanted: Option<Locale>,
}

impl Service {
    pub(super) fn new(
        outside: Outside,
        (spool, readings): (Spool, Spool),
        repository: &Path,
        (ground, key): (Ground, RecipientKey),
        folds: Folds,
    ) -> Self {
        let rate = |burst, per_minute| Rate { burst, per_minute };
        Self {
            outside,
            key: RwLock::new(Arc::new(key)),
            spool,
            readings,
            trace: Trace::default(),
            bursts: Mutex::default(),
            sendings: Sendings::default(),
            sent: Sent::new(repository),
            unanswered: Unanswered::default(),
            outbox: Outbox::default(),
            pages: Pages::new(),
            metrics: Metrics::default(),
            limits: PortalLimits {
                pages: ClientLimits::new(rate(120.0, 60.0)),
                held: Limits::new(rate(300.0, 60.0)),
                wrong: ClientLimits::new(rate(30.0, 10.0)),
                mails: ClientLimits::new(rate(5.0, 0.5)),
                // Never more than two for a list within a day, and six for all of them.
                to_address: AddressLimits::new(rate(2.0, 1.0 / DAY), rate(6.0, 1.0 / DAY)),
                withheld: Limits::new(rate(1.0, 1.0 / 60.0)),
                all_mails: Limits::new(rate(200.0, 60.0)),
                // Twenty at once, and an hour.
                records: Limits::new(rate(20.0, 1.0 / 3.0)),
            },
            consents: Mutex::default(),
            looking: Arc::new(Semaphore::new(1)),
            ground: RwLock::new(Arc::new(ground)),
            unread: Mutex::default(),
            folds: RwLock::new(folds),
            counter: AtomicU64::new(0),
            left: Mutex::default(),
            last: AtomicI64::new(i64::MIN),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.outside.clock.now()
    }

    /// When somebody asks for something: later than all that they asked for and that was said of them before, by whatever clock,
    /// so that the last word holds. Not to be called while looking at the folds.
    pub(super) fn moment_of(&self, who: &RecipientId) -> Timestamp {
        let moment = self.moment();
        self.folds(|folds| {
            let said = LastWord {
                suppressions: &folds.suppressions,
                wishes: &folds.wishes,
            };
            said.after(who, moment)
        })
    }

    /// Later than all that was asked for here since the start.
    fn moment(&self) -> Timestamp {
        let now = self.now().as_millisecond();
        let next = |last: i64| Some(now.max(last.saturating_add(1)));
        let last = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
            .unwrap_or(now);
        let moment = now.max(last.saturating_add(1));
        Timestamp::from_millisecond(moment).unwrap_or_else(|_| self.now())
    }

    /// The organisation's key with the secrets of links that the settings name now.
    pub(super) fn key(&self) -> Arc<RecipientKey> {
        let key = self.key.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&key)
    }

    pub(super) fn replace_key(&self, new: Arc<RecipientKey>) {
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = new;
    }

    /// The workspace as it is now.
    pub(super) fn ground(&self) -> Arc<Ground> {
        let ground = self.ground.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&ground)
    }

    pub(super) fn replace_ground(&self, new: Ground) {
        *self.ground.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
    }

    /// Looks at who left and who asked for what; nothing waits meanwhile.
    pub(super) fn folds<T>(&self, look: impl FnOnce(&Folds) -> T) -> T {
        look(&self.folds.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn change_folds<T>(&self, change: impl FnOnce(&mut Folds) -> T) -> T {
        change(&mut self.folds.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// What a record that is made now is known by.
    pub(super) fn new_key(&self) -> MessageKey {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let run = self.outside.run.0;
        let at = self.now().as_nanosecond();
        MessageKey::of(format!("portal {run:08x} {number} {at}").as_bytes())
    }

    /// Puts records down, and only then takes them in: whoever is answered afterwards can rely on them.
    pub(super) async fn record(&self, records: &[Record]) -> Result<(), Refusal> {
        if records.is_empty() {
            return Ok(());
        }
        if self.spool.put(records).await.is_err() {
            self.metrics.not_spooled();
            return Err(Refusal::Trouble);
        }
        self.metrics.spooled(records.len());
        self.change_folds(|folds| folds.take(records));
        Ok(())
    }

    /// Puts down what somebody's own link asks for, as long as it is not too much. Leaving does not come here: it always may.
    pub(super) async fn record_of(
        &self,
        who: RecipientId,
        records: &[Record],
    ) -> Result<(), Refusal> {
        if records.is_empty() {
            return Ok(());
        }
        if !self.limits.records.take(who, self.now()) {
            return Err(Refusal::Slow);
        }
        // Whoever comes back may leave again; before it is put down, so that nobody's leaving falls in between.
        for record in records {
            if let Record::Suppression(SuppressionEvent::Lifted { scope, .. }) = record {
                self.left(|left| left.remove(&(who, scope.clone())));
            }
        }
        self.record(records).await
    }

    /// The texts that people agree to.
    pub(super) fn consents<T>(&self, look: impl FnOnce(&mut Consents) -> T) -> T {
        let consents = self.consents.lock();
        look(&mut consents.unwrap_or_else(PoisonError::into_inner))
    }

    /// Who left since the last round.
    pub(super) fn left<T>(&self, look: impl FnOnce(&mut HashSet<(RecipientId, Scope)>) -> T) -> T {
        look(&mut self.left.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn unread<T>(&self, change: impl FnOnce(&mut Option<CommitId>) -> T) -> T {
        change(&mut self.unread.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Somebody's rows, and what language they are addressed in.
    pub(super) fn with_person<T>(
        &self,
        who: &RecipientId,
        look: impl FnOnce(&Ground, &Folds, &[Membership<'_>]) -> T,
    ) -> T {
        let ground = self.ground();
        self.folds(|folds| {
            let memberships = ground.memberships(who, folds, &self.key());
            look(&ground, folds, &memberships)
        })
    }

    /// Whether nothing is to be known of somebody any more: the organisation writes to them no more, and no list has them. What they
    /// asked for while they were there is sealed on the ledger still.
    pub(super) fn is_erased(&self, who: &RecipientId) -> bool {
        let barred = self.folds(|folds| folds.suppressions.exact(who, &Scope::All));
        barred == Some(Exclusion::Suppressed) && !self.ground().has_row(who)
    }

    /// In which language somebody is answered: as a list says, else as the browser wishes, else the organisation's.
    pub(super) fn locale(&self, asker: &Asker, who: Option<&RecipientId>) -> Locale {
        let told = who.and_then(|who| self.with_person(who, |_, _, rows| Ground::language(rows)));
        asker.locale(told, &self.ground())
    }

    /// A page on whose content nothing else depends.
    pub(super) fn message(
        &self,
        (status, locale): (StatusCode, Locale),
        title: &str,
        text: &str,
        link: Option<(&str, &str)>,
    ) -> Response<Body> {
        let ground = self.ground();
        let content = context! {
            text => text,
            link => link.map(|(url, _)| url),
            link_text => link.map(|(_, text)| text),
        };
        let page = Page {
            template: "message.html",
            status,
            locale,
            title,
            content,
        };
        self.pages.show(&ground.settings, page)
    }

    /// What stands where no link leads: whose portal it is.
    pub(super) fn home(&self, asker: &Asker) -> Response<Body> {
        let locale = self.locale(asker, None);
        let name = &self.ground().settings.organisation.name;
        let text = Words::of(locale).home;
        self.message((StatusCode::OK, locale), name, text, None)
    }

    /// What is said instead of an answer.
    pub(super) fn refuse(&self, why: Refusal, asker: &Asker) -> Response<Body> {
        let locale = self.locale(asker, None);
        let words = Words::of(locale);
        let why = match why {
            // Whoever goes on guessing hears nothing but that it is too much.
            Refusal::Link if !self.limits.wrong.take(asker.client, self.now()) => Refusal::Slow,
            other => other,
        };
        self.metrics.refused(why);
        let (status, title, text) = match why {
            Refusal::Link => (StatusCode::NOT_FOUND, words.refused_title, words.refused),
            Refusal::Slow => (StatusCode::TOO_MANY_REQUESTS, words.slow_title, words.slow),
            Refusal::Trouble => (
                StatusCode::SERVICE_UNAVAILABLE,
                words.trouble_title,
                words.trouble,
            ),
            Refusal::Large => (
                StatusCode::PAYLOAD_TOO_LARGE,
                words.large_title,
                words.large,
            ),
            Refusal::Late => (StatusCode::REQUEST_TIMEOUT, words.late_title, words.late),
            Refusal::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                words.refused_title,
                words.refused,
            ),
        };
        let mut answer = self.message((status, locale), title, text, None);
        if matches!(why, Refusal::Slow | Refusal::Trouble) {
            let minute = axum::http::HeaderValue::from_static("60");
            answer.headers_mut().insert(header::RETRY_AFTER, minute);
        }
        answer
    }

    /// Whether another page may be seen: by whoever holds this link, or else by this client.
    pub(super) fn may_ask(&self, asker: &Asker) -> Result<(), Refusal> {
        let (limits, now) = (&self.limits, self.now());
        let may = match asker.holder {
            Some(holder) => limits.held.take(holder, now),
            None => limits.pages.take(asker.client, now),
        };
        match may {
            true => Ok(()),
            false => Err(Refusal::Slow),
        }
    }

    /// Whether this address is a proxy of ours.
    pub(super) fn is_proxy(&self, address: IpAddr) -> bool {
        let ground = self.ground();
        let portal = ground.settings.portal.as_ref();
        portal.is_some_and(|it| is_among(address, &it.proxies))
    }

    /// A link of the portal's.
    pub(super) fn url(&self, settings: &Settings, path: &str) -> String {
        let base = settings.portal.as_ref().map_or("", |it| it.url.as_str());
        format!("{base}/{path}")
    }
}

impl Asker {
    /// In which language they are answered: as a list says of them, else as the browser wishes, else the organisation's.
    pub(super) fn locale(&self, told: Option<Locale>, ground: &Ground) -> Locale {
        let own = ground.settings.organisation.locale;
        told.or(self.wanted).unwrap_or(own)
    }

    /// Who asks from this address with these headers. What a proxy says of whom it asks for counts where the proxy is one
    /// of ours; of several addresses the last that is none of ours.
    pub(super) fn of(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> Self {
        let is_ours = |address: &IpAddr| is_among(*address, proxies);
        let mut address = peer;
        if is_ours(&peer) {
            let told = headers.get_all("x-forwarded-for").iter();
            let told: Vec<&str> = told
                .filter_map(|value| value.to_str().ok())
                .flat_map(|value| value.split(','))
                .collect();
            // From the right, as long as it is our proxies that speak: what stands before an entry that cannot be read
            // anybody may have written.
            for one in told.iter().rev().map_while(|one| forwarded(one.trim())) {
                address = one;
                if !is_ours(&one) {
                    break;
                }
            }
        }
        let is_direct = !FORWARDED.iter().any(|name| headers.contains_key(*name));
        let wishes = headers.get(header::ACCEPT_LANGUAGE);
        let wishes = wishes.and_then(|value| value.to_str().ok());
        Self {
            client: Client::of(address),
            holder: None,
            direct: is_direct.then(|| peer.to_canonical()),
            wanted: wishes.and_then(wanted),
        }
    }
}

fn is_among(address: IpAddr, proxies: &[Network]) -> bool {
    proxies.iter().any(|proxy| proxy.contains(address))
}

/// What proxies write into a request that they pass on.
const FORWARDED: [&str; 5] = [
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-real-ip",
    "forwarded",
    "via",
];

/// An address as proxies write it: alone, or with a port.
fn forwarded(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse().ok().map(|it: std::net::SocketAddr| it.ip());
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(with_port)
}

/// The language that a browser wishes most and that there is (RFC 9110 §12.5.4), by order alone.
fn wanted(header: &str) -> Option<Locale> {
    let mut tags = header
        .split(',')
        .filter_map(|it| it.split([';', '-']).next());
    tags.find_map(Locale::of_tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_our_proxies_say_who_asks() {
        let own: IpAddr = "127.0.0.1".parse().unwrap();
        let ours = [Network::from(own)];
        let told = headers(&[("x-forwarded-for", "10.9.9.9, 198.51.100.7, 127.0.0.1")]);
        let asker = Asker::of(own, &told, &ours);
        assert_eq!(asker.client, Client::of("198.51.100.7".parse().unwrap()));
        let stranger: IpAddr = "203.0.113.5".parse().unwrap();
        let asker = Asker::of(stranger, &told, &ours);
        assert_eq!(asker.client, Client::of(stranger));
        for (told, client) in [
            ("6.6.6.6, 1.2.3.4:5555", "1.2.3.4"),
            ("6.6.6.6, [2001:db8::7]:443", "2001:db8::7"),
            ("6.6.6.6, unknown", "127.0.0.1"),
            ("6.6.6.6, unknown, 127.0.0.1", "127.0.0.1"),
        ] {
            let asker = Asker::of(own, &headers(&[("x-forwarded-for", told)]), &ours);
            assert_eq!(asker.client, Client::of(client.parse().unwrap()), "{told}");
        }
        let nonsense = headers(&[("x-forwarded-for", "who knows")]);
        assert_eq!(Asker::of(own, &nonsense, &ours).client, Client::of(own));
        // All edges of a network that is in front.
        let edges = [Network::try_from("203.0.113.0/24".to_owned()).unwrap()];
        let asker = Asker::of(stranger, &told, &edges);
        assert_eq!(asker.client, Client::of(own));
        let told = headers(&[("x-forwarded-for", "10.9.9.9, 198.51.100.7, 203.0.113.9")]);
        let asker = Asker::of(stranger, &told, &edges);
        assert_eq!(asker.client, Client::of("198.51.100.7".parse().unwrap()));
    }

    #[test]
    fn the_browsers_language_is_taken_where_there_is_one() {
        for (header, expected) in [
            ("it-IT,it;q=0.9,en;q=0.8", Some(Locale::It)),
            ("fr, de;q=0.5, ES;q=0.4", Some(Locale::Es)),
            ("zh", None),
            (";;,,", None),
        ] {
            assert_eq!(wanted(header), expected, "{header}");
        }
    }
}
