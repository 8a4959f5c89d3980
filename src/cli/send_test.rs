//! `postmerge send-test`: a campaign's mail to one's own addresses.

use std::process::ExitCode;
use std::sync::Arc;

use super::age_keys::keys;
use super::error::CliError;
use super::plan::{state, wanted};
use super::send::{client_name, environment, new_run_id, transport};
use super::start_error::cli_error;
use super::terminal::Terminal;
use super::threads::threads;
use super::{Cli, workspace_folder};
use crate::clock::{Clock as _, SystemClock};
use crate::deliver::StartError;
use crate::deliver::opened::open;
use crate::deliver::organisation_key::organisation_key;
use crate::deliver::signers::signers;
use crate::deliver::test_sending::{Sent, Wish, note, prepare, send};
use crate::mail::address::Address;
use crate::workspace::checkout::Checkout;
use crate::workspace::keyed::Keyed;

/// So many addresses at most: it is for looking, not for mailing.
const MOST: usize = 10;

/// What `send-test` takes.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Sends a campaign's mail, marked in its subject, to your own addresses, through the real relay and with the real signature: \
        what filters and mail programs make of it can be seen before anybody approves.\n\n\
        It is made of the files as they lie here, filled with the values of one recipient of the campaign. Nobody of its audience is \
        mailed, and its ledger is not touched. That this content was tested is noted on the ledger's branch, by its digest: where \
        `policy.test_before_sending` is on, `send` holds what was not.",
    after_help = "Examples:\n  \
        postmerge send-test 2026/rueda-agro --to ana@camara.example\n  \
        postmerge send-test 2026/rueda-agro --to ana@camara.example --to luis@gmail.example --as socio@cliente.example\n\n\
        Exit codes: 0 the relay took all; 1 it did not take some; 2 could not run."
)]
pub struct Arguments {
    /// The campaign, by id or folder.
    pub campaign: String,

    /// An address of your own; can be given several times.
    #[arg(long = "to", value_name = "ADDRESS", required = true)]
    pub to: Vec<String>,

    /// Filled with this recipient's values; with those that are most likely to go wrong where absent.
    #[arg(long = "as", value_name = "ADDRESS")]
    pub whom: Option<String>,

    /// Do not note it on the ledger's branch, which takes the right to push.
    #[arg(long)]
    pub no_record: bool,
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
    let (state, findings) = state(
        Arc::new(Keyed::new(Checkout::new(&root), keys()?)),
        "the workspace",
    )?;
    let wish = wish(arguments, &state.workspace, &findings)?;
    let settings = &state.workspace.settings;
    let failed = |why: &StartError| cli_error(why);
    let key = organisation_key(&environment, settings).map_err(|why| failed(&why))?;
    let file = state.workspace.campaigns.get(&wish.campaign);
    let name = file.map(|file| &file.campaign.sender);
    let found = name.and_then(|name| settings.senders.get(name));
    let Some((sender, relay)) = found.and_then(|it| Some((it, settings.relays.get(&it.relay)?)))
    else {
        return Err(
            CliError::new("the campaign's sender or its relay is not in postmerge.yaml")
                .hint("`postmerge lint` shows where"),
        );
    };
    // The ledger first: a test that cannot be noted should be known of before mail goes out.
    let mut opened = match arguments.no_record {
        true => None,
        false => Some(open(&root, &settings.ledger).map_err(|why| {
            failed(&why).hint("`--no-record` sends it without noting that it was tested")
        })?),
    };
    if let Some(opened) = &mut opened {
        let used = opened.ledger.use_key(key.fingerprint());
        used.map_err(|why| failed(&StartError::from(why)))?;
    }
    let signers = signers(sender, &environment).map_err(|why| failed(&why))?;
    let now = SystemClock.now();
    let prepared = prepare(&state, &wish, &key, signers, now).map_err(|why| failed(&why))?;
    let transport = transport(relay, &*state.source, &client_name(settings)).map_err(|why| {
        let relay = sender.relay.to_string();
        failed(&StartError::Relay { relay, why })
    })?;
    let runtime = threads()?;
    let sent = runtime
        .block_on(send(&prepared, sender.relay.as_str(), transport.as_ref()))
        .map_err(|why| failed(&why))?;
    terminal.print(&format!("As {} would get it:\n", prepared.whom))?;
    terminal.print(&sent.iter().map(line).collect::<String>())?;
    let accepted = sent.iter().filter(|it| it.outcome.is_ok()).count();
    if accepted == 0 {
        terminal.print(&format!(
            "  help: `postmerge doctor --relay {}` looks at the relay\n",
            sender.relay
        ))?;
    }
    if let (Some(opened), true) = (&mut opened, accepted > 0) {
        let count = u32::try_from(accepted).unwrap_or(u32::MAX);
        note(opened, &wish, prepared.digest, count, (new_run_id(), now))
            .map_err(|why| failed(&why))?;
        terminal.print(&format!(
            "Noted as tested: content {}.\n",
            prepared.digest.short()
        ))?;
    }
    Ok(ExitCode::from(u8::from(accepted < sent.len())))
}

fn wish(
    arguments: &Arguments,
    workspace: &crate::workspace::Workspace,
    findings: &[crate::diagnostic::Diagnostic],
) -> Result<Wish, CliError> {
    let parse = |key: &str, text: &String| {
        Address::parse(text).map_err(|why| CliError::new(format!("--{key} {text}: {}", why.why)))
    };
    if arguments.to.len() > MOST {
        return Err(CliError::new(format!(
            "a test goes to {MOST} addresses at most"
        )));
    }
    let to: Result<Vec<Address>, CliError> =
        arguments.to.iter().map(|it| parse("to", it)).collect();
    let campaigns = wanted(
        workspace,
        findings,
        std::slice::from_ref(&arguments.campaign),
    )?;
    let campaign = campaigns.into_iter().next();
    Ok(Wish {
        campaign: campaign.ok_or_else(|| CliError::new("no campaign is named"))?,
        to: to?,
        whom: arguments
            .whom
            .as_ref()
            .map(|it| parse("as", it))
            .transpose()?,
    })
}

fn line(sent: &Sent) -> String {
    match &sent.outcome {
        Ok(reply) => format!("  {}: accepted: {reply}\n", sent.to.as_str()),
        Err(why) => format!("  {}: not sent: {why}\n", sent.to.as_str()),
    }
}
