//! A site that shows what the ledger holds: an overview, a page for each sending, the lists' health, and what providers do
//! with the mail. Pages without scripts, that fetch nothing, in the organisation's language.
//!
//! Recipients appear by their place in an audience, or not at all; by address only where addresses are handed in. Lists'
//! health comes in as plain data. Writes no file: it gives pages.

mod against_plan;
pub mod back;
mod campaign;
pub mod chart;
pub mod compare;
pub mod data;
mod deliverability;
mod groups;
mod links;
mod lists;
mod overview;
pub mod reading;
pub mod stopped;
pub mod timeline;
mod view;
pub mod words;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::merge_maps;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};

use crate::ledger::branch::LedgerError;
use crate::ledger::event::Exclusion;
use crate::ledger::state::Contradiction;
use crate::mail::occurrence::OccurrenceId;
use crate::workspace::settings::Locale;
use data::{Amiss, Sending};
use words::Words;

/// The templates, by the names that they know each other by.
const TEMPLATES: [(&str, &str); 6] = [
    ("page.html", include_str!("page.html")),
    ("parts.html", include_str!("parts.html")),
    ("index.html", include_str!("index.html")),
    ("campaign.html", include_str!("campaign.html")),
    ("lists.html", include_str!("lists.html")),
    ("deliverability.html", include_str!("deliverability.html")),
];

const STYLE: &str = include_str!("site.css");

/// The site cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A sending's records contradict each other.
    #[error("ledger: {occurrence}: {error}")]
    Contradiction {
        /// Which.
        occurrence: OccurrenceId,
        /// What is wrong.
        error: Contradiction,
    },
    /// A sum does not hold.
    #[error("{occurrence}: {error}")]
    Amiss {
        /// Of which sending.
        occurrence: OccurrenceId,
        /// Which.
        error: Amiss,
    },
    /// A template and its data do not fit: a mistake in this program.
    #[error("the page {page} cannot be made: {error}")]
    Template {
        /// Which.
        page: String,
        /// Why.
        error: minijinja::Error,
    },
}

/// Everything that is shown.
pub struct Site<'a> {
    /// The organisation's name.
    pub organisation: &'a str,
    /// Its language.
    pub locale: Locale,
    /// Its zone.
    pub zone: &'a TimeZone,
    /// The ledger's commit; `None` where there is none.
    pub head: Option<String>,
    /// When it was read.
    pub now: Timestamp,
    /// The sendings, in any order.
    pub sendings: Vec<Sending>,
    /// The lists.
    pub lists: Lists,
    /// How each of them grew.
    pub growth: Vec<Growth>,
    /// How many addresses are suppressed for everything, by reason.
    pub suppressed: Vec<(Exclusion, u64)>,
    /// Whether addresses are shown.
    pub with_addresses: bool,
}

/// What is known of the lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lists {
    /// Everything.
    Read {
        /// By name.
        lists: Vec<ListHealth>,
        /// Bounces and departures whose rows are still there.
        waiting: Vec<Waiting>,
        /// How many people say that they never joined.
        disowned: u64,
    },
    /// Their names alone: who is in them can be told only with the key in this environment variable.
    WithoutKey {
        /// The variable.
        variable: String,
        /// Names, titles and owners.
        lists: Vec<(String, String, String)>,
    },
}

/// How a list stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListHealth {
    /// Its name.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// Who answers for it.
    pub owner: String,
    /// Rows with an address.
    pub members: u64,
    /// Rows without one that can be read.
    pub unreadable: u64,
    /// Of whom the owner was not told yet.
    pub new: u64,
    /// Whom the owner can correct.
    pub open: u64,
    /// Who left or complained, and is to be removed.
    pub departed: u64,
    /// Who was not corrected in time.
    pub overdue: u64,
    /// When the members were asked last.
    pub confirmed: Option<Date>,
    /// Whether that is too long ago.
    pub stale: bool,
}

/// How a list grew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    /// What it is called.
    pub title: String,
    /// The oldest month first.
    pub months: Vec<Month>,
    /// Whether there are months of which nothing is known, as the list was encrypted and the key is not here.
    pub encrypted: bool,
}

/// A list at the end of a month, or now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    /// The month's first day.
    pub month: Date,
    /// Members.
    pub members: u64,
    /// Who were not there a month before; `None` where that is not known.
    pub joined: Option<u64>,
    /// Who are not there any more.
    pub left: Option<u64>,
}

/// Rows of a list that wait for the same thing to the same day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waiting {
    /// The last day that they have; `None`: their owner was not told yet.
    pub until: Option<Date>,
    /// Business days after today, up to then; `None`: it is over, or not begun.
    pub days_left: Option<u32>,
    /// In which list.
    pub list: String,
    /// Who answers for it.
    pub owner: String,
    /// Why they are not written to.
    pub reason: Exclusion,
    /// How many.
    pub count: u64,
    /// Their addresses, where they may be shown.
    pub addresses: Vec<String>,
}

/// A page, by its path in the site.
pub struct Page {
    /// Where it stands.
    pub path: String,
    /// Its text.
    pub html: String,
}

/// The pages.
///
/// # Errors
/// [`SiteError::Template`].
pub fn pages(mut site: Site<'_>) -> Result<Vec<Page>, SiteError> {
    // Latest first; what has not started comes last.
    site.sendings.sort_by(|a, b| {
        let start = |it: &Sending| it.header.as_ref().map(|header| header.at);
        (start(b), &a.id).cmp(&(start(a), &b.id))
    });
    let words = Words::of(site.locale);
    let press = Press::new(&site, &words)?;
    let mut pages = vec![
        press.page(
            "index.html",
            "index.html",
            "overview",
            overview::of(&site, &words),
        )?,
        press.page(
            "lists.html",
            "lists.html",
            "lists",
            lists::of(&site, &words),
        )?,
        press.page(
            "deliverability.html",
            "deliverability.html",
            "deliverability",
            deliverability::of(&site, &words),
        )?,
    ];
    for sending in &site.sendings {
        let path = view::path(&sending.id);
        let view = campaign::of(sending, &site, &words);
        pages.push(press.page("campaign.html", &path, "campaign", view)?);
    }
    Ok(pages)
}

/// What makes pages out of templates.
struct Press<'a> {
    environment: Environment<'a>,
    around: Value,
}

impl<'a> Press<'a> {
    fn new(site: &Site<'_>, words: &'a Words) -> Result<Self, SiteError> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let failed = |page: &str, error| SiteError::Template {
            page: page.to_owned(),
            error,
        };
        // Tags leave no empty lines behind.
        let mut syntax = SyntaxConfig::builder();
        syntax.trim_blocks(true).lstrip_blocks(true);
        environment.set_syntax(syntax.build().map_err(|why| failed("", why))?);
        for (name, text) in TEMPLATES {
            let added = environment.add_template(name, text);
            added.map_err(|why| failed(name, why))?;
        }
        let stood = match &site.head {
            Some(head) => words.with(
                "as_of",
                &[
                    head.get(..10).unwrap_or(head),
                    &view::moment(site.now, site.zone),
                ],
            ),
            None => words.get("no_ledger").to_owned(),
        };
        let around = context! {
            t => words.all(),
            lang => words.tag(),
            organisation => site.organisation,
            stood,
            with_addresses => site.with_addresses,
            style => Value::from_safe_string(STYLE.to_owned()),
        };
        Ok(Self {
            environment,
            around,
        })
    }

    fn page(&self, template: &str, path: &str, here: &str, view: Value) -> Result<Page, SiteError> {
        let failed = |error| SiteError::Template {
            page: path.to_owned(),
            error,
        };
        let up = if path.contains('/') { "../" } else { "" };
        let all = merge_maps([context! { here, up }, view, self.around.clone()]);
        let found = self.environment.get_template(template).map_err(failed)?;
        Ok(Page {
            path: path.to_owned(),
            html: found.render(all).map_err(failed)?,
        })
    }
}

#[cfg(test)]
#[path = "site_tests.rs"]
mod tests;
