//! `postmerge schema`: prints or writes the JSON Schemas of the workspace's files.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;

use super::error::CliError;
use super::terminal::Terminal;
use crate::workspace::schema::Kind;

/// What `schema` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Prints or writes the JSON Schemas (2020-12) of the workspace's files.\n\n\
        An editor that knows a file's schema completes keys and explains them. For YAML, name it in \
        the first line:\n  # yaml-language-server: $schema=../../schemas/campaign.schema.json",
    after_help = "Examples:\n  postmerge schema campaign\n  postmerge schema --write schemas"
)]
pub struct Arguments {
    /// Which; all where absent.
    pub name: Option<Name>,

    /// Writes `<name>.schema.json` into this folder instead of printing.
    #[arg(long, value_name = "DIR")]
    pub write: Option<PathBuf>,
}

/// The schemas' names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// postmerge.yaml
    Settings,
    /// campaigns/<id>/campaign.yaml
    Campaign,
    /// lists/<name>.yaml
    List,
    /// templates/<name>/template.yaml
    Template,
}

impl From<Name> for Kind {
    fn from(name: Name) -> Self {
        match name {
            Name::Settings => Self::Settings,
            Name::Campaign => Self::Campaign,
            Name::List => Self::List,
            Name::Template => Self::Template,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// [`CliError`] where a file cannot be written.
pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitCode, CliError> {
    let kinds = match arguments.name {
        Some(name) => vec![Kind::from(name)],
        None => Kind::ALL.to_vec(),
    };
    for kind in kinds {
        match &arguments.write {
            None => terminal.print(&kind.text())?,
            Some(folder) => {
                let path = folder.join(kind.file_name());
                fs::create_dir_all(folder)
                    .and_then(|()| fs::write(&path, kind.text()))
                    .map_err(|e| CliError::new(format!("{}: {e}", path.display())))?;
                terminal.print(&format!("{}\n", path.display()))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
