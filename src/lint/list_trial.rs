//! The campaigns of one list, tried on its rows while they are read.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use super::budget::Budget;
use super::candidate::Candidate;
use super::own_documents::{OwnDocuments, WithoutDocument};
use super::trial::{Mistake, Trials, Untried};
use crate::plan::audience::Selection;
use crate::render::{Dependence, Parts};
use crate::workspace::loaded::ListFile;
use crate::workspace::members::{Columns, Row};
use crate::workspace::names::ListName;

/// Lines of wrong rows that are kept.
const SHOWN: usize = 5;

/// A list with more columns has its kinds of rows told by values.
const MOST_COLUMNS: usize = 64;

/// What came of one list. Campaigns and single addresses are told by their numbers in [`Trials`].
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) mistakes: Vec<Mistake>,
    pub(super) without_document: Vec<WithoutDocument>,
    /// The first mail of each campaign here, as its parts.
    pub(super) samples: BTreeMap<usize, Parts>,
    /// How many rows a campaign selects here, up to as many as it needs; `None`: nobody can say.
    pub(super) selected: Vec<(usize, Option<u64>)>,
    /// Single addresses that have a row here.
    pub(super) met: Vec<(usize, HashSet<String>)>,
    pub(super) untried: Vec<Untried>,
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

/// A campaign on the list.
struct Trial<'a> {
    candidate: usize,
    selection: Rc<Selection<'a>>,
    /// Positions of columns whose emptiness matters, and as bits.
    emptiness: Vec<usize>,
    bits: u64,
    /// Positions of columns whose values matter.
    values: Vec<usize>,
    /// What came of the kinds of rows that were tried.
    kinds: HashMap<u64, Tried>,
}

/// Counts the rows that a campaign selects, until it has enough.
struct Counting<'a> {
    candidate: usize,
    selection: Rc<Selection<'a>>,
    needed: u64,
    selected: u64,
}

/// A campaign whose single addresses may stand in the list.
struct Including<'a> {
    includes: usize,
    selection: Rc<Selection<'a>>,
    met: HashSet<String>,
}

/// The campaigns of one list.
pub(super) struct ListTrial<'t, 'a> {
    trials: &'t Trials<'a>,
    maker: Maker<'t, 'a>,
    /// By emptiness alone; these share the look-up of a row's kind.
    by_emptiness: Vec<Trial<'a>>,
    by_values: Vec<Trial<'a>>,
    counting: Vec<Counting<'a>>,
    /// Of campaigns that have enough; `None`: nobody can say.
    counted: Vec<(usize, Option<u64>)>,
    including: Vec<Including<'a>>,
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
    /// The trials of a list. A campaign whose segment or topic does not fit it is another rule's.
    pub(super) fn of_list<'t>(
        &'t self,
        name: &'a ListName,
        file: &'a ListFile,
        columns: &Columns,
        budget: Budget,
    ) -> ListTrial<'t, 'a> {
        let mut found = ListTrial {
            trials: self,
            maker: Maker {
                candidates: &self.candidates,
                list: name,
                budget,
                buffer: String::new(),
                mistakes: Vec::new(),
                samples: BTreeMap::new(),
            },
            by_emptiness: Vec::new(),
            by_values: Vec::new(),
            counting: Vec::new(),
            counted: Vec::new(),
            including: Vec::new(),
            documents: Vec::new(),
            masks: HashMap::new(),
        };
        for (number, candidate) in self.on(name) {
            let campaign = &candidate.file.campaign;
            let (audience, purpose) = (&campaign.audience, campaign.purpose);
            match Selection::of(audience, purpose, name, &file.list, columns) {
                Ok(selection) => found.add(number, candidate, file, columns, Rc::new(selection)),
                Err(_) => found.counted.push((number, None)),
            }
        }
        found
    }

    /// A list cannot be read: nobody can say how many a campaign selects there.
    pub(super) fn unreadable(&self, name: &ListName) -> Outcome {
        Outcome {
            selected: self.on(name).map(|(number, _)| (number, None)).collect(),
            ..Outcome::default()
        }
    }

    /// The campaigns that go to a list. One that leaves the list out as well goes to nobody of it.
    fn on(&self, name: &ListName) -> impl Iterator<Item = (usize, &Candidate<'a>)> {
        let all = self.candidates.iter().enumerate();
        all.filter(move |(_, it)| {
            let audience = &it.file.campaign.audience;
            audience.lists.contains(name) && !audience.exclude_lists.contains(name)
        })
    }
}

const fn bit(column: usize) -> u64 {
    // Lists with more columns go by values.
    if column < MOST_COLUMNS {
        1 << column
    } else {
        0
    }
}

impl<'a> ListTrial<'_, 'a> {
    fn add(
        &mut self,
        number: usize,
        candidate: &Candidate<'a>,
        file: &'a ListFile,
        columns: &Columns,
        selection: Rc<Selection<'a>>,
    ) {
        self.counting.push(Counting {
            candidate: number,
            selection: Rc::clone(&selection),
            needed: candidate.needed,
            selected: 0,
        });
        let mut includes = self.trials.includes.iter();
        if let Some(includes) = includes.position(|it| it.candidate == number) {
            self.including.push(Including {
                includes,
                selection: Rc::clone(&selection),
                met: HashSet::new(),
            });
        }
        let list = self.maker.list;
        let own = OwnDocuments::of(candidate.id, candidate.file, list, Rc::clone(&selection));
        self.documents.extend(own);
        let documents = candidate.file.campaign.documents.iter();
        let titles = documents.filter_map(|it| it.title.as_deref());
        let kind = |name: &str| file.list.columns.get(name).map(|column| column.kind);
        let depends: Dependence = candidate.compiled.dependence(titles, kind);
        let positions = |names: &BTreeSet<String>| -> Vec<usize> {
            let positions = names.iter().filter_map(|name| columns.position(name));
            positions.collect()
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
            true => self.by_emptiness.push(trial),
            false => self.by_values.push(trial),
        }
    }

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
        for including in &mut self.including {
            let includes = self.trials.includes.get(including.includes);
            if let Some(includes) = includes.filter(|_| including.selection.matches(row)) {
                includes.meet(row, &mut self.maker.buffer, &mut including.met);
            }
        }
        for own in &mut self.documents {
            own.take(row, &self.trials.loaded.paths);
        }
        self.by_emptiness(row);
        self.by_values(row);
    }

    /// The list is read to its end, or as far as it can be.
    pub(super) fn done(self, is_whole: bool) -> Outcome {
        let mut selected = self.counted;
        let open = self.counting.into_iter();
        selected.extend(open.map(|it| (it.candidate, Some(it.selected))));
        if !is_whole {
            for (_, count) in &mut selected {
                *count = None;
            }
        }
        let own = self.documents.into_iter();
        let met = self.including.into_iter();
        Outcome {
            mistakes: self.maker.mistakes,
            without_document: own.flat_map(OwnDocuments::found).collect(),
            samples: self.maker.samples,
            selected,
            met: met.map(|it| (it.includes, it.met)).collect(),
            untried: self.maker.budget.untried,
        }
    }

    fn count(&mut self, row: &Row<'_>) {
        let counted = &mut self.counted;
        self.counting.retain_mut(|it| {
            if it.selection.takes(row) && !self.maker.is_excluded(it.candidate, row) {
                it.selected += 1;
            }
            let goes_on = it.selected < it.needed;
            if !goes_on {
                counted.push((it.candidate, Some(it.selected)));
            }
            goes_on
        });
    }

    fn by_values(&mut self, row: &Row<'_>) {
        for trial in &mut self.by_values {
            let mut hasher = DefaultHasher::new();
            for at in &trial.emptiness {
                row.cell(*at).is_empty().hash(&mut hasher);
            }
            for at in &trial.values {
                row.cell(*at).hash(&mut hasher);
            }
            let known = trial.kinds.get(&hasher.finish()).copied();
            if known == Some(Tried::Fine) || !trial.selection.takes(row) {
                continue;
            }
            let tried = known.unwrap_or_else(|| {
                let tried = self.maker.make(trial.candidate, row);
                if tried != Tried::Not {
                    trial.kinds.insert(hasher.finish(), tried);
                }
                tried
            });
            if let Tried::Wrong(mistake) = tried {
                self.maker.count(trial.candidate, mistake, row);
            }
        }
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
        let maker = &mut self.maker;
        for (number, mistake) in &todo.wrong {
            let trial = self.by_emptiness.get(*number);
            if let Some(trial) = trial.filter(|trial| trial.selection.takes(row)) {
                maker.count(trial.candidate, *mistake, row);
            }
        }
        let (by_emptiness, wrong) = (&mut self.by_emptiness, &mut todo.wrong);
        todo.open.retain(|number| {
            let Some(trial) = by_emptiness.get_mut(*number) else {
                return false;
            };
            let known = trial.kinds.get(&(mask & trial.bits)).copied();
            if known == Some(Tried::Fine) {
                return false;
            }
            if !trial.selection.takes(row) {
                return true;
            }
            let tried = known.unwrap_or_else(|| maker.make(trial.candidate, row));
            if tried == Tried::Not {
                // The next such row is missed, too, and counted.
                return true;
            }
            trial.kinds.insert(mask & trial.bits, tried);
            if let Tried::Wrong(mistake) = tried {
                maker.count(trial.candidate, mistake, row);
                wrong.push((*number, mistake));
            }
            false
        });
    }
}

/// Makes mails of rows, and keeps what does not work out.
struct Maker<'t, 'a> {
    candidates: &'t [Candidate<'a>],
    list: &'a ListName,
    budget: Budget,
    buffer: String,
    mistakes: Vec<Mistake>,
    samples: BTreeMap<usize, Parts>,
}

impl Maker<'_, '_> {
    /// Makes the mail for a row.
    fn make(&mut self, number: usize, row: &Row<'_>) -> Tried {
        let Some(candidate) = self.candidates.get(number) else {
            return Tried::Not;
        };
        if !self.budget.takes_one() {
            self.budget.miss(candidate.id, self.list);
            return Tried::Not;
        }
        let member = row.to_member();
        let is_first = !self.samples.contains_key(&number);
        let (made, work) = candidate.render(&member.address, Some(&member), is_first);
        self.budget.spend(work);
        let (error, title) = match made {
            Err((error, title)) => (error.of_any_row(), title),
            Ok(sample) => {
                self.samples.extend(sample.map(|sample| (number, sample)));
                return Tried::Fine;
            }
        };
        let same = |mistake: &Mistake| {
            mistake.campaign == *candidate.id && mistake.error == error && mistake.title == title
        };
        Tried::Wrong(self.mistakes.iter().position(same).unwrap_or_else(|| {
            self.mistakes.push(Mistake {
                campaign: candidate.id.clone(),
                list: Some(self.list.clone()),
                error,
                title,
                lines: Vec::new(),
                count: 0,
            });
            self.mistakes.len() - 1
        }))
    }

    /// Whether a campaign leaves a row's person out by name.
    fn is_excluded(&mut self, candidate: usize, row: &Row<'_>) -> bool {
        let excluded = self.candidates.get(candidate).map(|it| &it.excluded);
        excluded.filter(|it| !it.is_empty()).is_some_and(|it| {
            let identity = row.address().identity_into(&mut self.buffer);
            it.contains(identity)
        })
    }

    /// One more row with a mistake, unless nobody is mailed there whatever it holds.
    fn count(&mut self, candidate: usize, mistake: usize, row: &Row<'_>) {
        if self.is_excluded(candidate, row) {
            return;
        }
        if let Some(mistake) = self.mistakes.get_mut(mistake) {
            mistake.count += 1;
            if mistake.lines.len() < SHOWN {
                mistake.lines.push(row.at().line);
            }
        }
    }
}
