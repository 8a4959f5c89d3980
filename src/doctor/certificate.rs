//! Certificates: what is wrong with one, and how long a good one stays so.
//!
//! The handshake decides, by the authorities that this machine trusts and the clock that is handed
//! in (RFC 5280, section 6; RFC 9525). Whether one was revoked is not asked.

use jiff::{SignedDuration, Timestamp};
use rustls::CertificateError;
use rustls::pki_types::{CertificateDer, UnixTime};

use super::finding::{Check, Finding};

/// Whoever renews by hand needs this long.
const RENEW_WITHIN: SignedDuration = SignedDuration::from_hours(21 * 24);

/// Judges a chain that the handshake took: how long it stays good.
pub(super) fn judge(
    check: Check,
    host: &str,
    chain: &[CertificateDer<'_>],
    now: Timestamp,
) -> Finding {
    let Some(until) = good_until(chain) else {
        return Finding::not_known(
            check,
            format!("until when {host}'s certificate is good cannot be read"),
        );
    };
    let date = date(until);
    // Never less than nothing: the handshake has looked at the same clock.
    let days = until.duration_since(now).as_hours().max(0) / 24;
    match until.duration_since(now) < RENEW_WITHIN {
        true => Finding::advice(
            check,
            format!(
                "{host}'s certificate is good only until {date}, {days} days more: see to it that it is renewed"
            ),
        ),
        false => Finding::good(check, format!("{host}'s certificate is good until {date}")),
    }
}

/// Says what the handshake refused a certificate for.
pub(super) fn fault(check: Check, host: &str, fault: &CertificateError) -> Finding {
    let words = match fault {
        CertificateError::ExpiredContext { not_after, .. } => format!(
            "{host}'s certificate expired on {}: renew it",
            moment(*not_after)
        ),
        CertificateError::Expired => format!("{host}'s certificate expired: renew it"),
        CertificateError::NotValidYetContext { not_before, .. } => format!(
            "{host}'s certificate is good only from {}: is the clock right, here and there?",
            moment(*not_before)
        ),
        CertificateError::NotValidForNameContext { presented, .. } if !presented.is_empty() => {
            format!(
                "{host} shows a certificate for {}, not for {host}: name the host as its certificate does, or get one for it",
                names(presented)
            )
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("{host} shows a certificate that is not for {host}")
        }
        CertificateError::UnknownIssuer => format!(
            "nobody whom this machine trusts vouches for {host}'s certificate: either the server does not send the certificates in between, or its authority is a private one (`ca_file`)"
        ),
        CertificateError::Revoked => format!("{host}'s certificate was revoked"),
        other => format!("{host}'s certificate is not good: {other}"),
    };
    Finding::wrong(check, words)
}

/// The first day on which one of the chain is not good any more.
fn good_until(chain: &[CertificateDer<'_>]) -> Option<Timestamp> {
    let of = |der: &CertificateDer<'_>| {
        let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
        Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()
    };
    let mut until: Option<Timestamp> = None;
    for certificate in chain {
        let this = of(certificate)?;
        until = Some(until.map_or(this, |earliest| earliest.min(this)));
    }
    until
}

fn moment(time: UnixTime) -> String {
    i64::try_from(time.as_secs())
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .map_or_else(|| "a day long ago".to_owned(), date)
}

fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// rustls writes `DnsName("mail.example")`; people write `mail.example`.
fn names(presented: &[String]) -> String {
    let plain: Vec<&str> = presented
        .iter()
        .map(|name| name.split('"').nth(1).unwrap_or(name))
        .take(5)
        .collect();
    plain.join(", ")
}
