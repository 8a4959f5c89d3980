//! What can be said only when several checks are done: where SPF belongs, and whether anything speaks for a sender's domain.

use std::sync::{Arc, OnceLock};

use super::alignment::{Domains, Holds, judge};
use super::dmarc::Policy;
use super::finding::{Check, Finding, Section, State, Subject};
use super::spf::SpfFindings;

/// What a sender's alignment hangs on.
pub(super) struct Aligning {
    pub(super) sender: String,
    pub(super) relay: String,
    pub(super) domains: Domains,
    /// The policy that was found, if one was looked for.
    pub(super) policy: Arc<OnceLock<Option<Policy>>>,
}

impl Aligning {
    /// Judges it and puts that behind what was found about DMARC.
    pub(super) fn put(&self, sections: &mut [Section], spf: &SpfFindings) {
        let Some(policy) = self.policy.get() else {
            return;
        };
        let is_its = |section: &&mut Section| matches!(&section.subject, Subject::Sender { name, .. } if *name == self.sender);
        let Some(section) = sections.iter_mut().find(is_its) else {
            return;
        };
        let found = &mut section.findings;
        let Some(at) = found.iter().position(|it| it.check == Check::Dmarc) else {
            return;
        };
        // One for each key, in their order.
        let keys = found.iter().filter(|it| it.check == Check::Dkim);
        let keys: Vec<Holds> = keys.map(|it| Holds::of(it.state)).collect();
        let judged = judge(&self.domains, &keys, self.spf(spf), policy.as_ref());
        found.insert(at + 1, judged);
    }

    /// Whether SPF allows its relay, by a record that is good.
    fn spf(&self, spf: &SpfFindings) -> Holds {
        let record = spf.record.iter().map(|it| Holds::of(it.state)).min();
        let relay = spf.relays.get(&self.relay).map(allows);
        record
            .min(relay.or(Some(Holds::NotKnown)))
            .unwrap_or(Holds::NotKnown)
    }
}

/// A relay that is somebody else's may send from other addresses than are known: what it is advised about is not known.
fn allows(finding: &Finding) -> Holds {
    match finding.state {
        State::Advice => Holds::NotKnown,
        state => Holds::of(state),
    }
}

/// SPF is looked at for all relays at once, because one record is for all; it is told where it belongs.
pub(super) fn put_spf(sections: &mut [Section], mut spf: SpfFindings) {
    for section in sections {
        match &section.subject {
            Subject::Mailbox { name, .. } if name == "bounces" => {
                section.findings.append(&mut spf.record);
            }
            Subject::Relay { name, .. } => {
                let after = |it: &Finding| matches!(it.check, Check::Address | Check::Reverse);
                let at = section.findings.iter().take_while(|it| after(it)).count();
                if let Some(finding) = spf.relays.remove(name) {
                    section.findings.insert(at, finding);
                }
            }
            _ => {}
        }
    }
}
