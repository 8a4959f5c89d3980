//! Any text as a token: refused, or one that is written in one way only. And any values as a token:
//! it reads back, and no other one does.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use postmerge::mail::recipient_id::{RecipientId, RecipientKey};
use postmerge::mail::token::{Action, Leave, MailingTag, OccurrenceTag, ReversePath, Scope};

static KEY: LazyLock<RecipientKey> =
    LazyLock::new(|| RecipientKey::from_secret(&[7; 32]).expect("long enough"));

fn array<const N: usize>(data: &[u8], from: usize) -> [u8; N] {
    std::array::from_fn(|at| data.get(from + at).copied().unwrap_or_default())
}

fn refused_or_canonical(text: &str) {
    if let Ok(path) = ReversePath::verify(&KEY, text) {
        assert_eq!(path.token(&KEY), text.to_ascii_lowercase());
    }
    if let Ok(leave) = Leave::verify(&KEY, text) {
        assert_eq!(leave.token(&KEY), text.to_ascii_lowercase());
    }
}

fuzz_target!(|data: &[u8]| {
    refused_or_canonical(&String::from_utf8_lossy(data));
    let path = ReversePath {
        occurrence: OccurrenceTag(array(data, 0)),
        index: u32::from_be_bytes(array(data, 5)),
        copy: array::<1>(data, 9)[0],
    };
    let leave = Leave {
        action: match array::<1>(data, 10)[0] & 1 {
            0 => Action::Unsubscribe,
            _ => Action::Preferences,
        },
        scope: match array::<1>(data, 11)[0] & 1 {
            0 => Scope::All,
            _ => Scope::Topic(array(data, 12)),
        },
        recipient: RecipientId(array(data, 16)),
        mailing: match array::<1>(data, 30)[0] & 1 {
            0 => None,
            _ => Some(MailingTag(array(data, 31))),
        },
    };
    let (path_token, leave_token) = (path.token(&KEY), leave.token(&KEY));
    assert_eq!(ReversePath::verify(&KEY, &path_token), Ok(path));
    assert_eq!(Leave::verify(&KEY, &leave_token), Ok(leave));
    assert!(ReversePath::verify(&KEY, &leave_token).is_err());
    // One character changed: refused.
    for token in [path_token, leave_token] {
        let mut changed = token.clone().into_bytes();
        let at = usize::from(array::<1>(data, 28)[0]) % changed.len();
        let Some(byte) = changed.get_mut(at) else {
            continue;
        };
        *byte = b"abcdefghijklmnopqrstuvwxyz234567"[usize::from(array::<1>(data, 29)[0]) % 32];
        let changed = String::from_utf8(changed).expect("ASCII");
        if changed != token {
            assert!(ReversePath::verify(&KEY, &changed).is_err(), "{changed}");
            assert!(Leave::verify(&KEY, &changed).is_err(), "{changed}");
        }
    }
});
