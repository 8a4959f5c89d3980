//! Any octets as a message that came back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postmerge::bounce::{Kind, RECIPIENTS, read};
use postmerge::mail::refusal::{Class, Status, classify};

fuzz_target!(|data: &[u8]| {
    let returned = read(data);
    assert_eq!(returned, read(data));
    let traces = &returned.traces;
    for address in [
        &traces.arrived_at,
        &traces.returned_from,
        &traces.returned_to,
    ]
    .into_iter()
    .flatten()
    {
        assert!(
            address.contains('@') && !address.contains(char::is_control),
            "{address:?}"
        );
    }
    if let Kind::Report(reported) = &returned.kind {
        assert!(!reported.is_empty() && reported.len() <= RECIPIENTS);
        for one in reported {
            assert!(
                one.address
                    .as_ref()
                    .is_none_or(|a| a.contains('@') && !a.contains(char::is_control))
            );
            assert!(
                one.text.len() <= 8 * 1024 && !one.text.contains('\n'),
                "{:?}",
                one.text
            );
            assert_eq!(
                Class::parse(one.verdict.class.name()),
                Ok(one.verdict.class)
            );
        }
    }
    // What a status is written as reads back; words alone are judged the same with it.
    if let Ok(text) = std::str::from_utf8(data) {
        let verdict = classify(None, None, text);
        if let Some(status) = verdict.status {
            assert_eq!(Status::parse(&status.to_string()), Some(status));
            assert_eq!(classify(None, Some(status), text), verdict);
        }
    }
});
