//! What a check found, as data: how it stands, in words, and what to publish in DNS.

use std::fmt;

use serde::Serialize;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Check {
    /// Whether a relay's name has an address, and something answers there.
    Address,
    /// Whether its addresses' names lead back to them.
    Reverse,
    /// Whether it greets.
    Greeting,
    /// Whether the connection to it is encrypted.
    Encryption,
    /// Whether its certificate is good, and for how long.
    Certificate,
    /// Whether it takes user and password.
    Authentication,
    /// Who may send for the domain of the reverse-path.
    Spf,
    /// Whether the public key in DNS is ours.
    Dkim,
    /// What receivers are told to do with mail that is not aligned.
    Dmarc,
    /// Whether SPF and DKIM speak for the domain that recipients see.
    Alignment,
    /// Who takes a domain's mail.
    Mx,
    /// Whether a web host answers with a good certificate.
    Https,
    /// Whether assets and documents are where mails link to.
    Publication,
}

impl Check {
    /// As output and documentation name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Reverse => "reverse",
            Self::Greeting => "greeting",
            Self::Encryption => "encryption",
            Self::Certificate => "certificate",
            Self::Authentication => "authentication",
            Self::Spf => "spf",
            Self::Dkim => "dkim",
            Self::Dmarc => "dmarc",
            Self::Alignment => "alignment",
            Self::Mx => "mx",
            Self::Https => "https",
            Self::Publication => "publication",
        }
    }
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// As it should be.
    Good,
    /// It works, and could be better.
    Advice,
    /// A person must mend it.
    Wrong,
    /// It could not be found out.
    NotKnown,
    /// It was not tried.
    Skipped,
}

/// The kind of a DNS record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)]
pub enum RecordKind {
    Txt,
    Ptr,
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Txt => "TXT",
            Self::Ptr => "PTR",
        })
    }
}

/// A record to publish, verbatim.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct DnsRecord {
    /// Where.
    pub name: String,
    /// Of which kind.
    pub kind: RecordKind,
    /// What.
    pub value: String,
    /// What it takes the place of; empty where it is new.
    pub instead_of: Vec<String>,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which check.
    pub check: Check,
    /// How it stands.
    pub state: State,
    /// In words: what is so, and what to do about it.
    pub what: String,
    /// What to publish in DNS, where that mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publish: Option<DnsRecord>,
    /// Whether waiting may mend it: a host that is away, a relay that is busy.
    pub may_pass: bool,
}

impl Finding {
    fn new(check: Check, state: State, what: impl Into<String>) -> Self {
        Self {
            check,
            state,
            what: what.into(),
            publish: None,
            may_pass: false,
        }
    }

    /// As it should be.
    pub fn good(check: Check, what: impl Into<String>) -> Self {
        Self::new(check, State::Good, what)
    }

    /// It works, and could be better.
    pub fn advice(check: Check, what: impl Into<String>) -> Self {
        Self::new(check, State::Advice, what)
    }

    /// A person must mend it.
    pub fn wrong(check: Check, what: impl Into<String>) -> Self {
        Self::new(check, State::Wrong, what)
    }

    /// It could not be found out.
    pub fn not_known(check: Check, what: impl Into<String>) -> Self {
        Self::new(check, State::NotKnown, what)
    }

    /// It was not tried.
    pub fn skipped(check: Check, what: impl Into<String>) -> Self {
        Self::new(check, State::Skipped, what)
    }

    /// With a TXT record that mends it.
    #[must_use]
    pub fn publish_text(self, name: &str, value: String, instead_of: Vec<String>) -> Self {
        self.publish(DnsRecord {
            name: name.to_owned(),
            kind: RecordKind::Txt,
            value,
            instead_of,
        })
    }

    /// With a record that mends it.
    #[must_use]
    pub fn publish(mut self, record: DnsRecord) -> Self {
        self.publish = Some(record);
        self
    }

    /// Waiting may mend it.
    #[must_use]
    pub const fn passing(mut self, may_pass: bool) -> Self {
        self.may_pass = may_pass;
        self
    }
}

/// What findings are about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Subject {
    /// A From identity.
    Sender {
        /// What settings call it.
        name: String,
        /// Its address.
        address: String,
    },
    /// A relay.
    Relay {
        /// What settings call it.
        name: String,
        /// Its host.
        host: String,
        /// Its port.
        port: u16,
    },
    /// A mailbox that recipients' servers or recipients write to.
    Mailbox {
        /// The key in settings: `bounces` or `unsubscribe`.
        name: String,
        /// Its address.
        address: String,
    },
    /// A web host.
    Host {
        /// Its name.
        name: String,
        /// What it is for: the key in settings.
        used_for: String,
    },
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sender { name, address } => write!(f, "Sender {name} ({address})"),
            Self::Relay { name, host, port } => write!(f, "Relay {name} ({host}:{port})"),
            Self::Mailbox { name, address } => write!(f, "Mailbox of {name} ({address})"),
            Self::Host { name, used_for } => write!(f, "Host {name} ({used_for})"),
        }
    }
}

/// What was found about one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// About what.
    pub subject: Subject,
    /// In the checks' own order.
    pub findings: Vec<Finding>,
}

/// All that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Examination {
    /// In the order of the settings: senders, relays, mailboxes, hosts.
    pub sections: Vec<Section>,
}

impl Examination {
    /// All findings.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.sections.iter().flat_map(|section| &section.findings)
    }

    /// What to publish in DNS, each record once, in the findings' order.
    pub fn publish(&self) -> Vec<&DnsRecord> {
        let mut records: Vec<&DnsRecord> = Vec::new();
        for record in self.findings().filter_map(|it| it.publish.as_ref()) {
            if !records.contains(&record) {
                records.push(record);
            }
        }
        records
    }

    /// How many findings stand so.
    pub fn count(&self, state: State) -> usize {
        self.findings().filter(|it| it.state == state).count()
    }
}
