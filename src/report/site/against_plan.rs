//! A sending in time: how many mails were accepted when, beside how many the plan had done by then.

use jiff::{Timestamp, ToSpan as _};
use minijinja::Value;

use super::Site;
use super::chart::{Name, Series, columns};
use super::data::Sending;
use super::view::{Cell, Figure, Table, moment};
use super::words::Words;

/// The chart; `None` where nothing was accepted.
pub(super) fn figure(sending: &Sending, site: &Site<'_>, words: &Words) -> Option<Figure> {
    let planned = sending.planned.as_ref().map(|it| &it.done);
    let timeline = sending.accepted.timeline(planned);
    let start = timeline.start?;
    let (format, length) = period(timeline.seconds, words);
    let heads: &[&str] = match planned {
        Some(_) => &[
            "period",
            "#by_plan",
            "#accepted",
            "#by_plan_so_far",
            "#accepted_so_far",
        ],
        None => &["period", "#accepted"],
    };
    let mut table = Table::new(words.get("timeline"), words, heads);
    let (mut values, mut plan) = (Vec::new(), Vec::new());
    let (mut sum, mut by_plan) = (0, 0);
    let beside = timeline.beside.clone();
    let beside = beside.unwrap_or_else(|| vec![0; timeline.counts.len()]);
    let counts = timeline.counts.iter().zip(&beside);
    for (number, (count, of_plan)) in (0i64..).zip(counts) {
        let at: Timestamp = start
            .checked_add((timeline.seconds * number).seconds())
            .unwrap_or(start);
        let text = at.to_zoned(site.zone.clone()).strftime(format).to_string();
        values.push((text, *count as f64));
        plan.push(*of_plan as f64);
        (sum, by_plan) = (sum + count, by_plan + of_plan);
        if *count + *of_plan == 0 {
            continue;
        }
        let numbers: &[u64] = match planned {
            Some(_) => &[*of_plan, *count, by_plan, sum],
            None => &[*count],
        };
        let mut row = vec![Cell::text(moment(at, site.zone))];
        row.extend(numbers.iter().map(|it| Cell::number(words.number(*it))));
        table.rows.push(row);
    }
    let most = timeline.counts.iter().max().copied().unwrap_or(0);
    table.foot = vec![Cell::text(words.get("total"))];
    match planned {
        Some(_) => {
            let sums = [by_plan, sum].map(|it| Cell::number(words.number(it)));
            table.foot.extend(sums);
            table.foot.extend([Cell::number(""), Cell::number("")]);
        }
        None => table.foot.push(Cell::number(words.number(sum))),
    }
    let mut says = words.with(
        "timeline_says",
        &[&words.number(sum), &length, &words.number(most)],
    );
    let title = format!("{} ({length})", words.get("timeline"));
    let series = [("accepted", "good"), ("by_plan", "plan")].map(|(name, class)| Series {
        name: words.get(name).to_owned(),
        class,
    });
    if let Some(told) = words_of(sending, site, words).filter(|_| planned.is_some()) {
        says = format!("{says} {told}");
    }
    let name = Name {
        id: "timeline",
        title: &title,
        says: &says,
    };
    let whole = |value: f64, _: usize| words.number(value.round() as u64);
    let over = planned.map(|_| ("plan", plan.as_slice()));
    let svg = columns(&name, "good", &values, over, &whole);
    let legend = series.into_iter().filter(|_| planned.is_some());
    Some(Figure {
        svg: Value::from_safe_string(svg),
        title,
        legend: legend.map(|it| (it.class, it.name)).collect(),
        table,
    })
}

/// How long a period is, and how its beginning is written.
fn period(seconds: i64, words: &Words) -> (&'static str, String) {
    match seconds {
        0..3_600 => (
            "%H:%M",
            words.with("minutes", &[&(seconds / 60).to_string()]),
        ),
        3_600..86_400 => (
            "%m-%d %H:%M",
            words.with("hours", &[&(seconds / 3_600).to_string()]),
        ),
        _ => (
            "%Y-%m-%d",
            words.with("days", &[&(seconds / 86_400).to_string()]),
        ),
    }
}

/// From when to when by the plan, and in truth; or that there is no plan.
pub(super) fn words_of(sending: &Sending, site: &Site<'_>, words: &Words) -> Option<String> {
    sending.header.as_ref()?;
    let Some(planned) = &sending.planned else {
        return Some(words.get("no_plan").to_owned());
    };
    let span = |(first, last)| [moment(first, site.zone), moment(last, site.zone)];
    let [first, last] = planned.done.span().map(span)?;
    let mut text = words.with("plan_says", &[&first, &last]);
    if let Some([first, last]) = sending.accepted.span().map(span) {
        text.push(' ');
        text.push_str(&words.with("truth_says", &[&first, &last]));
    }
    if planned.unsent > 0 {
        text.push(' ');
        text.push_str(&words.with("plan_unsent", &[&words.number(planned.unsent)]));
    }
    Some(text)
}
