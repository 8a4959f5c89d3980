//! A layout shows the organisation's logo as it is.

use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Rule, Severity};
use crate::lint::content::{Kind, Owner};
use crate::lint::{Check, Context};
use crate::workspace::source::WorkspacePath;

/// The rule.
pub static CHECK: Check = Check {
    rule: Rule {
        code: "PM125",
        name: "logo-misused",
        severity: Severity::Warning,
        summary: "The logo is missing, small or stretched.",
    },
    run,
};

/// Narrower than this nobody can read it.
const NARROWEST: u32 = 80;

/// A file of a logo is read up to here.
const LARGEST: u64 = 5_000_000;

fn run(context: &Context<'_>, out: &mut Vec<Diagnostic>) {
    let settings = context.loaded.settings.as_ref();
    let Some(logo) = settings.and_then(|it| it.policy.brand.logo.as_deref()) else {
        return;
    };
    let name = format!("assets/{}", logo.trim_start_matches("assets/"));
    let size = WorkspacePath::parse(&name)
        .ok()
        .and_then(|path| context.source.read(&path, LARGEST).ok())
        .and_then(|bytes| imagesize::blob_size(&bytes).ok());
    let layouts = context.texts.iter();
    for text in layouts.filter(|it| it.kind == Kind::Html && matches!(it.owner, Owner::Template(_)))
    {
        let is_it = |src: &str| src == name || src.contains("brand.logo");
        let shown = text
            .elements
            .iter()
            .find(|it| it.name == "img" && it.attribute("src").is_some_and(is_it));
        let Some(image) = shown else {
            out.push(
                Diagnostic::new(&CHECK.rule, &text.path, Place::File, format!("the layout does not show {name}"))
                    .why("recipients know the organisation by its logo")
                    .help(format!("show it: `<img src=\"{name}\" width=… height=… alt=\"{{{{ organisation.name }}}}\">`")),
            );
            continue;
        };
        let number = |name: &str| {
            image
                .attribute(name)
                .and_then(|it| it.trim().parse::<u32>().ok())
        };
        let (Some(width), Some(height)) = (number("width"), number("height")) else {
            continue;
        };
        let message = match size {
            _ if width < NARROWEST => {
                format!("the logo is {width} pixels wide; {NARROWEST} are the least")
            }
            Some(size) if is_stretched((width, height), (size.width, size.height)) => format!(
                "the logo is stretched: it is {} by {}, and shown as {width} by {height}",
                size.width, size.height
            ),
            _ => continue,
        };
        out.push(
            text.finding(&CHECK.rule, &image.at, message)
                .why("recipients know the organisation by its logo")
                .help("keep width and height in the file's proportion"),
        );
    }
}

/// By more than a twentieth.
fn is_stretched((width, height): (u32, u32), (real_width, real_height): (usize, usize)) -> bool {
    let shown = u64::from(width) * real_height as u64;
    let real = u64::from(height) * real_width as u64;
    shown.abs_diff(real) * 20 > real
}
