//! Lists, topics and columns' values compared: what became of their mails.

use super::chart::{Row, Series};
use super::compare::{By, Comparison, FEWEST, Name};
use super::data::Sending;
use super::view::{Cell, Figure, Table, row_figure};
use super::words::Words;

/// A chart with its table for each kind of group.
pub(super) fn figures(sending: &Sending, words: &Words) -> Vec<Figure> {
    let compared = sending.compared.iter().flatten();
    let numbered = compared.enumerate();
    numbered
        .map(|(number, it)| figure(number, it, words))
        .collect()
}

/// What is to be known of them: why there are none, or that some are joined.
pub(super) fn meaning(sending: &Sending, words: &Words) -> Option<String> {
    sending.header.as_ref()?;
    Some(match &sending.compared {
        None => words.get("not_compared").to_owned(),
        Some(none) if none.is_empty() => words.get("nothing_compared").to_owned(),
        Some(_) => words.with("compared_mean", &[&FEWEST.to_string()]),
    })
}

fn figure(number: usize, compared: &Comparison, words: &Words) -> Figure {
    let title = match &compared.by {
        By::List => words.get("by_list").to_owned(),
        By::Topic => words.get("by_topic").to_owned(),
        By::Column(title) => words.with("by_column", &[title]),
    };
    let heads = [
        "group",
        "#recipients",
        "#accepted",
        "#bounced",
        "#of_accepted",
        "#left",
        "#of_accepted",
    ];
    let mut table = Table::new(&title, words, &heads);
    let mut bars = Vec::new();
    for (name, fate) in &compared.groups {
        let name = named(name, &compared.by, words);
        let quiet = fate.accepted.saturating_sub(fate.bounced);
        let rest = fate.recipients.saturating_sub(fate.accepted);
        bars.push(Row {
            label: name.clone(),
            note: words.number(fate.recipients),
            values: [quiet, fate.bounced, rest].map(|it| it as f64).into(),
        });
        let mut row = vec![Cell::text(name)];
        row.extend([fate.recipients, fate.accepted].map(|it| Cell::number(words.number(it))));
        for part in [fate.bounced, fate.left] {
            let share = words.share(part, fate.accepted);
            row.extend([Cell::number(words.number(part)), Cell::number(share)]);
        }
        table.rows.push(row);
    }
    let series = [
        ("quiet", "good"),
        ("bounced", "bad"),
        ("not_accepted", "wait"),
    ];
    let series = series.map(|(name, class)| Series {
        name: words.get(name).to_owned(),
        class,
    });
    let first = bars.first().map(|row| row.label.clone());
    let count = words.number(bars.len() as u64);
    let says = words.with("groups_says", &[&count, &first.unwrap_or_default()]);
    let id = format!("groups-{number}");
    let name = (id.as_str(), title.as_str(), says.as_str());
    row_figure(words, name, &series, &bars, table)
}

fn named(name: &Name, by: &By, words: &Words) -> String {
    match name {
        Name::Text(text) => text.clone(),
        Name::Yes => words.get("yes").to_owned(),
        Name::No => words.get("no").to_owned(),
        Name::Others => words.get("others").to_owned(),
        Name::Nothing => match by {
            By::List => words.get("in_no_list").to_owned(),
            By::Topic => words.get("no_topic").to_owned(),
            By::Column(_) => words.get("empty").to_owned(),
        },
    }
}
