//! A campaign to render in tests and benchmarks.

#![allow(dead_code, reason = "not every test uses all of it")]

use std::collections::BTreeMap;
use std::sync::Arc;

use postmerge::mail::address::Address;
use postmerge::mail::dkim::Signer;
use postmerge::mail::recipient_id::RecipientKey;
use postmerge::render::{
    Body, Compiled, Copy, Ingredients, Layout, RecipientView, RenderError, Text,
};
use postmerge::workspace::campaign::Campaign;
use postmerge::workspace::member::{Member, Value};
use postmerge::workspace::settings::{Locale, Settings};

/// The organisation of the tests.
pub(crate) const SETTINGS: &str = r##"
organisation:
  name: Cámara de Exportadores
  postal_address: ["Calle 1 # 2-3", "Bogotá"]
  zone: America/Bogota
  locale: es
senders:
  eventos: {name: "Cámara, Eventos", address: eventos@camara.example, reply_to: hola@camara.example, relay: r}
relays:
  r: {host: relay.test, port: 587}
windows: {}
policy: {brand: {colours: ["#0b4f6c"], fonts: ["Arial"]}}
bounces: {address: bounces@camara.example}
unsubscribe: {address: bajas@camara.example}
portal: {url: "https://portal.camara.example"}
"##;

/// The key of the tests.
pub(crate) fn key() -> RecipientKey {
    RecipientKey::from_secret(&[7; 32]).unwrap()
}

/// A member with these text columns.
pub(crate) fn member(columns: &[(&str, Value)]) -> Member {
    Member {
        address: Address::parse("ana@ejemplo.test").unwrap(),
        columns: columns
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect::<Arc<[String]>>(),
        values: columns.iter().map(|(_, value)| value.clone()).collect(),
    }
}

/// A text cell.
pub(crate) fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

/// What varies between tests.
pub(crate) struct Case<'a> {
    /// `postmerge.yaml`.
    pub(crate) settings: &'a str,
    /// Lines of `campaign.yaml` besides sender, audience and send.
    pub(crate) campaign: &'a str,
    /// The body: HTML where it begins with `<`.
    pub(crate) body: &'a str,
    /// `layout.html`.
    pub(crate) layout: Option<&'a str>,
    /// `layout.txt`.
    pub(crate) layout_text: Option<&'a str>,
    /// `style.css`.
    pub(crate) css: &'a str,
    /// Known columns.
    pub(crate) columns: &'a [&'a str],
    /// Signers.
    pub(crate) signers: Vec<Signer>,
}

impl<'a> Case<'a> {
    /// A campaign with this body and nothing else.
    pub(crate) fn body(body: &'a str) -> Self {
        Self {
            settings: SETTINGS,
            campaign: "subject: Hola",
            body,
            layout: None,
            layout_text: None,
            css: "",
            columns: &["nombre", "id", "url", "x", "importe", "dia"],
            signers: Vec::new(),
        }
    }

    /// Compiles it.
    pub(crate) fn compile(self) -> Result<Compiled, RenderError> {
        let settings: Settings = serde_yaml::from_str(self.settings).unwrap();
        let yaml = format!(
            "{}\nsender: eventos\naudience: {{lists: [exportadores], topic: ferias}}\nsend: {{date: 2026-12-03, window: \"12:00\"}}\n",
            self.campaign
        );
        let campaign: Campaign = serde_yaml::from_str(&yaml).unwrap();
        let variables = BTreeMap::from([("lema".to_owned(), "Juntos".to_owned())]);
        let columns: Vec<String> = self.columns.iter().map(|c| (*c).to_owned()).collect();
        let body = if self.body.starts_with('<') {
            Body::Html(
                Text {
                    file: "body.html",
                    text: self.body,
                },
                None,
            )
        } else {
            Body::Markdown(Text {
                file: "body.md",
                text: self.body,
            })
        };
        let asset = |path: &str| {
            (!path.contains("missing")).then(|| format!("https://files.camara.example/{path}"))
        };
        Compiled::compile(Ingredients {
            sender: settings.senders.get("eventos").unwrap(),
            settings: &settings,
            campaign_file: "campaign.yaml",
            occurrence: &"2026/rueda".parse().unwrap(),
            locale: campaign.locale.unwrap_or(Locale::Es),
            campaign: &campaign,
            body,
            layout: self.layout.map(|html| Layout {
                html: Text {
                    file: "layout.html",
                    text: html,
                },
                text: self.layout_text.map(|text| Text {
                    file: "layout.txt",
                    text,
                }),
                css: Some(Text {
                    file: "style.css",
                    text: self.css,
                }),
                variables: &variables,
            }),
            columns: &columns,
            asset_url: &asset,
            keeps_broken_links: false,
            key: &key(),
            signers: self.signers,
        })
    }
}

/// A view of one member.
pub(crate) fn view<'a>(address: &'a Address, member: Option<&'a Member>) -> RecipientView<'a> {
    RecipientView {
        envelope_to: address,
        to: address,
        id: key().id(address),
        index: 7,
        member,
        copy: Copy::To,
        is_specimen: false,
        date: "2026-12-03T17:00:00Z".parse().unwrap(),
        documents: &[],
    }
}
