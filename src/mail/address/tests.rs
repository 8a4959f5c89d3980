//! Addresses, the plain and the ugly.

use proptest::prelude::*;

use super::*;

#[test]
fn ordinary_and_odd_addresses_that_can_be_written_to() {
    for (given, kept) in [
        ("ana@exportadores.example", "ana@exportadores.example"),
        ("Ana.Maria@Camara.EXAMPLE", "Ana.Maria@camara.example"),
        (
            "o'brien+ferias@mail.camara.example",
            "o'brien+ferias@mail.camara.example",
        ),
        ("x@1.example", "x@1.example"),
        ("josé@compañía.example", "josé@xn--compaa-7va5a.example"),
        ("a@xn--compaa-7va5a.example", "a@xn--compaa-7va5a.example"),
        ("a@XN--compaa-7va5a.example", "a@xn--compaa-7va5a.example"),
        ("\"ana\"@x.example", "ana@x.example"),
        ("\"a\\na\"@x.example", "ana@x.example"),
        ("\"a..b\"@x.example", "\"a..b\"@x.example"),
        ("\"a@b\"@x.example", "\"a@b\"@x.example"),
        ("\"a\\\"b\"@x.example", "\"a\\\"b\"@x.example"),
        ("{a|b}@x.example", "{a|b}@x.example"),
    ] {
        assert_eq!(Address::parse(given).unwrap().as_str(), kept, "{given}");
    }
}

#[test]
fn what_is_no_address_is_refused() {
    let long_local = format!("{}@x.example", "a".repeat(65));
    let long_label = format!("a@{}.example", "b".repeat(64));
    let long_domain = format!("a@{}example", "bcdefghij.".repeat(25));
    let long_all = format!("{}@{}example", "a".repeat(60), "bcdefghij.".repeat(19));
    for bad in [
        "",
        "@",
        "a",
        "a@",
        "@x.example",
        "a@b",
        "a@@x.example",
        "a@b@x.example",
        ".a@x.example",
        "a.@x.example",
        "a..b@x.example",
        "a b@x.example",
        " a@x.example",
        "a@x.example ",
        "a@x.example\r\nBcc: b@y.example",
        "a\n@x.example",
        "a\0@x.example",
        "a@x.exam\0ple",
        "a\u{7f}@x.example",
        "a@[192.0.2.1]",
        "a@[IPv6:2001:db8::1]",
        "a@192.0.2.1",
        "a@x..example",
        "a@.x.example",
        "a@x.example.",
        "a@-x.example",
        "a@x-.example",
        "a@x.-example",
        "a@x.example-",
        "a@x_y.example",
        "<a@x.example>",
        "Ana <a@x.example>",
        "a@x.example,b@y.example",
        "a@x.example;b@y.example",
        "a(b)@x.example",
        "\"a@x.example",
        "\"a\"b@x.example",
        "\"\"@x.example",
        "\"a b\"@x.example",
        "\"a\r\n\"@x.example",
        "\"a\\\"@x.example",
        "a\u{200b}@x.example",
        "a\u{202e}@x.example",
        "a@x\u{200b}.example",
        "a\u{a0}b@x.example",
        "a@xn--\u{f1}.example",
        "a@xn--999999999.example",
        "a\\b@x.example",
        "a@x.example/..",
        "a@ñ",
        "a@x.example\u{85}",
        &long_local,
        &long_label,
        &long_domain,
        &long_all,
    ] {
        assert!(Address::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn an_error_says_why_and_can_be_printed() {
    let error = Address::parse("a\r\n\0 b@x.example").unwrap_err();
    insta::assert_snapshot!(error, @"`a��� b@x.example` is no e-mail address: it has a control character");
    insta::assert_snapshot!(Address::parse("ana.x.example").unwrap_err(), @"`ana.x.example` is no e-mail address: it has no @");
}

#[test]
fn parts_identity_and_mask() {
    let address = Address::parse("Éva@Compañía.example").unwrap();
    assert_eq!(address.local(), "Éva");
    assert_eq!(address.domain(), "xn--compaa-7va5a.example");
    assert!(address.needs_smtputf8());
    assert_eq!(address.identity(), "éva@xn--compaa-7va5a.example");
    assert_eq!(address.masked(), "É…@xn--compaa-7va5a.example");
    assert_eq!(format!("{address:?}"), address.masked());
    let plain = Address::parse("ana@x.example").unwrap();
    assert!(matches!(plain.identity(), Cow::Borrowed("ana@x.example")));
}

proptest! {
    #[test]
    fn parsing_never_panics_and_keeps_its_promises(text in "\\PC{0,30}@\\PC{0,30}|[a-zA-Z.\"\\\\@ñ\r\n\0-]{0,40}") {
        if let Ok(address) = Address::parse(&text) {
            prop_assert!(address.as_str().len() <= 254);
            prop_assert!(!address.as_str().chars().any(|c| c.is_control() || c.is_whitespace()));
            prop_assert!(address.domain().is_ascii());
            prop_assert!(address.domain().contains('.'));
            // Its one spelling is read as itself.
            prop_assert_eq!(&Address::parse(address.as_str()).unwrap(), &address);
            let mut buffer = String::new();
            prop_assert_eq!(AddressRef::parse(&text).unwrap().identity_into(&mut buffer), address.identity());
        }
    }

    #[test]
    fn dot_atoms_are_addresses(local in "[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\\.[a-z0-9]{1,10}){0,3}",
                               domain in "([a-z]([a-z0-9]{0,10}[a-z0-9])?\\.){1,3}[a-z]{2,8}") {
        let text = format!("{local}@{domain}");
        let address = Address::parse(&text).unwrap();
        prop_assert_eq!(address.as_str(), &text);
        prop_assert_eq!(address.local(), &local);
    }
}
