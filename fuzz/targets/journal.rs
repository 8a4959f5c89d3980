//! Any bytes as the journal of a run that died. `raw` as they are; else they are cut at 0xff into
//! records' bodies, which are given their lengths and checksums.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postmerge::ledger::journal::Journal;

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| match crc & 1 {
            1 => (crc >> 1) ^ 0xedb8_8320,
            _ => crc >> 1,
        })
    })
}

fn framed(data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for body in data
        .split(|byte| *byte == 0xff)
        .filter(|body| !body.is_empty())
    {
        // 0xfe stands for 0xff, so that times before 1970 and open ends can be written.
        let body: Vec<u8> = body
            .iter()
            .map(|b| if *b == 0xfe { 0xff } else { *b })
            .collect();
        bytes.extend_from_slice(&u32::try_from(body.len()).expect("short").to_le_bytes());
        bytes.extend_from_slice(&crc32(&body).to_le_bytes());
        bytes.extend_from_slice(&body);
    }
    bytes
}

fuzz_target!(|data: &[u8]| {
    let bytes = match data.strip_prefix(b"raw") {
        Some(raw) => raw.to_vec(),
        None => framed(data),
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("00000001.log"), &bytes).expect("room on the disk");
    let Ok(runs) = Journal::recover(folder.path(), Some("boot")) else {
        return;
    };
    assert!(runs.len() <= 1);
    for run in runs {
        assert!(
            run.events(|_| None).is_empty(),
            "nothing is made of what the ledger does not show"
        );
        let _ = run.occurrences();
        run.remove().expect("the journal is there");
    }
    assert!(
        Journal::recover(folder.path(), Some("boot")).is_ok_and(|runs| runs.is_empty()),
        "a recovered journal is gone, an empty one says nothing"
    );
});
