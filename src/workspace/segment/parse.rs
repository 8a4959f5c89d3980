//! The grammar: `or` binds least, then `and`, then `not`; each chain is flat, so that only
//! parentheses and `not` nest, and those are counted.

use super::expression::{Expression, Literal, LiteralValue, Name, Predicate, Span, Test};
use super::lex::{Token, lex};
use super::{DEEPEST, SegmentError};

pub(super) fn parse(text: &str) -> Result<Expression, SegmentError> {
    let mut parser = Parser {
        tokens: lex(text)?,
        next: 0,
        depth: 0,
    };
    let expression = parser.any()?;
    match parser.take() {
        (Token::End, _) => Ok(expression),
        (_, span) => Err(SegmentError::new(
            "`and`, `or` or the end is expected here",
            span,
        )),
    }
}

struct Parser {
    /// Never empty: ends with [`Token::End`].
    tokens: Vec<(Token, Span)>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> (&Token, Span) {
        match self.tokens.get(self.next).or(self.tokens.last()) {
            Some((token, span)) => (token, *span),
            None => (&Token::End, Span::default()),
        }
    }

    fn take(&mut self) -> (Token, Span) {
        let (token, span) = self.peek();
        let taken = (token.clone(), span);
        self.next += 1;
        taken
    }

    fn takes(&mut self, token: &Token) -> bool {
        let there = self.peek().0 == token;
        self.next += usize::from(there);
        there
    }

    fn any(&mut self) -> Result<Expression, SegmentError> {
        let mut parts = vec![self.all()?];
        while self.takes(&Token::Word("or")) {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Expression::Any))
    }

    fn all(&mut self) -> Result<Expression, SegmentError> {
        let mut parts = vec![self.part()?];
        while self.takes(&Token::Word("and")) {
            parts.push(self.part()?);
        }
        Ok(one_or(parts, Expression::All))
    }

    fn part(&mut self) -> Result<Expression, SegmentError> {
        let (token, span) = self.take();
        self.depth += 1;
        if self.depth > DEEPEST {
            let why = format!("parentheses and `not` go more than {DEEPEST} deep");
            return Err(SegmentError::new(why, span));
        }
        let part = match token {
            Token::Word("not") => Expression::Not(Box::new(self.part()?)),
            Token::Open => {
                let inner = self.any()?;
                if !self.takes(&Token::Close) {
                    let why = "this parenthesis is not closed";
                    return Err(SegmentError::new(why, span));
                }
                inner
            }
            Token::Name(text) => self.test(Name { text, span })?,
            Token::End => return Err(SegmentError::new("a condition is missing at the end", span)),
            Token::Text(_) | Token::Number(_) => {
                let why = "a condition starts with a column: `sector == \"agro\"`";
                return Err(SegmentError::new(why, span));
            }
            _ => return Err(SegmentError::new("a column's name is expected here", span)),
        };
        self.depth -= 1;
        Ok(part)
    }

    fn test(&mut self, column: Name) -> Result<Expression, SegmentError> {
        let mut negated = false;
        let predicate = match self.peek().0.clone() {
            Token::Sign(comparison) => {
                self.next += 1;
                Predicate::Compare(comparison, self.literal()?)
            }
            Token::Word("contains") => {
                self.next += 1;
                Predicate::Contains(self.literal()?)
            }
            Token::Word("in") => {
                self.next += 1;
                Predicate::Among(self.literals()?)
            }
            Token::Word("not") => {
                self.next += 1;
                negated = true;
                match self.take() {
                    (Token::Word("in"), _) => Predicate::Among(self.literals()?),
                    (Token::Word("contains"), _) => Predicate::Contains(self.literal()?),
                    (_, span) => {
                        let why = "`in` or `contains` is expected after `not`";
                        return Err(SegmentError::new(why, span));
                    }
                }
            }
            Token::Word("is") => {
                self.next += 1;
                let not = self.takes(&Token::Word("not"));
                let (_, span) = self.peek();
                if !self.takes(&Token::Word("empty")) {
                    let why =
                        "only `is empty` and `is not empty` are understood; compare with `==`";
                    return Err(SegmentError::new(why, span));
                }
                match not {
                    true => Predicate::NotEmpty,
                    false => Predicate::Empty,
                }
            }
            _ => Predicate::Holds,
        };
        let test = Expression::Test(Test { column, predicate });
        Ok(match negated {
            true => Expression::Not(Box::new(test)),
            false => test,
        })
    }

    fn literals(&mut self) -> Result<Vec<Literal>, SegmentError> {
        let (open, span) = self.take();
        if open != Token::OpenList {
            let why = "`in` is followed by a list: [\"A1\", \"A7\"]";
            return Err(SegmentError::new(why, span));
        }
        let mut literals = vec![self.literal()?];
        loop {
            match self.take() {
                (Token::CloseList, _) => return Ok(literals),
                (Token::Comma, _) => literals.push(self.literal()?),
                (_, span) => {
                    return Err(SegmentError::new("`,` or `]` is expected here", span));
                }
            }
        }
    }

    fn literal(&mut self) -> Result<Literal, SegmentError> {
        let (token, span) = self.take();
        let value = match token {
            Token::Text(text) => LiteralValue::Text(text),
            Token::Number(text) => LiteralValue::Number(text),
            Token::Word("true") => LiteralValue::Bool(true),
            Token::Word("false") => LiteralValue::Bool(false),
            Token::Name(name) => {
                let why = format!(
                    "a value is expected here; a text stands between quotation marks: \"{name}\""
                );
                return Err(SegmentError::new(why, span));
            }
            _ => return Err(SegmentError::new("a value is expected here", span)),
        };
        Ok(Literal { value, span })
    }
}

fn one_or(mut parts: Vec<Expression>, chain: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            chain(parts)
        }
    }
}
