//! A small site as a whole: what is on its pages, in every language, and that whatever strangers wrote stays text.

use std::collections::BTreeMap;

use super::back::CameBack;
use super::compare::{By, Comparison, Fate, Name};
use super::data::Planned;
use super::data::tests::{at, heard, told};
use super::*;

const HOSTILE: &str = "<script>alert('x')</script>\"><img src=//evil.test/x>";

fn site<'a>(zone: &'a TimeZone, locale: Locale, sendings: Vec<Sending>) -> Site<'a> {
    Site {
        organisation: "Cámara <b>&</b> Cía",
        locale,
        zone,
        head: Some("0123456789abcdef".to_owned()),
        now: at(500),
        sendings,
        lists: Lists::Read {
            lists: vec![ListHealth {
                name: "exportadores".to_owned(),
                title: "Exportadores <i>".to_owned(),
                owner: "ana".to_owned(),
                members: 1_200,
                unreadable: 1,
                new: 1,
                open: 2,
                departed: 1,
                overdue: 3,
                confirmed: Some(jiff::civil::date(2026, 1, 5)),
                stale: true,
            }],
            waiting: vec![Waiting {
                until: Some(jiff::civil::date(2026, 12, 4)),
                days_left: Some(2),
                list: "exportadores".to_owned(),
                owner: "ana".to_owned(),
                reason: Exclusion::HardBounce,
                count: 2,
                addresses: Vec::new(),
            }],
            disowned: 2,
        },
        growth: vec![Growth {
            title: "Exportadores <i>".to_owned(),
            months: vec![
                month(11, 900, None, None),
                month(12, 1_200, Some(310), Some(10)),
            ],
            encrypted: false,
        }],
        suppressed: vec![(Exclusion::HardBounce, 6), (Exclusion::Complained, 1)],
        with_addresses: false,
    }
}

fn month(month: i8, members: u64, joined: Option<u64>, left: Option<u64>) -> Month {
    Month {
        month: jiff::civil::date(2026, month, 1),
        members,
        joined,
        left,
    }
}

/// As a plan and groups come out of a clone that has the sending's commits.
fn compared(one: &mut Sending) {
    let mut done = one.accepted.like();
    (0..33).for_each(|minute| done.take(at(minute), &TimeZone::UTC));
    one.planned = Some(Planned { done, unsent: 2 });
    let fate = |recipients, bounced| Fate {
        recipients,
        accepted: recipients - 1,
        bounced,
        left: 1,
    };
    let comparison = |by, first| Comparison {
        by,
        groups: vec![(first, fate(25, 1)), (Name::Others, fate(8, 0))],
    };
    one.compared = Some(vec![
        comparison(By::List, Name::Text("Socios <i>".to_owned())),
        comparison(By::Topic, Name::Nothing),
        comparison(By::Column("Sector <i>".to_owned()), Name::Yes),
    ]);
}

fn small() -> Vec<Sending> {
    let mut back = CameBack::default();
    for (index, kind) in [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (30, 0)] {
        back.apply(&heard("2026/rueda", index, kind));
    }
    let outcomes: Vec<u8> = (0..40u8).map(|n| if n < 30 { 0 } else { n % 6 }).collect();
    let first = told(&["uno.test", "dos.test"], &outcomes, &back, 90);
    let mut second = told(
        &["uno.test", "dos.test"],
        &[0; 12],
        &CameBack::default(),
        90,
    );
    compared(&mut second);
    second.id = "boletin@2026-Q4".parse().unwrap();
    if let Some(header) = &mut second.header {
        header.at = at(2_000);
    }
    vec![first, second]
}

fn made(site: Site<'_>) -> BTreeMap<String, String> {
    let made = pages(site).unwrap();
    made.into_iter().map(|it| (it.path, it.html)).collect()
}

#[test]
fn a_small_site() {
    let zone = TimeZone::UTC;
    let pages = made(site(&zone, Locale::En, small()));
    let names: Vec<&str> = pages.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "campaigns/2026+rueda.html",
            "campaigns/boletin@2026-~q4.html",
            "deliverability.html",
            "index.html",
            "lists.html"
        ]
    );
    let mut all = String::new();
    for (path, html) in &pages {
        // The style sheet is the same on every page, and no news.
        let (before, after) = html.split_once("<style>").unwrap();
        let (_, after) = after.split_once("</style>").unwrap();
        all.push_str(&format!("=== {path}\n{before}{after}\n"));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn every_language_has_every_page() {
    let zone = TimeZone::UTC;
    for locale in [Locale::Es, Locale::It, Locale::En] {
        for sendings in [Vec::new(), small()] {
            let mut it = site(&zone, locale, sendings);
            if locale == Locale::Es {
                it.head = None;
                it.lists = Lists::WithoutKey {
                    variable: "POSTMERGE_KEY".to_owned(),
                    lists: vec![("a".to_owned(), "A".to_owned(), "ana".to_owned())],
                };
            }
            for (path, html) in made(it) {
                assert!(
                    html.contains(&format!("<html lang=\"{}\">", locale.tag())),
                    "{path}"
                );
                assert!(!html.contains("{}") && !html.contains("{{"), "{path}");
                assert_eq!(html.matches("<h1>").count(), 1, "{path}");
                assert!(
                    !html.contains("http:") && !html.contains("https:"),
                    "{path}"
                );
            }
        }
    }
}

#[test]
fn what_was_read_is_told_where_anything_was() {
    use crate::ledger::reading::{Readers, Reading};
    let zone = TimeZone::UTC;
    let mut sendings = small();
    let readers = |people, machines| Readers { people, machines };
    sendings[0].reading = Reading {
        opened: readers(12, 1_040),
        clicked: readers(3, 2),
        links: BTreeMap::from([
            ("https://feria.example/?a=1&b=<2>".to_owned(), readers(1, 2)),
            ("https://plano.example/".to_owned(), readers(3, 0)),
        ]),
    };
    let pages = made(site(&zone, Locale::It, sendings));
    let page = &pages["campaigns/2026+rueda.html"];
    let (_, section) = page.split_once("<h2>Aperture e clic</h2>").unwrap();
    let (section, _) = section.split_once("</section>").unwrap();
    insta::assert_snapshot!(section);
    assert!(!pages["campaigns/boletin@2026-~q4.html"].contains("Aperture e clic"));
}

#[test]
fn what_is_held_is_told_above_everything_else() {
    use super::stopped::{Stopped, Why};
    use crate::plan::rates::{Excess, Of, What};
    let zone = TimeZone::UTC;
    let excess = |of, limit| Stopped {
        why: Why::TooMuch(Excess {
            of,
            what: What::Complaints,
            part: 40,
            whole: 1_000,
            limit,
        }),
        since: None,
    };
    let mut sendings = small();
    sendings[0].stopped = Some(Stopped {
        since: Some(at(90)),
        ..excess(Of::Sending, 300)
    });
    let sender = Of::Sender {
        name: "eventos".to_owned(),
        days: 7,
    };
    sendings[1].stopped = Some(excess(sender, 5_000));
    let pages = made(site(&zone, Locale::Es, sendings.clone()));
    let page = &pages["campaigns/2026+rueda.html"];
    let told =
        "hubo quejas de 40 de 1.000 correos aceptados: 4,00\u{a0}%, y el límite es 0,3\u{a0}%";
    assert!(page.contains(told), "{page}");
    assert!(
        page.contains("Retenido desde") && page.contains("policy.rates.go_on"),
        "{page}"
    );
    assert!(page.find(told) < page.find("<table"), "{page}");
    let first = &pages["index.html"];
    assert!(first.contains("#held") && first.contains(told), "{first}");
    let pages = made(site(&zone, Locale::En, sendings.clone()));
    let page = &pages["campaigns/boletin@2026-~q4.html"];
    assert!(page.contains("sender eventos, last 7 days: 40 of 1,000 accepted mails were complained of: 4.00%, and 5% is the limit"), "{page}");
    assert!(page.contains("The next run holds it."), "{page}");
    sendings[1].stopped = Some(Stopped {
        why: Why::Said("relay main: 535 no".to_owned()),
        since: Some(at(90)),
    });
    let pages = made(site(&zone, Locale::It, sendings));
    let page = &pages["campaigns/boletin@2026-~q4.html"];
    assert!(
        page.contains("relay main: 535 no") && page.contains("Fermato dal"),
        "{page}"
    );
}

#[test]
fn what_strangers_wrote_stays_text() {
    let outcomes = [0, 0, 0, 1, 1, 1, 3, 5, 0];
    let mut one = told(&[HOSTILE], &outcomes, &CameBack::default(), 90);
    one.subject = Some(HOSTILE.to_owned());
    one.unknown.reasons = vec![HOSTILE.to_owned()];
    one.failed
        .iter_mut()
        .for_each(|it| it.example = HOSTILE.to_owned());
    one.stopped = Some(super::stopped::Stopped {
        why: super::stopped::Why::Said(HOSTILE.to_owned()),
        since: None,
    });
    one.notes = vec![(at(1), crate::ledger::state::Note::Held(HOSTILE.to_owned()))];
    if let Some(header) = &mut one.header {
        header.sender = HOSTILE.to_owned();
    }
    let mut again = one.clone();
    again.id = "again".parse().unwrap();
    let zone = TimeZone::UTC;
    let mut it = site(&zone, Locale::Es, vec![one, again]);
    it.organisation = HOSTILE;
    it.growth.push(Growth {
        title: String::new(),
        months: Vec::new(),
        encrypted: true,
    });
    it.growth
        .iter_mut()
        .for_each(|it| it.title = HOSTILE.to_owned());
    if let Lists::Read { lists, waiting, .. } = &mut it.lists {
        lists
            .iter_mut()
            .for_each(|it| it.title = HOSTILE.to_owned());
        waiting
            .iter_mut()
            .for_each(|it| it.owner = HOSTILE.to_owned());
    }
    for (path, html) in made(it) {
        assert!(html.contains("&lt;script&gt;"), "{path}");
        let is_of_lists = path == "lists.html";
        assert_eq!(
            html.contains("Cifradas, y sin su clave"),
            is_of_lists,
            "{path}"
        );
        assert!(
            !html.contains("<script") && !html.contains("<img"),
            "{path}"
        );
    }
}
