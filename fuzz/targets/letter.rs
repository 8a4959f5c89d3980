//! Any texts as a campaign's templates and a member's values, and the mail that comes of it, read by
//! an independent parser: whatever stands in a row is text, and no header, tag or part.
//!
//! The input is cut at 0xff into: a first byte, subject, body, layout, style sheet, then the values.
//! `v` as the first byte: the templates are fixed ones that put values everywhere, and no value may
//! change the mail's shape. Else the templates are the input's.
#![no_main]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use mail_parser::{Message, MessageParser};
use postmerge::mail::address::Address;
use postmerge::mail::occurrence::{CampaignId, OccurrenceId};
use postmerge::mail::recipient_id::RecipientKey;
use postmerge::render::{Body, Compiled, Copy, Ingredients, Layout, RecipientView, Text};
use postmerge::workspace::Workspace;
use postmerge::workspace::campaign::Campaign;
use postmerge::workspace::member::{Member, Value};
use postmerge::workspace::settings::{Locale, Settings};
use postmerge_fuzz::Memory;

const COLUMNS: [&str; 5] = ["nombre", "id", "url", "color", "dia"];

/// Values in text, attributes, URLs, styles, headers, conditions and loops.
const FIXED: [&str; 4] = [
    "Hola {{ nombre|default('amigo') }}: {{ id|default('0') }}",
    "# Hola {{ nombre|default('x') }}\n\nSu código: **{{ id|default('-') }}**.\n\n\
     [abrir](https://a.test/{{ id|default('x') }}?n={{ nombre|default('y') }}) \
     <a title=\"{{ nombre|default('t') }}\" href=\"{{ url|default('https://b.test/') }}\">b</a>\n\n\
     {% if dia %}\nEl {{ dia }}.\n{% endif %}\n\n| a | b |\n|---|---|\n| {{ nombre|default('c') }} | {{ id|default('d') }} |\n",
    "<!DOCTYPE html><html><head><title>{{ subject }}</title></head><body>\
     <p style=\"color: {{ color|default('red') }}\" class=\"{{ id|default('k') }}\">{{ content }}</p>\
     <p>{{ organisation.postal_address }} <a href=\"{{ unsubscribe_url }}\">baja</a></p></body></html>",
    "p { font-family: Arial }",
];

static KEY: LazyLock<RecipientKey> =
    LazyLock::new(|| RecipientKey::from_secret(&[7; 32]).expect("long enough"));
static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    Workspace::load_settings(&Memory::workspace()).expect("the workspace is sound")
});
static CAMPAIGN: LazyLock<Campaign> = LazyLock::new(|| {
    let id = CampaignId::parse("rueda").expect("an id");
    Workspace::load_campaign(&Memory::workspace(), &id)
        .expect("the workspace is sound")
        .campaign
});
static OCCURRENCE: LazyLock<OccurrenceId> = LazyLock::new(|| "rueda".parse().expect("an id"));
static TO: LazyLock<Address> =
    LazyLock::new(|| Address::parse("ana@ejemplo.test").expect("an address"));
static COMPILED: LazyLock<Compiled> = LazyLock::new(|| compile(FIXED).expect("it compiles"));
static PLAIN: LazyLock<Shape> = LazyLock::new(|| {
    let member = member(&["Ana", "C1", "https://b.test/x", "blue", "2026-12-03"]);
    Shape::of(&COMPILED, &member).expect("harmless values make a mail")
});

fn compile([subject, body, layout, css]: [&str; 4]) -> Option<Compiled> {
    let mut campaign = CAMPAIGN.clone();
    campaign.subject = subject.to_owned();
    let columns = COLUMNS.map(str::to_owned);
    let text = |file, text| Text { file, text };
    Compiled::compile(Ingredients {
        settings: &SETTINGS,
        sender: SETTINGS.senders.get("eventos")?,
        campaign: &campaign,
        campaign_file: "campaign.yaml",
        occurrence: &OCCURRENCE,
        locale: Locale::Es,
        body: Body::Markdown(text("body.md", body)),
        layout: (!layout.is_empty()).then_some(Layout {
            html: text("layout.html", layout),
            text: None,
            css: Some(text("style.css", css)),
            variables: &BTreeMap::new(),
        }),
        columns: &columns,
        asset_url: &|path| Some(format!("https://files.test/{}", path.len())),
        keeps_broken_links: false,
        key: &KEY,
        signers: Vec::new(),
    })
    .ok()
}

fn member(values: &[&str]) -> Member {
    let value = |text: &&str| match text.is_empty() {
        true => Value::Empty,
        false => Value::Text((*text).to_owned()),
    };
    let mut values: Vec<Value> = values.iter().map(value).take(COLUMNS.len()).collect();
    values.resize(COLUMNS.len(), Value::Empty);
    Member {
        address: TO.clone(),
        columns: COLUMNS.map(str::to_owned).into(),
        values,
    }
}

/// What no value may change.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    /// The header fields' names, in order.
    headers: Vec<String>,
    /// The parts' types.
    parts: Vec<String>,
    /// The elements of the page, in order, with their attributes' names.
    elements: Vec<String>,
}

impl Shape {
    fn of(compiled: &Compiled, member: &Member) -> Option<Self> {
        let view = RecipientView {
            envelope_to: &TO,
            to: &TO,
            id: KEY.id(&TO),
            index: 7,
            member: Some(member),
            copy: Copy::To,
            is_specimen: false,
            date: jiff::Timestamp::UNIX_EPOCH,
            documents: &[],
        };
        let letter = compiled.letter(&view).ok()?;
        assert_eq!(letter.envelope.to, *TO);
        lines_are_sound(&letter.message);
        let message = MessageParser::default()
            .parse(&letter.message)
            .expect("an independent parser reads it");
        let parts = compiled.parts(&view).expect("it was made just now");
        let subject = message.subject().unwrap_or_default();
        assert_eq!(squeezed(subject), squeezed(&parts.subject));
        let html = message.body_html(0).unwrap_or_default();
        assert_eq!(
            squeezed(&html),
            squeezed(&parts.html),
            "the page comes through"
        );
        Some(Self {
            headers: names(&message),
            parts: message
                .parts
                .iter()
                .map(|part| format!("{:?}", std::mem::discriminant(&part.body)))
                .collect(),
            elements: elements(&html),
        })
    }
}

/// RFC 5322, section 2.1.1 and 2.3.
fn lines_are_sound(message: &[u8]) {
    assert!(message.ends_with(b"\r\n"), "the last line ends");
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\r\n").expect("no bare LF");
        assert!(text.len() <= 998, "a line of {} octets", text.len());
        assert!(
            !text.contains(&b'\r') && !text.contains(&0),
            "no bare CR, no NUL"
        );
    }
}

/// Transport may fold and unfold blanks.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn names(message: &Message<'_>) -> Vec<String> {
    let headers = message.headers().iter();
    headers.map(|header| header.name().to_owned()).collect()
}

/// Every `<name attribute…` of a page. Quoted values are passed over.
fn elements(html: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        let mut tag = String::new();
        let mut quoted = false;
        let mut end = after.len();
        for (at, c) in after.char_indices() {
            match c {
                '"' => quoted = !quoted,
                '>' if !quoted => {
                    end = at;
                    break;
                }
                c if !quoted => tag.push(c),
                _ => {}
            }
        }
        all.push(tag);
        rest = after.get(end..).unwrap_or_default();
    }
    all
}

fuzz_target!(|data: &[u8]| {
    let mut fields = data
        .split(|byte| *byte == 0xff)
        .map(String::from_utf8_lossy);
    let mode = fields.next().unwrap_or_default();
    let fields: Vec<Cow<'_, str>> = fields.collect();
    let fields: Vec<&str> = fields.iter().map(|field| &**field).collect();
    if mode.starts_with('v') {
        let mut values: Vec<&str> = fields.into_iter().take(COLUMNS.len()).collect();
        // The fixed template shows a day only where there is one.
        values.resize(COLUMNS.len(), "");
        if let Some(day @ &mut "") = values.last_mut() {
            *day = "hoy";
        }
        if let Some(shape) = Shape::of(&COMPILED, &member(&values)) {
            assert_eq!(shape, *PLAIN);
        }
        return;
    }
    let field = |at: usize| fields.get(at).copied().unwrap_or_default();
    let Some(compiled) = compile([field(0), field(1), field(2), field(3)]) else {
        return;
    };
    let member = member(fields.get(4..).unwrap_or_default());
    if let Some(shape) = Shape::of(&compiled, &member) {
        assert_eq!(shape.headers, PLAIN.headers, "no template makes a header");
        assert_eq!(shape.parts, PLAIN.parts, "nor a part");
    }
});
