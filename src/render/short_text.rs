//! Short texts that a campaign writes as templates besides its mail: documents' titles.

use std::collections::BTreeMap;

use super::assemble::Assembled;
use super::compile::{Compiled, explain};
use super::tags::Tags;
use super::{RenderError, context};
use crate::workspace::member::Member;

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
        let columns = member.map_or(&[][..], |member| &member.columns);
        let values: BTreeMap<&str, minijinja::Value> = columns
            .iter()
            .map(|name| (name.as_str(), context::cell(member, name)))
            .collect();
        let filled = self.env.render_str(template, values);
        filled.map_err(|error| {
            let source = Assembled {
                source: template.to_owned(),
                marks: Vec::new(),
            };
            explain(Some(&source), "title", &error)
        })
    }
}
