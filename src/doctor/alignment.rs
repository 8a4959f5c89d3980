//! Alignment (RFC 7489, section 3.1): DMARC asks that SPF or DKIM speak for the domain that recipients
//! see, not for just any domain.
//!
//! Looks at settings, the policy's strictness, and whether SPF and DKIM hold as their own checks found.

use super::dmarc::Policy;
use super::domain::is_one_organisation;
use super::finding::{Check, Finding, State};

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

/// Whether SPF or a signature is good, as its own check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holds {
    No,
    NotKnown,
    Yes,
}

impl Holds {
    pub(super) fn of(state: State) -> Self {
        match state {
            State::Good | State::Advice => Self::Yes,
            State::Wrong => Self::No,
            State::NotKnown | State::Skipped => Self::NotKnown,
        }
    }
}

/// Judges them. `signatures` says of each whether it is good; what is not said is not known.
pub(super) fn judge(
    domains: &Domains,
    signatures: &[Holds],
    spf: Holds,
    policy: Option<&Policy>,
) -> Finding {
    let from = &domains.from;
    let aligned = |other: &str, strict: bool| match strict {
        true => other.eq_ignore_ascii_case(from),
        false => is_one_organisation(other, from),
    };
    let strict_dkim = policy.is_some_and(|it| it.strict_dkim);
    let strict_spf = policy.is_some_and(|it| it.strict_spf);
    let holds = |at: usize| signatures.get(at).copied().unwrap_or(Holds::NotKnown);
    let keys = domains.signatures.iter().enumerate();
    let keys = keys.filter(|(_, it)| aligned(it, strict_dkim));
    // Of those that are for the right domain.
    let dkim = keys.map(|(at, _)| holds(at)).max();
    let spf = aligned(&domains.reverse_path, strict_spf).then_some(spf);
    let other_spf = match spf {
        None => format!("SPF speaks for {}", domains.reverse_path),
        Some(Holds::No) => "SPF would, and fails".to_owned(),
        Some(_) => "whether SPF does is not known".to_owned(),
    };
    let forwarding = format!("only SPF speaks for {from}, and forwarding breaks it");
    let (good, advice) = (
        |what| Finding::good(Check::Alignment, what),
        |what| Finding::advice(Check::Alignment, what),
    );
    match (dkim, spf) {
        (Some(Holds::Yes), Some(Holds::Yes)) => good(format!("SPF and DKIM both speak for {from}")),
        (Some(Holds::Yes), _) => good(format!("DKIM speaks for {from}; {other_spf}")),
        (Some(Holds::NotKnown), Some(Holds::Yes)) => Finding::not_known(
            Check::Alignment,
            format!("SPF speaks for {from}; whether DKIM does is not known"),
        ),
        (Some(Holds::No), Some(Holds::Yes)) => {
            advice(format!("{forwarding}: the signature for it fails"))
        }
        (None, Some(Holds::Yes)) if domains.signatures.is_empty() => advice(format!(
            "{forwarding}: sign with a key of this domain (`dkim` in postmerge.yaml), or see to it that the relay does"
        )),
        (None, Some(Holds::Yes)) => advice(format!(
            "{forwarding}: no signature is for that domain{}",
            strictly(strict_dkim)
        )),
        _ => unproved(domains, (dkim, spf), &other_spf, (strict_dkim, strict_spf)),
    }
}

const fn strictly(strict: bool) -> &'static str {
    match strict {
        true => " (the policy is strict)",
        false => "",
    }
}

/// Where neither is known to speak for the domain.
fn unproved(
    domains: &Domains,
    (dkim, spf): (Option<Holds>, Option<Holds>),
    other_spf: &str,
    (strict_dkim, strict_spf): (bool, bool),
) -> Finding {
    let from = &domains.from;
    match (dkim, spf) {
        (Some(Holds::NotKnown), Some(Holds::NotKnown)) => Finding::not_known(
            Check::Alignment,
            format!("whether SPF or DKIM speaks for {from} is not known"),
        ),
        (Some(Holds::NotKnown), _) => Finding::not_known(
            Check::Alignment,
            format!("whether DKIM speaks for {from} is not known; {other_spf}"),
        ),
        (_, Some(Holds::NotKnown)) => Finding::not_known(
            Check::Alignment,
            format!(
                "whether SPF speaks for {from} is not known, and DKIM does not{}",
                match dkim {
                    Some(_) => ": the signature for it fails",
                    None => "",
                }
            ),
        ),
        (Some(_), _) => Finding::wrong(
            Check::Alignment,
            format!(
                "nothing speaks for {from}: the signature for it fails, and {other_spf}. DMARC fails"
            ),
        ),
        (None, _) if domains.signatures.is_empty() => Finding::advice(
            Check::Alignment,
            format!(
                "nothing of ours speaks for {from}: {}, and nothing is signed here. Only if the relay signs for {from} does DMARC hold",
                match spf {
                    Some(_) => "SPF fails".to_owned(),
                    None => format!("bounces go to {}", domains.reverse_path),
                }
            ),
        ),
        (None, _) => Finding::wrong(
            Check::Alignment,
            format!(
                "nothing speaks for {from}: {}, signatures are for {}{}. DMARC fails: sign with a key of {from}",
                match spf {
                    Some(_) => "SPF fails".to_owned(),
                    None => format!(
                        "bounces go to {}{}",
                        domains.reverse_path,
                        strictly(strict_spf)
                    ),
                },
                domains.signatures.join(", "),
                strictly(strict_dkim),
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(reverse_path: &str, signatures: &[&str], policy: &str) -> Finding {
        let domains = Domains {
            from: "c.example".to_owned(),
            reverse_path: reverse_path.to_owned(),
            signatures: signatures.iter().map(|it| (*it).to_owned()).collect(),
        };
        let good = vec![Holds::Yes; signatures.len()];
        judge(
            &domains,
            &good,
            Holds::Yes,
            Policy::parse(policy).ok().as_ref(),
        )
    }

    #[test]
    fn what_fails_or_is_not_known_speaks_for_nobody() {
        use Holds::{No, NotKnown, Yes};
        let domains = |signatures: &[&str]| Domains {
            from: "c.example".to_owned(),
            reverse_path: "c.example".to_owned(),
            signatures: signatures.iter().map(|it| (*it).to_owned()).collect(),
        };
        let own = &["c.example"][..];
        for (signatures, dkim, spf, state, said) in [
            (
                own,
                Yes,
                No,
                State::Good,
                "DKIM speaks for c.example; SPF would, and fails",
            ),
            (
                own,
                Yes,
                NotKnown,
                State::Good,
                "whether SPF does is not known",
            ),
            (own, No, Yes, State::Advice, "only SPF speaks"),
            (
                own,
                NotKnown,
                Yes,
                State::NotKnown,
                "whether DKIM does is not known",
            ),
            (own, No, No, State::Wrong, "nothing speaks"),
            (own, No, NotKnown, State::NotKnown, "whether SPF speaks"),
            (own, NotKnown, No, State::NotKnown, "whether DKIM speaks"),
            (own, NotKnown, NotKnown, State::NotKnown, "SPF or DKIM"),
            (
                &[],
                Yes,
                No,
                State::Advice,
                "SPF fails, and nothing is signed here",
            ),
            (&[], Yes, NotKnown, State::NotKnown, "whether SPF speaks"),
            (
                &["p.example"],
                Yes,
                No,
                State::Wrong,
                "signatures are for p.example",
            ),
        ] {
            let found = judge(&domains(signatures), &[dkim], spf, None);
            assert_eq!(found.state, state, "{dkim:?} {spf:?}: {}", found.what);
            assert!(
                found.what.contains(said),
                "{dkim:?} {spf:?}: {}",
                found.what
            );
        }
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
