//! `index.html`: what arrived and what the ledger says, for the eye. One file, no network.

use crate::render::escape;
use std::fmt::Write as _;

use super::accounting::Account;
use super::mails::Arrived;

const STYLE: &str = include_str!("page.css");

/// The page.
pub(super) fn page(
    organisation: &str,
    accounts: &[Account],
    arrived: &Arrived,
    log: &[String],
) -> String {
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>postmerge demo</title>\
         <style>{STYLE}</style></head><body><header><p class=\"over\">postmerge demo</p>\
         <h1>{}</h1><p>Every mail below went through real SMTP, at its pace, on a virtual clock. \
         The sender was killed in the middle, and went on.</p></header><main>",
        escape(organisation)
    );
    let sum = |of: fn(&Account) -> u64| accounts.iter().map(of).sum::<u64>();
    let _ = write!(out, "<dl class=\"sums\">");
    for (name, number) in [
        ("campaigns", accounts.len() as u64),
        ("mails in the inbox", arrived.mails),
        ("duplicates", arrived.duplicates),
        ("rejected", sum(|a| a.counts.rejected)),
        ("excluded", sum(|a| a.counts.excluded)),
        ("unknown", sum(|a| a.counts.unknown)),
    ] {
        let _ = write!(out, "<div><dt>{name}</dt><dd>{number}</dd></div>");
    }
    out.push_str("</dl>");
    for account in accounts {
        campaign(&mut out, account, arrived);
    }
    out.push_str("<section><h2>The ledger's branch</h2><p>What happened to every mail, committed beside the campaigns; newest first.</p><pre>");
    for line in log {
        let _ = writeln!(out, "{}", escape(line));
    }
    out.push_str("</pre></section></main></body></html>\n");
    out
}

fn campaign(out: &mut String, account: &Account, arrived: &Arrived) {
    let counts = &account.counts;
    let slug = account.id.replace(['/', '@'], "-");
    let shown = arrived
        .shown
        .get(&account.id)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let subject = shown.first().map_or("", |mail| mail.subject.as_str());
    let _ = write!(
        out,
        "<section class=\"campaign\"><div class=\"about\"><h2>{}</h2><p class=\"id\"><code>{}</code> · {}</p><div class=\"bar\">",
        escape(if subject.is_empty() {
            &account.id
        } else {
            subject
        }),
        escape(&account.id),
        escape(&account.window)
    );
    let columns = [
        ("accepted", counts.accepted),
        ("rejected", counts.rejected),
        ("excluded", counts.excluded),
        ("pending", counts.pending),
        ("unknown", counts.unknown),
    ];
    for (name, number) in columns.iter().filter(|(_, number)| *number > 0) {
        let _ = write!(out, "<i class=\"{name}\" style=\"flex-grow:{number}\"></i>");
    }
    let _ = write!(
        out,
        "</div><ul class=\"counts\"><li>audience <b>{}</b></li>",
        counts.audience
    );
    for (name, number) in columns {
        let _ = write!(out, "<li class=\"{name}\">{name} <b>{number}</b></li>");
    }
    out.push_str("</ul><ul class=\"mails\">");
    for mail in shown {
        let _ = write!(
            out,
            "<li>{} <span><a href=\"{}\">mail</a> <a href=\"{}\">text</a> <a href=\"{}\">.eml</a></span></li>",
            escape(&mail.to),
            mail.html,
            mail.text,
            mail.eml
        );
    }
    let _ = write!(
        out,
        "</ul><p><a href=\"results/{slug}.md\">RESULT.md</a> · <a href=\"inbox/{slug}/\">all mails</a></p></div>"
    );
    if let Some(mail) = shown.first() {
        let _ = write!(
            out,
            "<iframe sandbox=\"allow-same-origin\" title=\"{}\" src=\"{}\" loading=\"lazy\"></iframe>",
            escape(&mail.subject),
            mail.html
        );
    }
    out.push_str("</section>");
}
