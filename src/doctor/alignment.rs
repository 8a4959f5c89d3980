//! Alignment (RFC 7489, section 3.1): DMARC asks that SPF or DKIM speak for the domain that recipients
//! see, not for just any domain.
//!
//! Looks at settings and the policy's strictness; whether SPF and DKIM hold is for their own checks.

use super::dmarc::Policy;
use super::domain::is_one_organisation;
use super::finding::{Check, Finding};

/// The domains that a sender's mail speaks with, in ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Domains {
    /// What recipients see.
    pub(super) from: String,
    /// The reverse-path's.
    pub(super) reverse_path: String,
    /// The signatures' (`d=`).
    pub(super) signatures: Vec<String>,
}

/// Judges them.
pub(super) fn judge(domains: &Domains, policy: Option<&Policy>) -> Finding {
    let from = &domains.from;
    let aligned = |other: &str, strict: bool| match strict {
        true => other.eq_ignore_ascii_case(from),
        false => is_one_organisation(other, from),
    };
    let strict_dkim = policy.is_some_and(|it| it.strict_dkim);
    let strict_spf = policy.is_some_and(|it| it.strict_spf);
    let dkim = domains.signatures.iter().any(|it| aligned(it, strict_dkim));
    let spf = aligned(&domains.reverse_path, strict_spf);
    let strictly = |strict: bool| {
        if strict {
            " (the policy is strict)"
        } else {
            ""
        }
    };
    match (dkim, spf) {
        (true, true) => Finding::good(
            Check::Alignment,
            format!("SPF and DKIM both speak for {from}"),
        ),
        (true, false) => Finding::good(
            Check::Alignment,
            format!(
                "DKIM speaks for {from}; SPF speaks for {}",
                domains.reverse_path
            ),
        ),
        (false, true) if domains.signatures.is_empty() => Finding::advice(
            Check::Alignment,
            format!(
                "only SPF speaks for {from}, and forwarding breaks it: sign with a key of this domain (`dkim` in postmerge.yaml), or see to it that the relay does"
            ),
        ),
        (false, true) => Finding::advice(
            Check::Alignment,
            format!(
                "only SPF speaks for {from}, and forwarding breaks it: no signature is for that domain{}",
                strictly(strict_dkim)
            ),
        ),
        (false, false) if domains.signatures.is_empty() => Finding::advice(
            Check::Alignment,
            format!(
                "nothing of ours speaks for {from}: bounces go to {}, and nothing is signed here. Only if the relay signs for {from} does DMARC hold",
                domains.reverse_path
            ),
        ),
        (false, false) => Finding::wrong(
            Check::Alignment,
            format!(
                "nothing speaks for {from}: bounces go to {}{}, signatures are for {}{}. DMARC fails: sign with a key of {from}",
                domains.reverse_path,
                strictly(strict_spf),
                domains.signatures.join(", "),
                strictly(strict_dkim),
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;

    fn judged(reverse_path: &str, signatures: &[&str], policy: &str) -> Finding {
        let domains = Domains {
            from: "c.example".to_owned(),
            reverse_path: reverse_path.to_owned(),
            signatures: signatures.iter().map(|it| (*it).to_owned()).collect(),
        };
        judge(&domains, Policy::parse(policy).ok().as_ref())
    }

    #[test]
    fn relaxed_and_strict() {
        let relaxed = "v=DMARC1; p=none";
        let strict = "v=DMARC1; p=none; adkim=s; aspf=s";
        for (reverse_path, signatures, policy, state) in [
            ("c.example", &["c.example"][..], relaxed, State::Good),
            (
                "bounces.c.example",
                &["mail.C.example"],
                relaxed,
                State::Good,
            ),
            ("p.example", &["c.example"], relaxed, State::Good),
            (
                "p.example",
                &["p.example", "c.example"],
                relaxed,
                State::Good,
            ),
            ("c.example", &["p.example"], relaxed, State::Advice),
            ("c.example", &[], relaxed, State::Advice),
            ("p.example", &[], relaxed, State::Advice),
            ("p.example", &["p.example"], relaxed, State::Wrong),
            (
                "bounces.c.example",
                &["mail.c.example"],
                strict,
                State::Wrong,
            ),
            ("bounces.c.example", &["c.example"], strict, State::Good),
            ("c.example", &["mail.c.example"], strict, State::Advice),
            ("bounces.c.example", &["mail.c.example"], "", State::Good),
        ] {
            let found = judged(reverse_path, signatures, policy);
            assert_eq!(
                found.state, state,
                "{reverse_path} {signatures:?}: {}",
                found.what
            );
        }
    }
}
