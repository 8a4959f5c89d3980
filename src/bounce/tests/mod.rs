//! What real servers send back, in invented letters: one for each form, and what must come of it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod formats;
mod languages;
mod machine;
mod others;

use super::{Action, Kind, Reported, read};

/// A letter out of its fields and its text.
fn letter(from: &str, subject: &str, text: &str) -> Vec<u8> {
    format!(
        "Return-Path: <>\nFrom: {from}\nTo: rebotes+tok3n@camara.example\nSubject: {subject}\n\
         Message-ID: <report@mx.a.example>\nDate: Thu, 3 Dec 2026 12:00:00 -0500\n\n{text}"
    )
    .into_bytes()
}

/// A letter of several parts: type and content of each.
fn parts(fields: &str, parts: &[(&str, &str)]) -> Vec<u8> {
    let mut text = format!(
        "From: MAILER-DAEMON@mx.a.example\nTo: rebotes+tok3n@camara.example\n{fields}\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; boundary=\"edge\"\n\nA MIME message.\n"
    );
    for (kind, content) in parts {
        text.push_str(&format!("--edge\nContent-Type: {kind}\n\n{content}\n"));
    }
    text.push_str("--edge--\n");
    text.into_bytes()
}

fn reported(bytes: &[u8]) -> Vec<Reported> {
    let returned = read(bytes);
    match returned.passed_on.unwrap_or(returned.kind) {
        Kind::Report(reported) => reported,
        other => panic!("{other:?}\n{}", String::from_utf8_lossy(bytes)),
    }
}

/// Addresses and actions.
fn told(bytes: &[u8]) -> Vec<(String, Action)> {
    reported(bytes)
        .into_iter()
        .map(|r| (r.address.unwrap_or_default(), r.action))
        .collect()
}
