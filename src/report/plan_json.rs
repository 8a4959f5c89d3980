//! A plan as one JSON document. Its shape is described in docs/plan.md and has a version.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::ledger::event::Exclusion;
use crate::plan::proposal::{AudiencePlan, CampaignPlan, Plan, Sending, When};

/// The document, with a line end.
pub fn render(plan: &Plan) -> String {
    let campaigns: Vec<Value> = plan.campaigns.iter().map(one).collect();
    let whole = json!({
        "version": 1,
        "made_at": plan.made_at.to_string(),
        "compared_with": plan.compared_with,
        "unknown": {"ledger": plan.unknown.ledger, "suppressed": plan.unknown.suppressed},
        "problems": plan.problems,
        "campaigns": campaigns,
    });
    format!("{whole:#}\n")
}

fn one(campaign: &CampaignPlan) -> Value {
    let (sending, problem) = match &campaign.sending {
        Ok(found) => (sending(found), Value::Null),
        Err(why) => (Value::Null, json!(why)),
    };
    json!({
        "id": campaign.id.as_str(),
        "change": campaign.change,
        "goes_out": campaign.goes_out(),
        "stuck": campaign.is_stuck(),
        "recipients": (!campaign.is_not_checked()).then(|| campaign.recipients()),
        "when": when(&campaign.when),
        "sent_before": campaign.sent_before().map(|before| json!({
            "occurrence": before.occurrence.to_string(),
            "on": before.on.to_string(),
            "how": before.how,
        })),
        "problem": problem,
        "sending": sending,
    })
}

fn when(when: &When) -> Value {
    match when {
        When::Ahead {
            occurrence,
            window,
            opening,
            moved,
            started,
        } => json!({
            "state": "ahead",
            "occurrence": occurrence.to_string(),
            "window": window,
            "opens": opening.from.to_string(),
            "closes": opening.until.to_string(),
            "moved": moved.map(|it| json!({"from": it.from.to_string(), "why": it.why})),
            "started": started.map(|counts| json!({
                "audience": counts.audience,
                "accepted": counts.accepted,
                "rejected": counts.rejected,
                "excluded": counts.excluded,
                "pending": counts.pending,
                "unknown": counts.unknown,
            })),
        }),
        When::Lapsed(opening) => {
            json!({"state": "lapsed", "opens": opening.from.to_string(), "closes": opening.until.to_string()})
        }
        When::SentBefore(_) => json!({"state": "sent-before"}),
        When::Over => json!({"state": "over"}),
        When::Cancelled => json!({"state": "cancelled"}),
        When::Unreadable => json!({"state": "unreadable"}),
        When::NotKnown => json!({"state": "not-known"}),
    }
}

fn sending(sending: &Sending) -> Value {
    let subjects: Vec<Value> = sending
        .subjects
        .iter()
        .map(|subject| {
            json!({
                "kind": subject.kind,
                "to": subject.to,
                "text": subject.text.as_ref().ok(),
                "problem": subject.text.as_ref().err().map(ToString::to_string),
            })
        })
        .collect();
    json!({
        "subject": sending.subject,
        "subjects": subjects,
        "from": sending.from,
        "purpose": sending.purpose,
        "template": sending.template,
        "approvers": sending.approvers,
        "counted": {"opens": sending.counted.opens, "clicks": sending.counted.clicks},
        "invites_to": sending.invites_to,
        "documents": sending.documents,
        "audience": audience(&sending.audience),
        "pace": {
            "first": sending.pace.first.map(|at| at.to_string()),
            "last": sending.pace.last.map(|at| at.to_string()),
            "openings": sending.pace.openings,
            "unsent": sending.pace.unsent,
            "beside": sending.pace.beside,
            "destinations": sending.pace.destinations,
        },
        "digest": sending.digest.to_string(),
    })
}

fn audience(audience: &AudiencePlan) -> Value {
    let by_reason = |counts: &BTreeMap<Exclusion, u64>| -> serde_json::Map<String, Value> {
        let named = |(reason, count): (&Exclusion, &u64)| (reason.name().to_owned(), json!(count));
        counts.iter().map(named).collect()
    };
    let known = |count: u64| audience.not_checked.is_empty().then_some(count);
    json!({
        "recipients": known(audience.recipients),
        "mails": known(audience.mails),
        "not_checked": audience.not_checked,
        "lists": audience.lists,
        "where": audience.segment,
        "topic": audience.topic,
        "includes": audience.includes,
        "copies": audience.copies,
        "copies_left_out": by_reason(&audience.copies_left_out),
        "exclusions": by_reason(&audience.exclusions),
        "wrong_rows": audience.wrong_rows,
        "drift": audience.drift,
        "holds": audience.holds,
    })
}
