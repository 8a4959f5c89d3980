//! Counts for who watches the service, in Prometheus' text format. No addresses, no tokens.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::service::Refusal;
use crate::ledger::feedback::Reader;

/// Upper bounds of how long answers took, in seconds.
const BOUNDS: [f64; 8] = [0.001, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0];

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Leave,
    Preferences,
    Confirm,
    Join,
    Open,
    Click,
    View,
    File,
    Other,
}

const ROUTES: [(Route, &str); 9] = [
    (Route::Leave, "leave"),
    (Route::Preferences, "preferences"),
    (Route::Confirm, "confirm"),
    (Route::Join, "join"),
    (Route::Open, "open"),
    (Route::Click, "click"),
    (Route::View, "view"),
    (Route::File, "file"),
    (Route::Other, "other"),
];

/// See the module.
#[derive(Default)]
pub(super) struct Metrics {
    /// By route, then by the status' first digit, 2 to 5.
    answers: [[AtomicU64; 4]; ROUTES.len()],
    took: [AtomicU64; BOUNDS.len() + 1],
    took_micros: AtomicU64,
    spooled: AtomicU64,
    not_spooled: AtomicU64,
    refused: [AtomicU64; 6],
    /// Opens by people and by machines, then clicks.
    seen: [AtomicU64; 4],
    unseen: AtomicU64,
    published: AtomicU64,
    failures: AtomicU64,
    workspace_failures: AtomicU64,
    connections: AtomicU64,
    without_key: AtomicU64,
    last_published: AtomicU64,
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

impl Route {
    pub(super) fn name(self) -> &'static str {
        let found = ROUTES.iter().find(|(route, _)| *route == self);
        found.map_or("other", |(_, name)| name)
    }
}

impl Metrics {
    pub(super) fn answered(&self, route: Route, status: u16, took: Duration) {
        let place = ROUTES.iter().position(|(it, _)| *it == route);
        let class = usize::from(status / 100).saturating_sub(2).min(3);
        let counter = place.and_then(|place| self.answers.get(place)?.get(class));
        if let Some(counter) = counter {
            add(counter, 1);
        }
        let seconds = took.as_secs_f64();
        let place = BOUNDS.iter().position(|bound| seconds <= *bound);
        if let Some(counter) = self.took.get(place.unwrap_or(BOUNDS.len())) {
            add(counter, 1);
        }
        add(
            &self.took_micros,
            u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        );
    }

    pub(super) fn spooled(&self, records: usize) {
        add(&self.spooled, records as u64);
    }

    pub(super) fn not_spooled(&self) {
        add(&self.not_spooled, 1);
    }

    pub(super) fn refused(&self, why: Refusal) {
        let place = match why {
            Refusal::Link => 0,
            Refusal::Slow => 1,
            Refusal::Trouble => 2,
            Refusal::Large => 3,
            Refusal::Late => 4,
            Refusal::Method => 5,
        };
        if let Some(counter) = self.refused.get(place) {
            add(counter, 1);
        }
    }

    /// A mail's picture or link was asked for.
    pub(super) fn seen(&self, is_click: bool, by: Reader) {
        let place = 2 * usize::from(is_click) + usize::from(by == Reader::Machine);
        if let Some(counter) = self.seen.get(place) {
            add(counter, 1);
        }
    }

    /// There was no room to take note of it.
    pub(super) fn unseen(&self) {
        add(&self.unseen, 1);
    }

    /// So many records went to the ledger at this second since 1970.
    pub(super) fn published(&self, records: u64, at: i64) {
        add(&self.published, records);
        let at = u64::try_from(at).unwrap_or_default();
        self.last_published.store(at, Ordering::Relaxed);
    }

    /// The ledger or the main branch could not be reached, or not be written to.
    pub(super) fn failed(&self) {
        add(&self.failures, 1);
    }

    pub(super) fn connected(&self) {
        add(&self.connections, 1);
    }

    pub(super) fn disconnected(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }

    /// The workspace at the main branch's head cannot be read.
    pub(super) fn no_workspace(&self) {
        add(&self.workspace_failures, 1);
    }

    /// Whether this portal has the secrets that the settings name.
    pub(super) fn has_key(&self, has: bool) {
        self.without_key.store(u64::from(!has), Ordering::Relaxed);
    }

    /// The page for Prometheus.
    pub(super) fn text(&self, waiting_bytes: u64, damaged: u64) -> String {
        let mut out = String::new();
        head(
            &mut out,
            ("answers_total", "counter"),
            "Answers, by what was asked for and how they ended.",
        );
        for ((_, route), classes) in ROUTES.iter().zip(&self.answers) {
            for (class, counter) in (2..).zip(classes) {
                let count = get(counter);
                let labels = format!("route=\"{route}\",status=\"{class}xx\"");
                let _ = writeln!(out, "{PREFIX}answers_total{{{labels}}} {count}");
            }
        }
        self.times(&mut out);
        self.refusals(&mut out);
        self.readings(&mut out);
        let figures = [
            gauge(
                "connections",
                get(&self.connections),
                "Connections that are open.",
            ),
            counter(
                "spooled_total",
                get(&self.spooled),
                "Records put down on stable storage.",
            ),
            counter(
                "spool_errors_total",
                get(&self.not_spooled),
                "Requests that could not be put down.",
            ),
            gauge(
                "spool_bytes",
                waiting_bytes,
                "Bytes that are not on the ledger yet.",
            ),
            counter(
                "spool_damaged_total",
                damaged,
                "Lines of the spool that were damaged.",
            ),
            counter(
                "published_total",
                get(&self.published),
                "Records that went to the ledger.",
            ),
            counter(
                "errors_total",
                get(&self.failures),
                "Rounds and mails that failed.",
            ),
            counter(
                "workspace_failures_total",
                get(&self.workspace_failures),
                "Times that the main branch's workspace could not be read.",
            ),
            gauge(
                "secrets_missing",
                get(&self.without_key),
                "Whether the settings name secrets that this portal was not started with.",
            ),
            gauge(
                "last_published_seconds",
                get(&self.last_published),
                "When records went to the ledger last, in seconds since 1970.",
            ),
        ];
        for (name, kind, value, help) in figures {
            head(&mut out, (name, kind), help);
            let _ = writeln!(out, "{PREFIX}{name} {value}");
        }
        out
    }

    fn refusals(&self, out: &mut String) {
        head(
            out,
            ("refused_total", "counter"),
            "Requests that were refused, and why.",
        );
        let names = ["link", "rate", "trouble", "size", "time", "method"];
        for (why, counter) in names.iter().zip(&self.refused) {
            let count = get(counter);
            let _ = writeln!(out, "{PREFIX}refused_total{{why=\"{why}\"}} {count}");
        }
    }

    fn readings(&self, out: &mut String) {
        let [opens, opens_machine, clicks, clicks_machine] = &self.seen;
        head(
            out,
            ("readings_total", "counter"),
            "Requests for mails' pictures and links, and by whom.",
        );
        for (what, by, counter) in [
            ("open", Reader::Person, opens),
            ("open", Reader::Machine, opens_machine),
            ("click", Reader::Person, clicks),
            ("click", Reader::Machine, clicks_machine),
        ] {
            let (by, count) = (by.name(), get(counter));
            let labels = format!("what=\"{what}\",by=\"{by}\"");
            let _ = writeln!(out, "{PREFIX}readings_total{{{labels}}} {count}");
        }
        head(
            out,
            ("readings_dropped_total", "counter"),
            "Of these, dropped because too many came at once.",
        );
        let dropped = get(&self.unseen);
        let _ = writeln!(out, "{PREFIX}readings_dropped_total {dropped}");
    }

    fn times(&self, out: &mut String) {
        head(
            out,
            ("answer_seconds", "histogram"),
            "How long answers took.",
        );
        let bounds = BOUNDS.iter().map(f64::to_string);
        let mut sum = 0;
        for (bound, counter) in bounds.chain(["+Inf".to_owned()]).zip(&self.took) {
            sum += get(counter);
            let _ = writeln!(out, "{PREFIX}answer_seconds_bucket{{le=\"{bound}\"}} {sum}");
        }
        let seconds = Duration::from_micros(get(&self.took_micros)).as_secs_f64();
        let _ = writeln!(out, "{PREFIX}answer_seconds_sum {seconds}");
        let _ = writeln!(out, "{PREFIX}answer_seconds_count {sum}");
    }
}

/// A figure's name, its kind, what it is and what it means.
type Figure = (&'static str, &'static str, u64, &'static str);

const fn counter(name: &'static str, value: u64, help: &'static str) -> Figure {
    (name, "counter", value, help)
}

const fn gauge(name: &'static str, value: u64, help: &'static str) -> Figure {
    (name, "gauge", value, help)
}

const PREFIX: &str = "postmerge_portal_";

fn head(out: &mut String, (name, kind): (&str, &str), help: &str) {
    let _ = writeln!(
        out,
        "# HELP {PREFIX}{name} {help}\n# TYPE {PREFIX}{name} {kind}"
    );
}
