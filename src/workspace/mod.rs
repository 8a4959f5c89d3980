//! The workspace: `postmerge.yaml`, `campaigns/`, `lists/`, `templates/` and `assets/`, read from a
//! folder or from a git tree, with source positions kept for diagnostics.
//!
//! Opens no network connection, runs nothing, follows no link out of the workspace, and bounds what
//! it reads.

pub mod campaign;
pub mod checkout;
pub mod document_path;
pub mod encryption;
pub mod folder;
pub mod in_memory;
pub mod keyed;
pub mod length;
pub mod list;
pub mod load;
pub mod loaded;
pub mod member;
pub mod members;
pub mod names;
pub mod parallel;
mod pattern_words;
pub mod published;
pub mod rules;
pub mod schema;
mod schema_check;
pub mod segment;
pub mod settings;
pub mod source;
pub mod template;
pub mod text;
pub mod tree;
pub mod yaml;
pub mod yaml_edit;
mod yaml_scalar;

pub use loaded::{LoadError, Loaded, Workspace};
