//! Domains and addresses, as the checks compare them.
//!
//! Which part of a domain somebody registered comes from the public suffix list that this program was
//! built with (RFC 7489, section 3.2). A suffix that is younger is not known to it.

use std::net::IpAddr;

use crate::mail::address::Address;

/// In ASCII and lower case, without the dot at its end; `None` where it is no domain.
pub(super) fn ascii(name: &str) -> Option<String> {
    let name = name.trim_end_matches('.');
    let ascii = idna::domain_to_ascii(name).ok()?;
    (!ascii.is_empty() && ascii.len() <= 253).then_some(ascii)
}

/// The domain of a mail address, in ASCII.
pub(super) fn of_mailbox(address: &str) -> Option<String> {
    let address = Address::parse(address).ok()?;
    Some(address.domain().to_owned())
}

/// The part that somebody registered: `camara.example` of `correo.camara.example`.
pub(super) fn organisational(name: &str) -> &str {
    psl::domain_str(name).unwrap_or(name)
}

/// Whether both belong to one organisation, as far as names tell.
pub(super) fn is_one_organisation(one: &str, other: &str) -> bool {
    organisational(one).eq_ignore_ascii_case(organisational(other))
}

/// Whether the world can reach an address. Networks that are kept for documentation count as such
/// that it can.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            // RFC 6598: carriers' own.
            let [first, second, ..] = v4.octets();
            let carriers = first == 100 && second & 0xc0 == 64;
            !(v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_broadcast()
                || v4.is_multicast()
                || carriers)
        }
        IpAddr::V6(v6) => {
            !(v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_multicast()
                || v6.is_unique_local()
                || v6.is_unicast_link_local())
        }
    }
}

/// Addresses as a sentence has them.
pub(super) fn listed(addresses: &[IpAddr]) -> String {
    let words: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_registered() {
        for (name, expected) in [
            ("correo.camara.example", "camara.example"),
            ("camara.example", "camara.example"),
            ("mail.camara.org.co", "camara.org.co"),
            ("a.b.camara.co.uk", "camara.co.uk"),
            ("co.uk", "co.uk"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(organisational(name), expected);
        }
        assert!(is_one_organisation("smtp.C.example", "c.example"));
        assert!(!is_one_organisation("a.co.uk", "b.co.uk"));
    }

    #[test]
    fn what_the_world_can_reach() {
        for (address, expected) in [
            ("192.0.2.1", true),
            ("2001:db8::1", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("100.64.0.1", false),
            ("100.128.0.1", true),
            ("192.168.1.1", false),
            ("169.254.1.1", false),
            ("::1", false),
            ("fd00::1", false),
            ("fe80::1", false),
            ("::ffff:10.0.0.1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn mailboxes_and_names_in_ascii() {
        assert_eq!(
            of_mailbox("a@Cámara.example"),
            Some("xn--cmara-xqa.example".into())
        );
        assert_eq!(
            ascii("Cámara.example."),
            Some("xn--cmara-xqa.example".into())
        );
        assert_eq!(ascii("."), None);
        assert_eq!(of_mailbox("nobody"), None);
        assert_eq!(of_mailbox("a@"), None);
    }
}
