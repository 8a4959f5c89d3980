//! Charts as inline SVG: rows of stacked bars, columns over time, lines. Scales begin at zero and end at a tick.
//!
//! A chart is one picture with a name and a description; its numbers stand in a table beside it. Colours come from the
//! page's style sheet by class, text takes the page's colour. Whatever is written is escaped here.

use std::fmt::Write as _;

use crate::render::escape;

/// Widths and heights in the picture's own units; a page scales it.
const WIDTH: f64 = 360.0;

/// About as wide as a character of the axes' text.
const CHARACTER: f64 = 7.0;

/// The height of a chart with two axes.
const HEIGHT: f64 = 200.0;

/// Room above the topmost tick and below the axis.
const ABOVE: f64 = 12.0;
const BELOW: f64 = 26.0;

/// An axis from zero to its last tick.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// The ticks, ascending; the first is zero, the last not below the largest value.
    pub ticks: Vec<f64>,
    /// Digits after the point that tell the ticks apart.
    pub digits: usize,
}

impl Axis {
    /// For values up to `most`, with about `wanted` steps of 1, 2 or 5 times a power of ten; of whole numbers where
    /// `whole`.
    pub fn new(most: f64, wanted: u32, whole: bool) -> Self {
        let most = if most.is_finite() && most > 0.0 {
            most
        } else {
            1.0
        };
        let raw = most / f64::from(wanted.max(1));
        let mut power = raw.log10().floor();
        let scaled = raw / 10f64.powf(power);
        let nice = match scaled {
            it if it <= 1.0 => 1.0,
            it if it <= 2.0 => 2.0,
            it if it <= 5.0 => 5.0,
            _ => {
                power += 1.0;
                1.0
            }
        };
        let mut step = nice * 10f64.powf(power);
        if whole && step < 1.0 {
            (step, power) = (1.0, 0.0);
        }
        // A hair less, so that 0.3 / 0.1 is three steps.
        let steps = (most / step - 1e-9).ceil().max(1.0);
        let digits = if power < 0.0 { -power } else { 0.0 };
        Self {
            ticks: std::iter::successors(Some(0.0), |n| (*n < steps).then_some(n + 1.0))
                .map(|n| n * step)
                .collect(),
            digits: digits as usize,
        }
    }

    /// The value at its end.
    pub fn end(&self) -> f64 {
        self.ticks.last().copied().unwrap_or(1.0)
    }

    /// Where a value stands, from 0 to 1.
    pub fn share(&self, value: f64) -> f64 {
        (value / self.end()).clamp(0.0, 1.0)
    }
}

/// What a chart is called and says, for who does not see it.
#[derive(Debug, Clone, Copy)]
pub struct Name<'a> {
    /// Unique on its page.
    pub id: &'a str,
    /// What it shows.
    pub title: &'a str,
    /// What is to be seen in it.
    pub says: &'a str,
}

/// One of the things that are compared: its name and its class in the style sheet.
#[derive(Debug, Clone)]
pub struct Series {
    /// For the legend.
    pub name: String,
    /// For the colour.
    pub class: &'static str,
}

/// A row of bars.
#[derive(Debug, Clone)]
pub struct Row {
    /// Above the bar, at its beginning.
    pub label: String,
    /// Above the bar, at its end.
    pub note: String,
    /// A value for each series.
    pub values: Vec<f64>,
}

/// How numbers are written.
pub type Write<'a> = &'a dyn Fn(f64, usize) -> String;

/// Rows of stacked bars, with the axis below.
pub fn rows(
    name: &Name<'_>,
    series: &[Series],
    rows: &[Row],
    whole: bool,
    write: Write<'_>,
) -> String {
    const ROW: f64 = 36.0;
    const SIDE: f64 = 2.0;
    let sum = |row: &Row| row.values.iter().sum::<f64>();
    let axis = Axis::new(rows.iter().map(sum).fold(0.0, f64::max), 4, whole);
    let length = WIDTH - 2.0 * SIDE;
    let bottom = ROW * rows.len() as f64 + 6.0;
    let mut svg = begin(name, bottom + BELOW);
    for tick in &axis.ticks {
        let x = SIDE + axis.share(*tick) * length;
        line(&mut svg, "grid", (x, 2.0), (x, bottom));
        let anchor = match *tick {
            it if it <= 0.0 => "start",
            it if it >= axis.end() => "end",
            _ => "middle",
        };
        label(
            &mut svg,
            (x, bottom + 17.0),
            anchor,
            &write(*tick, axis.digits),
        );
    }
    for (number, row) in rows.iter().enumerate() {
        let top = ROW * number as f64;
        let note = row.note.chars().count() as f64 * CHARACTER;
        let room = ((length - note) / CHARACTER - 2.0).max(8.0);
        label(
            &mut svg,
            (SIDE, top + 14.0),
            "start",
            &cut(&row.label, room as usize),
        );
        label(&mut svg, (WIDTH - SIDE, top + 14.0), "end", &row.note);
        let mut x = SIDE;
        for (value, series) in row.values.iter().zip(series) {
            let width = axis.share(*value) * length;
            bar(&mut svg, series.class, (x, top + 19.0), (width, 13.0));
            x += width;
        }
    }
    line(&mut svg, "axis", (SIDE, bottom), (WIDTH - SIDE, bottom));
    svg.push_str("</svg>");
    svg
}

/// Columns side by side, each for a period; a period's label stands where it begins. A line over them goes from column to column.
pub fn columns(
    name: &Name<'_>,
    class: &'static str,
    values: &[(String, f64)],
    over: Option<(&'static str, &[f64])>,
    write: Write<'_>,
) -> String {
    let line = over.map(|(_, line)| line).unwrap_or_default();
    let all = values.iter().map(|(_, value)| value).chain(line);
    let most = all.copied().fold(0.0, f64::max);
    let longest = values.iter().map(|(text, _)| text.chars().count()).max();
    let mut plot = Plot::begin(name, Axis::new(most, 4, true), longest.unwrap_or(0), write);
    let width = plot.length() / values.len().max(1) as f64;
    let every = every(longest.unwrap_or(0), width);
    for (number, (text, value)) in values.iter().enumerate() {
        let x = plot.left + width * number as f64;
        let y = plot.y(*value);
        let gap = (width * 0.12).min(3.0);
        let size = (width - 2.0 * gap, plot.bottom() - y);
        bar(&mut plot.svg, class, (x + gap, y), size);
        if number.is_multiple_of(every) {
            plot.mark(x, text);
        }
    }
    if let Some((class, line)) = over {
        let mut points = Vec::new();
        // From the first of its periods to the last, down to the axis at both ends.
        let is_any = |value: &f64| *value > 0.0;
        let from = line.iter().position(is_any).unwrap_or(0);
        let to = line.iter().rposition(is_any).map_or(0, |last| last + 1);
        for (number, value) in line.iter().enumerate().take(to).skip(from) {
            let (x, y) = (plot.left + width * number as f64, plot.y(*value));
            let bottom = plot.bottom();
            if number == from {
                points.push(format!("{x:.1},{bottom:.1}"));
            }
            points.push(format!("{x:.1},{y:.1} {:.1},{y:.1}", x + width));
            if number + 1 == to {
                points.push(format!("{:.1},{bottom:.1}", x + width));
            }
        }
        let _ = write!(
            plot.svg,
            r#"<polyline class="line {class}" points="{}"/>"#,
            points.join(" ")
        );
    }
    plot.end()
}

/// A line for each series over places in their order; where there is no value, the line is interrupted.
pub fn lines(
    name: &Name<'_>,
    series: &[Series],
    places: &[String],
    values: &[Vec<Option<f64>>],
    write: Write<'_>,
) -> String {
    let most = values.iter().flatten().flatten().copied();
    let longest = places.iter().map(|text| text.chars().count()).max();
    let axis = Axis::new(most.fold(0.0, f64::max), 4, false);
    let mut plot = Plot::begin(name, axis, longest.unwrap_or(0), write);
    let between = places.len().saturating_sub(1).max(1) as f64;
    let step = plot.length() / between;
    let x = |plot: &Plot, number: usize| plot.left + step * number as f64;
    let every = every(longest.unwrap_or(0), step);
    for (number, text) in places.iter().enumerate() {
        // The last one is told; one that is too near to it is not.
        let to_last = places.len() - 1 - number;
        if to_last == 0 || number.is_multiple_of(every) && to_last >= every {
            let at = x(&plot, number);
            plot.mark(at, text);
        }
    }
    for (series, values) in series.iter().zip(values) {
        for run in values_in_runs(values) {
            let points: Vec<(f64, f64)> = run
                .iter()
                .map(|(number, value)| (x(&plot, *number), plot.y(*value)))
                .collect();
            let path: Vec<String> = points
                .iter()
                .map(|(x, y)| format!("{x:.1},{y:.1}"))
                .collect();
            let class = series.class;
            let _ = write!(
                plot.svg,
                r#"<polyline class="line {class}" points="{}"/>"#,
                path.join(" ")
            );
            for (x, y) in points {
                let _ = write!(
                    plot.svg,
                    r#"<circle class="dot {class}" cx="{x:.1}" cy="{y:.1}" r="3.2"/>"#
                );
            }
        }
    }
    plot.end()
}

/// Every so many labels fit.
fn every(longest: usize, step: f64) -> usize {
    let needs = (longest as f64 + 2.0) * CHARACTER;
    ((needs / step.max(0.1)).ceil() as usize).max(1)
}

/// Values that follow each other, with their places.
fn values_in_runs(values: &[Option<f64>]) -> Vec<Vec<(usize, f64)>> {
    let mut runs = vec![Vec::new()];
    for (number, value) in values.iter().enumerate() {
        match (value, runs.last_mut()) {
            (Some(value), Some(run)) => run.push((number, *value)),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// A chart with an axis at its left and one below.
struct Plot {
    svg: String,
    axis: Axis,
    left: f64,
    right: f64,
}

impl Plot {
    /// With the grid, over which everything else is painted. Labels below are so long at most.
    fn begin(name: &Name<'_>, axis: Axis, longest: usize, write: Write<'_>) -> Self {
        let half = longest as f64 * CHARACTER / 2.0;
        let texts = axis.ticks.iter().map(|tick| write(*tick, axis.digits));
        let widest = texts.map(|text| text.chars().count()).max().unwrap_or(1);
        let mut plot = Self {
            svg: begin(name, HEIGHT),
            left: (widest as f64 * CHARACTER + 12.0).max(half),
            right: WIDTH - half.max(6.0),
            axis,
        };
        for tick in plot.axis.ticks.clone() {
            let y = plot.y(tick);
            let class = if tick > 0.0 { "grid" } else { "axis" };
            line(&mut plot.svg, class, (plot.left, y), (plot.right, y));
            let text = write(tick, plot.axis.digits);
            label(&mut plot.svg, (plot.left - 6.0, y + 4.0), "end", &text);
        }
        plot
    }

    fn length(&self) -> f64 {
        self.right - self.left
    }

    fn bottom(&self) -> f64 {
        HEIGHT - BELOW
    }

    fn y(&self, value: f64) -> f64 {
        self.bottom() - self.axis.share(value) * (self.bottom() - ABOVE)
    }

    fn mark(&mut self, x: f64, text: &str) {
        let bottom = self.bottom();
        line(&mut self.svg, "axis", (x, bottom), (x, bottom + 4.0));
        label(&mut self.svg, (x, bottom + 18.0), "middle", text);
    }

    fn end(mut self) -> String {
        self.svg.push_str("</svg>");
        self.svg
    }
}

fn begin(name: &Name<'_>, height: f64) -> String {
    let (id, title, says) = (escaped(name.id), escaped(name.title), escaped(name.says));
    format!(
        r#"<svg class="chart" viewBox="0 0 {WIDTH} {height:.0}" role="img" aria-labelledby="{id}-title {id}-says"><title id="{id}-title">{title}</title><desc id="{id}-says">{says}</desc>"#
    )
}

fn line(svg: &mut String, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    let _ = write!(
        svg,
        r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#
    );
}

fn bar(svg: &mut String, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
    if width > 0.0 && height > 0.0 {
        let _ = write!(
            svg,
            r#"<rect class="bar {class}" x="{x:.1}" y="{y:.1}" width="{width:.2}" height="{height:.2}"/>"#
        );
    }
}

fn label(svg: &mut String, (x, y): (f64, f64), anchor: &str, text: &str) {
    let text = escaped(text);
    let _ = write!(
        svg,
        r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#
    );
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

fn escaped(text: &str) -> String {
    let shown: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    escape(&shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(value: f64, digits: usize) -> String {
        format!("{value:.digits$}")
    }

    const NAME: Name<'_> = Name {
        id: "a",
        title: "<b>title",
        says: "\"says\"",
    };

    #[test]
    fn ticks_are_numbers_that_people_count_in() {
        let texts = |most, whole| {
            let axis = Axis::new(most, 4, whole);
            let ticks = axis.ticks.iter().map(|it| plain(*it, axis.digits));
            ticks.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(texts(100.0, true), "0 50 100");
        assert_eq!(texts(7.0, true), "0 2 4 6 8");
        assert_eq!(texts(1.0, true), "0 1");
        assert_eq!(texts(0.0, true), "0 1");
        assert_eq!(texts(0.3, false), "0.0 0.1 0.2 0.3");
        assert_eq!(texts(2_614.0, true), "0 1000 2000 3000");
        assert_eq!(texts(f64::NAN, false), "0.0 0.5 1.0");
    }

    proptest! {
        #[test]
        fn an_axis_holds_its_values(most in 1e-3..1e9f64, wanted in 1..9u32, whole: bool) {
            let axis = Axis::new(most, wanted, whole);
            prop_assert!(axis.end() >= most * (1.0 - 1e-6));
            prop_assert!(axis.ticks.len() <= wanted as usize + 2);
            prop_assert!(axis.ticks.windows(2).all(|it| it[0] < it[1]));
            prop_assert_eq!(axis.share(0.0), 0.0);
            prop_assert_eq!(axis.share(axis.end()), 1.0);
            let texts: Vec<String> = axis.ticks.iter().map(|it| plain(*it, axis.digits)).collect();
            prop_assert!(texts.windows(2).all(|it| it[0] != it[1]), "{:?}", texts);
        }

        #[test]
        fn bars_are_as_long_as_their_values(values in proptest::collection::vec(0..1_000u32, 1..6)) {
            let of = |value: &u32| Row { label: String::new(), note: String::new(), values: vec![f64::from(*value)] };
            let all: Vec<Row> = values.iter().map(of).collect();
            let series = [Series { name: String::new(), class: "good" }];
            let svg = rows(&NAME, &series, &all, true, &plain);
            let end = Axis::new(f64::from(*values.iter().max().unwrap()), 4, true).end();
            let widths: Vec<f64> = svg.split("<rect ").skip(1).map(|it| {
                let (_, after) = it.split_once("width=\"").unwrap();
                after.split_once('"').unwrap().0.parse().unwrap()
            }).collect();
            let wanted: Vec<f64> = values.iter().filter(|it| **it > 0).map(|it| f64::from(*it) / end * 356.0).collect();
            prop_assert_eq!(widths.len(), wanted.len());
            for (found, wanted) in widths.iter().zip(&wanted) {
                prop_assert!((found - wanted).abs() < 0.01);
            }
        }
    }

    #[test]
    fn text_is_text() {
        let all = [Row {
            label: "<script>".to_owned(),
            note: "a & b".to_owned(),
            values: Vec::new(),
        }];
        let svg = rows(&NAME, &[], &all, true, &plain);
        assert!(svg.contains("&lt;script&gt;") && svg.contains("a &amp; b"));
        assert!(svg.contains("&lt;b&gt;title") && svg.contains("&quot;says&quot;"));
        assert!(!svg.contains("<script>") && !svg.contains("<b>"));
    }

    #[test]
    fn a_line_is_interrupted_where_nothing_is_known() {
        let series = [Series {
            name: "x".to_owned(),
            class: "bad",
        }];
        let places: Vec<String> = (0..5).map(|n| format!("2026-0{n}-01")).collect();
        let values = [vec![Some(1.0), Some(2.0), None, Some(0.5), None]];
        let svg = lines(&NAME, &series, &places, &values, &plain);
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert_eq!(svg.matches("<circle").count(), 3);
    }
}
