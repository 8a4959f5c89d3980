//! `postmerge init`: writes a whole workspace that can be sent from once it has a mail server.

mod beside;
mod scaffold;
mod words;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use jiff::tz::TimeZone;

use super::error::CliError;
use super::terminal::Terminal;
use super::{Cli, whole_file};
use crate::clock::{Clock as _, SystemClock};
use crate::workspace::settings::Locale;
use beside::Piece;
use scaffold::{ScaffoldError, Wishes};

/// What `init` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Writes a new workspace: settings, a template, a list with invented members, a first campaign \
        some weeks ahead, schemas for editors, GitHub's files and a page for the staff.\n\n\
        It has no findings and can be tried at once. Nothing that is there already is overwritten: a `.gitignore` is added to, \
        and where there is a README the page for the staff is called MAIL.md.",
    after_help = "Examples:\n  \
        postmerge init ../mail --name 'Cámara de Exportadores' --domain camara.example --language es\n  \
        postmerge init --domain camara.example --github camara/mail --administrator tomas-camara\n\n\
        Exit codes: 0 written, 2 nothing was written."
)]
pub struct Arguments {
    /// The folder; this one where absent. It need not be there.
    pub folder: Option<PathBuf>,

    /// The organisation's name, as recipients know it.
    #[arg(long, value_name = "ORGANISATION")]
    pub name: Option<String>,

    /// The domain that it mails from.
    #[arg(long, default_value = "yours.example")]
    pub domain: String,

    /// The time zone of its dates and windows, such as Europe/Rome; this machine's where absent.
    #[arg(long)]
    pub zone: Option<String>,

    /// What texts and names are in.
    #[arg(long, value_enum, default_value_t = Language::En)]
    pub language: Language,

    /// Its repository on GitHub: pictures and documents are published on its Pages.
    #[arg(long, value_name = "OWNER/REPOSITORY")]
    pub github: Option<String>,

    /// The administrator's name on GitHub: whom it asks for approvals, until there are more people.
    #[arg(long, value_name = "NAME", default_value = "your-github-name")]
    pub administrator: String,
}

/// What texts and names are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Spanish.
    Es,
    /// Italian.
    It,
    /// English.
    En,
}

impl From<Language> for Locale {
    fn from(language: Language) -> Self {
        match language {
            Language::Es => Self::Es,
            Language::It => Self::It,
            Language::En => Self::En,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// [`CliError`] where something is there already, what is wished for cannot be, or a file cannot be written.
pub fn run(
    cli: &Cli,
    arguments: &Arguments,
    terminal: &mut Terminal,
) -> Result<ExitCode, CliError> {
    let here = PathBuf::from(".");
    let folder = arguments.folder.as_ref().or(cli.workspace.as_ref());
    let folder = folder.unwrap_or(&here);
    let wishes = Wishes {
        name: arguments.name.clone(),
        domain: arguments.domain.clone(),
        zone: arguments.zone.clone().unwrap_or_else(system_zone),
        language: arguments.language.into(),
        administrator: arguments.administrator.clone(),
        repository: arguments.github.clone(),
    };
    let made = scaffold::made(&wishes, SystemClock.now()).map_err(|why| refusal(&why))?;
    let pieces = beside::pieces(folder, &made)?;
    std::fs::create_dir_all(folder)
        .map_err(|why| CliError::new(format!("{}: {why}", folder.display())))?;
    for piece in &pieces {
        whole_file::write(folder, &piece.path, &piece.bytes)?;
    }
    terminal.print(&said(folder, &made.campaign, &pieces, arguments))?;
    Ok(ExitCode::SUCCESS)
}

/// This machine's zone by its name, where it has one.
fn system_zone() -> String {
    let zone = TimeZone::system();
    let name = zone.iana_name().filter(|name| TimeZone::get(name).is_ok());
    name.unwrap_or("UTC").to_owned()
}

fn refusal(why: &ScaffoldError) -> CliError {
    let error = CliError::new(why.to_string());
    match why {
        ScaffoldError::NameEmpty
        | ScaffoldError::NameLong
        | ScaffoldError::NameUnseen
        | ScaffoldError::Finding { .. } => {
            error.hint("give another name now, `--name 'Your Organisation'`; it is changed in postmerge.yaml later")
        }
        ScaffoldError::Domain(_) => error.hint("write it without @ or https, such as `--domain camara.example`"),
        ScaffoldError::Codeowners(_) => {
            error.hint("write the account's name without @, such as `--administrator tomas-camara`")
        }
        ScaffoldError::Zone(_) | ScaffoldError::Repository(_) => error,
        ScaffoldError::Defect(_) => error.hint("please report it"),
    }
}

/// What was written, and what comes next.
fn said(folder: &Path, campaign: &str, pieces: &[Piece], arguments: &Arguments) -> String {
    let mut text = format!("A workspace in {}:\n", folder.display());
    for piece in pieces {
        let _ = writeln!(text, "  {}{}", piece.path, piece.note);
    }
    let account = if arguments.administrator == "your-github-name" {
        ", your name on GitHub"
    } else {
        ""
    };
    let _ = write!(
        text,
        "\nWhat to do next:\n  \
         1. In postmerge.yaml: the postal address, the mail server{account}. Then `postmerge codeowners`.\n  \
         2. Put your members into the list; those in it are invented. Then `postmerge lint`.\n  \
         3. Make it a repository, push it to its main branch, and see what would go out:\n       \
         export POSTMERGE_KEY=$(openssl rand -hex 32)   # keep it: it cannot be changed later\n       \
         postmerge send --campaign {} --now --dry-run\n  \
         4. Publish the logo, pictures and documents that mails link to: the workflow Publish, or `postmerge publish`.\n     \
         Until they are there, `send` holds the campaign.\n  \
         5. From there to the first real sending: {}/blob/main/docs/operations.md\n",
        campaign,
        env!("CARGO_PKG_REPOSITORY")
    );
    text
}
