//! The occurrences that are known, by the tags that stand for them in tokens.

use std::collections::BTreeMap;

use super::occurrence::OccurrenceId;
use super::recipient_id::RecipientKey;
use super::token::{MailingTag, OccurrenceTag};

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct OccurrenceTags(BTreeMap<OccurrenceTag, OccurrenceId>);

impl OccurrenceTags {
    /// These occurrences' tags.
    pub fn of(key: &RecipientKey, occurrences: impl IntoIterator<Item = OccurrenceId>) -> Self {
        let each = occurrences.into_iter();
        Self(each.map(|id| (OccurrenceTag::of(key, &id), id)).collect())
    }

    /// The occurrence that a tag stands for.
    pub fn get(&self, tag: OccurrenceTag) -> Option<&OccurrenceId> {
        self.0.get(&tag)
    }

    /// Those that a link for leaving may have stood in: one, but for a chance in sixteen millions.
    pub fn of_mailing(&self, mailing: MailingTag) -> impl Iterator<Item = &OccurrenceId> {
        let [a, b, c] = mailing.0;
        let first = OccurrenceTag([a, b, c, 0, 0]);
        let last = OccurrenceTag([a, b, c, u8::MAX, u8::MAX]);
        self.0.range(first..=last).map(|(_, id)| id)
    }

    /// All of them.
    pub fn ids(&self) -> impl Iterator<Item = &OccurrenceId> {
        self.0.values()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_by_its_tag_and_by_what_is_left_of_it() {
        let key = RecipientKey::from_secret(&[7; 32]).unwrap();
        let ids: Vec<OccurrenceId> = (0..300)
            .map(|n| format!("boletin@{n}").parse().unwrap())
            .collect();
        let tags = OccurrenceTags::of(&key, ids.clone());
        assert_eq!(tags.ids().count(), ids.len());
        for id in &ids {
            let tag = OccurrenceTag::of(&key, id);
            assert_eq!(tags.get(tag), Some(id));
            assert!(tags.of_mailing(tag.mailing()).any(|it| it == id));
            // Told apart from all others by looking at each.
            let alike = ids
                .iter()
                .filter(|it| OccurrenceTag::of(&key, it).mailing() == tag.mailing());
            assert_eq!(tags.of_mailing(tag.mailing()).count(), alike.count());
        }
        let other: OccurrenceId = "otra".parse().unwrap();
        assert_eq!(tags.get(OccurrenceTag::of(&key, &other)), None);
    }
}
