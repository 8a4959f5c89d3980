//! Links say where they lead.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::target::{Target, is_below, target};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM101",
        name: "link-shortened",
        severity: Severity::Error,
        summary: "A link goes over a shortener.",
    },
    run,
};

/// Services that hide where a link leads.
const SHORTENERS: [&str; 24] = [
    "bit.ly",
    "tinyurl.com",
    "t.co",
    "goo.gl",
    "ow.ly",
    "is.gd",
    "buff.ly",
    "rebrand.ly",
    "cutt.ly",
    "t.ly",
    "rb.gy",
    "shorturl.at",
    "tiny.cc",
    "bl.ink",
    "lnkd.in",
    "fb.me",
    "v.gd",
    "acortar.link",
    "n9.cl",
    "soo.gd",
    "s.id",
    "adf.ly",
    "bc.vc",
    "x.co",
];

/// Below one of them, and no shortener: Google Maps shares places under it.
const NONE: [&str; 1] = ["maps.app.goo.gl"];

/// Whether a host hides where a link leads.
pub(super) fn is_shortener(host: &str) -> bool {
    let is = |domain: &&str| is_below(host, domain);
    SHORTENERS.iter().any(is) && !NONE.iter().any(is)
}

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for text in context.texts {
        for link in &text.links {
            let Target::Web { host, .. } = target(&link.url) else {
                continue;
            };
            if is_shortener(&host) {
                let message = format!("`{host}` hides where the link leads");
                out.push(
                    text.finding(&CHECK.rule, &link.at, message)
                        .why("spam hides behind shorteners, so filters reject mails with them")
                        .help("write the page's own address"),
                );
            }
        }
    }
}
