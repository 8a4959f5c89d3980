//! `postmerge lists key`: a new key for encrypted lists.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use super::{CliError, Terminal};
use crate::workspace::encryption::NewKey;

/// What `lists key` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Makes a key that encrypted lists are read with, into a file that only you can read, and shows its public half, which \
        goes into postmerge.yaml. The file is as `age-keygen` writes it, and works with `age` and `rage`.\n\n\
        Everybody who reads or sends has a key of their own, and so has the runner: its file's content becomes the secret \
        POSTMERGE_AGE_KEY. Keep a copy: a list whose keys are all lost cannot be read by anybody.",
    after_help = "Examples:\n  \
        postmerge lists key --out ~/postmerge.key\n  \
        export POSTMERGE_AGE_KEY_FILE=~/postmerge.key\n  \
        gh secret set POSTMERGE_AGE_KEY --env postmerge <runner.key\n\n\
        Exit codes: 0 done, 2 could not run."
)]
pub(super) struct Arguments {
    /// The file that the key is written to; it must not be there.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitCode, CliError> {
    let path = &arguments.out;
    let key = NewKey::generate();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let text = format!("# public key: {}\n{}\n", key.public, key.secret);
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|why| {
        CliError::new(format!("{} cannot be written: {why}", path.display()))
            .hint("a key is never written over another: name a file that is not there")
    })?;
    terminal.print(&format!(
        "The key stands in {}: keep it out of the repository, and keep a copy.\n\
         Its public half goes into postmerge.yaml:\n\n\
         encryption:\n  recipients:\n    - {{name: WHOSE, key: {}}}\n",
        path.display(),
        key.public
    ))?;
    Ok(ExitCode::SUCCESS)
}
