//! Which rows of one list a campaign is for, as far as a row itself tells: segment, topic, consent.

use super::AudienceError;
use crate::workspace::campaign::{Audience, Purpose};
use crate::workspace::list::{ConsentBasis, List};
use crate::workspace::members::{Columns, Row};
use crate::workspace::names::ListName;
use crate::workspace::segment::Segment;

/// What one list's rows are asked.
pub struct Selection<'a> {
    segment: Option<Segment>,
    topic: Option<(&'a str, Vec<usize>)>,
    consent: Option<usize>,
}

impl<'a> Selection<'a> {
    /// What a campaign asks of a list with these columns.
    ///
    /// # Errors
    /// [`AudienceError`] where its segment or topic does not fit the list.
    pub fn of(
        audience: &'a Audience,
        purpose: Purpose,
        name: &ListName,
        list: &List,
        columns: &Columns,
    ) -> Result<Self, AudienceError> {
        let segment = audience.filter.as_deref();
        let segment = segment.map(|text| Segment::compile(text, list));
        let segment = segment
            .transpose()
            .map_err(|error| AudienceError::Segment {
                list: name.clone(),
                error,
            })?;
        let topic = match &audience.topic {
            None => None,
            Some(topic) if list.topics.contains_key(topic) => {
                Some((topic.as_str(), columns.of_topics()))
            }
            Some(topic) => {
                return Err(AudienceError::Topic {
                    list: name.clone(),
                    topic: topic.to_string(),
                });
            }
        };
        let needed = purpose == Purpose::Marketing && list.consent.basis == ConsentBasis::Consent;
        let consent = match list.consent.column.as_deref().filter(|_| needed) {
            None => None,
            Some(column) => {
                let position = columns.position(column);
                Some(position.ok_or_else(|| AudienceError::ConsentColumn {
                    list: name.clone(),
                    column: column.to_owned(),
                })?)
            }
        };
        Ok(Self {
            segment,
            topic,
            consent,
        })
    }

    /// Whether segment and topic let it through.
    pub fn matches(&self, row: &Row<'_>) -> bool {
        let topic = self.topic.as_ref().is_none_or(|(topic, columns)| {
            let mut columns = columns.iter();
            columns.any(|column| row.has_topic(*column, topic))
        });
        topic && self.segment.as_ref().is_none_or(|s| s.matches(row))
    }

    /// Whether the row lacks the consent that the campaign needs.
    pub fn refuses(&self, row: &Row<'_>) -> bool {
        self.consent.is_some_and(|column| !row.says_yes(column))
    }

    /// Whether the row is selected and may be mailed.
    pub fn takes(&self, row: &Row<'_>) -> bool {
        self.matches(row) && !self.refuses(row)
    }
}
