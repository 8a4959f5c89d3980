//! Short texts that a campaign writes as templates besides its mail: documents' titles.

use std::collections::BTreeMap;

use super::assemble::Assembled;
use super::compile::{Compiled, explain};
use super::engine::environment;
use super::tags::Tags;
use super::{RenderError, context};
use crate::workspace::member::Member;
use crate::workspace::settings::Locale;

/// A subject as one person read it, without the rest of their mail: `None` where it names more than a member's values.
pub fn subject(template: &str, locale: Locale, member: Option<&Member>) -> Option<String> {
    if template.contains('{') {
        let mut tags = Tags::for_sources(&[template]);
        tags.put_aside("subject", template).ok()?;
    }
    environment(locale)
        .render_str(template, values(member))
        .ok()
}

fn values(member: Option<&Member>) -> BTreeMap<&str, minijinja::Value> {
    let columns = member.map_or(&[][..], |member| &member.columns);
    let columns = columns.iter();
    let each = columns.map(|name| (name.as_str(), context::cell(member, name)));
    each.collect()
}

impl Compiled {
    /// Fills a one-line template with a member's values. Not HTML: whoever puts it there escapes it.
    ///
    /// # Errors
    /// [`RenderError`] where it is no template, or a value is missing.
    pub fn short_text(
        &self,
        template: &str,
        member: Option<&Member>,
    ) -> Result<String, RenderError> {
        // What is too deep for the engine is refused as everywhere.
        if template.contains('{') {
            Tags::for_sources(&[template]).put_aside("title", template)?;
        }
        let filled = self.env.render_str(template, values(member));
        filled.map_err(|error| {
            let source = Assembled {
                source: template.to_owned(),
                marks: Vec::new(),
            };
            explain(Some(&source), "title", &error)
        })
    }
}
