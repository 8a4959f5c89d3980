//! The DKIM check over names that the test tells.

use super::*;
use crate::doctor::finding::State;
use crate::doctor::told::Told;
use proptest::prelude::*;

const NAME: &str = "s._domainkey.c.example";

/// RSA, 1024 bits, made for this test.
const SHORT: &str = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDT";

/// RFC 8463, appendix A.2.
const ED25519: &str = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

/// RFC 8463, appendix A.3: RSA, 1024 bits.
const RSA_1024: &str = "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR\
     iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lx\
     j+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB";

fn ed25519(own: Own) -> Key {
    Key {
        name: NAME.to_owned(),
        is_rsa: false,
        own,
    }
}

fn rsa(own: Own) -> Key {
    Key {
        is_rsa: true,
        ..ed25519(own)
    }
}

fn ours() -> Own {
    Own::Record(ED25519.to_owned())
}

async fn examined(key: &Key, texts: &[&str]) -> Finding {
    let mut told = Told::default();
    for text in texts {
        told = told.text(NAME, text);
    }
    examine(&told, key).await
}

#[tokio::test]
async fn ours_however_it_is_written() {
    for text in [
        ED25519,
        "p = 11qYAYKxCrfVS/7TyWQHOg7hcv PapiMlrwIaaPcHURo ; k=ed25519",
        "v=DKIM1; k=ed25519; h=sha1:sha256; s=email; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=;",
    ] {
        let found = examined(&ed25519(ours()), &[text]).await;
        assert_eq!(found.state, State::Good, "{found:?}");
    }
}

#[tokio::test]
async fn what_publishing_ours_mends() {
    let other = "v=DKIM1; k=ed25519; p=AAqYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    for (texts, words) in [
        (&[][..], "there is no key"),
        (&[ED25519, other][..], "2 TXT records"),
        (&[other], "not ours"),
        (&["v=DKIM1; k=ed25519; p="], "revoked"),
        (&["v=DKIM1; k=ed25519"], "no `p=`"),
        (&["v=DKIM2; p=x"], "`v=DKIM1`"),
        (&["k=ed25519; v=DKIM1; p=x"], "`v=DKIM1`"),
        (&["v=DKIM1; k=dsa; p=x"], "`k=`"),
        (&["v=DKIM1; k=ed25519; p=a*b"], "base64"),
        (&["v=DKIM1; k=ed25519; p=AAAA"], "cut off"),
        (&["hello"], "list of tags"),
        (&["v=DKIM1; k=ed25519; h=sha1; p=AAAA"], "SHA-256"),
        (&["v=DKIM1; k=ed25519; s=tlsrpt; p=AAAA"], "SHA-256"),
        (&[RSA_1024], "for RSA, and ours for Ed25519"),
    ] {
        let found = examined(&ed25519(ours()), texts).await;
        assert_eq!(found.state, State::Wrong, "{words}");
        assert!(found.what.contains(words), "{}", found.what);
        let record = found.publish.unwrap();
        assert_eq!(
            (record.name.as_str(), record.value.as_str()),
            (NAME, ED25519)
        );
        assert_eq!(record.instead_of.len(), texts.len());
    }
}

#[tokio::test]
async fn keys_that_are_too_short() {
    let found = examined(&rsa(Own::Record(RSA_1024.into())), &[RSA_1024]).await;
    assert_eq!(found.state, State::Advice);
    assert!(found.what.contains("1024 bits"), "{}", found.what);
    let shorter = format!("v=DKIM1; p={}", rsa_of(512));
    let found = examined(&rsa(Own::NotSet("KEY".into())), &[&shorter]).await;
    assert_eq!(found.state, State::Wrong);
    assert!(found.what.contains("512 bits"), "{}", found.what);
    let found = examined(&rsa(ours()), &[&format!("v=DKIM1; p={SHORT}")]).await;
    assert!(found.what.contains("cut off"), "{}", found.what);
}

#[tokio::test]
async fn a_bare_key_is_the_same_key() {
    let own = Published::parse(RSA_1024).unwrap();
    // Behind the algorithm's name and the count of unused bits.
    let bare = format!("v=DKIM1; p={}", LENIENT.encode(&own.key[22..]));
    let found = examined(&rsa(Own::Record(RSA_1024.into())), &[&bare]).await;
    assert!(found.what.contains("1024 bits: make"), "{}", found.what);
    let other = format!("v=DKIM1; p={}", rsa_of(512));
    let found = examined(&rsa(Own::Record(RSA_1024.into())), &[&other]).await;
    assert!(found.what.contains("not ours"), "{}", found.what);
}

/// A bare RSAPublicKey (RFC 8017, appendix A.1.1) with a modulus of so many bits.
fn rsa_of(bits: usize) -> String {
    let length = bits / 8;
    let mut key = vec![0x02, u8::try_from(length + 1).unwrap(), 0, 0xc1];
    key.extend(vec![0x55; length - 1]);
    key.extend([0x02, 3, 1, 0, 1]);
    let mut whole = vec![0x30, u8::try_from(key.len()).unwrap()];
    whole.append(&mut key);
    LENIENT.encode(whole)
}

#[tokio::test]
async fn without_our_key_at_hand() {
    let not_set = || Own::NotSet("DKIM_KEY".to_owned());
    let found = examined(&ed25519(not_set()), &[ED25519]).await;
    assert_eq!(found.state, State::Skipped);
    assert!(
        found.what.ends_with("DKIM_KEY is not set"),
        "{}",
        found.what
    );
    let found = examined(&ed25519(not_set()), &[]).await;
    assert_eq!((found.state, found.publish), (State::Wrong, None));
    assert!(found.what.contains("Set DKIM_KEY"), "{}", found.what);
    let broken = Own::Unusable("our key is broken".to_owned());
    let found = examined(&ed25519(broken), &[ED25519]).await;
    assert_eq!(
        (found.state, found.what.as_str()),
        (State::Wrong, "our key is broken")
    );
}

#[tokio::test]
async fn a_test_and_silence() {
    let testing = ED25519.replace("p=", "t=s:y; p=");
    let found = examined(&ed25519(ours()), &[&testing]).await;
    assert_eq!(found.state, State::Advice);
    let told = Told::default().failing(NAME);
    let found = examine(&told, &ed25519(ours())).await;
    assert_eq!(found.state, State::NotKnown);
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,80}", key in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = Published::parse(&text);
        for kind in ["rsa", "ed25519"] {
            let text = format!("v=DKIM1; k={kind}; p={}", LENIENT.encode(&key));
            let read = Published::parse(&text).unwrap();
            prop_assert_eq!(&read.key, &key);
            let _ = read.strength();
        }
    }
}
