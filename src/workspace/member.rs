//! A member: one row of a list, typed.

use std::sync::Arc;

use jiff::civil::Date;

use crate::mail::address::Address;

/// One row of a list, checked against the list's columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Who.
    pub address: Address,
    /// The names of the columns besides the address, shared by all rows of the list.
    pub columns: Arc<[String]>,
    /// A value for each of `columns`.
    pub values: Vec<Value>,
}

/// A cell's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// An empty cell: undefined in templates, false in conditions.
    Empty,
    /// Text.
    Text(String),
    /// A number.
    Number(f64),
    /// A day.
    Date(Date),
    /// Yes or no.
    Bool(bool),
    /// Topics' names.
    Topics(Vec<String>),
}
