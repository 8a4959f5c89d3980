//! The first page: how much was sent and how it went, what waits for a person, every sending.

use minijinja::{Value, context};

use super::chart::{Name, Row, Series, lines};
use super::data::Sending;
use super::view::{Cell, Figure, Table, fate_series, fates, path, row_figure, started};
use super::words::{Words, percent};
use super::{Site, stopped};

/// Sendings that charts show.
const RECENT: usize = 12;

pub(super) fn of(site: &Site<'_>, words: &Words) -> Value {
    let begun: Vec<&Sending> = site
        .sendings
        .iter()
        .filter(|it| it.header.is_some())
        .collect();
    let recent = begun.get(..begun.len().min(RECENT)).unwrap_or(&begun);
    context! {
        title => words.get("overview"),
        cards => cards(&begun, words),
        waits => waits(site, words),
        trend => (!recent.is_empty()).then(|| trend(recent, site, words)),
        rates => (recent.len() > 1).then(|| rates(recent, site, words)),
        table => (!site.sendings.is_empty()).then(|| table(site, words)),
    }
}

/// Numbers that stand large.
fn cards(begun: &[&Sending], words: &Words) -> Vec<Value> {
    let sum = |of: fn(&Sending) -> u64| begun.iter().map(|it| of(it)).sum::<u64>();
    let accepted = sum(|it| it.counts.accepted);
    let rejected = sum(|it| it.counts.rejected);
    let card = |name: &str, value: u64, note: String| {
        context! { name => words.get(name), value => words.number(value), note }
    };
    let (hard, complained) = (sum(|it| it.later.hard), sum(|it| it.later.complained));
    vec![
        card("sendings", begun.len() as u64, String::new()),
        card("accepted", accepted, String::new()),
        card(
            "rejected",
            rejected,
            words.share(rejected, accepted + rejected),
        ),
        card("hard_rate", hard, words.share(hard, accepted)),
        card("complaints", complained, words.share(complained, accepted)),
    ]
}

/// What a person must do.
fn waits(site: &Site<'_>, words: &Words) -> Vec<Value> {
    let mut waits = Vec::new();
    for sending in &site.sendings {
        if let Some(it) = &sending.stopped {
            waits.push(context! {
                text => stopped::short(it, words),
                about => sending.id.to_string(),
                link => format!("{}#held", path(&sending.id)),
            });
        }
    }
    for sending in site.sendings.iter().filter(|it| it.counts.unknown > 0) {
        waits.push(context! {
            text => words.with("waits_unknown", &[&words.number(sending.counts.unknown)]),
            about => sending.id.to_string(),
            link => format!("{}#unknown", path(&sending.id)),
        });
    }
    if let super::Lists::Read { lists, .. } = &site.lists {
        for list in lists {
            for (word, count) in [
                ("waits_departed", list.departed),
                ("waits_overdue", list.overdue),
            ] {
                if count > 0 {
                    waits.push(context! {
                        text => words.with(word, &[&words.number(count)]),
                        about => list.name.clone(),
                        link => "lists.html#waiting",
                    });
                }
            }
        }
    }
    waits
}

fn trend(recent: &[&Sending], site: &Site<'_>, words: &Words) -> Figure {
    let mut heads = vec!["campaign", "date"];
    heads.extend([
        "#quiet",
        "#other",
        "#hard",
        "#rejected",
        "#pending",
        "#unknown",
    ]);
    let mut table = Table::new(words.get("trend"), words, &heads);
    let mut bars = Vec::new();
    for sending in recent {
        let day = started(sending, site.zone).unwrap_or_default();
        let fates = fates(sending);
        bars.push(Row {
            label: sending.id.to_string(),
            note: format!("{day} · {}", words.number(fates.iter().sum())),
            values: fates.iter().map(|it| *it as f64).collect(),
        });
        let mut row = vec![Cell::text(sending.id.to_string()), Cell::text(day)];
        row.extend(fates.map(|it| Cell::number(words.number(it))));
        table.rows.push(row);
    }
    let name = ("trend", words.get("trend"), words.get("trend_says"));
    row_figure(words, name, &fate_series(words), &bars, table)
}

fn rates(recent: &[&Sending], site: &Site<'_>, words: &Words) -> Figure {
    let heads = [
        "campaign",
        "date",
        "#accepted",
        "#hard_rate",
        "#complaint_rate",
    ];
    let mut table = Table::new(words.get("rates"), words, &heads);
    let (mut places, mut hard, mut complained) = (Vec::new(), Vec::new(), Vec::new());
    // Time goes to the right.
    for sending in recent.iter().rev() {
        let accepted = sending.counts.accepted;
        let day = started(sending, site.zone).unwrap_or_default();
        table.rows.push(vec![
            Cell::text(sending.id.to_string()),
            Cell::text(day.clone()),
            Cell::number(words.number(accepted)),
            Cell::number(words.share(sending.later.hard, accepted)),
            Cell::number(words.share(sending.later.complained, accepted)),
        ]);
        places.push(day);
        hard.push(percent(sending.later.hard, accepted));
        complained.push(percent(sending.later.complained, accepted));
    }
    let series = [("hard_rate", "bad"), ("complaint_rate", "odd")].map(|(name, class)| Series {
        name: words.get(name).to_owned(),
        class,
    });
    let latest = |of: fn(&Sending) -> u64| {
        let latest = recent.first();
        latest.map_or(String::new(), |it| words.share(of(it), it.counts.accepted))
    };
    let says = words.with(
        "rates_says",
        &[
            &latest(|it| it.later.hard),
            &latest(|it| it.later.complained),
        ],
    );
    let title = words.get("rates");
    let name = Name {
        id: "rates",
        title,
        says: &says,
    };
    let write = |value: f64, digits: usize| words.percent(value, digits);
    Figure {
        title: title.to_owned(),
        svg: Value::from_safe_string(lines(&name, &series, &places, &[hard, complained], &write)),
        legend: series
            .iter()
            .map(|it| (it.class, it.name.clone()))
            .collect(),
        table,
    }
}

fn table(site: &Site<'_>, words: &Words) -> Table {
    let heads = [
        "campaign",
        "date",
        "#audience",
        "#accepted",
        "#rejected",
        "#excluded",
        "#pending",
        "#unknown",
        "#hard_rate",
        "#complaints",
    ];
    let mut table = Table::new(words.get("all_sendings"), words, &heads);
    let mut sums = [0u64; 8];
    for sending in &site.sendings {
        let counts = &sending.counts;
        let numbers = [
            counts.audience,
            counts.accepted,
            counts.rejected,
            counts.excluded,
            counts.pending,
            counts.unknown,
            sending.later.hard,
            sending.later.complained,
        ];
        sums.iter_mut()
            .zip(numbers)
            .for_each(|(sum, it)| *sum += it);
        let day = started(sending, site.zone);
        let mut row = vec![
            Cell::link(sending.id.to_string(), path(&sending.id)),
            Cell::text(day.unwrap_or_else(|| words.get("not_started").to_owned())),
        ];
        row.extend(numbers.map(|it| Cell::number(words.number(it))));
        table.rows.push(row);
    }
    table.foot = vec![Cell::text(words.get("total")), Cell::text("")];
    table
        .foot
        .extend(sums.map(|it| Cell::number(words.number(it))));
    table
}
