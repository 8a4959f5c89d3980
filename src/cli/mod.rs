//! The command line: one file per command. Only this module reads arguments and environment,
//! prints, and decides exit codes.

use std::process::ExitCode;

/// Runs the command that the process's arguments name.
pub fn main() -> ExitCode {
    ExitCode::from(2)
}
