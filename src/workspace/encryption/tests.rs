//! Encrypted files: round trips, and everything that is refused.

use proptest::prelude::*;

use super::*;
use crate::workspace::settings::{Encryption, KeyHolder};

/// A key, and those who are encrypted to.
fn pair() -> (Keys, Recipients) {
    let key = NewKey::generate();
    let keys = Keys::parse(&format!("# a comment\n\n{}\n", key.secret)).unwrap();
    (keys, recipients([key]))
}

fn recipients(keys: impl IntoIterator<Item = NewKey>) -> Recipients {
    let holder = |key: NewKey| KeyHolder {
        name: "x".to_owned(),
        key: key.public,
    };
    Recipients::of(&Encryption {
        recipients: keys.into_iter().map(holder).collect(),
    })
    .unwrap()
}

fn sealed(text: &[u8], recipients: &Recipients) -> Vec<u8> {
    let mut out = Vec::new();
    encrypt(text, recipients, &mut out).unwrap();
    out
}

fn opened(bytes: &[u8], keys: &Keys) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    let mut reader = decrypt(Cursor::new(bytes.to_vec()), keys).map_err(|why| why.to_string())?;
    reader
        .read_to_end(&mut text)
        .map_err(|why| why.to_string())?;
    Ok(text)
}

#[test]
fn what_is_no_such_file_is_refused_with_and_without_keys() {
    let (keys, _) = pair();
    for (bytes, why) in [
        (&b""[..], "does not begin"),
        (b"email,nombre\nana@x.example,Ana\n", "does not begin"),
        (b"age-encryption.org/v1\n", "ends within its header"),
        (b"age-encryption.org/v2\n-> X25519 a\n", "does not begin"),
        (
            b"age-encryption.org/v1\n--- x\n12345678901234567890",
            "does not end rightly",
        ),
        (
            b"age-encryption.org/v1\n-> X25519 a\nb\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n1234567890123456789",
            "cannot be read",
        ),
        (b"-----BEGIN SOMETHING ELSE-----\nabc\n", "armored"),
    ] {
        for keys in [&keys, &Keys::default()] {
            let said = opened(bytes, keys).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
    }
}

#[test]
fn a_header_without_end_is_not_read_to_its_end() {
    let (keys, _) = pair();
    let mut stanzas = b"age-encryption.org/v1\n".to_vec();
    for _ in 0..100_000 {
        stanzas.extend_from_slice(b"-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
    }
    let mut line = b"age-encryption.org/v1\n-> X25519 ".to_vec();
    line.resize(50_000_000, b'A');
    let mut armored = b"-----BEGIN AGE ENCRYPTED FILE-----\n".to_vec();
    armored.resize(50_000_000, b'A');
    for (bytes, why) in [(stanzas, "longer"), (line, "longer"), (armored, "armored")] {
        let said = opened(&bytes, &keys).unwrap_err();
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn a_passphrase_is_never_worked_out() {
    let (keys, _) = pair();
    // The cost is 2 to the power of 40: days.
    let header = b"age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 40\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n12345678901234567890";
    let said = opened(header, &keys).unwrap_err();
    assert!(said.contains("passphrase"), "{said}");
}

#[test]
fn without_the_right_key_it_is_said_which_is_missing() {
    let (keys, to) = pair();
    let (others, _) = pair();
    let bytes = sealed(b"email\n", &to);
    assert!(
        opened(&bytes, &others)
            .unwrap_err()
            .contains("other keys than those in POSTMERGE_AGE_KEY")
    );
    assert!(
        opened(&bytes, &Keys::default())
            .unwrap_err()
            .contains("no key is at hand")
    );
    assert_eq!(opened(&bytes, &keys).unwrap(), b"email\n");
    assert_eq!(format!("{keys:?}"), "Keys(1)");
}

#[test]
fn of_several_each_can_read_it() {
    let (mine, yours) = (NewKey::generate(), NewKey::generate());
    let all = [&mine, &yours].map(|key| Keys::parse(&key.secret).unwrap());
    let bytes = sealed(b"email\n", &recipients([mine, yours]));
    for keys in &all {
        assert_eq!(opened(&bytes, keys).unwrap(), b"email\n");
    }
}

#[test]
fn keys_are_read_as_age_keygen_writes_them() {
    let key = NewKey::generate();
    let file = format!(
        "# created: 2026-01-01\n# public key: {}\n{}\n",
        key.public, key.secret
    );
    assert!(!Keys::parse(&file).unwrap().is_empty());
    assert_eq!(Keys::parse("").unwrap_err(), KeyError::None);
    assert_eq!(Keys::parse("# x\nsecret").unwrap_err(), KeyError::Line(2));
    // What is said of it holds nothing of it.
    assert!(!KeyError::Line(2).to_string().contains("secret"));
    let many = format!("{}\n", key.secret).repeat(MOST_KEYS + 1);
    assert_eq!(Keys::parse(&many).unwrap_err(), KeyError::TooMany);
}

#[test]
fn a_mistyped_recipient_is_refused() {
    let mut key = NewKey::generate().public;
    let last = key.pop().unwrap();
    key.push(if last == 'q' { 'p' } else { 'q' });
    let holder = KeyHolder {
        name: "ana".to_owned(),
        key,
    };
    let of = |recipients| Recipients::of(&Encryption { recipients }).err();
    assert_eq!(
        of(vec![holder]),
        Some(RecipientError::Mistyped("ana".to_owned()))
    );
    assert_eq!(of(Vec::new()), Some(RecipientError::None));
}

proptest! {
    #[test]
    fn what_is_encrypted_is_read_again(text in proptest::collection::vec(any::<u8>(), 0..200_000)) {
        let (keys, to) = pair();
        prop_assert_eq!(opened(&sealed(&text, &to), &keys).unwrap(), text);
    }

    #[test]
    fn a_part_of_a_file_is_never_taken_for_the_whole(length in 0_usize..150_000, cut in 1_usize..150_300) {
        let (keys, to) = pair();
        let mut bytes = sealed(&vec![b'x'; length], &to);
        bytes.truncate(bytes.len().saturating_sub(cut));
        prop_assert!(opened(&bytes, &keys).is_err());
    }

    #[test]
    fn a_changed_byte_is_seen(at in any::<proptest::sample::Index>(), flip in 1_u8..=255) {
        let (keys, to) = pair();
        let mut bytes = sealed(&[b'x'; 1_000], &to);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert!(opened(&bytes, &keys).is_err());
    }
}
