//! What a person can do about a hold. The ledger keeps a hold's reason as a text, so it is the text that is looked
//! at; a test makes the texts from the errors themselves.

use std::fmt;

/// What mends a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayOn {
    /// An environment variable.
    Environment,
    /// A relay, DNS, or what is published: no merge may be needed.
    Outside,
    /// A change of the files.
    Files,
}

impl WayOn {
    /// Of what was held for this reason.
    pub fn of(why: &str) -> Self {
        if why.contains("the environment variable ") && why.contains(" is not set") {
            Self::Environment
        } else if why.starts_with("relay ") || why.starts_with("before the start: ") {
            Self::Outside
        } else {
            Self::Files
        }
    }
}

/// In lines that fit a terminal.
impl fmt::Display for WayOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => {
                "set it where `send` runs (in GitHub: a secret, and `env:`);\n  the next run tries again"
            }
            Self::Outside => {
                "mend it there, or in the settings (`postmerge doctor` looks again);\n  the next run tries again"
            }
            Self::Files => "mend the reason above and merge; the next run tries again",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::StartError;

    #[test]
    fn reasons_lead_to_where_they_are_mended() {
        let relay = |why: &str| StartError::Relay {
            relay: "principal".to_owned(),
            why: why.to_owned(),
        };
        for (why, expected) in [
            (StartError::NoDkimKey("DKIM".to_owned()), WayOn::Environment),
            (
                relay("the environment variable USER is not set"),
                WayOn::Environment,
            ),
            (relay("mail.c.example:587: refused"), WayOn::Outside),
            (
                StartError::Preflight {
                    why: "relay principal: no answer".to_owned(),
                },
                WayOn::Outside,
            ),
            (
                StartError::NotTested {
                    campaign: "uno".to_owned(),
                },
                WayOn::Files,
            ),
        ] {
            assert_eq!(WayOn::of(&why.to_string()), expected, "{why}");
        }
    }
}
