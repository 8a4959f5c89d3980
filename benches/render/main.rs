//! Prints microseconds per mail on one core for each part of a 13 KB mail: `cargo bench --bench render`;
//! `cargo bench --bench render -- unsigned` measures the parts whose name holds that word.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark measures and prints"
)]

#[path = "../../tests/render_common/mod.rs"]
mod render_common;

use std::hint::black_box;
use std::time::Instant;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, RsaKeyPair};
use base64::Engine as _;
use postmerge::mail::dkim::{self, Algorithm, Signer};
use postmerge::mail::mime::{self, Content};
use postmerge::render::RecipientView;
use postmerge::workspace::member::Value;
use render_common::{Case, member, text, view};

fn measure(what: &str, times: u32, mut work: impl FnMut()) {
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    if words.next().is_some_and(|word| !what.contains(&word)) {
        return;
    }
    let mut best = f64::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        for _ in 0..times {
            work();
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e6 / f64::from(times));
    }
    println!("{what:<28} {best:8.1} µs");
}

fn signer(algorithm: Algorithm) -> Signer {
    let der = match algorithm {
        Algorithm::RsaSha256 => {
            let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
            let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = key.as_der().unwrap();
            der.as_ref().to_vec()
        }
        Algorithm::Ed25519Sha256 => {
            let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
            der.as_ref().to_vec()
        }
    };
    let der = base64::engine::general_purpose::STANDARD.encode(der);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n");
    Signer::from_pem("camara.example", "s1", algorithm, &pem).unwrap()
}

fn body() -> String {
    let mut body =
        String::from("# Estimado {{ nombre }}\n\n{% if x %}\nSí, {{ nombre }}\n{% endif %}\n");
    for n in 0..14 {
        body.push_str(&format!(
            "\n## Sección {n}\n\nTres compradores europeos, una mañana: la rueda de negocios del sector agroindustrial \
             reúne a quienes producen y a quienes compran, con citas de veinte minutos.\n\n- [Programa {n}]\
             (https://camara.example/p/{{{{ id }}}}?s={n})\n- Inscripción hasta el {{{{ dia|date }}}}\n- Sin costo\n"
        ));
    }
    body
}

const LAYOUT: &str = "<html><head><style>h1{color:#0b4f6c}h2{font-size:18px;color:#333}p{font-family:Arial,sans-serif;line-height:1.5}\
    li{font-family:Arial,sans-serif} @media (max-width:600px){h1{font-size:20px}}</style></head><body><table width=\"600\">\
    <tr><td>{{ content }}</td></tr></table></body></html>";

/// Static links in place of those with a value: as they are, then all of them counted.
fn links(view: &RecipientView<'_>) {
    let linked = body().replace("/{{ id }}?s=", "/programa?s=");
    for (what, campaign) in [
        (
            "render, 14 static links",
            "subject: \"Rueda de negocios para {{ nombre }}\"",
        ),
        (
            "render, all of them counted",
            "subject: \"Rueda de negocios para {{ nombre }}\"\ntracking: {opens: true, clicks: true}",
        ),
    ] {
        let mut case = Case::body(&linked);
        case.campaign = campaign;
        case.layout = Some(LAYOUT);
        let compiled = case.compile().unwrap();
        measure(what, 2_000, || drop(black_box(compiled.parts(view))));
    }
}

fn main() {
    let source = body();
    let compiled = |signers| {
        let mut case = Case::body(&source);
        case.campaign = "subject: \"Rueda de negocios para {{ nombre }}\"";
        case.layout = Some(LAYOUT);
        case.signers = signers;
        case.compile().unwrap()
    };
    let ana = member(&[
        ("nombre", text("Ana María Ñáñez")),
        ("id", text("AB-1234")),
        ("x", Value::Bool(true)),
        ("dia", Value::Date("2026-12-03".parse().unwrap())),
    ]);
    let view = view(&ana.address, Some(&ana));
    let unsigned = compiled(Vec::new());
    let parts = unsigned.parts(&view).unwrap();
    let letter = unsigned.letter(&view).unwrap();
    println!(
        "html {} + text {} bytes, mail {} bytes",
        parts.html.len(),
        parts.text.len(),
        letter.message.len()
    );
    measure("render", 2_000, || drop(black_box(unsigned.parts(&view))));
    let content = Content {
        text: &parts.text,
        html: Some(&parts.html),
        attachments: &[],
    };
    measure("MIME", 2_000, || {
        let mut out = Vec::with_capacity(letter.message.len() + 100);
        mime::write(&mut out, "abcdefgh@camara.example", &content).unwrap();
        black_box(out);
    });
    let at = letter
        .message
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .unwrap();
    let mail_body = letter.message.get(at + 4..).unwrap();
    measure("DKIM body hash", 2_000, || {
        black_box(dkim::body_hash(mail_body));
    });
    measure("letter, unsigned", 2_000, || {
        drop(black_box(unsigned.letter(&view)))
    });
    for (what, algorithm, times) in [
        (
            "DKIM Ed25519, with hashing",
            Algorithm::Ed25519Sha256,
            1_000,
        ),
        ("DKIM RSA-2048, with hashing", Algorithm::RsaSha256, 200),
    ] {
        let signers = [signer(algorithm)];
        measure(what, times, || {
            drop(black_box(dkim::sign(
                &signers,
                &letter.message,
                1_700_000_000,
            )))
        });
    }
    links(&view);
    let both = compiled(vec![
        signer(Algorithm::RsaSha256),
        signer(Algorithm::Ed25519Sha256),
    ]);
    measure("letter, both signatures", 200, || {
        drop(black_box(both.letter(&view)))
    });
}
