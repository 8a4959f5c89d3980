//! One round of `send`, from the fetched branches to what became of each occurrence; what a run is
//! asked for, needs, and comes to.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::beyond::{OnMain, beyond_agenda};
use super::due::{Question, Scheduled, Standing, agenda, sent_before};
use super::engine::{Active, Ended, Engine, Setting, Tally};
use super::error::{DeliverError, StartError};
pub use super::opened::{Opened, open};
use super::organisation_key::organisation_key;
use super::preflight::Preflight;
use super::progress::Progress;
use super::proof::Evidence;
use super::publisher::LedgerPublisher;
use super::reasons::Words;
use super::recover::{Recovered, recover};
use super::refused::{take_at_end, take_refusals};
use super::relay::RelayRun;
pub use super::rounds::send;
use super::rounds::{Past, Round};
use super::start::Ground;
pub use super::stopping::Stop;
use super::turning::Turning;
use super::watching::MainWatch;
use super::worker::Desk;
use crate::clock::Clock;
use crate::ledger::branch::{Batch, Ledger};
use crate::ledger::event::{Event, Exclusion, RunId};
use crate::ledger::feedback::ByOccurrence;
use crate::ledger::journal::Journal;
use crate::ledger::reply_text::reason_text;
use crate::ledger::result_page::result_page;
use crate::ledger::state::Counts;
use crate::mail::occurrence::OccurrenceId;
use crate::plan::again::SentBefore;
use crate::plan::calendar::calendar;
use crate::plan::lanes::Lanes;
use crate::plan::rates::Senders;
use crate::plan::refused::Doubted;
use crate::plan::sending::retry;
use crate::plan::sent::Sent;
use crate::transport::Transport;
use crate::transport::exchanger::Exchangers;
use crate::workspace::Workspace;
use crate::workspace::encryption::Keys;
use crate::workspace::names::RelayName;
use crate::workspace::settings::{LedgerSettings, Relay};
use crate::workspace::tree::Tree;

/// What a run is asked for.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// Which occurrences.
    pub question: Question,
    /// No mail later than this.
    pub until: Option<Timestamp>,
}

/// Gives the transport to a relay; the text is what is wrong with its settings.
pub type Transports<'a> =
    dyn Fn(&RelayName, &Relay, &Tree) -> Result<Arc<dyn Transport>, String> + 'a;

/// What a run needs from outside.
pub struct Outside<'a> {
    /// The repository that the workspace is in.
    pub repository: &'a Path,
    /// Which remote and branches.
    pub ledger: LedgerSettings,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The relays.
    pub transports: &'a Transports<'a>,
    /// Whom domains' mail goes to.
    pub exchangers: &'a dyn Exchangers,
    /// Reads secrets: environment variables, by name.
    pub secret: &'a dyn Fn(&str) -> Option<String>,
    /// What encrypted lists are read with.
    pub keys: Keys,
    /// What looks at the set-up before a campaign goes on, where anything does.
    pub preflight: Option<&'a dyn Preflight>,
    /// Who knows of reviews, where the settings ask for them.
    pub evidence: Option<&'a dyn Evidence>,
    /// Gives each round the id of a run of its own: a claim's is never used again.
    pub new_run: &'a dyn Fn() -> RunId,
    /// Which start of the machine this is, where it can be told.
    pub boot: Option<String>,
    /// Where the engine runs.
    pub engine: EngineTask,
}

/// Where the engine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineTask {
    /// In a task beside its workers: a worker's report then wakes it where the worker runs, and no
    /// other thread has to be roused for each mail.
    Own,
    /// In the caller's future, so that a test can let it die at any step.
    Callers,
}

/// What became of one occurrence in this run.
#[derive(Debug, Clone)]
pub struct Line {
    /// Which.
    pub occurrence: OccurrenceId,
    /// The sum.
    pub counts: Counts,
    /// What there is to say about it.
    pub note: Option<String>,
    /// Whether a person must look.
    pub held: bool,
    /// Why some are not mailed, where this run sent it or would.
    pub exclusions: BTreeMap<Exclusion, u32>,
}

impl Line {
    /// Who should have got a mail, and none could be made for them.
    pub fn without_mail(&self) -> u32 {
        let of = |reason| self.exclusions.get(&reason).copied().unwrap_or_default();
        of(Exclusion::NotRenderable).saturating_add(of(Exclusion::DocumentMissing))
    }
}

/// What became of a run.
#[derive(Debug, Default)]
pub struct Summary {
    /// The remote had no ledger: nothing was ever sent, as far as anybody can know.
    pub is_first: bool,
    /// What dead runs left.
    pub recovered: Vec<Recovered>,
    /// The occurrences, in order of reception.
    pub lines: Vec<Line>,
    /// Mails accepted in this run.
    pub accepted: u64,
    /// Why it stopped before its end.
    pub stopped: Option<Stop>,
    /// Why the remote was given up, where it was.
    pub remote: Option<String>,
    /// What relays said against mails.
    pub words: Words,
    /// What they refused too many mails with, of late: nobody is suppressed for it.
    pub doubted: Vec<Doubted>,
    /// Whether the ledger has everything; else the journal keeps it.
    pub published: bool,
}

/// Sends what is due, as the branches stand now; until all is sent, or the next round is to begin.
///
/// # Errors
/// [`StartError`] where nothing can be sent at all; what concerns one campaign is in the summary.
pub(super) async fn round(
    outside: &Outside<'_>,
    order: &Order,
    stop: watch::Receiver<bool>,
    progress: Arc<dyn Progress>,
    past: &mut Past,
) -> Result<Round, StartError> {
    let now = outside.clock.now();
    let mut opened = open(outside.repository, &outside.ledger)?;
    past.check_named(&opened, order, &outside.ledger)?;
    let is_first = opened.ledger.head().is_none();
    let journals = Journal::folder(opened.repository.common_dir());
    let boot = outside.boot.as_deref();
    let recovered = recover(&mut opened.ledger, &journals, boot, now)?;
    let key = organisation_key(outside.secret, &opened.workspace.settings)?;
    opened.ledger.use_key(key.fingerprint())?;
    let Opened {
        repository,
        mut ledger,
        head,
        workspace,
    } = opened;
    let run_id = (outside.new_run)();
    let doubted = take_refusals(&mut ledger, run_id, now)?;
    let suppressions = ledger.suppressions()?;
    let wishes = ledger.wishes()?;
    let mut scheduled = agenda(&repository, &ledger, &workspace, head, &order.question, now)?;
    past.keep_to_first(&order.question, &mut scheduled);
    let before = sent_before(&ledger, &workspace, &scheduled)?;
    let opens_at = next_opening(&scheduled);
    let mut run = Run {
        outside,
        run: run_id,
        ground: Ground {
            path: outside.repository,
            repository: &repository,
            head,
            settings: &workspace.settings,
            key: &key,
            keys: &outside.keys,
            suppressions: &suppressions,
            wishes: &wishes,
        },
        ledger,
        came_back: OnceCell::new(),
        senders: Senders::default(),
        before,
        lanes: Lanes::new(&workspace.settings),
        transports: BTreeMap::new(),
        past,
        stop: stop.clone(),
        active: Vec::new(),
        doubted,
        lines: BTreeMap::new(),
        opens_at,
        now,
    };
    let mut order_of_lines: Vec<OccurrenceId> = scheduled.iter().map(|s| s.id.clone()).collect();
    let mut asked = false;
    for scheduled in scheduled {
        // A large audience takes a while; who asked for a stop meanwhile does not wait for the next.
        asked |= *stop.borrow();
        match asked {
            true => run.pass_over(scheduled),
            false => run.take_up(scheduled).await?,
        }
    }
    for (id, on_main) in unfinished_beyond(&run.ledger, &workspace, &order_of_lines, order, now)? {
        let state = run.ledger.replay(&id)?;
        order_of_lines.push(id.clone());
        run.take_up_beyond(id, state, on_main)?;
    }
    run.tell_exclusions()?;
    let mut summary = run.deliver(order, stop, progress, &journals).await?;
    summary.is_first = is_first;
    if asked {
        summary.stopped.get_or_insert(Stop::Asked);
    }
    // A run that died without leaving anything unsettled is nothing that anybody needs to know.
    summary.recovered = recovered.into_iter().filter(|it| it.events > 0).collect();
    summary
        .lines
        .sort_by_key(|line| order_of_lines.iter().position(|id| *id == line.occurrence));
    Ok(Round { summary, opens_at })
}

/// When the next window opens of what is on the agenda and not due yet.
fn next_opening(agenda: &[Scheduled]) -> Option<Timestamp> {
    let opens = |scheduled: &Scheduled| match &scheduled.standing {
        Standing::NotYet(opening) => Some(opening.from),
        _ => None,
    };
    agenda.iter().filter_map(opens).min()
}

/// What is not on the agenda and has pendings or unknowns all the same.
///
/// # Errors
/// [`StartError::Ledger`].
pub(super) fn unfinished_beyond(
    ledger: &Ledger,
    workspace: &Workspace,
    listed: &[OccurrenceId],
    order: &Order,
    now: Timestamp,
) -> Result<Vec<(OccurrenceId, OnMain)>, StartError> {
    let listed: HashSet<OccurrenceId> = listed.iter().cloned().collect();
    let only = order.question.campaign.as_ref();
    let takes = |id: &OccurrenceId| only.is_none_or(|only| only == id.campaign());
    let mut found = Vec::new();
    beyond_agenda(ledger, &listed, takes, |id, state| {
        let counts = state.counts(now);
        if counts.pending > 0 || counts.unknown > 0 {
            let on_main = OnMain::of(workspace, &id);
            found.push((id, on_main));
        }
        Ok(())
    })?;
    Ok(found)
}

pub(super) struct Run<'a> {
    pub(super) outside: &'a Outside<'a>,
    /// This round's id.
    pub(super) run: RunId,
    pub(super) ground: Ground<'a>,
    pub(super) ledger: Ledger,
    /// What had come back when the round began, once somebody asked.
    pub(super) came_back: OnceCell<ByOccurrence>,
    /// What senders' sendings had come to by then.
    pub(super) senders: Senders,
    /// What may not start again under another name.
    pub(super) before: SentBefore,
    pub(super) lanes: Lanes<'a>,
    /// The transports that were asked for, and why there is none where their settings are wrong.
    pub(super) transports: BTreeMap<RelayName, Result<Arc<dyn Transport>, String>>,
    /// What earlier rounds hand on.
    pub(super) past: &'a mut Past,
    /// Whether somebody wants it to stop.
    pub(super) stop: watch::Receiver<bool>,
    pub(super) active: Vec<Active>,
    /// Which refusals of late are not believed.
    doubted: Vec<Doubted>,
    lines: BTreeMap<OccurrenceId, Line>,
    /// When the next window opens.
    opens_at: Option<Timestamp>,
    pub(super) now: Timestamp,
}

impl Run<'_> {
    pub(super) fn line(
        &mut self,
        occurrence: OccurrenceId,
        counts: Counts,
        note: Option<String>,
        held: bool,
    ) {
        let line = Line {
            occurrence: occurrence.clone(),
            counts,
            note,
            held,
            exclusions: BTreeMap::new(),
        };
        self.lines.insert(occurrence, line);
    }

    /// One campaign cannot be sent: says so in the ledger, unless that is what it said last
    /// (`held_before`), and the others go on.
    pub(super) fn hold(
        &mut self,
        id: &OccurrenceId,
        counts: Counts,
        why: &str,
        held_before: Option<&str>,
    ) -> Result<(), StartError> {
        if held_before != Some(reason_text(why).as_str()) {
            let event = Event::Held {
                at: self.now,
                reason: why.to_owned(),
            };
            let mut state = self.ledger.look(id)?;
            state.apply(&event)?;
            let returned = self.came_back()?.of(id);
            let page = result_page(id, &state, Some(returned), None, self.now);
            let batch = Batch {
                events: vec![(id.clone(), event)],
                pages: vec![(id.clone(), page)],
                looks_around: self.ground.settings.policy.frequency.is_some(),
                ..Batch::new(self.run, self.now, format!("{id}: held"))
            };
            self.ledger.publish(&batch)?;
        }
        self.line(id.clone(), counts, Some(format!("held: {why}")), true);
        Ok(())
    }

    pub(super) fn publish(
        &mut self,
        id: &OccurrenceId,
        event: Event,
        what: &str,
    ) -> Result<(), StartError> {
        let batch = Batch {
            events: vec![(id.clone(), event)],
            looks_around: self.ground.settings.policy.frequency.is_some(),
            ..Batch::new(self.run, self.now, format!("{id}: {what}"))
        };
        self.ledger.publish(&batch)?;
        Ok(())
    }

    /// Why some got no mail is told also of what an earlier round sent.
    fn tell_exclusions(&mut self) -> Result<(), StartError> {
        for (id, line) in &mut self.lines {
            if self.past.sent.contains(id) && line.exclusions.is_empty() {
                line.exclusions = self.ledger.look(id)?.exclusions();
            }
        }
        Ok(())
    }

    async fn deliver(
        mut self,
        order: &Order,
        stop: watch::Receiver<bool>,
        progress: Arc<dyn Progress>,
        journals: &Path,
    ) -> Result<Summary, StartError> {
        let mut summary = Summary {
            published: true,
            ..Summary::default()
        };
        if !self.active.is_empty() {
            let settings = self.ground.settings;
            let calendar = calendar(settings)?;
            let mut sent = Sent::read(&self.ledger, settings, &calendar, self.now)?;
            self.past.count(&mut sent, calendar.date_of(self.now));
            self.lanes.count(&sent);
            let mut pacer = self.lanes.pacer(self.now, &sent)?;
            self.past.set_pace(&self.lanes, &mut pacer);
            // Begun only when nothing is left that could keep the run from starting.
            let journal = Arc::new(Journal::create(
                journals,
                self.run,
                self.outside.boot.as_deref(),
                self.now,
            )?);
            let relays = self.desks(&journal)?;
            let active = std::mem::take(&mut self.active);
            let ids = active.iter().map(|active| (*active.id).clone());
            let turning = self.turning();
            self.past.sent.extend(ids);
            let so_far = std::mem::take(&mut self.past.tally);
            let ledger = Arc::new(Mutex::new(self.ledger));
            let setting = Setting {
                run: self.run,
                clock: Arc::clone(&self.outside.clock),
                publisher: Arc::new(LedgerPublisher::new(
                    Arc::clone(&ledger),
                    Arc::clone(&journal),
                    Arc::clone(&self.outside.clock),
                )),
                relays,
                lane_relays: self.lanes.lane_relays(),
                pacer,
                claim_ahead: settings.ledger.claim_ahead.0,
                claim_at_most: settings.ledger.claim_at_most,
                until: order.until,
                turning,
                so_far,
            };
            let engine = Engine::new(setting, active).run(stop, progress);
            let ended = match self.outside.engine {
                EngineTask::Callers => engine.await?,
                EngineTask::Own => own_task(engine).await?,
            };
            let at = self.outside.clock.now();
            let today = calendar.date_of(at);
            self.past.take(&self.lanes, &ended, today);
            {
                let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(doubted) = take_at_end(&mut ledger, self.run, &ended, at) {
                    self.doubted = doubted;
                }
            }
            for active in ended.occurrences {
                let line = line_of(active, at);
                self.lines.insert(line.occurrence.clone(), line);
            }
            summary.stopped = ended.stopped;
            summary.remote = ended.remote;
            summary.published = ended.published;
            if ended.published
                && let Some(journal) = Arc::into_inner(journal)
            {
                journal.remove()?;
            }
        }
        let Tally {
            accepted, words, ..
        } = self.past.tally.clone();
        summary.accepted = accepted;
        summary.words = words;
        summary.doubted = self.doubted;
        summary.lines = self.lines.into_values().collect();
        Ok(summary)
    }

    /// What ends this round. One that took long to begin goes on for longer: most of the time is for
    /// sending. The first of them may end at once: what came in while it was prepared waits for no more.
    fn turning(&self) -> Turning {
        let now = self.outside.clock.now();
        let began = now.duration_since(self.now);
        let lasts = match self.past.sent.is_empty() {
            true => SignedDuration::ZERO,
            false => began.saturating_mul(2).max(ROUND_AT_LEAST),
        };
        Turning {
            main: Arc::new(MainWatch::new(
                self.outside.repository.to_owned(),
                self.outside.ledger.clone(),
                Arc::clone(&self.outside.clock),
                self.ground.head,
            )),
            fetched_at: self.now,
            opens_at: self.opens_at,
            lasts_until: now.checked_add(lasts).unwrap_or(now),
        }
    }

    fn desks(&mut self, journal: &Arc<Journal>) -> Result<Vec<RelayRun>, StartError> {
        let mut relays = Vec::new();
        for (name, relay) in self.lanes.relays() {
            let transport = self.transport(&name, relay)?;
            relays.push(RelayRun {
                name: name.to_string(),
                desk: Arc::new(Desk {
                    transport,
                    mails_per_connection: relay.mails_per_connection,
                    retry: retry(&self.ground.settings.pace.retry),
                    clock: Arc::clone(&self.outside.clock),
                    journal: Arc::clone(journal),
                }),
                connections: relay.connections,
            });
        }
        Ok(relays)
    }
}

/// A main branch that moves ends no further round before it went on for so long.
const ROUND_AT_LEAST: SignedDuration = SignedDuration::from_secs(30);

fn line_of(active: Active, at: Timestamp) -> Line {
    let is_held = |note: &str| note.starts_with("held");
    Line {
        occurrence: (*active.id).clone(),
        counts: active.state.counts(at),
        held: active.ended.as_deref().is_some_and(is_held),
        note: active.ended.or(active.warning),
        exclusions: active.state.exclusions(),
    }
}

/// Runs the engine in a task of its own, which ends with the caller.
async fn own_task(
    engine: impl Future<Output = Result<Ended, DeliverError>> + Send + 'static,
) -> Result<Ended, DeliverError> {
    let mut task = JoinSet::new();
    task.spawn(engine);
    match task.join_next().await {
        Some(Ok(ended)) => ended,
        Some(Err(why)) => Err(DeliverError::Engine(why.to_string())),
        None => Err(DeliverError::Engine("it did not begin".to_owned())),
    }
}
