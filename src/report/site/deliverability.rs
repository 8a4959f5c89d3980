//! The providers' page: what each does with the mail, over all sendings and from one to the next.

use std::collections::BTreeMap;

use minijinja::{Value, context};

use super::Site;
use super::campaign::named;
use super::chart::{Name, Row, Series, lines};
use super::data::{Destination, Sending, joined};
use super::view::{Cell, Figure, Table, path, share_figure, started};
use super::words::{Words, percent};

/// Providers that the first chart shows, and those that have one of their own.
const ROWS: usize = 12;
const OWN: usize = 6;

/// Sendings that a chart shows.
const RECENT: usize = 12;

pub(super) fn of(site: &Site<'_>, words: &Words) -> Value {
    let mut all: BTreeMap<&str, Destination> = BTreeMap::new();
    for it in site.sendings.iter().flat_map(|it| &it.destinations) {
        let sum = all.entry(it.name.as_str()).or_insert(Destination {
            name: it.name.clone(),
            ..Destination::default()
        });
        sum.add(it);
    }
    // What may not be named is without a name here already.
    let all = joined(all.into_values().collect(), true);
    let named = all.iter().filter(|it| !it.name.is_empty());
    let own: Vec<Figure> = named
        .take(OWN)
        .enumerate()
        .filter_map(|(number, it)| over_time(number, it, site, words))
        .collect();
    context! {
        title => words.get("deliverability"),
        providers => (!all.is_empty()).then(|| providers(&all, words)),
        own,
    }
}

fn providers(all: &[Destination], words: &Words) -> Figure {
    let heads = [
        "destination",
        "#accepted",
        "#deferred",
        "#rejected",
        "#hard",
        "#other",
        "#complaints",
        "#quiet",
    ];
    let mut table = Table::new(words.get("providers"), words, &heads);
    let mut bars = Vec::new();
    for it in all {
        let whole = it.answered();
        let part = |count: u64| percent(count, whole).unwrap_or(0.0);
        let quiet = words.share(it.quiet(), whole);
        if whole > 0 {
            bars.push(Row {
                label: named(it, words),
                note: format!("{} · {quiet}", words.number(whole)),
                values: vec![
                    part(it.quiet()),
                    part(it.other),
                    part(it.hard),
                    part(it.rejected),
                ],
            });
        }
        let numbers = [
            it.accepted,
            it.deferred,
            it.rejected,
            it.hard,
            it.other,
            it.complained,
        ];
        let mut row = vec![Cell::text(named(it, words))];
        row.extend(numbers.map(|it| Cell::number(words.number(it))));
        row.push(Cell::number(quiet));
        table.rows.push(row);
    }
    bars.truncate(ROWS);
    let series = [
        ("quiet", "good"),
        ("other", "soft"),
        ("hard", "bad"),
        ("rejected", "worse"),
    ]
    .map(|(name, class)| Series {
        name: words.get(name).to_owned(),
        class,
    });
    let name = (
        "providers",
        words.get("providers"),
        words.get("providers_says"),
    );
    share_figure(words, name, &series, &bars, table)
}

/// A provider's own chart, where there is more than one sending to it.
fn over_time(number: usize, one: &Destination, site: &Site<'_>, words: &Words) -> Option<Figure> {
    let to_it = |sending: &'_ Sending| {
        let found = sending.destinations.iter().find(|it| it.name == one.name);
        found.filter(|it| it.answered() > 0).cloned()
    };
    let mut found: Vec<(&Sending, Destination)> = site
        .sendings
        .iter()
        .filter_map(|sending| Some((sending, to_it(sending)?)))
        .take(RECENT)
        .collect();
    // Time goes to the right.
    found.reverse();
    if found.len() < 2 {
        return None;
    }
    let heads = [
        "campaign",
        "date",
        "#accepted",
        "#deferred",
        "#rejected",
        "#bounced",
        "#quiet",
    ];
    let mut table = Table::new(&one.name, words, &heads);
    let (mut places, mut values) = (Vec::new(), Vec::new());
    let mut latest = String::new();
    for (sending, it) in &found {
        let day = started(sending, site.zone).unwrap_or_default();
        latest = words.share(it.quiet(), it.answered());
        let mut row = vec![
            Cell::link(sending.id.to_string(), path(&sending.id)),
            Cell::text(day.clone()),
        ];
        let numbers = [it.accepted, it.deferred, it.rejected, it.hard + it.other];
        row.extend(numbers.map(|it| Cell::number(words.number(it))));
        row.push(Cell::number(latest.clone()));
        table.rows.push(row);
        places.push(day);
        values.push(percent(it.quiet(), it.answered()));
    }
    let series = [Series {
        name: words.get("quiet").to_owned(),
        class: "good",
    }];
    let id = format!("provider-{number}");
    let says = words.with("over_time_says", &[&latest]);
    let name = Name {
        id: &id,
        title: &one.name,
        says: &says,
    };
    let write = |value: f64, digits: usize| words.percent(value, digits);
    Some(Figure {
        title: one.name.clone(),
        svg: Value::from_safe_string(lines(&name, &series, &places, &[values], &write)),
        legend: Vec::new(),
        table,
    })
}
