//! One run of `send`, from the fetched branches to the summary.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use super::campaign_letters::CampaignLetters;
use super::convert;
use super::due::{Question, Scheduled, Standing, agenda};
use super::engine::{Active, Engine, RelayRun, Setting};
use super::error::StartError;
use super::lanes::Lanes;
use super::letters::Letters;
use super::material::{Content, Lists, signers};
pub use super::opened::{Opened, open};
use super::progress::Progress;
use super::publisher::LedgerPublisher;
use super::recover::{Recovered, recover};
use super::sent::Sent;
use super::start::{Ground, audience, fix, fixed_content};
use super::worker::Desk;
use crate::clock::Clock;
use crate::git::CommitId;
use crate::ledger::branch::{Batch, Ledger};
use crate::ledger::event::{Event, Exclusion, RunId};
use crate::ledger::journal::Journal;
use crate::ledger::state::{Counts, OccurrenceState, Status};
use crate::ledger::suppressions::Suppressions;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientKey;
use crate::transport::Transport;
use crate::transport::exchanger::Exchangers;
use crate::workspace::Workspace;
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
    /// This run's id.
    pub run: RunId,
    /// Which start of the machine this is, where it can be told.
    pub boot: Option<String>,
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
}

/// What became of a run.
#[derive(Debug, Default)]
pub struct Summary {
    /// What dead runs left.
    pub recovered: Vec<Recovered>,
    /// The occurrences, in order of reception.
    pub lines: Vec<Line>,
    /// Mails accepted in this run.
    pub accepted: u64,
    /// Why it stopped before its end.
    pub stopped: Option<String>,
    /// Whether the ledger has everything; else the journal keeps it.
    pub published: bool,
}

/// Sends what is due.
///
/// # Errors
/// [`StartError`] where nothing can be sent at all; what concerns one campaign is in the summary.
pub async fn send(
    outside: &Outside<'_>,
    order: &Order,
    stop: watch::Receiver<bool>,
    progress: &dyn Progress,
) -> Result<Summary, StartError> {
    let mut opened = open(outside.repository, &outside.ledger)?;
    let now = outside.clock.now();
    let journals = Journal::folder(opened.repository.common_dir());
    let boot = outside.boot.as_deref();
    let recovered = recover(&mut opened.ledger, &journals, boot, now)?;
    let key = organisation_key(outside, &opened.workspace)?;
    let Opened {
        repository,
        ledger,
        head,
        workspace,
    } = opened;
    let suppressions = ledger.suppressions()?;
    let scheduled = agenda(&repository, &ledger, &workspace, head, &order.question, now)?;
    let mut run = Run {
        outside,
        ground: Ground {
            path: outside.repository,
            repository: &repository,
            head,
            settings: &workspace.settings,
            key: &key,
            suppressions: &suppressions,
        },
        ledger,
        lanes: Lanes::new(&workspace.settings),
        active: Vec::new(),
        lines: BTreeMap::new(),
        now,
    };
    let order_of_lines: Vec<OccurrenceId> = scheduled.iter().map(|s| s.id.clone()).collect();
    for scheduled in scheduled {
        run.take_up(scheduled).await?;
    }
    let mut summary = run.deliver(order, stop, progress, &journals).await?;
    summary.recovered = recovered;
    summary
        .lines
        .sort_by_key(|line| order_of_lines.iter().position(|id| *id == line.occurrence));
    Ok(summary)
}

/// The organisation's key, from the environment.
///
/// # Errors
/// [`StartError::NoSecret`], [`StartError::Key`].
pub fn organisation_key(
    outside: &Outside<'_>,
    workspace: &Workspace,
) -> Result<RecipientKey, StartError> {
    let env = &workspace.settings.key.env;
    let secret = (outside.secret)(env).ok_or_else(|| StartError::NoSecret(env.clone()))?;
    RecipientKey::from_secret(secret.as_bytes()).map_err(|source| StartError::Key {
        env: env.clone(),
        source,
    })
}

struct Run<'a> {
    outside: &'a Outside<'a>,
    ground: Ground<'a>,
    ledger: Ledger,
    lanes: Lanes<'a>,
    active: Vec<Active>,
    lines: BTreeMap<OccurrenceId, Line>,
    now: Timestamp,
}

impl<'a> Run<'a> {
    /// Makes a due occurrence ready to be sent, or notes why it is not sent.
    async fn take_up(&mut self, scheduled: Scheduled) -> Result<(), StartError> {
        let id = scheduled.id.clone();
        let counts = scheduled.state.counts(self.now);
        let (note, held) = match &scheduled.standing {
            Standing::Due { closes } => {
                let closes = *closes;
                return match self.prepare(scheduled, closes).await {
                    Ok(active) => {
                        self.active.push(active);
                        Ok(())
                    }
                    Err(why) if why.holds_one() => self.hold(&id, counts, &why.to_string()),
                    Err(why) if why.is_conflict() => {
                        let started = self.ledger.look(&id)?.header().is_some();
                        let note = match started {
                            true => "another run started it just now",
                            false => {
                                "other runs kept writing while it was to start; the next run starts it"
                            }
                        };
                        self.line(id, counts, Some(note.to_owned()), false);
                        Ok(())
                    }
                    Err(why) => Err(why),
                };
            }
            Standing::Lapsed { opening, recorded } => {
                let window = opening
                    .from
                    .to_zoned(convert::calendar(self.ground.settings)?.zone().clone());
                let window = window.strftime("%Y-%m-%d %H:%M").to_string();
                if !recorded {
                    let at = self.now;
                    let window = window.clone();
                    self.publish(&id, Event::Lapsed { at, window }, "lapsed")?;
                }
                (
                    Some(format!(
                        "lapsed: its window of {window} passed without a start"
                    )),
                    !recorded,
                )
            }
            Standing::NotYet(opening) => {
                let zone = convert::calendar(self.ground.settings)?.zone().clone();
                let opens = opening
                    .from
                    .to_zoned(zone)
                    .strftime("%Y-%m-%d %H:%M")
                    .to_string();
                (Some(format!("its window opens {opens}")), false)
            }
            Standing::Shut => (Some("its window does not open any more".to_owned()), true),
            Standing::Done if counts.unknown > 0 => {
                (Some("unknowns wait for a person".to_owned()), true)
            }
            Standing::Done => (None, false),
            Standing::Cancelled => (Some("cancelled".to_owned()), false),
            Standing::HeldByRun { run, .. } => (Some(format!("run {run} is sending it")), false),
        };
        self.line(id, counts, note, held);
        Ok(())
    }

    fn line(&mut self, occurrence: OccurrenceId, counts: Counts, note: Option<String>, held: bool) {
        let line = Line {
            occurrence: occurrence.clone(),
            counts,
            note,
            held,
        };
        self.lines.insert(occurrence, line);
    }

    /// One campaign can not be sent: says so in the ledger, and the others go on.
    fn hold(&mut self, id: &OccurrenceId, counts: Counts, why: &str) -> Result<(), StartError> {
        let event = Event::Held {
            at: self.now,
            reason: why.to_owned(),
        };
        self.publish(id, event, "held")?;
        self.line(id.clone(), counts, Some(format!("held: {why}")), true);
        Ok(())
    }

    fn publish(&mut self, id: &OccurrenceId, event: Event, what: &str) -> Result<(), StartError> {
        let batch = Batch {
            run: self.outside.run,
            at: self.now,
            events: vec![(id.clone(), event)],
            suppressions: Vec::new(),
            pages: Vec::new(),
            summary: format!("{id}: {what}"),
        };
        self.ledger.publish(&batch)?;
        Ok(())
    }

    async fn prepare(
        &mut self,
        scheduled: Scheduled,
        closes: Option<Timestamp>,
    ) -> Result<Active, StartError> {
        let Scheduled {
            id,
            approved_by,
            mut state,
            ..
        } = scheduled;
        if state.header().is_none() {
            state = self.start(&id, approved_by).await?;
        }
        let letters = self.letters(&id, &state)?;
        let relay = self.relay_of(&letters)?;
        let audience = &letters.content().file.campaign.audience;
        let topic = audience
            .topic
            .as_ref()
            .map(|topic| topic.as_str().to_owned());
        let header = state.header().cloned();
        let destinations = header.map(|header| header.destinations).unwrap_or_default();
        let lanes = self.lanes.of_occurrence(&relay, &destinations);
        let mut active = Active {
            id: Arc::new(id),
            state,
            letters: Arc::new(letters),
            lanes,
            closes,
            ended: None,
        };
        self.leave_out_suppressed(&mut active, topic.as_deref())?;
        Ok(active)
    }

    /// Fixes the audience and publishes it. Where other campaigns started in the same instant, who has
    /// received the documents is looked up again.
    async fn start(
        &mut self,
        id: &OccurrenceId,
        approved_by: CommitId,
    ) -> Result<OccurrenceState, StartError> {
        let mut tries = 1;
        loop {
            let content = Content::read(self.ground.path, approved_by, id.campaign())?;
            // What can not be rendered is found before anybody is told that it started.
            content.sender()?;
            let (audience, documents) = audience(&self.ground, &self.ledger, &content)?;
            let fixed = fix(
                &self.ground,
                &content,
                audience,
                documents,
                self.outside.exchangers,
                self.now,
            );
            let event = fixed.await?;
            self.try_sample(id, content, &event)?;
            let published = self.publish(id, event, "audience");
            // What came between has been fetched: the next look sees it.
            let state = self.ledger.replay(id)?;
            let conflict = published.as_ref().is_err_and(StartError::is_conflict);
            if !conflict || tries == STARTS || state.header().is_some() {
                return published.map(|()| state);
            }
            tries += 1;
        }
    }

    /// Makes a few mails before the start is published: a template that does not work out must not
    /// be found when half of the mails are gone.
    fn try_sample(
        &self,
        id: &OccurrenceId,
        content: Content,
        event: &Event,
    ) -> Result<(), StartError> {
        let mut state = OccurrenceState::new();
        state.apply(event)?;
        let letters = self.letters_of(id, content, &state)?;
        let count = u32::try_from(state.ids().len()).unwrap_or(u32::MAX);
        let step = (count / SAMPLES).max(1);
        for index in (0..count).step_by(step as usize) {
            letters
                .letter(index, self.now)
                .map_err(|why| StartError::Sample {
                    occurrence: id.to_string(),
                    index,
                    why: why.to_string(),
                })?;
        }
        Ok(())
    }

    fn letters(
        &self,
        id: &OccurrenceId,
        state: &OccurrenceState,
    ) -> Result<CampaignLetters, StartError> {
        let Some(header) = state.header() else {
            return Err(StartError::Missing {
                campaign: id.to_string(),
                what: "audience",
                name: "in the ledger".to_owned(),
            });
        };
        let content = fixed_content(&self.ground, id, header)?;
        self.letters_of(id, content, state)
    }

    fn letters_of(
        &self,
        id: &OccurrenceId,
        content: Content,
        state: &OccurrenceState,
    ) -> Result<CampaignLetters, StartError> {
        let commit = match state.header() {
            Some(header) => self.ground.repository.resolve(&header.lists_commit)?,
            None => self.ground.head,
        };
        let tree = Tree::at(self.ground.path, commit)?;
        let names = &content.file.campaign.audience.lists;
        let lists = Lists::spool(self.ground.repository, &tree, names)?;
        let signers = signers(content.sender()?, self.outside.secret)?;
        CampaignLetters::new(id, content, lists, state, self.ground.key, signers)
    }

    fn relay_of(&self, letters: &CampaignLetters) -> Result<RelayName, StartError> {
        let relay = &letters.content().sender()?.relay;
        match self.ground.settings.relays.contains_key(relay) {
            true => Ok(relay.clone()),
            false => Err(StartError::Missing {
                campaign: letters.content().file.folder.to_string(),
                what: "relay",
                name: relay.to_string(),
            }),
        }
    }

    /// Who left since the audience was fixed is not mailed any more.
    fn leave_out_suppressed(
        &mut self,
        active: &mut Active,
        topic: Option<&str>,
    ) -> Result<(), StartError> {
        let events = newly_suppressed(&active.state, self.ground.suppressions, topic, self.now);
        if events.is_empty() {
            return Ok(());
        }
        let named = events
            .into_iter()
            .map(|event| ((*active.id).clone(), event))
            .collect();
        let batch = Batch {
            run: self.outside.run,
            at: self.now,
            events: named,
            suppressions: Vec::new(),
            pages: Vec::new(),
            summary: format!("{}: suppressed since the start", active.id),
        };
        self.ledger.publish(&batch)?;
        active.state = self.ledger.replay(&active.id)?;
        Ok(())
    }

    async fn deliver(
        mut self,
        order: &Order,
        stop: watch::Receiver<bool>,
        progress: &dyn Progress,
        journals: &Path,
    ) -> Result<Summary, StartError> {
        let mut summary = Summary {
            published: true,
            ..Summary::default()
        };
        if !self.active.is_empty() {
            let run = self.outside.run;
            let journal = Arc::new(Journal::create(
                journals,
                run,
                self.outside.boot.as_deref(),
                self.now,
            )?);
            let desks = self.desks(&journal)?;
            let settings = self.ground.settings;
            let calendar = convert::calendar(settings)?;
            let sent = Sent::read(&self.ledger, settings, &calendar, self.now)?;
            self.lanes.count(&sent);
            let ledger = Arc::new(Mutex::new(self.ledger));
            let setting = Setting {
                run,
                clock: Arc::clone(&self.outside.clock),
                publisher: Arc::new(LedgerPublisher::new(
                    Arc::clone(&ledger),
                    Arc::clone(&journal),
                    Arc::clone(&self.outside.clock),
                )),
                relays: desks,
                lane_relays: self.lanes.lane_relays(),
                pacer: self.lanes.pacer(self.now, &sent)?,
                claim_ahead: settings.ledger.claim_ahead.0,
                claim_at_most: settings.ledger.claim_at_most,
                until: order.until,
            };
            let ended = Engine::new(setting, self.active)
                .run(stop, progress)
                .await?;
            let at = self.outside.clock.now();
            for active in ended.occurrences {
                let line = Line {
                    occurrence: (*active.id).clone(),
                    counts: active.state.counts(at),
                    held: active
                        .ended
                        .as_deref()
                        .is_some_and(|note| note.starts_with("held")),
                    note: active.ended,
                };
                self.lines.insert(line.occurrence.clone(), line);
            }
            summary.accepted = ended.accepted;
            summary.stopped = ended.stopped;
            summary.published = ended.published;
            if ended.published
                && let Some(journal) = Arc::into_inner(journal)
            {
                journal.remove()?;
            }
            drop(ledger.lock().unwrap_or_else(PoisonError::into_inner));
        }
        summary.lines = self.lines.into_values().collect();
        Ok(summary)
    }

    fn desks(&self, journal: &Arc<Journal>) -> Result<Vec<RelayRun>, StartError> {
        let tree = Tree::at(self.ground.path, self.ground.head)?;
        let mut relays = Vec::new();
        for (name, relay) in self.lanes.relays() {
            let transport = (self.outside.transports)(&name, relay, &tree).map_err(|why| {
                StartError::Relay {
                    relay: name.to_string(),
                    why,
                }
            })?;
            relays.push(RelayRun {
                name: name.to_string(),
                desk: Arc::new(Desk {
                    transport,
                    mails_per_connection: relay.mails_per_connection,
                    retry: convert::retry(&self.ground.settings.pace.retry),
                    clock: Arc::clone(&self.outside.clock),
                    journal: Arc::clone(journal),
                }),
                connections: relay.connections,
            });
        }
        Ok(relays)
    }
}

/// How often a start is tried while other runs write. Each try reads the ledger; a run that publishes
/// every few seconds leaves room for one in these.
const STARTS: u32 = 5;

/// Mails made before a start is published.
const SAMPLES: u32 = 40;

fn newly_suppressed(
    state: &OccurrenceState,
    suppressions: &Suppressions,
    topic: Option<&str>,
    at: Timestamp,
) -> Vec<Event> {
    if suppressions.is_empty() {
        return Vec::new();
    }
    let open = state
        .statuses()
        .filter(|(_, status)| matches!(status, Status::Pending | Status::Deferred { .. }));
    open.filter_map(|(recipient, _)| {
        let id = state.ids().get(recipient.0 as usize)?;
        let reason: Exclusion = suppressions.reason(id, topic)?;
        Some(Event::Excluded {
            recipient,
            at,
            reason,
        })
    })
    .collect()
}
