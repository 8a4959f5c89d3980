//! Any bytes as an encrypted list. A first byte of `e` encrypts the rest, and it must come back; `c` encrypts it and changes one byte,
//! which must be seen. Anything else is read as it stands, and is never a list.
#![no_main]

use std::io::{Cursor, Read};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use postmerge::workspace::encryption::{Keys, NewKey, Recipients, decrypt, encrypt};
use postmerge::workspace::settings::{Encryption, KeyHolder};

static KEY: LazyLock<(Keys, Recipients)> = LazyLock::new(|| {
    let key = NewKey::generate();
    let holder = KeyHolder {
        name: "fuzz".to_owned(),
        key: key.public.clone(),
    };
    let recipients = Recipients::of(&Encryption {
        recipients: vec![holder],
    });
    (
        Keys::parse(&key.secret).expect("it was just made"),
        recipients.expect("it was just made"),
    )
});

fn opened(bytes: Vec<u8>) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut reader = decrypt(Cursor::new(bytes), &KEY.0).ok()?;
    reader.read_to_end(&mut text).ok()?;
    Some(text)
}

fn sealed(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encrypt(text, &KEY.1, &mut bytes).expect("memory can be written");
    bytes
}

fuzz_target!(|data: &[u8]| {
    match data {
        [b'e', text @ ..] => assert_eq!(opened(sealed(text)).as_deref(), Some(text)),
        [b'c', at, flip, text @ ..] if *flip != 0 => {
            let mut bytes = sealed(text);
            let at = usize::from(*at) % bytes.len();
            bytes[at] ^= flip;
            assert_eq!(opened(bytes), None);
        }
        bytes => assert_eq!(opened(bytes.to_vec()), None),
    }
});
