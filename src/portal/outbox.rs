//! Mails with links that were asked for and go out after the answer: how long one takes, whether there is one at all, and what
//! it says, whoever asked for it does not hear. Bounded; held in memory alone, so a portal that is killed loses what waits:
//! nothing but a mail was promised, and whoever gets none asks again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::SignedDuration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::ground::Held;
use super::post::{Mail, Unsent};
use super::service::{Refusal, Service};
use super::words::Words;
use crate::ledger::event::{Exclusion, Scope};
use crate::ledger::feedback::MessageKey;
use crate::mail::address::Address;
use crate::mail::recipient_id::RecipientId;
use crate::mail::sealed::Sealed;
use crate::workspace::names::ListName;
use crate::workspace::settings::Locale;

/// Mails that wait to be handed over at most; and those that wait to be tried again, which take nobody's place who asks.
const SEATS: u32 = 256;

/// Mails that are handed over at once.
const AT_ONCE: usize = 4;

/// After how many minutes each a mail is tried again that the relay did not take.
const AGAIN: [i64; 3] = [1, 5, 15];

/// See the module.
pub(super) struct Outbox {
    seats: Arc<Semaphore>,
    again: Arc<Semaphore>,
    hands: Semaphore,
    ending: watch::Sender<bool>,
    /// Mails that the relay did not take before the end.
    lost: AtomicUsize,
}

/// A mail's place among those that wait.
pub(super) struct Seat {
    #[expect(dead_code, reason = "held until the mail is out")]
    permit: OwnedSemaphorePermit,
    is_again: bool,
}

/// Somebody wants a link to join.
pub(super) struct Asking {
    pub(super) list: ListName,
    pub(super) address: Address,
    /// What the link carries.
    pub(super) link: Sealed,
    pub(super) locale: Locale,
}

impl Default for Outbox {
    fn default() -> Self {
        Self {
            seats: Arc::new(Semaphore::new(SEATS as usize)),
            again: Arc::new(Semaphore::new(SEATS as usize)),
            hands: Semaphore::new(AT_ONCE),
            ending: watch::Sender::new(false),
            lost: AtomicUsize::new(0),
        }
    }
}

impl Outbox {
    /// A place for a mail; `None` where too many wait.
    pub(super) fn seat(&self) -> Option<Seat> {
        take(&self.seats, false)
    }

    /// Exchanges a place for one among those that are tried again; `false` where too many are.
    fn again(&self, seat: &mut Seat) -> bool {
        if !seat.is_again {
            let Some(other) = take(&self.again, true) else {
                return false;
            };
            *seat = other;
        }
        true
    }

    /// Returns when no mail waits.
    pub(super) async fn is_empty(&self) {
        // None are ever closed. Who holds all of the first lets nobody into the second.
        let _all = self.seats.acquire_many(SEATS).await;
        let _ = self.again.acquire_many(SEATS).await;
    }

    /// Nothing is tried again later any more: what waits is tried once more, now.
    pub(super) fn end(&self) {
        self.ending.send_replace(true);
    }

    /// How many mails are not out yet.
    pub(super) fn waiting(&self) -> usize {
        let free = self.seats.available_permits() + self.again.available_permits();
        (2 * SEATS as usize).saturating_sub(free)
    }

    /// How many mails did not go out: those that still wait, and those that were tried for the last time.
    pub(super) fn left_behind(&self) -> usize {
        self.waiting() + self.lost.load(Ordering::Relaxed)
    }
}

fn take(seats: &Arc<Semaphore>, is_again: bool) -> Option<Seat> {
    let permit = Arc::clone(seats).try_acquire_owned().ok()?;
    Some(Seat { permit, is_again })
}

impl Service {
    /// Sends somebody their link, or whatever is to be said in its place, after the answer.
    pub(super) fn send_later(self: &Arc<Self>, seat: Seat, asking: Asking) {
        let of = Arc::clone(self);
        tokio::spawn(async move { of.send_what_is_due(seat, &asking).await });
    }

    async fn send_what_is_due(&self, mut seat: Seat, asking: &Asking) {
        let ground = self.ground();
        let Some(held) = ground.list(asking.list.as_str()) else {
            return;
        };
        let Some(mail) = self.mail_for(held, asking) else {
            return;
        };
        if !self.gets_out(&mut seat, (held, &mail)).await {
            // It counts for nothing: they may ask again.
            self.limits.to_address.give_back(self.counted(asking));
        }
    }

    /// Whether the relay took it, now or a while later.
    async fn gets_out(&self, seat: &mut Seat, (held, mail): (&Held, &Mail<'_>)) -> bool {
        let mut ending = self.outbox.ending.subscribe();
        for wait in AGAIN.map(Some).into_iter().chain([None]) {
            let hand = self.outbox.hands.acquire().await;
            let sent = self.send(held, mail).await;
            drop(hand);
            let why = match sent {
                Ok(()) => return true,
                Err(Unsent::Now(why) | Unsent::Ever(why)) if wait.is_none() => why,
                Err(Unsent::Ever(why)) => why,
                Err(Unsent::Now(_)) if *ending.borrow() => {
                    self.outbox.lost.fetch_add(1, Ordering::Relaxed);
                    return false;
                }
                Err(Unsent::Now(why)) => {
                    if !self.outbox.again(seat) {
                        self.gives_up(&format!("{why}, and too many wait already"));
                        return false;
                    }
                    let minutes = SignedDuration::from_mins(wait.unwrap_or_default());
                    let later = self.outside.clock.sleep_until(self.now() + minutes);
                    tokio::select! {
                        () = later => {}
                        _ = ending.wait_for(|ending| *ending) => {}
                    }
                    continue;
                }
            };
            self.gives_up(&why);
            return false;
        }
        false
    }

    fn gives_up(&self, why: &str) {
        self.metrics.failed();
        self.log(&format!("a mail with a link could not be sent: {why}"));
    }

    /// What a mail counts against: its address, and that for its list.
    fn counted(&self, asking: &Asking) -> (RecipientId, MessageKey) {
        let list = MessageKey::of(asking.list.as_str().as_bytes());
        (self.key().id(&asking.address), list)
    }

    /// Who runs the portal hears of it, and not of each.
    fn tells_of_withheld(&self) {
        if self.limits.withheld.take((), self.now()) {
            self.log("a mail with a link was withheld: as many as may were sent to its address within a day");
        }
    }

    /// What the address is told: the link, or that it is in the list already; nothing where somebody floods it, or the
    /// organisation does not write to it.
    fn mail_for<'a>(&self, held: &Held, asking: &'a Asking) -> Option<Mail<'a>> {
        let address = &asking.address;
        let counted = self.counted(asking);
        let who = counted.0;
        if !self.limits.to_address.take(counted, self.now()) {
            self.tells_of_withheld();
            return None;
        }
        let (is_member, is_barred) = self.with_person(&who, |_, folds, rows| {
            let reason = folds.suppressions.exact(&who, &Scope::All);
            let is_member = rows.iter().any(|row| row.held.name == held.name);
            let is_barred = reason == Some(Exclusion::Suppressed);
            (is_member && reason.is_none(), is_barred)
        });
        if is_barred {
            return None;
        }
        let words = Words::of(asking.locale);
        let ground = self.ground();
        let filled = |text: &str| {
            text.replace("{list}", &held.list.title)
                .replace("{organisation}", &ground.settings.organisation.name)
        };
        Some(match is_member {
            true => Mail {
                to: address,
                locale: asking.locale,
                subject: filled(words.member_subject),
                before: filled(words.member_already),
                link: self.preferences_url(&ground.settings, who),
                after: None,
            },
            false => Mail {
                to: address,
                locale: asking.locale,
                subject: filled(words.mail_subject),
                before: format!("{}\n\n{}", filled(words.mail_asked), words.mail_link),
                link: self.url(&ground.settings, &format!("y/{}", asking.link.as_str())),
                after: Some(words.mail_ignore.to_owned()),
            },
        })
    }

    /// Whether there is a way to the relay at all: said before anybody is promised a mail.
    pub(super) async fn can_send(&self, held: &Held) -> Result<(), Refusal> {
        let post = self.outside.post.as_ref().ok_or(Refusal::Link)?;
        match self.desk(held, post.as_ref(), &self.ground()).await {
            Ok(_) => Ok(()),
            Err(why) => {
                self.metrics.failed();
                self.log(&format!("no mail with a link can be sent: {why}"));
                Err(Refusal::Trouble)
            }
        }
    }
}
