//! Mails out of campaigns: Markdown, layout and style sheet are compiled once per campaign, and run
//! once per recipient.
//!
//! [`Compiled::compile`], then [`Compiled::letter`] from as many threads as there are. Opens nothing,
//! reads no clock and no file: everything is handed in. Whatever stands in a row ends up as text: it
//! cannot become a header, a tag, or a link that runs something.

mod additions;
mod assemble;
mod compile;
mod content_place;
mod context;
mod dependence;
mod depth;
mod engine;
pub mod flowed;
mod inline_styles;
mod letter;
mod links;
mod markdown;
mod names;
pub mod own_body;
mod page;
mod personal;
mod phrases;
mod remarks;
pub mod short_text;
mod standing;
mod tag_depth;
mod tags;
mod view;

pub use assemble::escape;
pub use compile::Compiled;

/// Steps that one part of one mail, or a document's title, may take.
pub const MOST_STEPS: u64 = engine::FUEL;

pub use dependence::Dependence;
pub use letter::Parts;

/// HTML taken apart, for whoever looks at pages and does not write them.
pub mod html {
    pub use super::page::{Attribute, Part, attributes, parts, tag_name};
}

pub use names::{NameKind, UnknownName};
pub use remarks::accepted_from;
pub use tags::{Origin, comments, literal};
pub use view::{Body, Copy, Delivery, Document, Ingredients, Layout, RecipientView, Text};

use crate::mail::address::AddressError;
use crate::mail::dkim::DkimError;
use crate::mail::header::HeaderError;

/// Why there is no mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A template is wrong, or cannot be filled for this recipient.
    #[error("{}:{}:{}: {why}", .at.file, .at.line, .at.column)]
    Template {
        /// Where.
        at: Origin,
        /// What is wrong.
        why: String,
    },
    /// Something is nested deeper than a mail needs.
    #[error("{}:{}:{}: {why}", .at.file, .at.line, .at.column)]
    TooDeep {
        /// Where that begins.
        at: Origin,
        /// What.
        why: String,
    },
    /// A value that a template uses is not there for this recipient.
    #[error("{}:{}:{}: `{name}` is empty here: give a `default`, or ask with `if`", .at.file, .at.line, .at.column)]
    Empty {
        /// Where it is used.
        at: Origin,
        /// Which.
        name: String,
    },
    /// A template names something that is not there.
    #[error("{}:{}:{}: {name}", .at.file, .at.line, .at.column)]
    Unknown {
        /// Where the name stands.
        at: Origin,
        /// Which.
        name: UnknownName,
    },
    /// The rendered mail is larger than any mail should be.
    #[error("{part}: the rendered text is larger than {limit} bytes")]
    TooLarge {
        /// Which part.
        part: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A value cannot stand in a header.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// An address of the settings or the campaign is none.
    #[error("{what}: {why}")]
    Address {
        /// Which.
        what: &'static str,
        /// What is wrong.
        why: AddressError,
    },
    /// A setting that mails need is wrong.
    #[error("postmerge.yaml: {0}")]
    Setting(String),
    /// The style sheet could not be inlined.
    #[error("{file}: the style sheet cannot be inlined: {why}")]
    Style {
        /// The page or sheet.
        file: String,
        /// The inliner's words.
        why: String,
    },
    /// No signature.
    #[error(transparent)]
    Dkim(#[from] DkimError),
}

impl RenderError {
    /// What is wrong and where, without what stands in a recipient's row: for what is kept.
    pub fn without_values(&self) -> String {
        match self {
            Self::Template { at, .. } => format!(
                "{}:{}:{}: the template does not work out for this recipient's row",
                at.file, at.line, at.column
            ),
            Self::Address { what, why } => format!("{what}: {}", why.why),
            other => other.to_string(),
        }
    }

    /// The same without what stands in a recipient's row, so that it is equal for all rows in which the same
    /// is wrong at the same place.
    #[must_use]
    pub fn of_any_row(self) -> Self {
        match self {
            Self::Template { at, why } if !engine::is_free_of_values(&why) => Self::Template {
                at,
                why: "the template does not work out for this recipient's row".to_owned(),
            },
            other => other,
        }
    }

    fn template(at: &Origin, why: String) -> Self {
        Self::Template {
            at: at.clone(),
            why,
        }
    }
}
