//! The threads that a command's connections run on.

use tokio::runtime::{Builder, Runtime};

use super::error::CliError;

/// As many as the machine has processors.
pub(super) fn threads() -> Result<Runtime, CliError> {
    let built = Builder::new_multi_thread().enable_all().build();
    built.map_err(|why| CliError::new(format!("no threads are to be had: {why}")))
}
