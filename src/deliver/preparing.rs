//! What is due is made ready to be sent: its audience is fixed or taken from the ledger, its mails are
//! compiled and tried, and whoever may not be mailed any more is left out.

use std::sync::Arc;

use jiff::Timestamp;

use super::at_commit;
use super::beyond::{OnMain, cancelling, held_by};
use super::campaign_letters::CampaignLetters;
use super::due::{Scheduled, Standing};
use super::engine::Active;
use super::error::StartError;
use super::frozen::{frozen_commit, frozen_content};
use super::leaving::left_out;
use super::letters::Letters;
use super::policy::{check_before, check_growth, check_portal, check_tested};
use super::run::Run;
use super::signers::signers;
use super::start::{Ground, audience, fix};
use crate::ledger::branch::{Batch, PublishError};
use crate::ledger::event::Event;
use crate::ledger::result_page::result_page;
use crate::ledger::state::OccurrenceState;
use crate::mail::occurrence::OccurrenceId;
use crate::plan::PlanError;
use crate::plan::calendar::calendar;
use crate::plan::content::Content;
use crate::plan::rates::goes_on;
use crate::transport::Transport;
use crate::workspace::names::RelayName;
use crate::workspace::settings::Relay;
use crate::workspace::tree::Tree;

/// How often a start is tried while other runs write. Each try reads the ledger; a run that publishes
/// every few seconds leaves room for one in these.
const STARTS: u32 = 5;

/// Mails made before a start is published.
const SAMPLES: u32 = 40;

const PASSED_OVER: &str = "passed over: a stop was asked for";

const UNKNOWNS: &str = "unknowns wait for a person";

impl Run<'_> {
    /// Makes a due occurrence ready to be sent, or notes why it is not sent.
    pub(super) async fn take_up(&mut self, scheduled: Scheduled) -> Result<(), StartError> {
        let id = scheduled.id.clone();
        let counts = scheduled.state.counts(self.now);
        let (note, held) = match &scheduled.standing {
            Standing::Due { closes } => {
                let closes = *closes;
                let held_before = scheduled.state.held().map(|(_, why)| why.to_owned());
                return match self.prepare(scheduled, closes).await {
                    Ok(active) => {
                        self.active.push(active);
                        Ok(())
                    }
                    Err(StartError::StopAsked) => {
                        self.line(id, counts, Some(PASSED_OVER.to_owned()), false);
                        Ok(())
                    }
                    Err(why) if why.holds_one() => {
                        self.hold(&id, counts, &why.to_string(), held_before.as_deref())
                    }
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
                if !recorded && let Some(why) = self.sent_before(&scheduled)? {
                    self.line(id, counts, Some(why), false);
                    return Ok(());
                }
                let window = opening
                    .from
                    .to_zoned(calendar(self.ground.settings)?.zone().clone());
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
                let zone = calendar(self.ground.settings)?.zone().clone();
                let opens = opening
                    .from
                    .to_zoned(zone)
                    .strftime("%Y-%m-%d %H:%M")
                    .to_string();
                (Some(format!("its window opens {opens}")), false)
            }
            Standing::Shut => (
                Some(
                    "unfinished: its window does not open any more; go on with `send --now`"
                        .to_owned(),
                ),
                true,
            ),
            Standing::Done if counts.unknown > 0 => (Some(UNKNOWNS.to_owned()), true),
            Standing::Done => (None, false),
            Standing::Cancelled => return self.cancel(id, scheduled.state),
            Standing::HeldByRun { run, .. } => (Some(format!("run {run} is sending it")), false),
        };
        self.line(id, counts, note, held);
        Ok(())
    }

    /// As what an occurrence that never started went out before.
    fn sent_before(&self, scheduled: &Scheduled) -> Result<Option<String>, StartError> {
        let Ground { path, settings, .. } = &self.ground;
        let content = match at_commit::content(path, scheduled.approved_by, scheduled.id.campaign())
        {
            Ok(content) => content,
            Err(why) if why.holds_one() => return Ok(None),
            Err(why) => return Err(why),
        };
        let calendar = calendar(settings)?;
        let (ground, before, now) = (&self.ground, &self.before, self.now);
        let found = check_before(ground, before, &calendar, scheduled, &content, now);
        Ok(found.err().map(|why| why.to_string()))
    }

    /// A stop was asked for before its turn came.
    pub(super) fn pass_over(&mut self, scheduled: Scheduled) {
        let counts = scheduled.state.counts(self.now);
        let note =
            matches!(scheduled.standing, Standing::Due { .. }).then(|| PASSED_OVER.to_owned());
        self.line(scheduled.id, counts, note, false);
    }

    /// Takes up what started, is not through, and is not on the agenda: says what a person can do.
    pub(super) fn take_up_beyond(
        &mut self,
        id: OccurrenceId,
        state: OccurrenceState,
        on_main: OnMain,
    ) -> Result<(), StartError> {
        let counts = state.counts(self.now);
        if let Some((run, _)) = held_by(&state, self.now) {
            self.line(id, counts, Some(format!("run {run} is sending it")), false);
            return Ok(());
        }
        let (note, held) = match on_main {
            OnMain::Cancelled => return self.cancel(id, state),
            _ if counts.pending > 0 => (on_main.to_string(), true),
            _ => (UNKNOWNS.to_owned(), true),
        };
        self.line(id, counts, Some(note), held);
        Ok(())
    }

    /// Who was still to be sent to when a campaign is cancelled is left out, so that the sum says so.
    fn cancel(&mut self, id: OccurrenceId, mut state: OccurrenceState) -> Result<(), StartError> {
        let events = cancelling(&state, self.now);
        let mut note = "cancelled".to_owned();
        if !events.is_empty() {
            note = format!("cancelled: {} who were pending are left out", events.len());
            events.iter().try_for_each(|event| state.apply(event))?;
            let returned = self.came_back()?.of(&id);
            let batch = Batch {
                events: events.into_iter().map(|it| (id.clone(), it)).collect(),
                pages: vec![(
                    id.clone(),
                    result_page(&id, &state, Some(returned), None, self.now),
                )],
                ..Batch::new(self.run, self.now, format!("{id}: cancelled"))
            };
            match self.ledger.publish(&batch) {
                Ok(_) => {}
                // A run that sends it claimed some of them meanwhile, and stops when it hears of this.
                Err(PublishError::Conflict { .. }) => {
                    state = self.ledger.replay(&id)?;
                    note = "cancelled; another run is in it just now".to_owned();
                }
                Err(why) => return Err(why.into()),
            }
        }
        self.line(id, state.counts(self.now), Some(note), false);
        Ok(())
    }

    async fn prepare(
        &mut self,
        scheduled: Scheduled,
        closes: Option<Timestamp>,
    ) -> Result<Active, StartError> {
        let (state, letters) = match scheduled.state.header() {
            Some(_) => {
                let letters = self.letters(&scheduled.id, &scheduled.state)?;
                check_portal(&scheduled.id, letters.content())?;
                self.look_at_set_up(letters.content()).await?;
                self.look_at_links(&letters).await?;
                (scheduled.state, letters)
            }
            None => self.start(&scheduled).await?,
        };
        let id = scheduled.id;
        let sender = &letters.content().file.campaign.sender;
        let warning = self.check_rates(&id, &state, sender)?;
        let rates = &self.ground.settings.policy.rates;
        let rates = goes_on(rates, &id).is_none().then(|| rates.clone());
        let relay = self.relay_of(letters.content())?;
        let state = self.leave_out(&id, letters.content(), state)?;
        let header = state.header().cloned();
        let destinations = header.map(|header| header.destinations).unwrap_or_default();
        let lanes = self.lanes.of_occurrence(&relay, &destinations);
        let topic = &letters.content().file.campaign.audience.topic;
        let returned = self.came_back()?.of(&id);
        Ok(Active {
            id: Arc::new(id),
            state,
            topic: topic.as_ref().map(ToString::to_string),
            letters: Arc::new(letters),
            lanes,
            closes,
            ended: None,
            to_hold: None,
            rates,
            warning,
            returned,
        })
    }

    /// Fixes the audience and publishes it; with the letters that it was tried with. Where other
    /// campaigns started in the same instant, who has received the documents is looked up again.
    async fn start(
        &mut self,
        scheduled: &Scheduled,
    ) -> Result<(OccurrenceState, CampaignLetters), StartError> {
        let id = &scheduled.id;
        let calendar = calendar(self.ground.settings)?;
        let mut tries = 1;
        loop {
            let content =
                at_commit::content(self.ground.path, scheduled.approved_by, id.campaign())?;
            let (ground, before) = (&self.ground, &self.before);
            check_before(ground, before, &calendar, scheduled, &content, self.now)?;
            check_portal(id, &content)?;
            check_tested(&self.ground, &self.ledger, id, &content)?;
            let sender = &content.file.campaign.sender;
            self.check_rates(id, &OccurrenceState::new(), sender)?;
            // Whatever would keep it from being sent is found before anybody is told that it started:
            // the relay and what hangs on it here, rendering, signing and links with the sample below.
            self.relay_of(&content)?;
            self.look_at_set_up(&content).await?;
            let (audience, documents) = audience(&self.ground, &self.ledger, &content, self.now)?;
            let recipients = audience.entries.len() as u64;
            self.check_approved(id, &content, scheduled.approved_by, recipients)?;
            check_growth(&self.ground, &self.ledger, scheduled, &content, recipients)?;
            let fixed = fix(
                &self.ground,
                &content,
                audience,
                documents,
                self.outside.exchangers,
                self.now,
            );
            let event = fixed.await?;
            let letters = self.try_sample(id, content, &event)?;
            self.look_at_links(&letters).await?;
            let published = self.publish(id, event, "audience");
            // What came between has been fetched: the next look sees it.
            let state = self.ledger.replay(id)?;
            let conflict = published.as_ref().is_err_and(StartError::is_conflict);
            if !conflict || tries == STARTS || state.header().is_some() {
                return published.map(|()| (state, letters));
            }
            tries += 1;
        }
    }

    /// The mails of a start. Makes a few of them before the start is published: a template that does
    /// not work out must not be found when half of the mails are gone.
    fn try_sample(
        &self,
        id: &OccurrenceId,
        content: Content,
        event: &Event,
    ) -> Result<CampaignLetters, StartError> {
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
        Ok(letters)
    }

    fn letters(
        &self,
        id: &OccurrenceId,
        state: &OccurrenceState,
    ) -> Result<CampaignLetters, StartError> {
        let Some(header) = state.header() else {
            return Err(PlanError::Missing {
                campaign: id.to_string(),
                what: "audience",
                name: "in the ledger".to_owned(),
            }
            .into());
        };
        let content = frozen_content(&self.ground, id, header)?;
        self.letters_of(id, content, state)
    }

    fn letters_of(
        &self,
        id: &OccurrenceId,
        content: Content,
        state: &OccurrenceState,
    ) -> Result<CampaignLetters, StartError> {
        let commit = match state.header() {
            Some(header) => frozen_commit(&self.ground, id, &header.lists_commit)?,
            None => self.ground.head,
        };
        let names = &content.file.campaign.audience.lists;
        let lists = at_commit::lists(&self.ground, commit, names)?;
        let signers = signers(content.sender()?, self.outside.secret)?;
        CampaignLetters::new(id, content, lists, state, self.ground.key, signers)
    }

    /// The relay that a campaign goes through, with its settings found usable.
    fn relay_of(&mut self, content: &Content) -> Result<RelayName, StartError> {
        let name = &content.sender()?.relay;
        let Some(relay) = self.ground.settings.relays.get(name) else {
            return Err(PlanError::Missing {
                campaign: content.file.folder.to_string(),
                what: "relay",
                name: name.to_string(),
            }
            .into());
        };
        self.transport(name, relay)?;
        Ok(name.clone())
    }

    /// The transport to a relay, made once a run: several campaigns may go through it.
    pub(super) fn transport(
        &mut self,
        name: &RelayName,
        relay: &Relay,
    ) -> Result<Arc<dyn Transport>, StartError> {
        let made = match self.transports.get(name) {
            Some(made) => made.clone(),
            None => {
                let tree = Tree::at(self.ground.path, self.ground.head)?;
                let made = (self.outside.transports)(name, relay, &tree);
                self.transports.insert(name.clone(), made.clone());
                made
            }
        };
        made.map_err(|why| StartError::Relay {
            relay: name.to_string(),
            why,
        })
    }

    /// Who was suppressed or left since the audience was fixed is not mailed any more.
    fn leave_out(
        &mut self,
        id: &OccurrenceId,
        content: &Content,
        state: OccurrenceState,
    ) -> Result<OccurrenceState, StartError> {
        let events = left_out(&self.ground, id.campaign(), content, &state, self.now)?;
        if events.is_empty() {
            return Ok(state);
        }
        let batch = Batch {
            events: events.into_iter().map(|it| (id.clone(), it)).collect(),
            ..Batch::new(
                self.run,
                self.now,
                format!("{id}: who left since the start"),
            )
        };
        self.ledger.publish(&batch)?;
        Ok(self.ledger.replay(id)?)
    }
}
