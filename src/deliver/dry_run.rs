//! What a run would do, without doing it: no claim, no mail, nothing published.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::at_commit;
use super::beyond::OnMain;
use super::due::{Scheduled, Standing, agenda, sent_before};
use super::error::StartError;
use super::named::check_named;
use super::organisation_key::organisation_key;
use super::policy::{check_before, check_growth, check_portal, check_tested};
use super::refused::of_late;
use super::run::{Line, Order, Outside, Summary, open, unfinished_beyond};
use super::start::{Ground, audience};
use crate::ledger::branch::Ledger;
use crate::ledger::state::Counts;
use crate::mail::occurrence::OccurrenceId;
use crate::plan::again::SentBefore;
use crate::plan::audience::Audience;
use crate::plan::calendar::calendar;
use crate::plan::content::Content;
use crate::plan::mailing::Mailing;
use crate::plan::samples::{choose, failure};

/// What a run would do for each occurrence. Journals of dead runs stay as they are.
///
/// # Errors
/// [`StartError`].
pub fn dry_run(outside: &Outside<'_>, order: &Order) -> Result<Summary, StartError> {
    let mut opened = open(outside.repository, &outside.ledger)?;
    check_named(&opened, &order.question, &outside.ledger)?;
    let key = organisation_key(outside.secret, &opened.workspace.settings)?;
    opened.ledger.use_key(key.fingerprint())?;
    let mut suppressions = opened.ledger.suppressions()?;
    let refused = of_late(&opened.ledger, outside.clock.now())?;
    let new = refused.suppressions.iter();
    new.for_each(|event| suppressions.apply(event));
    let wishes = opened.ledger.wishes()?;
    let now = outside.clock.now();
    let (ledger, workspace) = (&opened.ledger, &opened.workspace);
    let ground = Ground {
        path: outside.repository,
        repository: &opened.repository,
        head: opened.head,
        settings: &workspace.settings,
        key: &key,
        keys: &outside.keys,
        suppressions: &suppressions,
        wishes: &wishes,
    };
    let question = &order.question;
    let scheduled = agenda(
        &opened.repository,
        ledger,
        workspace,
        opened.head,
        question,
        now,
    )?;
    let before = sent_before(ledger, workspace, &scheduled)?;
    let listed: Vec<_> = scheduled.iter().map(|it| it.id.clone()).collect();
    let mut lines = Vec::new();
    for scheduled in scheduled {
        lines.push(line(&ground, ledger, &before, scheduled, now)?);
    }
    for (id, on_main) in unfinished_beyond(ledger, workspace, &listed, order, now)? {
        let counts = ledger.replay(&id)?.counts(now);
        lines.push(Line {
            occurrence: id,
            counts,
            held: on_main != OnMain::Cancelled,
            note: (counts.pending > 0).then(|| on_main.to_string()),
            exclusions: BTreeMap::new(),
        });
    }
    Ok(Summary {
        is_first: ledger.head().is_none(),
        lines,
        doubted: refused.doubted,
        published: true,
        ..Summary::default()
    })
}

fn line(
    ground: &Ground<'_>,
    ledger: &Ledger,
    before: &SentBefore,
    scheduled: Scheduled,
    now: Timestamp,
) -> Result<Line, StartError> {
    let is_due = matches!(scheduled.standing, Standing::Due { .. });
    if is_due && scheduled.state.header().is_none() {
        return start(ground, ledger, before, scheduled, now);
    }
    // What is not due was told by the run that sent it.
    let (note, exclusions) = if is_due {
        ("would be sent now", scheduled.state.exclusions())
    } else {
        ("not due now", BTreeMap::new())
    };
    Ok(Line {
        counts: scheduled.state.counts(now),
        occurrence: scheduled.id,
        note: Some(note.to_owned()),
        held: false,
        exclusions,
    })
}

/// An occurrence that would start.
fn start(
    ground: &Ground<'_>,
    ledger: &Ledger,
    before: &SentBefore,
    scheduled: Scheduled,
    now: Timestamp,
) -> Result<Line, StartError> {
    let calendar = calendar(ground.settings)?;
    let content = at_commit::content(ground.path, scheduled.approved_by, scheduled.id.campaign())?;
    let (audience, _) = audience(ground, ledger, &content, now)?;
    let mut exclusions = BTreeMap::new();
    for reason in audience.left_out() {
        *exclusions.entry(reason).or_default() += 1;
    }
    let (pending, excluded) = (audience.mails(), audience.left_out().count() as u64);
    let again = check_before(ground, before, &calendar, &scheduled, &content, now);
    let recipients = audience.entries.len() as u64;
    let refused = again
        .and_then(|()| check_portal(&scheduled.id, &content))
        .and_then(|()| check_tested(ground, ledger, &scheduled.id, &content))
        .and_then(|()| check_growth(ground, ledger, &scheduled, &content, recipients));
    let why = match refused {
        Err(why) if !why.holds_one() => return Err(why),
        refused => refused.err().map(|why| why.to_string()),
    };
    let why = why.or_else(|| audience.hold.as_ref().map(ToString::to_string));
    let why = match why {
        None => sample_failure(ground, &scheduled.id, content, &audience, now)?,
        why => why,
    };
    Ok(Line {
        occurrence: scheduled.id,
        counts: Counts {
            audience: pending + excluded,
            pending,
            excluded,
            ..Counts::default()
        },
        held: why.is_some(),
        note: Some(why.map_or_else(
            || "would be sent now".to_owned(),
            |why| format!("would be held: {why}"),
        )),
        exclusions,
    })
}

/// Why of one of a few recipients no mail can be made, as far as no signature is needed.
fn sample_failure(
    ground: &Ground<'_>,
    id: &OccurrenceId,
    content: Content,
    audience: &Audience,
    now: Timestamp,
) -> Result<Option<String>, StartError> {
    let lists = at_commit::lists(ground, ground.head, &content.file.campaign.audience.lists)?;
    let columns = lists.columns();
    let mailing = Mailing::compile(content, id, &columns, ground.key, Vec::new());
    let mailing = match mailing.map_err(StartError::from) {
        Ok(mailing) => mailing,
        Err(why) if why.holds_one() => return Ok(Some(why.to_string())),
        Err(why) => return Err(why),
    };
    let samples = choose(&mailing, audience, &lists);
    Ok(failure(&mailing, &samples, now).map(|why| why.to_string()))
}
