//! A mail about business does not advertise.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::Owner;
use crate::lint::{Check, Context};
use crate::workspace::campaign::Purpose;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM093",
        name: "purpose-mixed",
        severity: Severity::Warning,
        summary: "A mail about business advertises.",
    },
    run,
};

/// Words of advertising, in lower case.
const WORDS: [&str; 21] = [
    "oferta",
    "ofertas",
    "descuento",
    "descuentos",
    "promoción",
    "promociones",
    "rebaja",
    "aproveche",
    "offerta",
    "offerte",
    "sconto",
    "sconti",
    "promozione",
    "approfitta",
    "saldi",
    "offer",
    "offers",
    "discount",
    "discounts",
    "promotion",
    "sale",
];

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for text in context.texts {
        let Owner::Campaign(id) = &text.owner else {
            continue;
        };
        let campaign = context.loaded.campaigns.get(id).map(|file| &file.campaign);
        if campaign.is_none_or(|it| it.purpose != Purpose::Transactional) {
            continue;
        }
        for at in &text.shown {
            let piece = text.source.get(at.clone()).unwrap_or_default();
            let mut start = at.start;
            for word in piece.split_inclusive(|c: char| !c.is_alphanumeric()) {
                let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
                if WORDS.contains(&bare.to_lowercase().as_str()) {
                    let span = start..start + bare.len();
                    out.push(
                        text.finding(&CHECK.rule, &span, format!("`{bare}` is advertising"))
                            .why("who has not consented to it may get invoices and confirmations, and nothing else in them")
                            .help("take it out, and send it as a campaign of its own to who consented"),
                    );
                }
                start += word.len();
            }
        }
    }
}
