//! Header fields out of text: of a message, of the one it returns, of a status block.
//!
//! More lenient than a mail parser: a field may be indented or quoted, a line that is no field is
//! passed over. Bounded in number and length.

/// Fields of one block that are kept.
const FIELDS: usize = 400;
/// Octets of one value that are kept.
const VALUE: usize = 8 * 1024;

/// Fields in their order, names in lower case, values unfolded (RFC 5322 section 2.2.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads the lines up to the first blank one.
    pub(super) fn read(text: &str) -> Self {
        let lines = text
            .lines()
            .skip_while(|line| line.trim().is_empty())
            .take_while(|line| !line.trim().is_empty());
        Self::of_lines(lines)
    }

    /// Reads the given lines.
    pub(super) fn of_lines<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in lines {
            if line.starts_with([' ', '\t']) && !fields.is_empty() {
                if let Some((_, value)) = fields.last_mut()
                    && value.len() < VALUE
                {
                    value.push(' ');
                    value.push_str(head(line.trim(), VALUE));
                }
            } else if let Some((name, value)) = field(line) {
                if fields.len() >= FIELDS {
                    break;
                }
                fields.push((name, head(value, VALUE).to_owned()));
            }
        }
        Self(fields)
    }

    /// The first field of a name, which is given in lower case.
    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// All fields of a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.0
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether there is one.
    pub(super) fn has(&self, name: &str) -> bool {
        self.first(name).is_some()
    }

    /// Whether there is none at all.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// `Name: value`, the name in lower case.
pub(super) fn field(line: &str) -> Option<(String, &str)> {
    let (name, value) = line.split_once(':')?;
    let name = name.trim_start_matches(['>', ' ', '\t']).trim_end();
    let sound = (1..=60).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_graphic())
        && name.bytes().any(|b| b.is_ascii_alphabetic());
    sound.then(|| (name.to_ascii_lowercase(), value.trim()))
}

/// At most so many octets from the start, at a character's border.
pub(super) fn head(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
