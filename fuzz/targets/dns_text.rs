//! Any text as what DNS says: an SPF record, a DKIM key, a DMARC record.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postmerge::doctor::fuzzing::{dkim, dmarc, spf_mended, spf_terms};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    dkim(&text);
    dmarc(&text);
    let Some(terms) = spf_terms(&text) else {
        return;
    };
    // What is read is written the same.
    let again = format!("v=spf1 {}", terms.join(" "));
    assert_eq!(spf_terms(&again).as_ref(), Some(&terms), "{again}");
    // And what is to be published in its place can be read, too.
    for mended in spf_mended(&text) {
        assert!(spf_terms(&mended).is_some(), "{mended}");
    }
});
