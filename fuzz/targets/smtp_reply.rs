//! Any octets as a relay's reply.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postmerge::transport::smtp::fuzzing::{Reading, keywords, read};

fuzz_target!(|data: &[u8]| {
    let (reply, used) = match read(data) {
        Reading::Whole(reply, used) => (reply, used),
        Reading::Partial => {
            assert!(data.len() < 16 * 1024, "waits for ever");
            return;
        }
        Reading::Malformed(why) => {
            assert!(!why.contains(char::is_control), "{why:?}");
            return;
        }
    };
    assert!((1..=data.len()).contains(&used));
    assert!((200..600).contains(&reply.code));
    assert!(reply.text.len() <= 512 && !reply.text.contains(char::is_control));
    // What follows does not change it, and without its last octet it is not there yet.
    assert_eq!(read(&data[..used]), Reading::Whole(reply, used));
    assert_eq!(read(&data[..used - 1]), Reading::Partial);
    keywords(&data[..used]);
});
