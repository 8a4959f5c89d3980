//! The grammar of `local@domain`: RFC 5321 section 4.1.2 (Mailbox), RFC 6531 section 3.3 (other
//! than ASCII characters), RFC 5890 (labels). Reads, and decides the one spelling; owns no type.

use std::borrow::Cow;

/// RFC 5321 section 4.5.3.1.1, in bytes.
const LONGEST_LOCAL: usize = 64;
/// RFC 5321 section 4.5.3.1.3: a path has 256 bytes, two of them its angle brackets.
const LONGEST_ADDRESS: usize = 254;
/// RFC 1035 section 2.3.4, in its written form.
const LONGEST_DOMAIN: usize = 253;
const LONGEST_LABEL: usize = 63;

type Parts<'a> = (Cow<'a, str>, Cow<'a, str>);

pub(super) fn parse(text: &str) -> Result<Parts<'_>, &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    // A U-label grows when it becomes an A-label and never shrinks to a fourth, so this only keeps
    // the work small; the lengths that count are checked below.
    if text.len() > 4 * LONGEST_ADDRESS {
        return Err("it is too long");
    }
    let (local, rest) = if text.starts_with('"') {
        quoted(text)?
    } else {
        let (local, rest) = text.split_once('@').ok_or("it has no @")?;
        dot_atom(local)?;
        (Cow::Borrowed(local), rest)
    };
    if local.len() > LONGEST_LOCAL {
        return Err("what stands before the @ has more than 64 bytes");
    }
    let domain = domain(rest)?;
    if local.len() + 1 + domain.len() > LONGEST_ADDRESS {
        return Err("it has more than 254 bytes");
    }
    Ok((local, domain))
}

const fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'/'
                | b'='
                | b'?'
                | b'^'
                | b'_'
                | b'`'
                | b'{'
                | b'|'
                | b'}'
                | b'~'
        )
}

/// Characters beyond ASCII that no mailbox has a use for and that hide what a text says.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}')
}

fn dot_atom(local: &str) -> Result<(), &'static str> {
    if local.is_empty() {
        return Err("nothing stands before the @");
    }
    let mut before = b'.';
    let mut ascii = true;
    for byte in local.bytes() {
        if byte == b'.' {
            if before == b'.' {
                return Err("what stands before the @ starts with a dot or has two in a row");
            }
        } else if byte >= 0x80 {
            ascii = false;
        } else if !is_atext(byte) {
            return Err(match byte {
                b' ' => "it has a space",
                b'<' | b'>' => "it has angle brackets: only the address itself is expected",
                b',' | b';' => "it has a comma or semicolon: one address is expected",
                0..=0x1f | 0x7f => "it has a control character",
                _ => "what stands before the @ has a character that must not stand there",
            });
        }
        before = byte;
    }
    if before == b'.' {
        return Err("what stands before the @ ends with a dot");
    }
    if !ascii && local.chars().any(is_invisible) {
        return Err("it has an invisible character");
    }
    Ok(())
}

/// A quoted local part in its one spelling, and what follows the `@`.
fn quoted(text: &str) -> Result<(Cow<'_, str>, &str), &'static str> {
    let mut content = String::new();
    let mut characters = text.char_indices().skip(1);
    let end = loop {
        match characters.next() {
            None => return Err("its quotation mark is not closed"),
            Some((at, '"')) => break at,
            Some((_, '\\')) => match characters.next() {
                Some((_, c @ '!'..='~')) => content.push(c),
                _ => return Err("a backslash must be followed by a visible ASCII character"),
            },
            Some((_, ' ')) => return Err("it has a space"),
            Some((_, c)) if is_invisible(c) => return Err("it has an invisible character"),
            Some((_, c)) => content.push(c),
        }
    };
    let rest = text
        .get(end + 1..)
        .and_then(|rest| rest.strip_prefix('@'))
        .ok_or("the quotation mark must be followed by an @")?;
    if content.is_empty() {
        return Err("nothing stands before the @");
    }
    if dot_atom(&content).is_ok() {
        return Ok((content.into(), rest));
    }
    let mut local = String::with_capacity(content.len() + 2);
    local.push('"');
    for c in content.chars() {
        if matches!(c, '"' | '\\') {
            local.push('\\');
        }
        local.push(c);
    }
    local.push('"');
    Ok((local.into(), rest))
}

fn domain(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if text.is_empty() {
        return Err("nothing stands after the @");
    }
    if text.starts_with('[') {
        return Err("an IP address is no mail domain here");
    }
    let shape = ascii_domain(text)?;
    let domain = match shape {
        Shape::Plain => Cow::Borrowed(text),
        Shape::Capitals => Cow::Owned(text.to_ascii_lowercase()),
        Shape::International => {
            if text.chars().any(is_invisible) {
                return Err("its domain has an invisible character");
            }
            let domain = idna::domain_to_ascii_strict(text)
                .map_err(|_| "its domain is not a valid internationalised domain")?;
            // The mapping may make dots and capitals of other characters: what came out is checked.
            match ascii_domain(&domain)? {
                Shape::Capitals => Cow::Owned(domain.to_ascii_lowercase()),
                Shape::Plain | Shape::International => Cow::Owned(domain),
            }
        }
    };
    if domain.len() > LONGEST_DOMAIN {
        return Err("its domain is too long");
    }
    Ok(domain)
}

enum Shape {
    Plain,
    Capitals,
    /// Has other than ASCII characters, or A-labels, which may be false ones.
    International,
}

fn ascii_domain(text: &str) -> Result<Shape, &'static str> {
    let mut capitals = false;
    let mut reserved = false;
    let mut labels = 1_u32;
    let mut length = 0_usize;
    let mut only_digits = true;
    let mut before = b'.';
    for byte in text.bytes() {
        match byte {
            b'.' => {
                if length == 0 {
                    return Err("its domain has an empty part");
                }
                if before == b'-' {
                    return Err("a part of its domain starts or ends with a hyphen");
                }
                if length > LONGEST_LABEL {
                    return Err("a part of its domain has more than 63 characters");
                }
                (labels, length, only_digits) = (labels + 1, 0, true);
                before = byte;
                continue;
            }
            b'a'..=b'z' => only_digits = false,
            b'A'..=b'Z' => (capitals, only_digits) = (true, false),
            b'0'..=b'9' => {}
            b'-' => {
                if length == 0 {
                    return Err("a part of its domain starts or ends with a hyphen");
                }
                only_digits = false;
                // `ab--` in third and fourth place is reserved (RFC 5891 section 4.2.3.1).
                if length == 3 && before == b'-' {
                    reserved = true;
                }
            }
            b'@' => return Err("it has more than one @"),
            b' ' => return Err("it has a space"),
            b',' | b';' => return Err("it has a comma or semicolon: one address is expected"),
            b'>' => return Err("it has angle brackets: only the address itself is expected"),
            0..=0x1f | 0x7f => return Err("it has a control character"),
            0x80.. => return Ok(Shape::International),
            _ => return Err("its domain has a character that must not stand there"),
        }
        length += 1;
        before = byte;
    }
    if length == 0 {
        return Err("its domain ends with a dot");
    }
    if before == b'-' {
        return Err("a part of its domain starts or ends with a hyphen");
    }
    if length > LONGEST_LABEL {
        return Err("a part of its domain has more than 63 characters");
    }
    if labels < 2 {
        return Err("its domain has no dot");
    }
    if only_digits {
        return Err("its domain ends in a number");
    }
    Ok(if reserved {
        Shape::International
    } else if capitals {
        Shape::Capitals
    } else {
        Shape::Plain
    })
}
