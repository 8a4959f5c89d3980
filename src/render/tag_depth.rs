//! How deep the template engine goes down into tags: into each operator of an expression, and into each `elif`.
//! It does so by recursion and without a bound of its own there, so it is bounded before.

use super::RenderError;
use super::tags::Origin;

/// More than a tag that a person writes has: a list of a hundred cases belongs into a column.
const MOST_OPERATORS: usize = 200;

/// `elif`s around one place.
const MOST_BRANCHES: usize = 200;

/// What a tag goes down into once more.
const WORDS: [&str; 6] = ["and", "or", "not", "is", "if", "else"];

/// Refuses a tag with too many operators.
///
/// # Errors
/// [`RenderError::TooDeep`].
pub(super) fn check(tag: &str, origin: &Origin) -> Result<(), RenderError> {
    // Each operator is a character at least.
    if tag.len() <= MOST_OPERATORS || operators(tag) <= MOST_OPERATORS {
        return Ok(());
    }
    Err(RenderError::TooDeep {
        at: origin.clone(),
        why: format!("this tag has more than {MOST_OPERATORS} operators"),
    })
}

fn operators(tag: &str) -> usize {
    let mut found = 0;
    let mut quote = None;
    let mut escaped = false;
    let mut word = 0..0;
    let ends_word = |word: &std::ops::Range<usize>| {
        usize::from(tag.get(word.clone()).is_some_and(|it| WORDS.contains(&it)))
    };
    for (at, c) in tag.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c.is_alphanumeric() || c == '_' => {
                if word.end != at {
                    word.start = at;
                }
                word.end = at + c.len_utf8();
                continue;
            }
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if is_operator(c, tag.get(at..).unwrap_or_default(), &word, at) => found += 1,
            None => {}
        }
        found += ends_word(&word);
        word = 0..0;
    }
    found
}

fn is_operator(c: char, rest: &str, word: &std::ops::Range<usize>, at: usize) -> bool {
    if c == '.' {
        // Not the point of a number such as 1.5: lists of them are no deeper than others.
        let after = rest.chars().nth(1);
        return word.end != at || !after.is_some_and(|c| c.is_ascii_digit());
    }
    matches!(c, '+' | '-' | '*' | '/' | '%' | '~' | '|' | '[' | '(' | '{')
}

/// The `elif`s around a place of a source, by the `if` that they belong to.
#[derive(Debug, Default)]
pub(super) struct Branches {
    open: Vec<usize>,
    count: usize,
}

impl Branches {
    /// Meets a statement.
    ///
    /// # Errors
    /// [`RenderError::TooDeep`].
    pub(super) fn meet(&mut self, keyword: &str, origin: &Origin) -> Result<(), RenderError> {
        match keyword {
            "if" => self.open.push(0),
            "elif" => {
                // Without an `if` before it is the engine's to complain of.
                if let Some(own) = self.open.last_mut() {
                    *own += 1;
                }
                self.count += 1;
            }
            "endif" => self.count -= self.open.pop().unwrap_or_default().min(self.count),
            _ => {}
        }
        if self.count <= MOST_BRANCHES {
            return Ok(());
        }
        Err(RenderError::TooDeep {
            at: origin.clone(),
            why: format!("more than {MOST_BRANCHES} `elif` stand here"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_counted() {
        for (tag, expected) in [
            ("{{ nombre }}", 2),
            ("{{ a.b.c + 1 }}", 5),
            ("{% if x in ['a.b + c', \"|\\\"~\", 1.5, 2.25] %}", 5),
            ("{{ not_a ~ notable }}", 3),
            ("{{ not a and b or c is defined }}", 6),
            ("{{ 1 if a else 2 }}", 4),
            ("{{ a.1.2 }}", 2),
            ("{{ ñ.ñ }}", 3),
        ] {
            assert_eq!(operators(tag), expected, "{tag}");
        }
    }
}
