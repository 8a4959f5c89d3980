//! Audiences: every reason, in order, and the sum.

use std::collections::{HashMap, HashSet};
use std::io::Write;

use proptest::prelude::*;
use tempfile::NamedTempFile;

use super::*;
use crate::ledger::event::RecipientIndex;
use crate::workspace::campaign::Expect;
use crate::workspace::member::Value;
use crate::workspace::names::TopicName;

const HEADING: &str = "email,cliente,sector,consentimiento,temas";

/// Lists on disk and a campaign over them.
struct Case {
    lists: Vec<(ListName, List, NamedTempFile)>,
    excluded: Vec<(ListName, List, NamedTempFile)>,
    invited_to: Vec<(ListName, List, NamedTempFile)>,
    wish: campaign::Audience,
    purpose: Purpose,
    cc: Vec<String>,
    bcc: Vec<String>,
    key: RecipientKey,
    suppressed: HashMap<RecipientId, Exclusion>,
    enough: HashSet<RecipientId>,
    received: HashSet<RecipientId>,
}

fn list(basis: &str) -> List {
    serde_yaml::from_str(&format!(
        "{{title: T, owner: ana, purpose: tests, consent: {{basis: {basis}, column: consentimiento}},
          columns: {{cliente: {{type: text}}, sector: {{type: text}}, consentimiento: {{type: bool}}, temas: {{type: topics}}}},
          topics: {{ferias: {{title: F}}, cursos: {{title: C}}}}}}"
    ))
    .unwrap()
}

fn spooled(rows: &[&str]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    writeln!(file, "{HEADING}").unwrap();
    rows.iter().for_each(|row| writeln!(file, "{row}").unwrap());
    file
}

fn files(lists: &[(ListName, List, NamedTempFile)]) -> Vec<ListFile<'_>> {
    lists
        .iter()
        .map(|(name, list, file)| ListFile {
            name,
            list,
            rows: file.as_file(),
        })
        .collect()
}

impl Case {
    fn new(rows: &[&str]) -> Self {
        Self {
            lists: vec![(ListName::new("one"), list("contract"), spooled(rows))],
            excluded: Vec::new(),
            invited_to: Vec::new(),
            wish: campaign::Audience::default(),
            purpose: Purpose::Marketing,
            cc: Vec::new(),
            bcc: Vec::new(),
            key: RecipientKey::from_secret(&[7; 32]).unwrap(),
            suppressed: HashMap::new(),
            enough: HashSet::new(),
            received: HashSet::new(),
        }
    }

    fn id(&self, address: &str) -> RecipientId {
        self.key.id(&Address::parse(address).unwrap())
    }

    fn resolve_with(
        &self,
        own_document: Option<&OwnDocument<'_>>,
    ) -> Result<Audience, AudienceError> {
        resolve(&AudienceRequest {
            audience: &self.wish,
            purpose: self.purpose,
            cc: &self.cc,
            bcc: &self.bcc,
            copies_for_at_most: 3,
            lists: &files(&self.lists),
            excluded_lists: &files(&self.excluded),
            invited_to: &files(&self.invited_to),
            key: &self.key,
            suppressed: &|id| self.suppressed.get(id).copied(),
            not_now: &|id| self.enough.contains(id).then_some(Exclusion::FrequencyCap),
            received: &|id, document| {
                self.received.contains(id) && document == own_document.map(|_| Digest::of(b"1"))
            },
            own_document,
        })
    }

    fn resolve(&self) -> Audience {
        self.resolve_with(None).unwrap()
    }
}

fn reasons(audience: &Audience) -> Vec<&'static str> {
    audience
        .excluded
        .iter()
        .map(|(_, reason)| reason.name())
        .collect()
}

#[test]
fn who_was_mailed_often_enough_is_left_out_and_counts_once() {
    let rows = [
        "a@x.example,1,agro,sí,ferias",
        "A@x.example,1,agro,sí,ferias",
        "b@x.example,2,agro,sí,ferias",
    ];
    let mut case = Case::new(&rows);
    case.enough.insert(case.id("a@x.example"));
    let audience = case.resolve();
    assert_eq!(reasons(&audience), ["frequency-cap", "duplicate"]);
    assert_eq!(audience.entries.len(), 1);
}

#[test]
fn every_reason_in_its_order() {
    let mut case = Case::new(&[
        "a@x.example,1,agro,sí,ferias",
        "A@X.example,2,agro,sí,ferias",
        "named@x.example,3,agro,no,ferias",
        "left@x.example,4,agro,sí,ferias",
        "silent@x.example,5,agro,,ferias",
        "rival@x.example,6,agro,sí,ferias",
        "old@x.example,7,agro,sí,ferias",
        "wrong,8,agro,sí,ferias",
        "cell@x.example,9,agro,perhaps,ferias",
        "other@x.example,10,textil,sí,ferias",
        "courses@x.example,11,agro,sí,cursos",
        "b@y.example,12,agro,sí,cursos;ferias",
    ]);
    case.lists[0].1 = list("consent");
    let odd = "rival@x.example,\"\",x,what,none,too,many";
    case.excluded = vec![(
        ListName::new("rivals"),
        list("contract"),
        spooled(&[odd, "named@x.example"]),
    )];
    case.wish.filter = Some("sector == \"agro\"".to_owned());
    case.wish.topic = Some(TopicName::new("ferias"));
    case.wish.exclude = vec!["Named@x.example".to_owned()];
    case.wish.include = vec!["boss@z.example".to_owned(), "B@y.example".to_owned()];
    case.suppressed
        .insert(case.id("left@x.example"), Exclusion::Unsubscribed);
    case.suppressed
        .insert(case.id("rival@x.example"), Exclusion::Complained);
    case.received.insert(case.id("old@x.example"));
    let audience = case.resolve();
    assert_eq!(
        reasons(&audience),
        [
            "duplicate",
            "excluded-address",
            "unsubscribed",
            "no-consent",
            "excluded-list",
            "document-received",
            "address-invalid",
            "not-renderable",
            "duplicate"
        ]
    );
    let ids: Vec<_> = audience.entries.iter().map(|entry| entry.id).collect();
    assert_eq!(
        ids,
        ["a@x.example", "b@y.example", "boss@z.example"].map(|a| case.id(a))
    );
    assert_eq!(audience.domains, ["x.example", "y.example", "z.example"]);
    assert_eq!(audience.entries[2].place, Place::Include(0));
    assert_eq!(audience.problems.count, 2);
    let count = &audience.per_list[0];
    assert_eq!((count.rows, count.matched, count.selected), (12, 10, 2));
    // Everybody who was selected is accounted for, includes among them.
    assert_eq!(audience.entries.len() + audience.excluded.len(), 10 + 2);
    assert_eq!(audience.hold, None);
}

#[test]
fn who_is_in_the_list_is_not_invited_to_it() {
    let mut case = Case::new(&[
        "a@x.example,1,,,",
        "B@x.example,2,,,",
        "left@x.example,3,,,",
    ]);
    case.invited_to = vec![(
        ListName::new("news"),
        list("consent"),
        spooled(&["b@x.example,,,,", "boss@x.example,,,,"]),
    )];
    case.wish.include = vec!["boss@x.example".to_owned(), "new@x.example".to_owned()];
    case.suppressed
        .insert(case.id("left@x.example"), Exclusion::Unsubscribed);
    let audience = case.resolve();
    assert_eq!(reasons(&audience), ["member", "unsubscribed", "member"]);
    assert_eq!(audience.entries.len(), 2);
    assert_eq!(audience.hold, None);
    // Who cannot be read may be a member, and would be asked to become one.
    case.invited_to[0].2 = spooled(&["wrong,,,,"]);
    assert!(matches!(
        case.resolve().hold,
        Some(Hold::ExcludedUnreadable { .. })
    ));
}

#[test]
fn an_address_that_gets_no_copies_was_not_selected() {
    let mut case = Case::new(&["a@x.example,1,,,", "A@x.example,2,,,"]);
    case.cc = vec!["a@x.example".to_owned(), "boss@x.example".to_owned()];
    case.bcc = vec!["left@x.example".to_owned()];
    case.suppressed
        .insert(case.id("left@x.example"), Exclusion::Unsubscribed);
    let audience = case.resolve();
    assert_eq!(reasons(&audience), ["duplicate"]);
    let left_out: Vec<_> = audience
        .copies_left_out
        .iter()
        .map(|it| it.1.name())
        .collect();
    assert_eq!(left_out, ["duplicate", "unsubscribed"]);
    assert_eq!((audience.copies.len(), audience.mails()), (1, 2));
    assert_eq!(audience.left_out().count(), 3);
    // The ledger has all of them: history can answer.
    let arranged = audience.arrange(&[0]).unwrap();
    assert_eq!((arranged.entries.len(), arranged.excluded.len()), (2, 3));
}

#[test]
fn only_a_wrong_address_counts_as_one() {
    let case = Case::new(&[
        "a@x.example,1,agro,no",
        "c@x.example,\u{7},agro,no,",
        "d@x.example,\"two",
        "lines\",agro,no,",
        "\"e@x.example\"\"\",\"5\",agro,no,",
        "f\u{7}@x.example,6,agro,no,",
        "\"g@x.example",
    ]);
    let audience = case.resolve();
    let (address, other) = ("address-invalid", "not-renderable");
    assert_eq!(
        reasons(&audience),
        [other, other, other, address, address, address]
    );
}

#[test]
fn consent_is_asked_of_marketing_where_the_list_rests_on_it() {
    let mut case = Case::new(&["a@x.example,1,agro,no,", "b@x.example,2,agro,sí,"]);
    assert_eq!(case.resolve().entries.len(), 2, "a contract");
    case.lists[0].1 = list("consent");
    assert_eq!(case.resolve().entries.len(), 1);
    case.purpose = Purpose::Transactional;
    assert_eq!(case.resolve().entries.len(), 2);
    case.purpose = Purpose::Marketing;
    case.lists[0].1.consent.column = None;
    assert_eq!(
        case.resolve().entries.len(),
        2,
        "everybody on the list said yes"
    );
    case.lists[0].1.consent.column = Some("consent".to_owned());
    assert!(matches!(
        case.resolve_with(None),
        Err(AudienceError::ConsentColumn { .. })
    ));
}

#[test]
fn an_audience_that_is_not_as_expected_is_held() {
    let mut case = Case::new(&["a@x.example,1,,,", "b@x.example,2,,,"]);
    let mut expect = |min, max| {
        case.wish.expect = Some(Expect { min, max });
        case.resolve().hold
    };
    assert_eq!(expect(Some(2), Some(2)), None);
    assert_eq!(
        expect(Some(3), None),
        Some(Hold::TooFew { found: 2, min: 3 })
    );
    assert_eq!(
        expect(None, Some(1)),
        Some(Hold::TooMany { found: 2, max: 1 })
    );
    let empty = Case::new(&[]).resolve();
    assert_eq!(empty.hold, Some(Hold::Empty));
    assert!(matches!(
        empty.arrange(&[]),
        Err(AudienceError::Held(Hold::Empty))
    ));
}

#[test]
fn what_can_not_be_resolved_says_why() {
    let mut case = Case::new(&["a@x.example,1,,,"]);
    case.wish.filter = Some("sectr == \"agro\"".to_owned());
    insta::assert_snapshot!(case.resolve_with(None).unwrap_err(), @"`where` does not fit the list one: there is no column `sectr`: did you mean `sector`? (at character 1 of the expression)");
    case.wish.filter = None;
    case.wish.topic = Some(TopicName::new("vinos"));
    insta::assert_snapshot!(case.resolve_with(None).unwrap_err(), @"the list one has no topic `vinos`");
    case.wish.topic = None;
    case.wish.include = vec!["nobody".to_owned()];
    insta::assert_snapshot!(case.resolve_with(None).unwrap_err(), @"audience.include: this is no e-mail address: it has no @");
    case.lists[0].2.as_file().set_len(0).unwrap();
    insta::assert_snapshot!(case.resolve_with(None).unwrap_err(), @"lists/one.csv: the file is empty: its first row must name the columns");
}

#[test]
fn own_documents_are_looked_for_and_never_sent_twice() {
    let mut case = Case::new(&["a@x.example,1,,,", "b@x.example,2,,,", "c@x.example,,,,"]);
    case.wish.include = vec!["boss@x.example".to_owned()];
    let own = |member: &Member| match &member.values[0] {
        Value::Text(number) => Ok(Some(Digest::of(number.as_bytes()))),
        _ => Err(DocumentProblem::Missing),
    };
    let audience = case.resolve_with(Some(&own)).unwrap();
    assert_eq!(reasons(&audience), ["document-missing", "document-missing"]);
    let arranged = audience.arrange(&[0]).unwrap();
    let documents: Vec<_> = arranged
        .ledger_entries()
        .map(|entry| entry.own_document)
        .collect();
    assert_eq!(documents, [Some(Digest::of(b"1")), Some(Digest::of(b"2"))]);
    case.received.insert(case.id("a@x.example"));
    let audience = case.resolve_with(Some(&own)).unwrap();
    assert_eq!(
        reasons(&audience),
        ["document-received", "document-missing", "document-missing"]
    );
    let unreadable = |_: &Member| Err(DocumentProblem::Unreadable("disk".to_owned()));
    assert!(matches!(
        case.resolve_with(Some(&unreadable)),
        Err(AudienceError::Document(_))
    ));
}

#[test]
fn copies_follow_their_mails() {
    let mut case = Case::new(&["a@x.example,1,,,", "b@y.example,2,,,", "c@x.example,3,,,"]);
    case.cc = vec!["boss@y.example".to_owned(), "A@x.example".to_owned()];
    case.bcc = vec![
        "files@z.example".to_owned(),
        "Boss@y.example".to_owned(),
        "gone@z.example".to_owned(),
    ];
    case.suppressed
        .insert(case.id("gone@z.example"), Exclusion::HardBounce);
    let audience = case.resolve();
    assert_eq!(reasons(&audience), [""; 0]);
    let left_out: Vec<_> = audience.left_out().map(Exclusion::name).collect();
    assert_eq!(left_out, ["duplicate", "duplicate", "hard-bounce"]);
    assert_eq!(audience.domains, ["x.example", "y.example", "z.example"]);
    // y first, then x and z together.
    let arranged = audience.arrange(&[1, 0, 1]).unwrap();
    let entries: Vec<_> = arranged.ledger_entries().collect();
    let named = |index: usize| {
        let all = [
            "a@x.example",
            "b@y.example",
            "c@x.example",
            "boss@y.example",
            "files@z.example",
        ];
        all.into_iter()
            .find(|a| case.id(a) == entries[index].id)
            .unwrap()
    };
    let shown: Vec<_> = (0..entries.len())
        .map(|i| {
            (
                named(i),
                entries[i]
                    .copy_of
                    .map(|RecipientIndex(of)| named(of as usize)),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("b@y.example", None),
            ("boss@y.example", Some("a@x.example")),
            ("boss@y.example", Some("b@y.example")),
            ("boss@y.example", Some("c@x.example")),
            ("a@x.example", None),
            ("c@x.example", None),
            ("files@z.example", Some("a@x.example")),
            ("files@z.example", Some("b@y.example")),
            ("files@z.example", Some("c@x.example")),
        ]
    );
    assert!(entries.is_sorted_by_key(|entry| entry.destination));
    assert!(arranged.copies[1].hidden && !arranged.copies[0].hidden);

    let mut case = Case::new(&[
        "a@x.example,,,,",
        "b@x.example,,,,",
        "c@x.example,,,,",
        "d@x.example,,,,",
    ]);
    case.bcc = vec!["boss@y.example".to_owned()];
    assert_eq!(
        case.resolve().hold,
        Some(Hold::TooManyForCopies {
            found: 4,
            allowed: 3
        })
    );
}

#[test]
fn the_first_list_wins_and_rows_are_found_again() {
    let mut case = Case::new(&["a@x.example,1,,,", "b@x.example,2,,,"]);
    let second = spooled(&["b@x.example,other,,,", "c@x.example,3,,,"]);
    case.lists
        .push((ListName::new("two"), list("contract"), second));
    let audience = case.resolve();
    assert_eq!(reasons(&audience), ["duplicate"]);
    assert_eq!(
        audience
            .per_list
            .iter()
            .map(|l| l.selected)
            .collect::<Vec<_>>(),
        [2, 1]
    );
    let arranged = audience.arrange(&[0]).unwrap();
    let found: Vec<_> = arranged
        .entries
        .iter()
        .map(|entry| {
            let Place::Row { list, offset } = entry.place else {
                panic!()
            };
            let (_, settings, file) = &case.lists[usize::from(list)];
            let rows =
                crate::workspace::members::Rows::new(file.reopen().unwrap(), settings).unwrap();
            rows.member_at(offset).unwrap().values[0].clone()
        })
        .collect();
    assert_eq!(
        found,
        ["1", "2", "3"].map(|text| Value::Text(text.to_owned()))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The sum holds and nobody is there twice, whatever the rows.
    #[test]
    fn everybody_is_accounted_for_once(
        rows in prop::collection::vec("[a-d]{1,2}@[xy]\\.example|[a-z ]{0,5}", 0..2_000),
        destinations in prop::collection::vec(0..3_u16, 2),
    ) {
        let rows: Vec<String> = rows.into_iter().map(|row| format!("{row},1,,,")).collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let case = Case::new(&rows);
        let audience = case.resolve();
        let (all, of) = (rows.len(), audience.entries.len());
        prop_assert_eq!(of + audience.excluded.len(), all);
        prop_assert_eq!(audience.per_list[0].rows as usize, all);
        if of > 0 {
            let before = audience.entries.clone();
            let arranged = audience.arrange(&destinations).unwrap();
            let ids: HashSet<_> = arranged.entries.iter().map(|e| e.id).collect();
            prop_assert_eq!(ids.len(), of);
            prop_assert!(arranged.entries.is_sorted_by_key(|e| arranged.destination(e)));
            // Within a destination the order of the list stays.
            for destination in 0..3 {
                let of = |e: &&Entry| arranged.destination(e) == destination;
                prop_assert!(arranged.entries.iter().filter(of).eq(before.iter().filter(of)));
            }
        }
    }
}
