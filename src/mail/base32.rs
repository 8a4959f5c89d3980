//! Base32 (RFC 4648 §6) in lower case, without padding: what survives servers that lower-case local parts. Only the canonical form
//! is read (§3.5), so that one token has one spelling.

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

pub(super) fn encode(out: &mut String, bytes: &[u8]) {
    let (mut bits, mut held) = (0_u32, 0_u32);
    for &byte in bytes {
        held = held << 8 | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            push(out, held >> bits);
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        push(out, held << (5 - bits));
    }
}

fn push(out: &mut String, value: u32) {
    let at = (value & 31) as usize;
    out.push(ALPHABET.get(at).map_or('a', |&b| char::from(b)));
}

pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in text.bytes() {
        let value = match byte.to_ascii_lowercase() {
            letter @ b'a'..=b'z' => letter - b'a',
            digit @ b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        held = held << 5 | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    (bits < 5 && held == 0).then_some(bytes)
}
