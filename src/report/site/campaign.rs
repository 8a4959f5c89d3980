//! A sending's page: from its audience to what came back, and what to do about what nobody knows.

use minijinja::{Value, context};

use super::chart::{Row, Series};
use super::data::{Destination, FEWEST, How, Sending};
use super::links;
use super::view::{Cell, Figure, Table, fate_series, moment, row_figure};
use super::words::Words;
use super::{Site, against_plan, groups, stopped};
use crate::ledger::event::Ranges;
use crate::ledger::result_page::settling;
use crate::ledger::state::Note;

/// Destinations and reasons that a chart shows.
const ROWS: usize = 12;

/// Ranges of unknown recipients that are written out.
const RANGES: usize = 40;

pub(super) fn of(sending: &Sending, site: &Site<'_>, words: &Words) -> Value {
    let begun = sending.header.is_some();
    let facts = facts(sending, site, words);
    context! {
        title => sending.id.to_string(),
        facts,
        begun,
        funnel => begun.then(|| funnel(sending, words)),
        accounting => begun.then(|| accounting(sending, words)),
        later => begun.then(|| later(sending, words)),
        besides => begun.then(|| besides(sending, words)),
        elsewhere => (sending.later.elsewhere > 0)
            .then(|| words.with("elsewhere", &[&words.number(sending.later.elsewhere)])),
        timeline => against_plan::figure(sending, site, words),
        plan => against_plan::words_of(sending, site, words),
        reading => links::of(sending, words),
        settled => (sending.settled > 0)
            .then(|| words.with("settled", &[&words.number(sending.settled)])),
        destinations => (!sending.destinations.is_empty())
            .then(|| destinations(&sending.destinations, words)),
        groups => groups::figures(sending, words),
        groups_mean => groups::meaning(sending, words),
        others_mean => words.with("others_mean", &[&FEWEST.to_string()]),
        failures => (!sending.failed.is_empty()).then(|| failures(sending, words)),
        exclusions => (!sending.exclusions.is_empty()).then(|| exclusions(sending, words)),
        unknown => (sending.counts.unknown > 0).then(|| unknown(sending, words)),
        listed => (!sending.listed.is_empty()).then(|| listed(sending, site, words)),
        unlisted => (sending.unlisted > 0)
            .then(|| words.with("unlisted", &[&words.number(sending.unlisted)])),
        history => format!("postmerge history --campaign {} --format csv", sending.id),
        stopped => sending.stopped.as_ref().map(|it| stopped::of(it, site.zone, words)),
        notes => (!sending.notes.is_empty()).then(|| notes(sending, site, words)),
    }
}

fn facts(sending: &Sending, site: &Site<'_>, words: &Words) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: Option<String>| {
        facts.extend(value.map(|value| (words.get(name).to_owned(), value)));
    };
    let header = sending.header.as_ref();
    fact("subject", sending.subject.clone());
    fact("sender", header.map(|it| it.sender.clone()));
    let start = header.map(|it| moment(it.at, site.zone));
    fact(
        "started",
        start.or(Some(words.get("not_started").to_owned())),
    );
    fact("last", sending.last.map(|at| moment(at, site.zone)));
    let commit = header.map(|it| it.content_commit.get(..10).unwrap_or_default().to_owned());
    fact("approved", commit);
    facts
}

fn funnel(sending: &Sending, words: &Words) -> Figure {
    let (counts, later) = (&sending.counts, &sending.later);
    let steps = [
        ("audience", counts.audience),
        (
            "written_to",
            counts.audience.saturating_sub(counts.excluded),
        ),
        ("accepted", counts.accepted),
        ("quiet", later.quiet),
    ];
    let mut table = Table::new(
        words.get("funnel"),
        words,
        &["reason", "#count", "#of_audience"],
    );
    if let Some(head) = table.heads.first_mut() {
        *head = Cell::text("");
    }
    let mut bars = Vec::new();
    for (name, count) in steps {
        let share = words.share(count, counts.audience);
        bars.push(Row {
            label: words.get(name).to_owned(),
            note: format!("{} · {share}", words.number(count)),
            values: vec![count as f64],
        });
        let cells = [Cell::number(words.number(count)), Cell::number(share)];
        let mut row = vec![Cell::text(words.get(name))];
        row.extend(cells);
        table.rows.push(row);
    }
    let numbers = steps.map(|(_, count)| words.number(count));
    let says = words.with("funnel_says", &numbers.each_ref().map(String::as_str));
    let name = ("funnel", words.get("funnel"), says.as_str());
    row_figure(words, name, &[one("good")], &bars, table)
}

fn one(class: &'static str) -> Series {
    Series {
        name: String::new(),
        class,
    }
}

/// A table of parts that make a whole.
fn parts(words: &Words, title: &str, whole: (&str, u64), parts: &[(&str, u64)]) -> Table {
    let (share, whole) = whole;
    let mut table = Table::new(words.get(title), words, &["how", "#count", share]);
    let row = |name: &str, count: u64| {
        vec![
            Cell::text(words.get(name)),
            Cell::number(words.number(count)),
            Cell::number(words.share(count, whole)),
        ]
    };
    table.rows = parts
        .iter()
        .map(|(name, count)| row(name, *count))
        .collect();
    table.foot = row("total", parts.iter().map(|(_, count)| count).sum());
    table
}

fn accounting(sending: &Sending, words: &Words) -> Table {
    let counts = &sending.counts;
    let columns = [
        ("accepted", counts.accepted),
        ("rejected", counts.rejected),
        ("excluded", counts.excluded),
        ("pending", counts.pending),
        ("unknown", counts.unknown),
    ];
    parts(
        words,
        "accounting",
        ("#of_audience", counts.audience),
        &columns,
    )
}

fn later(sending: &Sending, words: &Words) -> Table {
    let later = &sending.later;
    let columns = [
        ("quiet", later.quiet),
        ("hard", later.hard),
        ("other", later.other),
    ];
    let whole = ("#of_accepted", sending.counts.accepted);
    parts(words, "what_came_back", whole, &columns)
}

/// These may be of the same mails: they make no sum.
fn besides(sending: &Sending, words: &Words) -> Table {
    let later = &sending.later;
    let columns = [
        ("complaints", later.complained),
        ("left", later.left),
        ("read", later.read),
        ("replied", later.replied),
    ];
    let whole = ("#of_accepted", sending.counts.accepted);
    let mut table = parts(words, "overlay", whole, &columns);
    table.foot.clear();
    table
}

/// A destination's name, or that it is several.
pub(super) fn named(destination: &Destination, words: &Words) -> String {
    match destination.name.as_str() {
        "" => words.get("others").to_owned(),
        name => name.to_owned(),
    }
}

/// What destinations' mails came to: the chart's values and the table's rows.
fn destinations(all: &[Destination], words: &Words) -> Figure {
    let heads = [
        "destination",
        "#recipients",
        "#accepted",
        "#deferred",
        "#rejected",
        "#hard",
        "#other",
        "#pending",
        "#unknown",
    ];
    let mut table = Table::new(words.get("destinations"), words, &heads);
    let mut bars = Vec::new();
    for it in all {
        let name = named(it, words);
        let fates = [
            it.quiet(),
            it.other,
            it.hard,
            it.rejected,
            it.pending,
            it.unknown,
        ];
        bars.push(Row {
            label: name.clone(),
            note: words.number(fates.iter().sum()),
            values: fates.iter().map(|it| *it as f64).collect(),
        });
        let numbers = [
            it.recipients,
            it.accepted,
            it.deferred,
            it.rejected,
            it.hard,
            it.other,
            it.pending,
            it.unknown,
        ];
        let mut row = vec![Cell::text(name)];
        row.extend(numbers.map(|it| Cell::number(words.number(it))));
        table.rows.push(row);
    }
    bars.truncate(ROWS);
    let largest = all.first().map(|it| named(it, words)).unwrap_or_default();
    let count = words.number(all.len() as u64);
    let says = words.with("destinations_says", &[&count, &largest]);
    let name = ("destinations", words.get("destinations"), says.as_str());
    let table = table.without_noughts();
    row_figure(words, name, &fate_series(words), &bars, table)
}

fn failures(sending: &Sending, words: &Words) -> Figure {
    let heads = ["reason", "kind", "#refused_at_once", "#later", "example"];
    let mut table = Table::new(words.get("failures"), words, &heads);
    let mut bars = Vec::new();
    let (mut rejected, mut bounced) = (0, 0);
    for it in &sending.failed {
        let reason = it.why.reason.words(words.language());
        bars.push(Row {
            label: reason.to_owned(),
            note: words.number(it.rejected + it.bounced),
            values: vec![it.rejected as f64, it.bounced as f64],
        });
        table.rows.push(vec![
            Cell::text(reason),
            Cell::text(words.class(it.why.class)),
            Cell::number(words.number(it.rejected)),
            Cell::number(words.number(it.bounced)),
            Cell::text(it.example.clone()),
        ]);
        (rejected, bounced) = (rejected + it.rejected, bounced + it.bounced);
    }
    bars.truncate(ROWS);
    let (rejected, bounced) = (words.number(rejected), words.number(bounced));
    table.foot = vec![
        Cell::text(words.get("total")),
        Cell::text(""),
        Cell::number(rejected.clone()),
        Cell::number(bounced.clone()),
        Cell::text(""),
    ];
    let series = [("refused_at_once", "worse"), ("later", "bad")].map(|(name, class)| Series {
        name: words.get(name).to_owned(),
        class,
    });
    let says = words.with("failures_says", &[&rejected, &bounced]);
    let name = ("failures", words.get("failures"), says.as_str());
    row_figure(words, name, &series, &bars, table)
}

fn exclusions(sending: &Sending, words: &Words) -> Figure {
    reasons(
        words,
        ("exclusions", "exclusions_says"),
        &sending.exclusions,
    )
}

/// How many are not written to, by reason.
pub(super) fn reasons(
    words: &Words,
    (title, says): (&str, &str),
    counts: &[(crate::ledger::event::Exclusion, u64)],
) -> Figure {
    let mut table = Table::new(words.get(title), words, &["reason", "#count"]);
    let mut bars = Vec::new();
    let sum: u64 = counts.iter().map(|(_, count)| count).sum();
    for (reason, count) in counts {
        let (text, number) = (words.exclusion(*reason), words.number(*count));
        bars.push(Row {
            label: text.to_owned(),
            note: number.clone(),
            values: vec![*count as f64],
        });
        table
            .rows
            .push(vec![Cell::text(text), Cell::number(number)]);
    }
    let sum = words.number(sum);
    table.foot = vec![Cell::text(words.get("total")), Cell::number(sum.clone())];
    let first = counts.first().map(|(reason, _)| words.exclusion(*reason));
    let says = words.with(says, &[&sum, first.unwrap_or_default()]);
    let name = (title, words.get(title), says.as_str());
    row_figure(words, name, &[one("wait")], &bars, table)
}

fn unknown(sending: &Sending, words: &Words) -> Value {
    let unknown = &sending.unknown;
    let number = words.number(sending.counts.unknown);
    context! {
        text => words.with("unknown_text", &[&number, &ranges(&unknown.recipients)]),
        expired => (unknown.expired > 0)
            .then(|| words.with("unknown_expired", &[&words.number(unknown.expired)])),
        reasons => unknown.reasons.clone(),
        addresses => unknown.addresses.clone(),
        command => settling(&sending.id),
    }
}

/// `#3, #5-9`.
fn ranges(ranges: &Ranges) -> String {
    let all = ranges.as_slice();
    let text = |range: &std::ops::Range<u32>| match range.end.saturating_sub(1) {
        last if last == range.start => format!("#{last}"),
        last => format!("#{}-{last}", range.start),
    };
    let mut texts: Vec<String> = all.iter().take(RANGES).map(text).collect();
    if all.len() > RANGES {
        texts.push("…".to_owned());
    }
    texts.join(", ")
}

fn listed(sending: &Sending, site: &Site<'_>, words: &Words) -> Table {
    let heads: &[&str] = match site.with_addresses {
        true => &["index", "how", "reason", "at", "address"],
        false => &["index", "how", "reason", "at"],
    };
    let mut table = Table::new(words.get("listed"), words, heads);
    for it in &sending.listed {
        let how = match it.how {
            How::Rejected => "how_rejected",
            How::Bounced => "how_bounced",
            How::Complained => "how_complained",
        };
        let why = it.why.map(|why| why.reason.words(words.language()));
        let mut row = vec![
            Cell::text(format!("#{}", it.index)),
            Cell::text(words.get(how)),
            Cell::text(why.unwrap_or_default()),
            Cell::text(moment(it.at, site.zone)),
        ];
        if site.with_addresses {
            row.push(Cell::text(it.address.clone().unwrap_or_default()));
        }
        table.rows.push(row);
    }
    table
}

fn notes(sending: &Sending, site: &Site<'_>, words: &Words) -> Table {
    let mut table = Table::new(words.get("notes"), words, &["at", "how", "reason"]);
    for (at, note) in &sending.notes {
        let (how, text) = match note {
            Note::Held(text) => ("held", text),
            Note::Lapsed(text) => ("lapsed", text),
        };
        table.rows.push(vec![
            Cell::text(moment(*at, site.zone)),
            Cell::text(words.get(how)),
            Cell::text(text.clone()),
        ]);
    }
    table
}
