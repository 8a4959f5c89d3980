//! Any bytes as a notice or a forwarding on the ledger's branch: what is read is written as what reads the same, and folding
//! it does not depend on the order.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postmerge::ledger::feedback::MessageKey;
use postmerge::ledger::forward::{Forward, Forwards};
use postmerge::ledger::notice::Notice;

fuzz_target!(|data: &[u8]| {
    if let Some(notice) = Notice::read(data) {
        let again = Notice::read(notice.text().as_bytes());
        assert_eq!(again, Some(notice), "what was written is read");
    }
    // Several, a line each.
    let all: Vec<Forward> = data
        .split(|b| *b == b'\n')
        .filter_map(Forward::read)
        .collect();
    let (mut one, mut other) = (Forwards::default(), Forwards::default());
    for forward in &all {
        let again = Forward::read(forward.text().as_bytes());
        assert_eq!(again.as_ref(), Some(forward), "what was written is read");
        one.apply(forward);
    }
    all.iter().rev().for_each(|forward| other.apply(forward));
    for key in all.iter().flat_map(|it| &it.messages) {
        let key = MessageKey::parse(key).expect("a key, as it was read");
        assert_eq!(one.is_done(key), other.is_done(key));
        assert_eq!(one.is_claimed(key, None), other.is_claimed(key, None));
    }
});
