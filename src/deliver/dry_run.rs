//! What a run would do, without doing it: no claim, no mail, nothing published.

use super::again::SentBefore;
use super::beyond::OnMain;
use super::convert;
use super::due::{Scheduled, Standing, agenda};
use super::error::StartError;
use super::material::Content;
use super::run::{Line, Order, Outside, open, organisation_key, unfinished_beyond};
use super::start::{Ground, audience};
use crate::ledger::state::Counts;

/// What a run would do for each occurrence. Journals of dead runs stay as they are.
///
/// # Errors
/// [`StartError`].
pub fn dry_run(outside: &Outside<'_>, order: &Order) -> Result<Vec<Line>, StartError> {
    let mut opened = open(outside.repository, &outside.ledger)?;
    let key = organisation_key(outside, &opened.workspace)?;
    opened.ledger.use_key(key.fingerprint())?;
    let suppressions = opened.ledger.suppressions()?;
    let now = outside.clock.now();
    let ground = Ground {
        path: outside.repository,
        repository: &opened.repository,
        head: opened.head,
        settings: &opened.workspace.settings,
        key: &key,
        suppressions: &suppressions,
    };
    let scheduled = agenda(
        &opened.repository,
        &opened.ledger,
        &opened.workspace,
        opened.head,
        &order.question,
        now,
    )?;
    let before = SentBefore::read(&opened.ledger, &opened.workspace, &scheduled)?;
    let calendar = convert::calendar(ground.settings)?;
    let line = |scheduled: Scheduled| {
        let due = matches!(scheduled.standing, Standing::Due { .. });
        let mut counts = scheduled.state.counts(now);
        let mut note = (!due).then(|| "not due now".to_owned());
        let mut held = false;
        if due && scheduled.state.header().is_none() {
            let content =
                Content::read(ground.path, scheduled.approved_by, scheduled.id.campaign())?;
            let (audience, _) = audience(&ground, &opened.ledger, &content)?;
            let (entries, excluded) = (
                audience.entries.len() as u64,
                audience.excluded.len() as u64,
            );
            counts = Counts {
                audience: entries + excluded,
                pending: entries,
                excluded,
                ..Counts::default()
            };
            let again = before.check(ground.repository, &calendar, &scheduled, &content, now);
            let why = again.err().map(|why| why.to_string());
            let why = why.or_else(|| audience.hold.map(|hold| hold.to_string()));
            held = why.is_some();
            note = why.map(|why| format!("would be held: {why}"));
        }
        Ok(Line {
            occurrence: scheduled.id,
            counts,
            note: note.or_else(|| Some("would be sent now".to_owned())),
            held,
        })
    };
    let listed: Vec<_> = scheduled.iter().map(|it| it.id.clone()).collect();
    let mut lines: Vec<Line> = scheduled
        .into_iter()
        .map(line)
        .collect::<Result<_, StartError>>()?;
    let workspace = &opened.workspace;
    for (id, on_main) in unfinished_beyond(&opened.ledger, workspace, &listed, order, now)? {
        let counts = opened.ledger.replay(&id)?.counts(now);
        lines.push(Line {
            occurrence: id,
            counts,
            held: on_main != OnMain::Cancelled,
            note: (counts.pending > 0).then(|| on_main.to_string()),
        });
    }
    Ok(lines)
}
