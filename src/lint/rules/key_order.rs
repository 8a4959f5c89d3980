//! Files say things in the same order.

use std::sync::LazyLock;

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::key_blocks::disorder;
use crate::lint::{Check, Context};
use crate::workspace::schema::Kind;
use crate::workspace::yaml;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM191",
        name: "key-order",
        severity: Severity::Warning,
        summary: "A file's keys are not in the usual order.",
    },
    run,
};

/// The order of the schema, which is that of the documentation.
fn order(kind: Kind) -> Vec<String> {
    let schema = kind.schema();
    let keys = schema.get("properties").and_then(|it| it.as_object());
    keys.into_iter().flat_map(|it| it.keys().cloned()).collect()
}

static CAMPAIGN: LazyLock<Vec<String>> = LazyLock::new(|| order(Kind::Campaign));
static LIST: LazyLock<Vec<String>> = LazyLock::new(|| order(Kind::List));
static SETTINGS: LazyLock<Vec<String>> = LazyLock::new(|| order(Kind::Settings));

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    for file in context.loaded.campaigns.values() {
        check(context, file.path.as_str(), &CAMPAIGN, out);
    }
    for file in context.loaded.lists.values() {
        check(context, file.path.as_str(), &LIST, out);
    }
    check(context, "postmerge.yaml", &SETTINGS, out);
}

fn check(context: &Context<'_>, path: &str, order: &[String], out: &mut Vec<Diagnostic>) {
    let Some(file) = context.files.get(path) else {
        return;
    };
    let Some(found) = disorder(file.text(), order) else {
        return;
    };
    let message = format!("`{}` stands behind `{}`", found.key, found.before);
    let mut finding = Diagnostic::new(&CHECK.rule, path, Place::key(&[found.key]), message)
        .why("files in one order are read and compared at a glance")
        .help(format!("put it before `{}`", found.before));
    if let Some((at, replacement)) = found.fix {
        let (before, after) = (file.text().get(..at.start), file.text().get(at.end..));
        let fixed = [
            before.unwrap_or_default(),
            &replacement,
            after.unwrap_or_default(),
        ]
        .concat();
        let value = |text: String| yaml::read(path, text).value;
        // Order is all that may change; whatever was not thought of is seen here.
        if value(fixed) == value(file.text().to_owned()) {
            finding = finding
                .fix("put the keys into order", Place::Bytes(at), replacement)
                .safely();
        }
    }
    out.push(finding);
}
