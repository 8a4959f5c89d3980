//! Printing: standard output and standard error, coloured where that is wanted and understood.

use std::io::{self, BufWriter, Stdout, Write};

use anstream::{AutoStream, ColorChoice};

use super::error::CliError;

/// Whether output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where commands print to.
pub struct Terminal {
    out: BufWriter<Stdout>,
    choice: ColorChoice,
}

impl Terminal {
    /// The process's own.
    pub fn new(colour: Colour) -> Self {
        Self {
            out: BufWriter::new(io::stdout()),
            choice: match colour {
                Colour::Auto => AutoStream::choice(&io::stdout()),
                Colour::Always => ColorChoice::Always,
                Colour::Never => ColorChoice::Never,
            },
        }
    }

    /// Whether to colour what goes to standard output.
    pub fn is_coloured(&self) -> bool {
        self.choice != ColorChoice::Never
    }

    /// Prints to standard output.
    ///
    /// # Errors
    /// [`CliError::printing`].
    pub fn print(&mut self, text: &str) -> Result<(), CliError> {
        self.out
            .write_all(text.as_bytes())
            .map_err(|e| CliError::printing(&e))
    }

    /// Sends what is buffered.
    ///
    /// # Errors
    /// [`CliError::printing`].
    pub fn flush(&mut self) -> Result<(), CliError> {
        self.out.flush().map_err(|e| CliError::printing(&e))
    }

    /// Prints to standard error, where standard output is somebody else's.
    pub fn aside(&mut self, text: &str) {
        let _ = self.out.flush();
        let _ = io::stderr().write_all(text.as_bytes());
    }

    /// Says on standard error what went wrong beside the command's work.
    pub fn warn(&mut self, error: &CliError) {
        let _ = self.out.flush();
        let _ = writeln!(io::stderr(), "warning: {error}");
    }

    /// A line of a service's log, to standard error, from any thread. Where nobody takes it, nobody reads it.
    pub fn log(line: &str) {
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    /// Says on standard error why the command could not do its work.
    pub fn complain(&mut self, error: &CliError) {
        let _ = self.out.flush();
        if !error.is_quiet() {
            // Where not even this can be printed, nobody reads it.
            let _ = writeln!(io::stderr(), "error: {error}");
        }
    }
}
