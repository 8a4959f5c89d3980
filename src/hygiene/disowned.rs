//! Rows of people who say that they never signed up. Where their addresses came from only a list's owner can find out: they are told
//! whose rows these are, once.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::cases::{AlreadyTold, Row};
use crate::mail::address::Address;
use crate::mail::recipient_id::RecipientId;
use crate::workspace::members::RowAt;
use crate::workspace::names::ListName;

/// Somebody in a list who says that they never signed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disowned {
    /// In which list.
    pub list: ListName,
    /// Who.
    pub recipient: RecipientId,
    /// Their address.
    pub address: Address,
    /// Where they stand.
    pub rows: Vec<RowAt>,
    /// When they said so.
    pub said: Timestamp,
    /// When the list's owner was told.
    pub told: Option<Timestamp>,
    /// When nobody could be told, the first time.
    pub tried: Option<Timestamp>,
}

/// Those among `rows` who said so, by list and then by line.
pub(super) fn disowned(
    said: &HashMap<RecipientId, Timestamp>,
    rows: &[Row],
    told: &AlreadyTold,
) -> Vec<Disowned> {
    let mut found: BTreeMap<(&ListName, RecipientId), Disowned> = BTreeMap::new();
    for row in rows {
        let Some(said) = said.get(&row.recipient) else {
            continue;
        };
        let one = found.entry((&row.list, row.recipient)).or_insert_with(|| {
            let (told, tried) = told.of_disowned(&row.list, row.recipient, *said);
            Disowned {
                list: row.list.clone(),
                recipient: row.recipient,
                address: row.address.clone(),
                rows: Vec::new(),
                said: *said,
                told,
                tried,
            }
        });
        one.rows.push(row.at);
    }
    let mut found: Vec<Disowned> = found.into_values().collect();
    found.sort_by_key(|one| (one.list.clone(), one.rows.first().map(|at| at.offset)));
    found
}
