//! Encryption and authentication: what must be refused, refused in words that name the reason.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod scripted_relay;

use std::sync::Arc;

use postmerge::transport::inbox::{Inbox, InboxConfig, InboxTls, MemorySink, RunningInbox};
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::transport::smtp::{ConfigError, Credentials, Smtp, SmtpConfig, TlsMode};
use postmerge::transport::tls::TrustError;
use postmerge::transport::{ConnectError, Connection, Transport};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use scripted_relay::Step::{Close, Hang, Hear, Say};
use scripted_relay::relay;

struct Authority {
    pem: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem().into_bytes();
    Authority {
        pem,
        issuer: Issuer::new(params, key),
    }
}

fn certificate(authority: &Authority, name: &str, expired: bool, implicit: bool) -> InboxTls {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    if expired {
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
    }
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &authority.issuer).unwrap();
    InboxTls {
        certificates: certificate.pem().into_bytes(),
        key: key.serialize_pem().into_bytes(),
        implicit,
    }
}

async fn inbox(
    tls: Option<InboxTls>,
    credentials: Option<Credentials>,
    login_only: bool,
) -> RunningInbox {
    let mut config = InboxConfig::new(Arc::new(Mailboxes::new()), Arc::new(MemorySink::default()));
    config.tls = tls;
    config.credentials = credentials;
    config.offers.login_only = login_only;
    Inbox::start(config).await.unwrap()
}

async fn connect(
    inbox: &RunningInbox,
    tls: TlsMode,
    authority: Option<&Authority>,
    credentials: Option<Credentials>,
) -> Result<Box<dyn Connection>, ConnectError> {
    let mut config = SmtpConfig::new("127.0.0.1", inbox.addr.port());
    config.tls = tls;
    config.authorities = authority.map(|a| a.pem.clone());
    config.credentials = credentials;
    Smtp::new(config).unwrap().connect().await
}

fn credentials(user: &str, password: &str) -> Option<Credentials> {
    Some(Credentials {
        user: user.into(),
        password: password.into(),
    })
}

fn tls_error(result: Result<Box<dyn Connection>, ConnectError>) -> String {
    match result.err().expect("no connection") {
        ConnectError::Tls { why, .. } => why,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_good_certificate_is_taken_either_way() {
    let authority = authority("ours");
    for (implicit, mode) in [(true, TlsMode::Implicit), (false, TlsMode::StartTls)] {
        let inbox = inbox(
            Some(certificate(&authority, "127.0.0.1", false, implicit)),
            None,
            false,
        )
        .await;
        let connection = connect(&inbox, mode, Some(&authority), None).await.unwrap();
        assert!(connection.usable());
        connection.quit().await;
        inbox.stop().await;
    }
}

#[tokio::test]
async fn bad_certificates_are_named() {
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    let cases = [
        (
            certificate(&ours, "mail.other.test", false, true),
            "not valid for name",
        ),
        (certificate(&ours, "127.0.0.1", true, true), "expired"),
        (
            certificate(&theirs, "127.0.0.1", false, true),
            "UnknownIssuer",
        ),
        (
            certificate(&ours, "mail.other.test", false, false),
            "not valid for name",
        ),
    ];
    for (certificate, words) in cases {
        let mode = if certificate.implicit {
            TlsMode::Implicit
        } else {
            TlsMode::StartTls
        };
        let inbox = inbox(Some(certificate), None, false).await;
        let why = tls_error(connect(&inbox, mode, Some(&ours), None).await);
        assert!(why.contains(words), "{why}");
    }
}

#[tokio::test]
async fn starttls_that_is_not_offered_is_not_done_without() {
    let authority = authority("ours");
    let inbox = inbox(None, None, false).await;
    let why = tls_error(connect(&inbox, TlsMode::StartTls, Some(&authority), None).await);
    assert_eq!(why, "the relay does not offer STARTTLS");
    // A plain relay on the port for implicit TLS.
    let why = tls_error(connect(&inbox, TlsMode::Implicit, Some(&authority), None).await);
    assert!(
        why.contains("corrupt") || why.contains("InvalidContentType"),
        "{why}"
    );
}

#[tokio::test]
async fn text_injected_before_tls_is_refused() {
    let authority = authority("ours");
    for (answer, expected) in [
        ("220 go\r\n250 AUTH PLAIN\r\n", "tampering"),
        ("220 go\r\nx", "tampering"),
        ("554 no\r\n", "STARTTLS refused: 554 no"),
    ] {
        let (addr, served) = relay(vec![
            Say("220 relay.test\r\n"),
            Hear("EHLO"),
            Say("250-relay.test\r\n250 STARTTLS\r\n"),
            Hear("STARTTLS\r\n"),
            Say(answer),
            Hear("never"),
        ])
        .await;
        let mut config = SmtpConfig::new("127.0.0.1", addr.port());
        config.authorities = Some(authority.pem.clone());
        let why = tls_error(Smtp::new(config).unwrap().connect().await);
        assert!(why.contains(expected), "{why}");
        assert!(served.await.unwrap().ends_with("STARTTLS\r\n"));
    }
}

#[tokio::test]
async fn a_relay_that_breaks_off_during_the_handshake_may_come_back() {
    let authority = authority("ours");
    let (addr, _served) = relay(vec![
        Say("220 relay.test\r\n"),
        Hear("EHLO"),
        Say("250-relay.test\r\n250 STARTTLS\r\n"),
        Hear("STARTTLS\r\n"),
        Say("220 go\r\n"),
        Close,
    ])
    .await;
    let mut config = SmtpConfig::new("127.0.0.1", addr.port());
    config.authorities = Some(authority.pem.clone());
    let error = Smtp::new(config).unwrap().connect().await.err().unwrap();
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn right_credentials_are_taken_and_wrong_ones_told() {
    let authority = authority("ours");
    let wanted = credentials("ana", "pässword");
    for login_only in [false, true] {
        let tls = certificate(&authority, "127.0.0.1", false, false);
        let inbox = inbox(Some(tls), wanted.clone(), login_only).await;
        let connection = connect(&inbox, TlsMode::StartTls, Some(&authority), wanted.clone())
            .await
            .unwrap();
        connection.quit().await;
        let wrong = connect(
            &inbox,
            TlsMode::StartTls,
            Some(&authority),
            credentials("ana", "x"),
        )
        .await;
        match wrong.err().unwrap() {
            ConnectError::Authentication { reply, .. } => assert_eq!(reply.code, 535),
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn authentication_that_can_not_be_tried_or_is_postponed() {
    let without = inbox(None, None, false).await;
    let error = connect(&without, TlsMode::Plain, None, credentials("ana", "x"))
        .await
        .err()
        .unwrap();
    assert!(
        matches!(&error, ConnectError::Credentials { why, .. } if why.contains("offers no AUTH")),
        "{error}"
    );
    let (addr, served) = relay(vec![
        Say("220 relay.test\r\n"),
        Hear("EHLO"),
        Say("250-relay.test\r\n250 AUTH PLAIN\r\n"),
        Hear("AUTH PLAIN AGFuYQB4\r\n"),
        Say("454 4.7.0 the user database is away\r\n"),
        Hang,
    ])
    .await;
    let mut config = SmtpConfig::new("127.0.0.1", addr.port());
    config.tls = TlsMode::Plain;
    config.credentials = credentials("ana", "x");
    let error = Smtp::new(config).unwrap().connect().await.err().unwrap();
    assert!(
        matches!(error, ConnectError::Refused { .. }) && error.may_pass(),
        "{error}"
    );
    served.abort();
}

#[tokio::test]
async fn a_relay_that_does_not_know_auth_is_not_said_to_refuse_the_password() {
    for answer in ["250 Ok\r\n", "502 5.5.1 what?\r\n"] {
        let (addr, served) = relay(vec![
            Say("220 relay.test\r\n"),
            Hear("EHLO"),
            Say("250-relay.test\r\n250 AUTH PLAIN\r\n"),
            Hear("AUTH PLAIN AGFuYQB4\r\n"),
            Say(answer),
            Hang,
        ])
        .await;
        let mut config = SmtpConfig::new("127.0.0.1", addr.port());
        config.tls = TlsMode::Plain;
        config.credentials = credentials("ana", "x");
        let error = Smtp::new(config).unwrap().connect().await.err().unwrap();
        assert!(
            matches!(&error, ConnectError::Credentials { why, .. } if why.contains("does not do AUTH")),
            "{error}"
        );
        served.abort();
    }
}

#[test]
fn credentials_are_never_shown() {
    let mut config = SmtpConfig::new("relay.test", 25);
    config.tls = TlsMode::Plain;
    config.credentials = credentials("the-user", "the-password");
    let shown = format!("{config:?} {:?}", Smtp::new(config.clone()).unwrap());
    assert!(
        !shown.contains("the-user") && !shown.contains("the-password"),
        "{shown}"
    );
}

#[test]
fn configurations_that_can_not_work_are_refused() {
    let build = |change: fn(&mut SmtpConfig)| {
        let mut config = SmtpConfig::new("relay.test", 587);
        change(&mut config);
        Smtp::new(config).err().unwrap()
    };
    assert!(matches!(
        build(|c| c.host = "a\r\nb".into()),
        ConfigError::Host(_)
    ));
    assert!(matches!(
        build(|c| c.client_name = "a\r\nMAIL".into()),
        ConfigError::ClientName(_)
    ));
    assert!(matches!(
        build(|c| c.authorities = Some(b"no PEM".to_vec())),
        ConfigError::Trust(TrustError::Authority(_))
    ));
}
