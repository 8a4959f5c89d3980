//! A mail about business does not advertise.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::Owner;
use crate::lint::{Check, Context};
use crate::workspace::campaign::Purpose;
use crate::workspace::settings::Locale;

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

/// Phrases of advertising in a language, in lower case. Words that invoices have, too, are none alone: an accepted
/// offer, an agreed discount, open balances, terms of sale.
const fn phrases(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::Es => &[
            "aproveche",
            "aproveche nuestras ofertas",
            "aproveche nuestra oferta",
            "nuestras ofertas",
            "ofertas de",
            "ofertas especiales",
            "ofertas exclusivas",
            "grandes ofertas",
            "oferta especial",
            "oferta exclusiva",
            "oferta limitada",
            "oferta por tiempo limitado",
            "en oferta",
            "descuentos de hasta",
            "descuento de hasta",
            "grandes descuentos",
            "descuentos exclusivos",
            "descuento exclusivo",
            "nuestra promoción",
            "nuestras promociones",
            "promoción especial",
            "promociones especiales",
            "en promoción",
            "de rebajas",
            "grandes rebajas",
        ],
        Locale::It => &[
            "approfitta",
            "approfittate",
            "approfitti",
            "le nostre offerte",
            "nostre offerte",
            "offerta speciale",
            "offerte speciali",
            "offerta esclusiva",
            "offerte esclusive",
            "offerta limitata",
            "in offerta",
            "sconti fino",
            "sconto fino",
            "grandi sconti",
            "sconti esclusivi",
            "sconto esclusivo",
            "in promozione",
            "promozione speciale",
            "promozioni speciali",
            "le nostre promozioni",
            "saldi estivi",
            "saldi invernali",
            "saldi di",
        ],
        Locale::En => &[
            "our offers",
            "our latest offers",
            "special offer",
            "special offers",
            "exclusive offer",
            "exclusive offers",
            "limited offer",
            "limited-time offer",
            "on sale",
            "sale ends",
            "summer sale",
            "winter sale",
            "clearance sale",
            "discounts of up to",
            "discount of up to",
            "exclusive discount",
            "exclusive discounts",
            "special promotion",
            "our promotions",
            "don't miss",
            "don’t miss",
        ],
    }
}

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for text in context.texts {
        let Owner::Campaign(id) = &text.owner else {
            continue;
        };
        let campaign = context.loaded.campaigns.get(id).map(|file| &file.campaign);
        let Some(campaign) = campaign.filter(|it| it.purpose == Purpose::Transactional) else {
            continue;
        };
        let settings = context.loaded.settings.as_ref();
        let usual = settings.map(|it| it.organisation.locale);
        let Some(locale) = campaign.locale.or(usual) else {
            continue;
        };
        for at in &text.shown {
            let piece = text.source.get(at.clone()).unwrap_or_default();
            for found in advertising(piece, locale) {
                let words = piece.get(found.clone()).unwrap_or_default();
                let span = at.start + found.start..at.start + found.end;
                out.push(
                    text.finding(&CHECK.rule, &span, format!("`{words}` is advertising"))
                        .why("who has not consented to it may get invoices and confirmations, and nothing else in them")
                        .help("take it out, and send it as a campaign of its own to who consented"),
                );
            }
        }
    }
}

/// Where phrases of advertising stand, whole words, the longest at each place.
fn advertising(text: &str, locale: Locale) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut is_inside = false;
    for (at, c) in text.char_indices() {
        let is_start = c.is_alphanumeric() && !is_inside;
        is_inside = c.is_alphanumeric();
        if !is_start || found.last().is_some_and(|last| at < last.end) {
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        let ends = phrases(locale).iter().filter_map(|it| begins(rest, it));
        if let Some(length) = ends.max() {
            found.push(at..at + length);
        }
    }
    found
}

/// How many bytes of `text` the phrase takes, if it begins with it.
fn begins(text: &str, phrase: &str) -> Option<usize> {
    let mut characters = text.char_indices();
    for wanted in phrase.chars() {
        let (_, c) = characters.next()?;
        if c.to_lowercase().next() != Some(wanted) {
            return None;
        }
    }
    let rest = characters.as_str();
    (!rest.starts_with(char::is_alphanumeric)).then_some(text.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, locale: Locale) -> Vec<&str> {
        let all = advertising(text, locale).into_iter();
        all.filter_map(|at| text.get(at)).collect()
    }

    #[test]
    fn words_of_business_are_no_advertising() {
        for (text, locale) in [
            (
                "El documento sale del sistema. Según su oferta aceptada n.º 55",
                Locale::Es,
            ),
            (
                "Con un descuento del 5 % por pronto pago; la promoción de 2026",
                Locale::Es,
            ),
            ("Aprovechamiento de datos", Locale::Es),
            (
                "Alleghiamo i saldi aperti. Lo sconto pattuito. La nostra offerta n. 123",
                Locale::It,
            ),
            (
                "See our terms of sale. We no longer offer payment by cheque",
                Locale::En,
            ),
            (
                "A 5% early-payment discount; aproveche nuestras ofertas",
                Locale::En,
            ),
        ] {
            assert_eq!(found(text, locale), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn phrases_are_found_whole_and_once() {
        assert_eq!(
            found(
                "APROVECHE nuestras ofertas. Descuentos de hasta el 50 %",
                Locale::Es
            ),
            ["APROVECHE nuestras ofertas", "Descuentos de hasta"]
        );
        assert_eq!(
            found("Approfitti delle offerte speciali", Locale::It),
            ["Approfitti", "offerte speciali"]
        );
        assert_eq!(
            found("Special offers: on sale now", Locale::En),
            ["Special offers", "on sale"]
        );
    }
}
