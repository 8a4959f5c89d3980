//! What templates are filled with: tables, figures, and moments as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::{Value, context};

use super::chart::{Name, Row, Series, rows};
use super::data::Sending;
use super::words::Words;
use crate::mail::occurrence::OccurrenceId;

/// A table. The first cell of a row is its heading.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) caption: String,
    pub(super) heads: Vec<Cell>,
    pub(super) rows: Vec<Vec<Cell>>,
    pub(super) foot: Vec<Cell>,
}

/// A cell.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    link: Option<String>,
    number: bool,
}

/// A chart with its numbers.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    pub(super) title: String,
    pub(super) svg: Value,
    /// Classes and names.
    pub(super) legend: Vec<(&'static str, String)>,
    pub(super) table: Table,
}

impl From<Cell> for Value {
    fn from(it: Cell) -> Self {
        context! { text => it.text, link => it.link, number => it.number }
    }
}

impl From<Table> for Value {
    fn from(it: Table) -> Self {
        context! { caption => it.caption, heads => it.heads, rows => it.rows, foot => it.foot }
    }
}

impl From<Figure> for Value {
    fn from(it: Figure) -> Self {
        context! { title => it.title, svg => it.svg, legend => it.legend, table => it.table }
    }
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            link: None,
            number: false,
        }
    }

    pub(super) fn number(text: impl Into<String>) -> Self {
        Self {
            number: true,
            ..Self::text(text)
        }
    }

    pub(super) fn link(text: impl Into<String>, link: impl Into<String>) -> Self {
        Self {
            link: Some(link.into()),
            ..Self::text(text)
        }
    }
}

impl Table {
    /// With these headings, by their words' names; those that begin with `#` stand over numbers.
    pub(super) fn new(caption: &str, words: &Words, heads: &[&str]) -> Self {
        let head = |name: &&str| match name.strip_prefix('#') {
            Some(name) => Cell::number(words.get(name)),
            None => Cell::text(words.get(name)),
        };
        Self {
            caption: caption.to_owned(),
            heads: heads.iter().map(head).collect(),
            rows: Vec::new(),
            foot: Vec::new(),
        }
    }

    /// Leaves out columns of numbers that are nought in every row.
    pub(super) fn without_noughts(mut self) -> Self {
        let is_nought = |column: usize| {
            let mut cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.all(|cell| cell.number && cell.text == "0")
        };
        let kept: Vec<bool> = (0..self.heads.len()).map(|it| !is_nought(it)).collect();
        let keep = |cells: &mut Vec<Cell>| {
            let mut kept = kept.iter().copied();
            cells.retain(|_| kept.next().unwrap_or(true));
        };
        keep(&mut self.heads);
        self.rows.iter_mut().for_each(keep);
        keep(&mut self.foot);
        self
    }
}

/// The series of what became of mails, in the order of [`fates`].
pub(super) fn fate_series(words: &Words) -> Vec<Series> {
    [
        ("quiet", "good"),
        ("other", "soft"),
        ("hard", "bad"),
        ("rejected", "worse"),
        ("pending", "wait"),
        ("unknown", "odd"),
    ]
    .map(|(name, class)| Series {
        name: words.get(name).to_owned(),
        class,
    })
    .to_vec()
}

/// What became of a sending's mails: everybody who is not excluded, once.
pub(super) fn fates(sending: &Sending) -> [u64; 6] {
    let (counts, later) = (&sending.counts, &sending.later);
    [
        later.quiet,
        later.other,
        later.hard,
        counts.rejected,
        counts.pending,
        counts.unknown,
    ]
}

/// A figure of rows. The series that are nought everywhere stand in no legend.
pub(super) fn row_figure(
    words: &Words,
    (id, title, says): (&str, &str, &str),
    series: &[Series],
    bars: &[Row],
    table: Table,
) -> Figure {
    let name = Name { id, title, says };
    let whole = |value: f64, _: usize| words.number(value.round() as u64);
    let svg = rows(&name, series, bars, true, &whole);
    figure(title, svg, series, bars, table)
}

/// A figure of rows whose values are parts of a hundred.
pub(super) fn share_figure(
    words: &Words,
    (id, title, says): (&str, &str, &str),
    series: &[Series],
    bars: &[Row],
    table: Table,
) -> Figure {
    let name = Name { id, title, says };
    let percent = |value: f64, digits: usize| words.percent(value, digits);
    let svg = rows(&name, series, bars, false, &percent);
    figure(title, svg, series, bars, table)
}

fn figure(title: &str, svg: String, series: &[Series], bars: &[Row], table: Table) -> Figure {
    let is_seen = |number: usize| {
        bars.iter()
            .any(|row| row.values.get(number).is_some_and(|it| *it > 0.0))
    };
    let seen = series
        .iter()
        .enumerate()
        .filter(|(number, _)| series.len() > 1 && is_seen(*number));
    Figure {
        title: title.to_owned(),
        svg: Value::from_safe_string(svg),
        legend: seen.map(|(_, it)| (it.class, it.name.clone())).collect(),
        table,
    }
}

/// A sending's page. Ids have no `+` and no `~`, so that no two have one page, also where files' names know no large
/// letters.
pub(super) fn path(id: &OccurrenceId) -> String {
    let mut name = String::from("campaigns/");
    for c in id.to_string().chars() {
        match c {
            '/' => name.push('+'),
            c if c.is_ascii_uppercase() => {
                name.push('~');
                name.push(c.to_ascii_lowercase());
            }
            c => name.push(c),
        }
    }
    name.push_str(".html");
    name
}

/// A moment in the organisation's zone.
pub(super) fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone())
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

/// Its day.
pub(super) fn day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d").to_string()
}

/// The day on which a sending started.
pub(super) fn started(sending: &Sending, zone: &TimeZone) -> Option<String> {
    sending.header.as_ref().map(|header| day(header.at, zone))
}
