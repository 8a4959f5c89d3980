//! Makes a plan: what each campaign of a workspace would send, to whom, when and how fast. Opens no connection, needs no
//! secret; where the organisation's key is not at hand, what only it can tell is said to be unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use super::affected::{affected, owners};
use super::again::{Before, SentBefore, Starting};
use super::approvers::approvers;
use super::audience::Audience;
use super::audience::of_campaign::{Known, Moment, Resolved, of_campaign};
use super::calendar::calendar;
use super::content::Content;
use super::documents::documents;
use super::drift::{drift, growth, sorted};
use super::error::PlanError;
use super::lists::WithoutKey;
use super::mailing::Mailing;
use super::next_sending::{Next, next_sending};
use super::pace::Pace;
use super::proposal::{
    AudiencePlan, CampaignPlan, Change, Drift, From, Plan, Sending, Unknown, When,
};
use super::samples::{choose, failure, subjects};
use super::sending::sending;
use super::turns::by_destination;
use crate::ledger::branch::Ledger;
use crate::ledger::event::Exclusion;
use crate::ledger::suppressions::Suppressions;
use crate::ledger::wishes::Wishes;
use crate::mail::occurrence::{CampaignId, OccurrenceId};
use crate::mail::recipient_id::{RecipientId, RecipientKey};
use crate::schedule::calendar::Calendar;
use crate::workspace::Workspace;
use crate::workspace::campaign::Campaign;
use crate::workspace::settings::Settings;
use crate::workspace::source::Source;

/// A state of the workspace.
#[derive(Clone)]
pub struct State {
    /// Its files.
    pub source: Arc<dyn Source>,
    /// What it is called in messages.
    pub whence: String,
    /// What it holds.
    pub workspace: Arc<Workspace>,
}

/// What a plan is made of.
pub struct Request<'a> {
    /// What is proposed.
    pub proposed: State,
    /// What it is compared with, and the files that differ.
    pub base: Option<(State, &'a BTreeSet<String>)>,
    /// Only these; all that are touched, or all, where empty.
    pub only: &'a BTreeSet<CampaignId>,
    /// The ledger as it was fetched last.
    pub ledger: Option<&'a Ledger>,
    /// The organisation's key, where it is at hand.
    pub key: Option<&'a RecipientKey>,
    /// Campaigns that were received already, the oldest first. Others come after them.
    pub received: &'a [CampaignId],
    /// What is wrong with the workspace as a whole.
    pub problems: &'a [String],
    /// Campaigns that cannot be read, and why.
    pub unreadable: &'a BTreeMap<CampaignId, String>,
    /// The time.
    pub now: Timestamp,
}

/// Makes the plan.
///
/// # Errors
/// [`PlanError`]; what is wrong with one campaign only is said in its place of the plan.
pub fn plan(request: &Request<'_>) -> Result<Plan, PlanError> {
    let settings = &request.proposed.workspace.settings;
    let calendar = calendar(settings)?;
    let stand_in = RecipientKey::from_secret(&[0; crate::mail::recipient_id::SHORTEST_SECRET]);
    let suppressions = match (request.ledger, request.key) {
        (Some(ledger), Some(_)) => ledger.suppressions()?,
        _ => Suppressions::default(),
    };
    let wishes = match (request.ledger, request.key) {
        (Some(ledger), Some(_)) => ledger.wishes()?,
        _ => Wishes::default(),
    };
    let unknown = Unknown {
        suppressed: match (request.ledger, request.key) {
            (Some(ledger), None) => Some(ledger.suppressions()?.len() as u64),
            _ => None,
        },
        ledger: request.ledger.is_none(),
    };
    let Some(key) = request.key.or(stand_in.as_ref().ok()) else {
        return Ok(Plan {
            made_at: request.now,
            compared_with: None,
            campaigns: Vec::new(),
            problems: request.problems.to_vec(),
            unknown,
        });
    };
    let before = match request.ledger {
        Some(ledger) => SentBefore::read(ledger, |id| {
            let there = &request.proposed.workspace.campaigns;
            there.contains_key(id) || request.unreadable.contains_key(id)
        })?,
        None => SentBefore::default(),
    };
    let planning = Planning {
        request,
        before,
        calendar,
        key,
        suppressions,
        wishes,
    };
    let mut campaigns = Vec::new();
    for id in planning.order() {
        campaigns.push(planning.campaign(&id)?);
    }
    planning.pace(&mut campaigns)?;
    Ok(Plan {
        made_at: request.now,
        compared_with: request.base.as_ref().map(|(base, _)| base.whence.clone()),
        campaigns,
        problems: request.problems.to_vec(),
        unknown,
    })
}

pub(super) struct Planning<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) calendar: Calendar,
    before: SentBefore,
    key: &'a RecipientKey,
    suppressions: Suppressions,
    wishes: Wishes,
}

impl Planning<'_> {
    pub(super) fn settings(&self) -> &Settings {
        &self.request.proposed.workspace.settings
    }

    /// The campaigns that are asked for, in order of reception: what is proposed comes last.
    fn order(&self) -> Vec<CampaignId> {
        let request = self.request;
        let (proposed, unreadable) = (&request.proposed.workspace, request.unreadable.keys());
        let wanted: BTreeSet<CampaignId> = if !request.only.is_empty() {
            request.only.clone()
        } else if let Some((base, changed)) = &request.base {
            let states = [&proposed.campaigns, &base.workspace.campaigns];
            let mut touched = affected(&states, changed);
            let file = |id: &CampaignId| format!("campaigns/{id}/campaign.yaml");
            touched.extend(unreadable.filter(|id| changed.contains(&file(id))).cloned());
            touched
        } else {
            proposed
                .campaigns
                .keys()
                .chain(unreadable)
                .cloned()
                .collect()
        };
        let mut order = Vec::from_iter(wanted);
        order.sort_by_key(|id| self.rank(id));
        order
    }

    fn campaign(&self, id: &CampaignId) -> Result<CampaignPlan, PlanError> {
        let request = self.request;
        let before = request.base.as_ref().map(|(base, _)| base);
        let was_there = before.map(|base| base.workspace.campaigns.contains_key(id));
        let Some(file) = request.proposed.workspace.campaigns.get(id) else {
            if let Some(why) = request.unreadable.get(id) {
                return Ok(unreadable(id, why));
            }
            return Ok(CampaignPlan {
                id: id.clone(),
                change: Change::Removed,
                when: When::Cancelled,
                sending: Err("it is taken away: what has not been sent is not sent".to_owned()),
            });
        };
        let change = match was_there {
            None => Change::Unknown,
            Some(false) => Change::New,
            Some(true) => Change::Changed,
        };
        let attempt = || -> Result<(When, Result<Box<Sending>, String>), PlanError> {
            let (settings, ledger) = (self.settings(), request.ledger);
            let campaign = (id, &file.campaign);
            let next = next_sending(settings, campaign, &self.calendar, ledger, request.now)?;
            let nominal = next.nominal();
            let when = self.missed_or_sent(next, id, &file.campaign)?;
            let (
                When::Ahead {
                    occurrence,
                    started: None,
                    ..
                },
                Some(nominal),
            ) = (&when, nominal)
            else {
                // What has begun goes on by what the ledger has, whatever the files say now.
                let why = match when {
                    When::Ahead { .. } => "it has begun",
                    _ => "nothing of it is sent any more",
                };
                return Ok((when, Err(why.to_owned())));
            };
            let drift_from = match before {
                Some(base) if was_there == Some(true) => self.ids(base, id, nominal)?,
                _ => None,
            };
            let sending = self.sending((occurrence, nominal), drift_from)?;
            Ok((when, Ok(Box::new(sending))))
        };
        let (when, sending) = match attempt() {
            Ok(made) => made,
            Err(why) if why.is_of_one() => (self.when_at_least(id), Err(why.to_string())),
            Err(why) => return Err(why),
        };
        Ok(CampaignPlan {
            id: id.clone(),
            change,
            when,
            sending,
        })
    }

    /// As what a sending went out before.
    fn sent_before(
        &self,
        (id, nominal): (&OccurrenceId, Date),
        content: &Content,
    ) -> Result<Option<Before>, PlanError> {
        let Some(ledger) = self.request.ledger else {
            return Ok(None);
        };
        let campaign = &content.file.campaign;
        let every = sending(self.settings(), id.campaign(), campaign)?.every;
        let starting = Starting { id, nominal, every };
        let (repository, now) = (ledger.repository(), self.request.now);
        let (before, calendar) = (&self.before, &self.calendar);
        Ok(before.find(repository, calendar, &starting, content, now))
    }

    /// The same of one whose opening passed: then it has been sent, and was not missed.
    fn missed_or_sent(
        &self,
        next: Next,
        id: &CampaignId,
        campaign: &Campaign,
    ) -> Result<When, PlanError> {
        if let Next::Lapsed {
            occurrence,
            nominal,
            ..
        } = &next
            && self.before.is_any()
        {
            let State {
                source,
                whence,
                workspace,
            } = &self.request.proposed;
            let before = Content::of(source, whence, workspace, id)
                .and_then(|content| self.sent_before((occurrence, *nominal), &content));
            match before {
                Ok(Some(before)) => return Ok(When::SentBefore(before)),
                Err(why) if !why.is_of_one() => return Err(why),
                _ => {}
            }
        }
        Ok(When::of(next, campaign.send.window.as_str()))
    }

    /// When it goes out, of a campaign of which more cannot be said.
    fn when_at_least(&self, id: &CampaignId) -> When {
        let file = self.request.proposed.workspace.campaigns.get(id);
        let (settings, ledger, now) = (self.settings(), self.request.ledger, self.request.now);
        let next = file.and_then(|file| {
            let campaign = (id, &file.campaign);
            let next = next_sending(settings, campaign, &self.calendar, ledger, now).ok()?;
            Some(When::of(next, file.campaign.send.window.as_str()))
        });
        next.unwrap_or(When::NotKnown)
    }

    /// A campaign in one state of the workspace, and who it goes to on that day, or now.
    pub(super) fn resolve(
        &self,
        state: &State,
        id: &CampaignId,
        day: Option<Date>,
    ) -> Result<(Content, Resolved), PlanError> {
        let content = Content::of(&state.source, &state.whence, &state.workspace, id)?;
        let settings = &state.workspace.settings;
        let now = self.request.now;
        let sent = day.and_then(|day| self.calendar.moment(day, Time::midnight()));
        let known = Known {
            suppressions: Some(&self.suppressions),
            wishes: Some(&self.wishes),
            ledger: self.request.ledger.filter(|_| self.request.key.is_some()),
            without_key: WithoutKey::LeaveOut,
            moment: Some(Moment {
                now,
                sent: sent.unwrap_or(now).max(now),
            }),
            ..Known::by_settings(self.key, settings)
        };
        let resolved = of_campaign(&content, &*state.source, &state.whence, &known)?;
        Ok((content, resolved))
    }

    /// Who got it before, sorted; nothing where that cannot be said.
    fn ids(
        &self,
        state: &State,
        id: &CampaignId,
        day: Date,
    ) -> Result<Option<Vec<RecipientId>>, PlanError> {
        match self.resolve(state, id, Some(day)) {
            // Who stands in an encrypted list is nobody that can be compared.
            Ok((_, resolved)) if !resolved.not_checked.is_empty() => Ok(None),
            Ok((_, resolved)) => Ok(Some(sorted(&resolved.audience))),
            Err(why) if why.is_of_one() => Ok(None),
            Err(why) => Err(why),
        }
    }

    fn sending(
        &self,
        (occurrence, nominal): (&OccurrenceId, Date),
        drift_from: Option<Vec<RecipientId>>,
    ) -> Result<Sending, PlanError> {
        let (settings, id) = (self.settings(), occurrence.campaign());
        let (content, resolved) = self.resolve(&self.request.proposed, id, Some(nominal))?;
        let Resolved {
            lists,
            audience,
            not_checked,
            ..
        } = resolved;
        let is_known = not_checked.is_empty();
        let campaign = content.file.campaign.clone();
        let sender = content.sender()?.clone();
        let drift_from = drift_from.filter(|_| is_known);
        let drift = drift_from.map(|before| drift(&before, &sorted(&audience)));
        let mut plan = audience_plan(&campaign, &audience, drift);
        plan.without_counts_of(&not_checked);
        let sent_before = self.sent_before((occurrence, nominal), &content)?;
        let again = sent_before.as_ref().map(|before| format!("it {before}"));
        plan.holds.extend(again);
        if let (true, Some(ledger)) = (settings.policy.test_before_sending, self.request.ledger)
            && !ledger.is_tested(id, content.digest)?
        {
            plan.holds.push(untested(id.as_str()));
        }
        let (documents, digest) = (documents(&content)?, content.digest);
        let columns = lists.columns();
        let mailing = Mailing::compile(content, occurrence, &columns, self.key, Vec::new())?;
        let samples = choose(&mailing, &audience, &lists);
        if let Some(why) = failure(&mailing, &samples, self.request.now) {
            plan.holds.push(format!(
                "a mail cannot be made: {why}; `postmerge lint` shows which rows and values"
            ));
        }
        let grown = self.grown(id, &campaign, &plan);
        plan.holds.extend(grown);
        Ok(Sending {
            subjects: subjects(&mailing, &samples, self.request.now),
            subject: campaign.subject.clone(),
            from: From {
                name: sender.name.clone(),
                address: sender.address.clone(),
                relay: sender.relay.to_string(),
            },
            purpose: campaign.purpose,
            template: campaign.template.as_ref().map(ToString::to_string),
            approvers: approvers(settings, &campaign, is_known.then_some(plan.recipients)),
            counted: campaign.counted(settings),
            invites_to: campaign.invitation.as_ref().map(|it| it.list.clone()),
            documents,
            pace: Pace {
                destinations: match is_known {
                    true => by_destination(settings, &audience),
                    false => Vec::new(),
                },
                ..Pace::default()
            },
            audience: plan,
            digest,
            sent_before,
        })
    }

    /// What grows too much is held when it is to start, unless its own folder changed since: then it was approved with that.
    fn grown(&self, id: &CampaignId, campaign: &Campaign, plan: &AudiencePlan) -> Option<String> {
        let (base, changed) = self.request.base.as_ref()?;
        let states = [&self.request.proposed, base].map(|it| &it.workspace.campaigns);
        let owners = owners(&states, changed);
        let folder = format!("campaigns/{id}");
        if owners.touched(*changed).contains(folder.as_str()) {
            return None;
        }
        let limit = self.settings().policy.growth_limit;
        growth(campaign, limit, plan.drift?.before, plan.recipients)
    }
}

/// Why content that was not tested is held, where policy wants that.
pub fn untested(campaign: &str) -> String {
    format!(
        "policy wants it sent as a test first, and this content was not: postmerge send-test {campaign} --to YOUR@ADDRESS"
    )
}

fn unreadable(id: &CampaignId, why: &str) -> CampaignPlan {
    CampaignPlan {
        id: id.clone(),
        change: Change::Unknown,
        when: When::Unreadable,
        sending: Err(format!("{why}; `postmerge lint` shows where")),
    }
}

fn audience_plan(campaign: &Campaign, audience: &Audience, drift: Option<Drift>) -> AudiencePlan {
    let by_reason = |left_out: &[(RecipientId, Exclusion)]| {
        let mut counts = BTreeMap::new();
        for (_, reason) in left_out {
            *counts.entry(*reason).or_insert(0) += 1;
        }
        counts
    };
    let recipients = audience.entries.len() as u64;
    let holds: Vec<String> = audience.hold.iter().map(ToString::to_string).collect();
    AudiencePlan {
        lists: audience.per_list.clone(),
        segment: campaign.audience.filter.clone(),
        topic: campaign.audience.topic.as_ref().map(ToString::to_string),
        includes: campaign.audience.include.len() as u64,
        copies: audience.copies.len() as u64,
        copies_left_out: by_reason(&audience.copies_left_out),
        recipients,
        mails: audience.mails(),
        exclusions: by_reason(&audience.excluded),
        wrong_rows: audience.problems.count,
        drift,
        holds,
        not_checked: Vec::new(),
    }
}
