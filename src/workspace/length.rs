//! Lengths of time and sizes as people write them: `10s`, `3h 30m`, `250KB`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time, written `10s`, `5m`, `3h 30m` or `2d` (a day is 24 hours). Never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, JsonSchema)]
#[schemars(with = "String", extend("pattern" = r"^[0-9].*[a-z]$"))]
pub struct Length(pub Duration);

/// A size in bytes, written `250KB` or `10MB` (decimal).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, JsonSchema)]
#[schemars(with = "String", extend("pattern" = r"^[0-9]+ ?(B|KB|MB|GB)$"))]
pub struct Size(pub u64);

const DAY: u64 = 86_400;
const LONGEST: Duration = Duration::from_secs(10 * 366 * DAY);

impl Length {
    /// So many seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// Reads one.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: String| {
            format!("`{text}` is no length of time ({why}): write `10s`, `5m`, `3h 30m` or `2d`")
        };
        let (days, rest) = match text.trim().split_once('d') {
            Some((days, rest))
                if days.trim_end().bytes().all(|b| b.is_ascii_digit()) && !days.is_empty() =>
            {
                (
                    days.trim_end()
                        .parse::<u64>()
                        .map_err(|e| wrong(e.to_string()))?,
                    rest.trim(),
                )
            }
            _ => (0, text.trim()),
        };
        let whole_days = days.checked_mul(DAY).map(Duration::from_secs);
        let rest = if rest.is_empty() && days > 0 {
            Duration::ZERO
        } else {
            let length: jiff::SignedDuration = rest
                .parse()
                .map_err(|e: jiff::Error| wrong(e.to_string()))?;
            Duration::try_from(length).map_err(|_| wrong("negative".to_owned()))?
        };
        whole_days
            .and_then(|days| days.checked_add(rest))
            .filter(|sum| *sum <= LONGEST)
            .map(Self)
            .ok_or_else(|| wrong("too long".to_owned()))
    }
}

impl Serialize for Length {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let length = jiff::SignedDuration::try_from(self.0).map_err(serde::ser::Error::custom)?;
        serializer.collect_str(&format_args!("{length:#}"))
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Size {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at_checked(digits)?;
        let factor: u64 = match unit.trim() {
            "" | "B" => 1,
            "KB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            _ => return None,
        };
        number.parse::<u64>().ok()?.checked_mul(factor).map(Self)
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}B", self.0))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format_args!("`{text}` is no size: write `250KB` or `10MB`"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lengths_as_people_write_them() {
        for (text, seconds) in [
            ("10s", 10),
            ("5m", 300),
            ("3h 30m", 12_600),
            ("2d", 172_800),
            ("1d 1h", 90_000),
        ] {
            assert_eq!(
                Length::parse(text).unwrap(),
                Length::seconds(seconds),
                "{text}"
            );
        }
        for bad in ["", "ten", "-5s", "99999999d", "5"] {
            assert!(Length::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn reads_sizes_as_people_write_them() {
        assert_eq!(Size::parse("250KB"), Some(Size(250_000)));
        assert_eq!(Size::parse("10 MB"), Some(Size(10_000_000)));
        assert_eq!(Size::parse("99999999999999999999GB"), None);
        assert_eq!(Size::parse("ñ"), None);
    }
}
