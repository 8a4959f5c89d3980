//! Hosts are of one script.

use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::target::{Target, target};
use crate::lint::{Check, Context};

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM106",
        name: "idn-confusable",
        severity: Severity::Error,
        summary: "A link's host mixes scripts that look alike.",
    },
    run,
};

/// What a letter is written in, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Other,
}

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for text in context.texts {
        for link in &text.links {
            let Target::Web { host, .. } = target(&link.url) else {
                continue;
            };
            let (shown, _) = idna::domain_to_unicode(&host);
            if shown.split('.').any(is_mixed) {
                let message =
                    format!("the host `{host}` (`{shown}`) mixes letters of several scripts");
                out.push(
                    text.finding(&CHECK.rule, &link.at, message)
                        .why("letters that look alike are how a site pretends to be another; browsers warn of it")
                        .help("type the address anew, and look whether it is the right one"),
                );
            }
        }
    }
}

fn is_mixed(label: &str) -> bool {
    let mut found = None;
    for script in label.chars().filter(|c| c.is_alphabetic()).map(script) {
        if script == Script::Other {
            continue;
        }
        if found.is_some_and(|found| found != script) {
            return true;
        }
        found = Some(script);
    }
    false
}

fn script(c: char) -> Script {
    match c {
        'a'..='z' | '\u{c0}'..='\u{24f}' => Script::Latin,
        '\u{370}'..='\u{3ff}' => Script::Greek,
        '\u{400}'..='\u{52f}' => Script::Cyrillic,
        _ => Script::Other,
    }
}
