//! `postmerge publish`: lays out what mails link to, for a web server to take.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::error::CliError;
use super::send::environment;
use super::start_error::cli_error;
use super::terminal::Terminal;
use super::{Cli, whole_file, workspace_folder};
use crate::deliver::StartError;
use crate::deliver::opened::open;
use crate::deliver::organisation_key::organisation_key;
use crate::deliver::publishing::{Laid, PublishingError, lay_out};
use crate::workspace::Workspace;
use crate::workspace::folder::Folder;

/// What `publish` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Writes the pictures and documents that mails link to into a folder, under the names that the \
        mails use. What lies below the folder belongs at the address `publish.url` of postmerge.yaml.\n\n\
        Only what is merged to the main branch counts, as it is now and as it was when a campaign was approved \
        or started. A document's name holds a keyed hash: it cannot be guessed, and no page lists the files. \
        What a deleted campaign linked to is not written any more.",
    after_help = "Example:\n  \
        postmerge publish --output site\n\n\
        Exit codes: 0 written, 1 something that was sent links to what cannot be read any more, 2 could not run."
)]
pub struct Arguments {
    /// The folder. It must not be there, or be empty.
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// [`CliError`].
pub fn run(
    cli: &Cli,
    arguments: &Arguments,
    terminal: &mut Terminal,
) -> Result<ExitCode, CliError> {
    let root = workspace_folder::find(cli.workspace.as_deref())?;
    let settings = Workspace::load_settings(&Folder::new(&root))
        .map_err(|why| CliError::new(why.to_string()).hint("`postmerge lint` shows where"))?;
    let output = &arguments.output;
    prepare(output)?;
    let mut opened = open(&root, &settings.ledger).map_err(|why| cli_error(&why))?;
    if opened.workspace.settings.publish.is_none() {
        return Err(CliError::new(
            "postmerge.yaml on the main branch does not say where to publish",
        )
        .hint("add `publish: {url: https://…}`"));
    }
    let key = organisation_key(&environment, &opened.workspace.settings);
    let key = key.map_err(|why| cli_error(&why))?;
    // With another key no link in a mail would find its document.
    let same = opened.ledger.use_key(key.fingerprint());
    same.map_err(|why| cli_error(&StartError::Ledger(why)))?;
    let mut take = |path: &str, bytes: &[u8]| {
        whole_file::write(output, path, bytes).map_err(|why| why.to_string())
    };
    let laid = lay_out(&root, &opened, &key, &mut take).map_err(|why| match why {
        PublishingError::Start(why) => cli_error(&why),
        PublishingError::NotTaken { why, .. } => CliError::new(why),
    })?;
    terminal.print(&said(output, &laid))?;
    Ok(ExitCode::from(u8::from(!laid.left_out.is_empty())))
}

/// What lay there before would be published with it.
fn prepare(output: &Path) -> Result<(), CliError> {
    let wrong = |why: std::io::Error| CliError::new(format!("{}: {why}", output.display()));
    std::fs::create_dir_all(output).map_err(wrong)?;
    match std::fs::read_dir(output).map_err(wrong)?.next() {
        None => Ok(()),
        Some(_) => Err(CliError::new(format!("{} is not empty", output.display()))
            .hint("name a new folder: whatever lies in it would be published, too")),
    }
}

fn said(output: &Path, laid: &Laid) -> String {
    let several = |count: usize| if count == 1 { "" } else { "s" };
    let mut text = format!(
        "{} picture{} and {} document{} in {}\n",
        laid.assets,
        several(laid.assets),
        laid.documents,
        several(laid.documents),
        output.display()
    );
    for (campaign, why) in &laid.left_out {
        let _ = writeln!(
            text,
            "{campaign} went out with links to what cannot be read any more: {why}"
        );
    }
    text
}
