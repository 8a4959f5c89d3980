//! What a mail belongs to: a campaign, and which sending of it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A campaign's id: its folder's path below `campaigns/`, such as `2026/rueda-agro`.
///
/// Segments are of ASCII letters, digits, `.`, `_` and `-`, none starting with `.`, so that an id
/// is safe as a path, as a git tree path and inside a Message-ID.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CampaignId(String);

/// One sending of a campaign: the campaign itself, or `id@label` for a recurring one
/// (`boletin@2026-Q4`). It is the identity that "never twice" is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OccurrenceId {
    campaign: CampaignId,
    label: Option<String>,
}

/// A text that is no campaign or occurrence id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a campaign id: path segments of letters, digits, `.`, `_`, `-` joined by `/`, none starting with a dot"
)]
pub struct OccurrenceError(pub String);

/// Longest id accepted, in bytes; git and file systems take more, a Message-ID line does not.
const LONGEST: usize = 180;

fn is_segment(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('.')
        && !text.ends_with(".lock")
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

impl CampaignId {
    /// Reads a campaign's folder path relative to `campaigns/`.
    ///
    /// # Errors
    /// [`OccurrenceError`] where the path has other characters, an empty or a dotted segment.
    pub fn parse(text: &str) -> Result<Self, OccurrenceError> {
        if text.len() <= LONGEST && text.split('/').all(is_segment) {
            Ok(Self(text.to_owned()))
        } else {
            Err(OccurrenceError(text.to_owned()))
        }
    }

    /// The id as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl OccurrenceId {
    /// The only sending of a campaign that does not recur.
    pub fn single(campaign: CampaignId) -> Self {
        Self {
            campaign,
            label: None,
        }
    }

    /// The sending of a recurring campaign that `label` (such as `2026-Q4`) names.
    ///
    /// # Errors
    /// [`OccurrenceError`] where the label has other characters than an id's segment may have.
    pub fn recurring(campaign: CampaignId, label: &str) -> Result<Self, OccurrenceError> {
        if !is_segment(label) {
            return Err(OccurrenceError(format!("{campaign}@{label}")));
        }
        Ok(Self {
            campaign,
            label: Some(label.to_owned()),
        })
    }

    /// The campaign it is a sending of.
    pub fn campaign(&self) -> &CampaignId {
        &self.campaign
    }

    /// Which sending, for a recurring campaign.
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }
}

impl fmt::Display for CampaignId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for OccurrenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.label {
            Some(label) => write!(f, "{}@{label}", self.campaign),
            None => write!(f, "{}", self.campaign),
        }
    }
}

impl FromStr for OccurrenceId {
    type Err = OccurrenceError;

    fn from_str(text: &str) -> Result<Self, OccurrenceError> {
        match text.split_once('@') {
            None => CampaignId::parse(text).map(Self::single),
            Some((campaign, label)) => Self::recurring(CampaignId::parse(campaign)?, label),
        }
    }
}

impl Serialize for OccurrenceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OccurrenceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_can_not_leave_the_campaigns_folder() {
        for bad in [
            "", "/", "a//b", "../a", "a/..", ".git", "a b", "a@b", "ñ", "a/b.lock",
        ] {
            assert!(CampaignId::parse(bad).is_err(), "{bad}");
        }
        assert!(CampaignId::parse("2026/rueda-agro").is_ok());
    }

    #[test]
    fn an_occurrence_prints_and_parses_to_itself() {
        for text in ["2026/rueda-agro", "boletin@2026-Q4"] {
            assert_eq!(text.parse::<OccurrenceId>().unwrap().to_string(), text);
        }
        assert!("boletin@".parse::<OccurrenceId>().is_err());
        assert!("boletin@a@b".parse::<OccurrenceId>().is_err());
    }
}
