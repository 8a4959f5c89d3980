//! Percent-encoding of texts that become one part of an address (RFC 3986 §2.1).

/// Encodes everything but RFC 3986's unreserved characters (§2.3).
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_unreserved_stays() {
        assert_eq!(encoded("año nuevo.png"), "a%C3%B1o%20nuevo.png");
        assert_eq!(
            encoded("https://x/?a=1&b#c"),
            "https%3A%2F%2Fx%2F%3Fa%3D1%26b%23c"
        );
    }
}
