//! Any text as an e-mail address.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postmerge::mail::address::{Address, AddressRef};

fuzz_target!(|text: &str| {
    let address = match Address::parse(text) {
        Ok(address) => address,
        Err(error) => {
            assert!(!error.to_string().contains(char::is_control), "{error}");
            return;
        }
    };
    let written = address.as_str();
    assert!(!written.contains(char::is_control), "{written:?}");
    assert!(
        address.local().len() <= 64 && written.len() <= 254,
        "{written}"
    );
    let domain = address.domain();
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    assert!(
        domain.contains('.') && domain.bytes().all(plain),
        "{domain}"
    );
    // Outside of quotes nothing may end the address where SMTP's <…> stands around it.
    if !address.local().starts_with('"') {
        assert!(
            !written.contains([' ', '<', '>', '"', ',', ';']),
            "{written}"
        );
    }
    assert_eq!(Address::parse(written).as_ref(), Ok(&address), "{written}");
    let mut buffer = String::new();
    let by_reference = AddressRef::parse(text).expect("it was read above");
    assert_eq!(by_reference.identity_into(&mut buffer), address.identity());
    assert!(address.masked().ends_with(domain));
});
