//! Tries every campaign that may still be sent on the rows that it would go to, so that a row without
//! its value is found here and not when half of the mails are gone.
//!
//! Rows that differ in nothing that matters to a campaign ([`crate::render::Dependence`]) are one kind,
//! of which one is rendered: a million rows are a few kinds. Says nothing about exclusions, duplicates
//! and suppressions: a row is tried if list, segment, topic and consent let it through. What one lint may
//! spend on it is bounded ([`Budget`]); rows that are not tried for that are counted, and reported.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

use super::Sent;
use super::budget::Budget;
use super::includes::{Includes, identities};
use super::own_documents::{OwnDocuments, WithoutDocument};
use crate::mail::address::Address;
use crate::mail::occurrence::CampaignId;
use crate::mail::recipient_id::RecipientId;
use crate::plan::audience::Selection;
use crate::render::{
    Compiled, Copy, Delivery, Dependence, Document, MOST_STEPS, Parts, RecipientView, RenderError,
};
use crate::workspace::campaign::{Campaign, DocumentDelivery, IfMissed, Status};
use crate::workspace::loaded::{CampaignFile, ListFile, Loaded};
use crate::workspace::member::Member;
use crate::workspace::members::{Columns, Row};
use crate::workspace::names::ListName;
use crate::workspace::settings::Settings;
use crate::workspace::source::WorkspacePath;

/// Lines of wrong rows that are kept.
const SHOWN: usize = 5;

/// A list with more columns has its kinds of rows told by values.
const MOST_COLUMNS: usize = 64;

/// Something that is wrong with some of a campaign's recipients.
#[derive(Debug)]
pub struct Mistake {
    /// Whose mail.
    pub campaign: CampaignId,
    /// The list with the rows; `None`: single addresses, which have no row.
    pub list: Option<ListName>,
    /// What is wrong, without values: rows that fail at one place in one way are one mistake, however many
    /// values there are.
    pub error: RenderError,
    /// With which document's title, where it is not the mail itself.
    pub title: Option<usize>,
    /// The first rows' lines.
    pub lines: Vec<u64>,
    /// How many there are.
    pub count: u64,
}

/// Rows that were not tried.
#[derive(Debug)]
pub struct Untried {
    /// On which campaign.
    pub campaign: CampaignId,
    /// Of which list.
    pub list: ListName,
    /// How many.
    pub count: u64,
}

/// What came of trying a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tried {
    Fine,
    /// A mistake's number.
    Wrong(usize),
    /// Nothing was left of the budget.
    Not,
}

/// A campaign to try.
struct Candidate<'a> {
    id: &'a CampaignId,
    file: &'a CampaignFile,
    compiled: &'a Compiled,
    /// Addresses that it leaves out by name.
    excluded: HashSet<String>,
    /// Rows that it selects; counted up to `needed`, where all of its lists can be read.
    selected: u64,
    needed: u64,
    is_counted: bool,
}

/// All campaigns to try, and what came of it.
pub struct Trials<'a> {
    candidates: Vec<Candidate<'a>>,
    budget: Budget,
    buffer: String,
    mistakes: Vec<Mistake>,
    includes: Vec<Includes>,
    /// Rows whose own document is not there.
    pub without_document: Vec<WithoutDocument>,
    paths: &'a BTreeSet<WorkspacePath>,
    /// The first mail of each campaign, as its parts.
    pub samples: BTreeMap<CampaignId, Parts>,
}

/// What is wrong, and with which document's title.
pub(super) type Failure = (RenderError, Option<usize>);

/// A campaign on one list.
struct Trial<'a> {
    candidate: usize,
    selection: Selection<'a>,
    /// Positions of columns whose emptiness matters, and as bits.
    emptiness: Vec<usize>,
    bits: u64,
    /// Positions of columns whose values matter.
    values: Vec<usize>,
    /// What came of the kinds of rows that were tried.
    kinds: HashMap<u64, Tried>,
}

/// The campaigns of one list.
pub(super) struct ListTrial<'t, 'a> {
    trials: &'t mut Trials<'a>,
    list: &'a ListName,
    /// By emptiness alone; these share the look-up of a row's kind.
    by_emptiness: Vec<Trial<'a>>,
    by_values: Vec<Trial<'a>>,
    /// For counting: every campaign of the list that is not yet found to have enough.
    counting: Vec<(usize, Selection<'a>)>,
    /// Campaigns whose single addresses may stand in the list.
    including: Vec<(usize, Selection<'a>)>,
    documents: Vec<OwnDocuments<'a>>,
    masks: HashMap<u64, Mask>,
}

/// What is to be done with rows whose cells are empty in the same places.
#[derive(Default)]
struct Mask {
    /// Trials in which no such row was selected yet.
    open: Vec<usize>,
    /// Trials that do not work out for such rows, and the mistake.
    wrong: Vec<(usize, usize)>,
}

impl<'a> Trials<'a> {
    /// The campaigns that compile and may go out on `today` or later.
    pub(super) fn new(
        compiled: &'a [(CampaignId, Compiled)],
        loaded: &'a Loaded,
        today: Date,
        sent: &[Sent],
    ) -> Self {
        let candidate = |(id, compiled): &'a (CampaignId, Compiled)| {
            let file = loaded.campaigns.get(id)?;
            let campaign = &file.campaign;
            let is_over = is_over(campaign, today, sent.iter().any(|it| it.campaign == *id));
            (campaign.status != Status::Cancelled && !is_over).then_some(Candidate {
                id,
                file,
                compiled,
                needed: needed(campaign, loaded.settings.as_ref()),
                excluded: identities(&campaign.audience.exclude),
                selected: 0,
                is_counted: true,
            })
        };
        let mut trials = Self {
            candidates: compiled.iter().filter_map(candidate).collect(),
            budget: Budget::new(),
            buffer: String::new(),
            mistakes: Vec::new(),
            includes: Vec::new(),
            without_document: Vec::new(),
            paths: &loaded.paths,
            samples: BTreeMap::new(),
        };
        trials.single_addresses();
        trials
    }

    /// How many rows each campaign selects, as far as was counted: up to as many as it expects at least.
    /// None for campaigns of whose lists one can not be read.
    pub(super) fn selected(&self) -> BTreeMap<CampaignId, u64> {
        let counted = self.candidates.iter().filter(|it| it.is_counted);
        counted.map(|it| (it.id.clone(), it.selected)).collect()
    }

    fn single_addresses(&mut self) {
        for (number, candidate) in self.candidates.iter().enumerate() {
            let audience = &candidate.file.campaign.audience;
            let mut includes = audience.include.iter();
            let Some(address) = includes.find_map(|text| Address::parse(text).ok()) else {
                continue;
            };
            // One mail for each campaign: nothing to be counted.
            if let (Err(failure), _) = candidate.render(&address, None, false) {
                self.includes.push(Includes::new(number, audience, failure));
            }
        }
    }

    /// What is wrong, when all lists are read: with somebody who would get the mail.
    pub(super) fn mistakes(self) -> Vec<Mistake> {
        let rows = self.mistakes.into_iter().filter(|it| it.count > 0);
        let single = self.includes.into_iter().filter_map(|includes| {
            let candidate = self.candidates.get(includes.candidate)?;
            includes.mistake(candidate.id)
        });
        rows.chain(single).collect()
    }

    /// The trials of a list. A campaign whose segment or topic does not fit it is another rule's.
    pub(super) fn of_list<'t>(
        &'t mut self,
        name: &'a ListName,
        file: &'a ListFile,
        columns: &Columns,
    ) -> ListTrial<'t, 'a> {
        let mut found = ListTrial {
            list: name,
            by_emptiness: Vec::new(),
            by_values: Vec::new(),
            counting: Vec::new(),
            including: Vec::new(),
            documents: Vec::new(),
            masks: HashMap::new(),
            trials: self,
        };
        let mut unreadable = Vec::new();
        for (number, candidate) in found.trials.candidates.iter().enumerate() {
            let campaign = &candidate.file.campaign;
            if !campaign.audience.lists.contains(name) {
                continue;
            }
            let (audience, purpose) = (&campaign.audience, campaign.purpose);
            let select = || Selection::of(audience, purpose, name, &file.list, columns);
            let all = (select(), select(), select(), select());
            let (Ok(selection), Ok(counting), Ok(asking), Ok(including)) = all else {
                unreadable.push(number);
                continue;
            };
            found.counting.push((number, counting));
            let mut includes = found.trials.includes.iter();
            if let Some(at) = includes.position(|it| it.candidate == number) {
                found.including.push((at, including));
            }
            let own = OwnDocuments::of(candidate.id, candidate.file, name, asking);
            found.documents.extend(own);
            let titles = campaign
                .documents
                .iter()
                .filter_map(|it| it.title.as_deref());
            let kind = |name: &str| file.list.columns.get(name).map(|column| column.kind);
            let depends: Dependence = candidate.compiled.dependence(titles, kind);
            let positions = |names: &BTreeSet<String>| -> Vec<usize> {
                names
                    .iter()
                    .filter_map(|name| columns.position(name))
                    .collect()
            };
            let emptiness = positions(&depends.emptiness);
            let trial = Trial {
                candidate: number,
                selection,
                bits: emptiness.iter().fold(0, |bits, at| bits | bit(*at)),
                emptiness,
                values: positions(&depends.values),
                kinds: HashMap::new(),
            };
            match trial.values.is_empty() && columns.names().len() <= MOST_COLUMNS {
                true => found.by_emptiness.push(trial),
                false => found.by_values.push(trial),
            }
        }
        for number in unreadable {
            if let Some(candidate) = found.trials.candidates.get_mut(number) {
                candidate.is_counted = false;
            }
        }
        found
    }

    /// A list can not be read: nobody can say how many a campaign selects there.
    pub(super) fn unreadable(&mut self, name: &ListName) {
        for candidate in &mut self.candidates {
            if candidate.file.campaign.audience.lists.contains(name) {
                candidate.is_counted = false;
            }
        }
    }
}

/// `send` looks so many days back for windows that were missed.
const LOOK_BACK: i64 = 62;

/// Whether no mail of it will be made any more of rows as they are now. What has started goes on with the
/// rows of its start.
fn is_over(campaign: &Campaign, today: Date, is_sent: bool) -> bool {
    let send = &campaign.send;
    let days = match send.if_missed {
        IfMissed::Next if !is_sent => LOOK_BACK,
        _ => 0,
    };
    send.every.is_none() && send.date.saturating_add(days.days()) < today
}

/// So many recipients are counted: what the campaign expects at least, one, and what policy asks about.
fn needed(campaign: &Campaign, settings: Option<&Settings>) -> u64 {
    let expect = campaign.audience.expect.as_ref();
    let management = settings.and_then(|it| it.policy.management_above);
    let least = expect.and_then(|it| it.min).unwrap_or(1).max(1);
    u64::from(least).max(management.map_or(0, |it| u64::from(it) + 1))
}

const fn bit(column: usize) -> u64 {
    // Lists with more columns go by values.
    if column < MOST_COLUMNS {
        1 << column
    } else {
        0
    }
}

impl ListTrial<'_, '_> {
    /// Whether any campaign is to be tried on the list.
    pub(super) fn is_idle(&self) -> bool {
        self.by_emptiness.is_empty()
            && self.by_values.is_empty()
            && self.counting.is_empty()
            && self.documents.is_empty()
            && self.including.is_empty()
    }

    /// Tries a row, unless such a row was tried.
    pub(super) fn take(&mut self, row: &Row<'_>) {
        self.count(row);
        for (number, selection) in &self.including {
            let includes = self.trials.includes.get_mut(*number);
            if let Some(includes) = includes.filter(|_| selection.matches(row)) {
                includes.take(row, &mut self.trials.buffer);
            }
        }
        for own in &mut self.documents {
            own.take(row, self.trials.paths);
        }
        self.by_emptiness(row);
        for number in 0..self.by_values.len() {
            let Some(trial) = self.by_values.get_mut(number) else {
                break;
            };
            let mut hasher = DefaultHasher::new();
            for at in &trial.emptiness {
                row.cell(*at).is_empty().hash(&mut hasher);
            }
            for at in &trial.values {
                row.cell(*at).hash(&mut hasher);
            }
            let known = trial.kinds.get(&hasher.finish()).copied();
            if known == Some(Tried::Fine) || !trial.selects(row) {
                continue;
            }
            let tried = known.unwrap_or_else(|| {
                let tried = self.trials.make(self.list, trial.candidate, row);
                if tried != Tried::Not {
                    trial.kinds.insert(hasher.finish(), tried);
                }
                tried
            });
            if let Tried::Wrong(mistake) = tried {
                self.trials.count(trial.candidate, mistake, row);
            }
        }
    }

    /// The list is read to its end.
    pub(super) fn done(self) {
        let found = self.documents.into_iter().flat_map(OwnDocuments::found);
        self.trials.without_document.extend(found);
    }

    fn count(&mut self, row: &Row<'_>) {
        let candidates = &mut self.trials.candidates;
        self.counting.retain(|(number, selection)| {
            let Some(candidate) = candidates.get_mut(*number) else {
                return false;
            };
            if selection.matches(row) && !selection.refuses(row) {
                candidate.selected += 1;
            }
            candidate.selected < candidate.needed
        });
    }

    fn by_emptiness(&mut self, row: &Row<'_>) {
        if self.by_emptiness.is_empty() {
            return;
        }
        let columns = row.columns().names().len();
        let mask = (0..columns)
            .filter(|at| row.cell(*at).is_empty())
            .fold(0, |mask, at| mask | bit(at));
        let all = self.by_emptiness.len();
        let todo = self.masks.entry(mask).or_insert_with(|| Mask {
            open: (0..all).collect(),
            wrong: Vec::new(),
        });
        for (number, mistake) in &todo.wrong {
            let trial = self.by_emptiness.get(*number);
            if let Some(trial) = trial.filter(|trial| trial.selects(row)) {
                self.trials.count(trial.candidate, *mistake, row);
            }
        }
        if todo.open.is_empty() {
            return;
        }
        let (trials, list) = (&mut *self.trials, self.list);
        let (by_emptiness, wrong) = (&mut self.by_emptiness, &mut todo.wrong);
        todo.open.retain(|number| {
            let Some(trial) = by_emptiness.get_mut(*number) else {
                return false;
            };
            let known = trial.kinds.get(&(mask & trial.bits)).copied();
            if known == Some(Tried::Fine) {
                return false;
            }
            if !trial.selects(row) {
                return true;
            }
            let tried = known.unwrap_or_else(|| trials.make(list, trial.candidate, row));
            if tried == Tried::Not {
                // The next such row is missed, too, and counted.
                return true;
            }
            trial.kinds.insert(mask & trial.bits, tried);
            if let Tried::Wrong(mistake) = tried {
                trials.count(trial.candidate, mistake, row);
                wrong.push((*number, mistake));
            }
            false
        });
    }
}

impl Trial<'_> {
    fn selects(&self, row: &Row<'_>) -> bool {
        self.selection.matches(row) && !self.selection.refuses(row)
    }
}

impl Trials<'_> {
    /// Rows that nothing was left for.
    pub(super) fn untried(&mut self) -> Vec<Untried> {
        std::mem::take(&mut self.budget.untried)
    }

    /// Makes the mail for a row.
    fn make(&mut self, list: &ListName, candidate: usize, row: &Row<'_>) -> Tried {
        let Some(candidate) = self.candidates.get(candidate) else {
            return Tried::Not;
        };
        if !self.budget.takes_one() {
            self.budget.miss(candidate.id, list);
            return Tried::Not;
        }
        let member = row.to_member();
        let is_first = !self.samples.contains_key(candidate.id);
        let (made, work) = candidate.render(&member.address, Some(&member), is_first);
        self.budget.spend(work);
        let (error, title) = match made {
            Err((error, title)) => (error.of_any_row(), title),
            Ok(sample) => {
                self.samples
                    .extend(sample.map(|sample| (candidate.id.clone(), sample)));
                return Tried::Fine;
            }
        };
        let same = |mistake: &Mistake| {
            mistake.list.as_ref() == Some(list)
                && mistake.campaign == *candidate.id
                && mistake.error == error
                && mistake.title == title
        };
        Tried::Wrong(self.mistakes.iter().position(same).unwrap_or_else(|| {
            self.mistakes.push(Mistake {
                campaign: candidate.id.clone(),
                list: Some(list.clone()),
                error,
                title,
                lines: Vec::new(),
                count: 0,
            });
            self.mistakes.len() - 1
        }))
    }

    /// One more row with a mistake, unless nobody is mailed there whatever it holds.
    fn count(&mut self, candidate: usize, mistake: usize, row: &Row<'_>) {
        let excluded = self.candidates.get(candidate).map(|it| &it.excluded);
        if excluded.is_some_and(|it| !it.is_empty()) {
            let identity = row.address().identity_into(&mut self.buffer);
            if excluded.is_some_and(|it| it.contains(identity)) {
                return;
            }
        }
        if let Some(mistake) = self.mistakes.get_mut(mistake) {
            mistake.count += 1;
            if mistake.lines.len() < SHOWN {
                mistake.lines.push(row.at().line);
            }
        }
    }
}

impl Candidate<'_> {
    /// The mail's parts where they are wanted, or what is wrong; and how much work it was.
    fn render(
        &self,
        to: &Address,
        member: Option<&Member>,
        wants_parts: bool,
    ) -> (Result<Option<Parts>, Failure>, u64) {
        let work = Cell::new(0);
        let made = self.made(to, member, wants_parts, &work);
        (made, work.get())
    }

    fn made(
        &self,
        to: &Address,
        member: Option<&Member>,
        wants_parts: bool,
        work: &Cell<u64>,
    ) -> Result<Option<Parts>, Failure> {
        let documents = &self.file.campaign.documents;
        let mut titles = Vec::with_capacity(documents.len());
        for (number, document) in documents.iter().enumerate() {
            titles.push(match &document.title {
                Some(title) => {
                    if title.contains("{%") {
                        // Only statements go round; nothing else says how often.
                        work.set(work.get().saturating_add(MOST_STEPS));
                    }
                    let title = self.compiled.short_text(title, member);
                    title.map_err(|error| (error, Some(number)))?
                }
                None => document.file.clone(),
            });
        }
        let views: Vec<Document<'_>> = documents
            .iter()
            .zip(&titles)
            .map(|(document, title)| Document {
                title,
                file_name: "document",
                delivery: match document.delivery {
                    DocumentDelivery::Link => Delivery::Link("https://documents.invalid/document"),
                    DocumentDelivery::Attachment => Delivery::Attachment {
                        content_type: "application/octet-stream",
                        content: &[],
                    },
                },
            })
            .collect();
        let view = RecipientView {
            envelope_to: to,
            to,
            id: RecipientId([0; 12]),
            index: 0,
            member,
            copy: Copy::To,
            date: Timestamp::UNIX_EPOCH,
            documents: &views,
        };
        let whole = |error| (error, None);
        let parts = self.compiled.counted_parts(&view, work).map_err(whole)?;
        if !wants_parts {
            return Ok(None);
        }
        // What a header can not hold is found by writing one; of a campaign once is enough, as rows' values
        // come into no header but the subject, which the parts have looked at.
        self.compiled.letter(&view).map_err(whole)?;
        Ok(Some(parts))
    }
}
