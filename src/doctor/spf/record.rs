//! Reading an SPF record (RFC 7208, sections 4.5 to 6). Asks nobody; says where it cannot be read.
//!
//! Macros (section 7) are seen, not expanded.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a mechanism says about a sender that matches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum Qualifier {
    Pass,
    Fail,
    SoftFail,
    Neutral,
}

/// What a sender is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum Mechanism {
    All,
    Include(String),
    /// The addresses of a name; the record's own domain where absent. With the lengths of both kinds
    /// of networks.
    A(Option<String>, u8, u8),
    /// The addresses of a domain's mail exchangers.
    Mx(Option<String>, u8, u8),
    Ptr,
    Ip4(Ipv4Addr, u8),
    Ip6(Ipv6Addr, u8),
    Exists(String),
}

/// One mechanism with its qualifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Directive {
    /// What it says.
    pub(super) qualifier: Qualifier,
    /// About whom.
    pub(super) mechanism: Mechanism,
    /// As it is written.
    pub(super) text: String,
}

/// A record that can be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Record {
    /// In their order: the first that matches counts.
    pub(super) directives: Vec<Directive>,
    /// Whose record counts where none matches and there is no `all`.
    pub(super) redirect: Option<String>,
}

/// A term that receivers cannot read: to them the whole record is void (section 4.6).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{term}` in it cannot be read: {why}")]
pub(super) struct RecordError {
    /// As it is written.
    pub(super) term: String,
    /// What is wrong with it.
    pub(super) why: &'static str,
}

/// Whether a text is an SPF record at all (section 4.5).
pub(super) fn is_spf(text: &str) -> bool {
    text.get(..6)
        .is_some_and(|start| start.eq_ignore_ascii_case("v=spf1"))
        && text
            .get(6..)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// What a record consists of: only the space parts it (section 4.6.1).
pub(super) fn terms(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').filter(|term| !term.is_empty())
}

impl Record {
    /// Reads a text that [`is_spf`].
    ///
    /// # Errors
    /// [`RecordError`].
    pub(super) fn parse(text: &str) -> Result<Self, RecordError> {
        let mut record = Self::default();
        let mut explained = false;
        for term in terms(text).skip(1) {
            let wrong = |why| RecordError {
                term: term.to_owned(),
                why,
            };
            // Sections 4.6.1 and 7.1: visible characters of ASCII, and nothing else.
            if !term.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(wrong("a character in it may not stand there"));
            }
            match modifier(term) {
                Some((name, _)) if name.eq_ignore_ascii_case("exp") => {
                    // Section 6: neither modifier may stand twice.
                    if std::mem::replace(&mut explained, true) {
                        return Err(wrong("it stands there twice"));
                    }
                }
                Some((name, value)) if name.eq_ignore_ascii_case("redirect") => {
                    if value.is_empty() {
                        return Err(wrong("it names no domain"));
                    }
                    if record.redirect.replace(value.to_owned()).is_some() {
                        return Err(wrong("it stands there twice"));
                    }
                }
                // Section 6: modifiers that nobody knows are ignored.
                Some(_) => {}
                None => record.directives.push(directive(term).map_err(wrong)?),
            }
        }
        Ok(record)
    }

    /// What it says about everybody else, where it says so itself.
    pub(super) fn all(&self) -> Option<Qualifier> {
        self.directives
            .iter()
            .find(|it| it.mechanism == Mechanism::All)
            .map(|it| it.qualifier)
    }
}

/// `name=value`, where the name is one (section 4.6.1).
fn modifier(term: &str) -> Option<(&str, &str)> {
    let (name, value) = term.split_once('=')?;
    let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(fine))
        .then_some((name, value))
}

fn directive(term: &str) -> Result<Directive, &'static str> {
    let (qualifier, rest) = match term.split_at_checked(1) {
        Some(("+", rest)) => (Qualifier::Pass, rest),
        Some(("-", rest)) => (Qualifier::Fail, rest),
        Some(("~", rest)) => (Qualifier::SoftFail, rest),
        Some(("?", rest)) => (Qualifier::Neutral, rest),
        _ => (Qualifier::Pass, term),
    };
    let end = rest.find([':', '/']).unwrap_or(rest.len());
    let (name, value) = rest.split_at(end);
    let mechanism = match name.to_ascii_lowercase().as_str() {
        "all" if value.is_empty() => Mechanism::All,
        "all" => return Err("nothing may stand behind `all`"),
        "include" => Mechanism::Include(domain(value)?),
        "exists" => Mechanism::Exists(domain(value)?),
        "ptr" => Mechanism::Ptr,
        "a" => {
            let (name, v4, v6) = name_and_lengths(value)?;
            Mechanism::A(name, v4, v6)
        }
        "mx" => {
            let (name, v4, v6) = name_and_lengths(value)?;
            Mechanism::Mx(name, v4, v6)
        }
        "ip4" => {
            let (address, length) = network(value, 32)?;
            let address = address.parse().map_err(|_| "this is no IPv4 address")?;
            Mechanism::Ip4(address, length)
        }
        "ip6" => {
            let (address, length) = network(value, 128)?;
            let address = address.parse().map_err(|_| "this is no IPv6 address")?;
            Mechanism::Ip6(address, length)
        }
        _ => return Err("there is no such mechanism"),
    };
    Ok(Directive {
        qualifier,
        mechanism,
        text: term.to_owned(),
    })
}

fn domain(value: &str) -> Result<String, &'static str> {
    match value.strip_prefix(':') {
        Some(domain) if !domain.is_empty() => Ok(domain.to_owned()),
        _ => Err("it names no domain"),
    }
}

/// `:name`, `/length` and `//length`, each of which may be absent (section 5.3).
fn name_and_lengths(value: &str) -> Result<(Option<String>, u8, u8), &'static str> {
    let (value, v6) = match value.rsplit_once("//") {
        Some((before, length)) => (before, prefix_length(length, 128)?),
        None => (value, 128),
    };
    let (value, v4) = match value.rsplit_once('/') {
        Some((before, length)) => (before, prefix_length(length, 32)?),
        None => (value, 32),
    };
    match value {
        "" => Ok((None, v4, v6)),
        _ => Ok((Some(domain(value)?), v4, v6)),
    }
}

fn network(value: &str, longest: u8) -> Result<(&str, u8), &'static str> {
    let value = value.strip_prefix(':').ok_or("it names no address")?;
    match value.split_once('/') {
        Some((address, length)) => Ok((address, prefix_length(length, longest)?)),
        None => Ok((value, longest)),
    }
}

fn prefix_length(text: &str, longest: u8) -> Result<u8, &'static str> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err("the length of its network is no number");
    }
    match text.parse() {
        Ok(length) if length <= longest => Ok(length),
        _ => Err("the length of its network is too large"),
    }
}

/// Whether an address lies in a network.
pub(super) fn lies_in(address: IpAddr, network: IpAddr, length: u8) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(length.min(32)));
            let mask = mask.unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(length.min(128)));
            let mask = mask.unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mechanisms(text: &str) -> Vec<Mechanism> {
        let record = Record::parse(text).unwrap();
        record
            .directives
            .into_iter()
            .map(|it| it.mechanism)
            .collect()
    }

    #[test]
    fn a_record_of_everything() {
        assert_eq!(
            mechanisms(
                "v=spf1 a A:mail.camara.example/24 mx//64 mx:c.example/8//32 ip4:192.0.2.0/24 \
                 ip6:2001:db8::1 include:_spf.c.example exists:%{i}.c.example ptr:c.example -all"
            ),
            [
                Mechanism::A(None, 32, 128),
                Mechanism::A(Some("mail.camara.example".into()), 24, 128),
                Mechanism::Mx(None, 32, 64),
                Mechanism::Mx(Some("c.example".into()), 8, 32),
                Mechanism::Ip4([192, 0, 2, 0].into(), 24),
                Mechanism::Ip6("2001:db8::1".parse().unwrap(), 128),
                Mechanism::Include("_spf.c.example".into()),
                Mechanism::Exists("%{i}.c.example".into()),
                Mechanism::Ptr,
                Mechanism::All,
            ]
        );
    }

    #[test]
    fn qualifiers_and_modifiers() {
        let record = Record::parse("V=SPF1  ~a ?mx +all Redirect=c.example exp=e.example x-y=z");
        let record = record.unwrap();
        let said: Vec<Qualifier> = record.directives.iter().map(|it| it.qualifier).collect();
        assert_eq!(
            said,
            [Qualifier::SoftFail, Qualifier::Neutral, Qualifier::Pass]
        );
        assert_eq!(record.redirect.as_deref(), Some("c.example"));
        assert_eq!(record.all(), Some(Qualifier::Pass));
    }

    #[test]
    fn what_is_a_record() {
        for (text, expected) in [
            ("v=spf1", true),
            ("V=spf1 -all", true),
            ("v=spf10 -all", false),
            ("v=spf2.0/pra -all", false),
            (" v=spf1", false),
            ("", false),
            ("ñññññ", false),
        ] {
            assert_eq!(is_spf(text), expected, "{text}");
        }
    }

    #[test]
    fn terms_that_can_not_be_read() {
        for (term, why) in [
            ("ip4:192.0.2.256", "no IPv4 address"),
            ("ip4", "names no address"),
            ("ip4:192.0.2.0/33", "too large"),
            ("ip6:192.0.2.0", "no IPv6 address"),
            ("include:", "names no domain"),
            ("include", "names no domain"),
            ("a:", "names no domain"),
            ("a/x", "no number"),
            ("all:x", "behind `all`"),
            ("ipv4:192.0.2.1", "no such mechanism"),
            ("redirect=", "names no domain"),
            ("redirect=a.example redirect=b.example", "twice"),
            ("exp=a exp=b", "twice"),
            ("-", "no such mechanism"),
            ("a:b\u{c}c.example", "may not stand there"),
            ("include:cámara.example", "may not stand there"),
        ] {
            let why_not = Record::parse(&format!("v=spf1 {term} -all")).unwrap_err();
            assert!(why_not.to_string().contains(why), "{term}: {why_not}");
        }
    }

    #[test]
    fn networks() {
        for (address, network, length, expected) in [
            ("192.0.2.9", "192.0.2.0", 24, true),
            ("192.0.3.9", "192.0.2.0", 24, false),
            ("192.0.3.9", "10.0.0.0", 0, true),
            ("192.0.2.9", "192.0.2.9", 32, true),
            ("2001:db8::9", "2001:db8::", 32, true),
            ("2001:db9::9", "2001:db8::", 32, false),
            ("2001:db9::9", "::", 0, true),
            ("192.0.2.9", "::", 0, false),
        ] {
            let (address, network) = (address.parse().unwrap(), network.parse().unwrap());
            assert_eq!(lies_in(address, network, length), expected, "{address}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,80}") {
            let _ = is_spf(&text);
            let _ = Record::parse(&format!("v=spf1 {text}"));
        }

        #[test]
        fn what_is_read_is_written_the_same(text in "[-+~?]?(a|mx|ip4|ip6|include|exists|all|ptr)(:[a-z0-9.:%{}]{0,12})?(/[0-9]{0,4})?(//[0-9]{0,4})?") {
            if let Ok(record) = Record::parse(&format!("v=spf1 {text}")) {
                prop_assert_eq!(&record.directives[0].text, &text);
            }
        }
    }
}
