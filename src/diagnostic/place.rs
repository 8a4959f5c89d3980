//! Where in a file a finding stands, said symbolically: whoever finds something knows the key or
//! the cell, not the line.

use std::fmt::Write as _;
use std::ops::Range;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// The file as a whole.
    File,
    /// The key of a YAML mapping's entry, by JSON pointer (RFC 6901).
    Key(String),
    /// A YAML value, by JSON pointer; the empty pointer is the whole document.
    Value(String),
    /// A span of bytes.
    Bytes(Range<usize>),
    /// A cell of a CSV file.
    Cell {
        /// Which record, the heading row being 1.
        row: u64,
        /// Which column, the first being 0.
        column: usize,
    },
    /// A line and a column, both counted from 1, the column in characters.
    Line {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
}

impl Place {
    /// The value that `steps` lead to from the document's top.
    pub fn value(steps: &[&str]) -> Self {
        Self::Value(pointer(steps))
    }

    /// The key that `steps` lead to from the document's top.
    pub fn key(steps: &[&str]) -> Self {
        Self::Key(pointer(steps))
    }
}

/// The JSON pointer (RFC 6901) of `steps`.
pub fn pointer(steps: &[&str]) -> String {
    let mut text = String::new();
    for step in steps {
        let _ = write!(text, "/{}", step.replace('~', "~0").replace('/', "~1"));
    }
    text
}

/// The steps of a JSON pointer.
pub fn steps(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer
        .split('/')
        .skip(1)
        .map(|step| step.replace("~1", "/").replace("~0", "~"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_escape_and_come_back() {
        let written = pointer(&["a/b", "~", "", "0"]);
        assert_eq!(written, "/a~1b/~0//0");
        assert_eq!(
            steps(&written).collect::<Vec<_>>(),
            ["a/b", "~", "", "0"].map(str::to_owned)
        );
        assert_eq!(steps("").count(), 0);
    }
}
