//! `postmerge doctor` as a user runs it: output, JSON, exit codes.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "this file uses a part")]
mod doctor_servers;

use std::sync::Arc;

use doctor_servers::{Authority, dns, nothing, web};
use postmerge::transport::inbox::{Inbox, InboxConfig, MemorySink};
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::transport::smtp::Credentials;

/// RFC 8463, appendix A.2, as PKCS#8.
const ED25519: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    -----END PRIVATE KEY-----\n";

const SETTINGS: &str = "
organisation: {name: C, postal_address: [Calle 10], zone: America/Bogota, locale: es}
senders:
  eventos:
    name: E
    address: eventos@camara.example
    relay: principal
    dkim: [{domain: camara.example, selector: pm, algorithm: ed25519-sha256, key_env: DKIM_KEY}]
relays:
  principal:
    host: smtp.camara.example
    port: RELAY
    ca_file: ca.pem
    credentials: {user_env: SMTP_USER, password_env: SMTP_PASSWORD}
windows: {\"12:00\": {opens: \"12:00\", open_for: 3h}}
bounces: {address: rebotes@camara.example}
unsubscribe: {address: bajas@camara.example}
portal: {url: https://correo.camara.example:HTTPS}
";

const ZONE: &str = r#"
camara.example. 60 IN TXT "v=spf1 mx -all"
camara.example. 60 IN MX 10 mx.camara.example.
mx.camara.example. 60 IN A 192.0.2.20
pm._domainkey.camara.example. 60 IN TXT "v=DKIM1; k=ed25519; p=AAqYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
smtp.camara.example. 60 IN A 127.0.0.1
correo.camara.example. 60 IN A 127.0.0.1
"#;

/// A workspace whose servers are on loopback.
struct House {
    folder: tempfile::TempDir,
    dns: doctor_servers::Dns,
    ports: [(String, &'static str); 2],
    _inbox: postmerge::transport::inbox::RunningInbox,
}

impl House {
    async fn new() -> Self {
        let authority = Authority::new("ours");
        let certificate = authority.certificate(&["smtp.camara.example"], (2999, 1, 1));
        let mut config =
            InboxConfig::new(Arc::new(Mailboxes::new()), Arc::new(MemorySink::default()));
        config.tls = Some(certificate);
        config.credentials = Some(Credentials {
            user: "ana".into(),
            password: "secret".into(),
        });
        let inbox = Inbox::start(config).await.unwrap();
        let certificate = authority.certificate(&["correo.camara.example"], (2999, 1, 1));
        let web = web(&certificate, nothing).await;
        let folder = tempfile::tempdir().unwrap();
        let ports = [
            (inbox.addr.port().to_string(), "RELAY"),
            (web.port().to_string(), "HTTPS"),
        ];
        let mut settings = SETTINGS.to_owned();
        for (port, name) in &ports {
            settings = settings.replace(name, port);
        }
        std::fs::write(folder.path().join("postmerge.yaml"), settings).unwrap();
        std::fs::write(folder.path().join("ca.pem"), &authority.pem).unwrap();
        Self {
            folder,
            dns: dns(ZONE).await,
            ports,
            _inbox: inbox,
        }
    }

    /// Exit code, standard output, standard error.
    async fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
        let mut command = assert_cmd::Command::cargo_bin("postmerge").unwrap();
        command.args(["-C", self.folder.path().to_str().unwrap(), "doctor"]);
        if !arguments.contains(&"--dns") {
            command.args(["--dns", &self.dns.at.to_string()]);
        }
        command
            .args(arguments)
            // The machine's authorities, as far as the binary is concerned.
            .env("SSL_CERT_FILE", self.folder.path().join("ca.pem"))
            .envs(variables.iter().copied());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap());
        let output = output.await.unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    }

    /// With the ports' names in place of ports, which have five digits as free ports have.
    fn without_ports(&self, mut shown: String) -> String {
        for (port, name) in &self.ports {
            shown = shown.replace(port, name);
        }
        shown
    }
}

const SECRETS: [(&str, &str); 3] = [
    ("DKIM_KEY", ED25519),
    ("SMTP_USER", "ana"),
    ("SMTP_PASSWORD", "secret"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_table_with_what_to_publish() {
    let house = House::new().await;
    let (code, shown, errors) = house.run(&[], &SECRETS).await;
    insta::assert_snapshot!(house.without_ports(shown), @r#"
Sender eventos (eventos@camara.example)
  WRONG   dkim            the key at pm._domainkey.camara.example is not ours:
                          every signature fails
  WRONG   dmarc           camara.example has no DMARC record: large providers
                          refuse bulk mail without one
  ?       alignment       whether SPF speaks for camara.example is not known,
                          and DKIM does not: the signature for it fails
  good    mx              mx.camara.example takes camara.example's mail

Relay principal (smtp.camara.example:RELAY)
  good    address         smtp.camara.example (127.0.0.1) answers at port RELAY
  -       reverse         not tried: 127.0.0.1 is not an address that the world
                          can reach
  -       spf             not tried: smtp.camara.example has no address that
                          the world can reach. See to it that camara.example's
                          SPF record allows the one that your mail comes from
  good    greeting        "220 inbox.test ESMTP postmerge inbox"
  good    encryption      STARTTLS
  good    certificate     smtp.camara.example's certificate is good until
                          2999-01-01
  good    authentication  the relay takes user and password

Mailbox of bounces (rebotes@camara.example)
  good    mx              mx.camara.example takes camara.example's mail
  good    spf             camara.example has an SPF record (1 lookups of at
                          most 10)

Mailbox of unsubscribe (bajas@camara.example)
  good    mx              mx.camara.example takes camara.example's mail

Host correo.camara.example (portal)
  good    https           correo.camara.example's certificate is good until
                          2999-01-01

Publish in DNS, word for word (each value on one line):

  name      pm._domainkey.camara.example
  type      TXT
  value     v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
  replaces  v=DKIM1; k=ed25519; p=AAqYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=

  name      _dmarc.camara.example
  type      TXT
  value     v=DMARC1; p=none

10 good, 2 wrong, 1 not known, 2 not tried.
"#);
    assert_eq!((code, errors.as_str()), (1, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn json_and_parts() {
    let house = House::new().await;
    let arguments = ["--relay", "principal", "--format", "json"];
    let (code, shown, _) = house.run(&arguments, &[]).await;
    assert_eq!(code, 0, "{shown}");
    let value: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(value["sections"].as_array().unwrap().len(), 1);
    let authentication = &value["sections"][0]["findings"][6];
    assert_eq!(authentication["check"], "authentication");
    assert_eq!(authentication["state"], "skipped");
    assert_eq!(
        authentication["what"],
        "not tried: SMTP_USER and SMTP_PASSWORD are not set"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there() {
    let house = House::new().await;
    let (code, shown, errors) = house.run(&["--sender", "evento"], &[]).await;
    assert_eq!((code, shown.as_str()), (2, ""));
    assert_eq!(
        errors,
        "error: postmerge.yaml has no sender `evento`\n  help: did you mean `eventos`?\n"
    );
    let (code, _, errors) = house.run(&["--relay", "x"], &[]).await;
    assert_eq!(code, 2);
    assert!(errors.contains("they stand under `relays`"), "{errors}");
    let (code, _, errors) = house.run(&["--dns", "dns.example"], &[]).await;
    assert_eq!(code, 2);
    assert!(errors.contains("192.0.2.53"), "{errors}");
}
