//! The lists' page: members, who cannot be written to, and whose time is running.

use minijinja::{Value, context};

use super::campaign::reasons;
use super::chart::{Name, Row, Series, columns};
use super::view::{Cell, Figure, Table, row_figure};
use super::words::Words;
use super::{Growth, ListHealth, Lists, Site, Waiting};
use crate::ledger::event::Exclusion;

/// Lists that the chart shows.
const ROWS: usize = 20;

pub(super) fn of(site: &Site<'_>, words: &Words) -> Value {
    let suppressed = (!site.suppressed.is_empty())
        .then(|| reasons(words, ("not_written", "not_written_says"), &site.suppressed));
    let title = words.get("lists_health");
    let growth: Vec<Figure> = site
        .growth
        .iter()
        .filter(|it| it.months.len() > 1)
        .enumerate()
        .take(ROWS)
        .map(|(number, it)| grew(number, it, words))
        .collect();
    let encrypted = site.growth.iter().filter(|it| it.encrypted);
    let encrypted: Vec<&str> = encrypted.map(|it| it.title.as_str()).collect();
    let encrypted =
        (!encrypted.is_empty()).then(|| words.with("growth_encrypted", &[&encrypted.join(", ")]));
    match &site.lists {
        Lists::Read {
            lists,
            waiting,
            disowned,
        } => context! {
            title,
            suppressed,
            growth,
            encrypted,
            without_key => (),
            names => (),
            health => (!lists.is_empty()).then(|| health(lists, words)),
            waiting => (!waiting.is_empty()).then(|| waits(waiting, site, words)),
            disowned => (*disowned > 0)
                .then(|| words.with("never_joined", &[&words.number(*disowned)])),
        },
        Lists::WithoutKey { variable, lists } => context! {
            title,
            suppressed,
            growth,
            encrypted,
            without_key => words.with("lists_unread", &[variable]),
            names => (!lists.is_empty()).then(|| names(lists, words)),
            health => (),
            waiting => (),
            disowned => (),
        },
    }
}

/// A list's members month by month.
fn grew(number: usize, growth: &Growth, words: &Words) -> Figure {
    let heads = ["month", "#members", "#joined", "#gone"];
    let mut table = Table::new(&growth.title, words, &heads);
    let mut values = Vec::new();
    for it in &growth.months {
        let month = it.month.strftime("%Y-%m").to_string();
        values.push((month.clone(), it.members as f64));
        let changed = [it.joined, it.left].map(|count| match count {
            Some(count) => words.number(count),
            None => String::new(),
        });
        let mut row = vec![Cell::text(month), Cell::number(words.number(it.members))];
        row.extend(changed.map(Cell::number));
        table.rows.push(row);
    }
    let ends = [growth.months.first(), growth.months.last()];
    let [first, last] = ends.map(|it| words.number(it.map_or(0, |it| it.members)));
    let says = words.with("growth_says", &[&growth.title, &first, &last]);
    let id = format!("growth-{number}");
    let name = Name {
        id: &id,
        title: &growth.title,
        says: &says,
    };
    let whole = |value: f64, _: usize| words.number(value.round() as u64);
    Figure {
        title: growth.title.clone(),
        svg: Value::from_safe_string(columns(&name, "good", &values, None, &whole)),
        legend: Vec::new(),
        table,
    }
}

fn names(lists: &[(String, String, String)], words: &Words) -> Table {
    let mut table = Table::new(words.get("lists"), words, &["list", "subject", "owner"]);
    if let Some(head) = table.heads.get_mut(1) {
        *head = Cell::text("");
    }
    let row = |(name, title, owner): &(String, String, String)| {
        [name, title, owner].map(|it| Cell::text(it.clone())).into()
    };
    table.rows = lists.iter().map(row).collect();
    table
}

fn health(lists: &[ListHealth], words: &Words) -> Figure {
    let heads = [
        "list",
        "owner",
        "#members",
        "#cases",
        "#new",
        "#open",
        "#to_remove",
        "#overdue",
        "#unreadable",
        "confirmed",
    ];
    let mut table = Table::new(words.get("lists_health"), words, &heads);
    let mut bars = Vec::new();
    for list in lists {
        let cases = list.new + list.open + list.departed + list.overdue;
        bars.push(Row {
            label: list.title.clone(),
            note: words.number(list.members),
            values: vec![list.members.saturating_sub(cases) as f64, cases as f64],
        });
        let numbers = [
            list.members,
            cases,
            list.new,
            list.open,
            list.departed,
            list.overdue,
            list.unreadable,
        ];
        let mut row = vec![
            Cell::text(list.name.clone()),
            Cell::text(list.owner.clone()),
        ];
        row.extend(numbers.map(|it| Cell::number(words.number(it))));
        let date = list.confirmed.map(|it| it.to_string()).unwrap_or_default();
        row.push(Cell::text(match list.stale {
            true => format!("{date}, {}", words.get("stale")),
            false => date,
        }));
        table.rows.push(row);
    }
    bars.truncate(ROWS);
    let series = [("fine", "good"), ("cases", "bad")].map(|(name, class)| Series {
        name: words.get(name).to_owned(),
        class,
    });
    let name = ("members", words.get("members"), words.get("members_says"));
    row_figure(words, name, &series, &bars, table)
}

fn waits(waiting: &[Waiting], site: &Site<'_>, words: &Words) -> Table {
    let mut heads = vec!["list", "owner", "reason", "#count", "until", "#days_left"];
    if site.with_addresses {
        heads.push("address");
    }
    let mut table = Table::new(words.get("waiting"), words, &heads);
    for it in waiting {
        let until = match it.until {
            Some(until) => until.to_string(),
            None => words.get("new").to_owned(),
        };
        let left = match (it.days_left, it.until) {
            (Some(left), _) => left.to_string(),
            (None, Some(_))
                if matches!(it.reason, Exclusion::Unsubscribed | Exclusion::Complained) =>
            {
                words.get("to_remove").to_owned()
            }
            (None, Some(_)) => words.get("overdue").to_owned(),
            (None, None) => String::new(),
        };
        let mut row = vec![
            Cell::text(it.list.clone()),
            Cell::text(it.owner.clone()),
            Cell::text(words.exclusion(it.reason)),
            Cell::number(words.number(it.count)),
            Cell::text(until),
            Cell::number(left),
        ];
        if site.with_addresses {
            row.push(Cell::text(it.addresses.join(", ")));
        }
        table.rows.push(row);
    }
    table
}
