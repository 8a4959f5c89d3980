//! The transport alone: prebuilt 13 KB letters over several connections to a relay on this machine.
//!
//! `cargo bench --bench smtp -- 127.0.0.1:2525 [--count N] [--connections N] [--size OCTETS]
//! [--no-pipelining] [--inbox MILLISECONDS]`. With `--inbox` it starts our own inbox, answering
//! with that latency, instead of connecting to an address. Prints mails a second.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a measuring program"
)]

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use postmerge::clock::{Clock, SystemClock};
use postmerge::mail::address::Address;
use postmerge::mail::envelope::{Envelope, Letter};
use postmerge::transport::inbox::{DiscardSink, Inbox, InboxConfig};
use postmerge::transport::mailboxes::Mailboxes;
use postmerge::transport::smtp::{Smtp, SmtpConfig, TlsMode};
use postmerge::transport::{Attempt, Transport};

#[derive(Clone)]
struct Run {
    address: Option<String>,
    count: usize,
    connections: usize,
    size: usize,
    pipelining: bool,
    inbox: Option<u64>,
}

fn arguments() -> Option<Run> {
    let mut run = Run {
        address: None,
        count: 20_000,
        connections: 8,
        size: 13_000,
        pipelining: true,
        inbox: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--count" => run.count = words.next()?.parse().ok()?,
            "--connections" => run.connections = words.next()?.parse().ok()?,
            "--size" => run.size = words.next()?.parse().ok()?,
            "--inbox" => run.inbox = Some(words.next()?.parse().ok()?),
            "--no-pipelining" => run.pipelining = false,
            // What cargo itself adds.
            "--bench" | "--test" => {}
            _ => run.address = Some(word),
        }
    }
    Some(run)
}

fn letter(number: usize, size: usize) -> Letter {
    let mut message = format!(
        "From: eventos@camara.example\r\nTo: member{number}@buyers.example\r\nSubject: letter {number}\r\n\
         Message-ID: <{number}@camara.example>\r\n\r\n"
    );
    while message.len() < size {
        message.push_str("<p style=3D\"margin:0\">A line as quoted-printable mails have them. Nothing to see.</p>\r\n");
    }
    let address = |text: &str| Address::parse(text).expect("a good address");
    Letter {
        envelope: Envelope {
            from: address("bounces+token@camara.example"),
            to: address(&format!("member{number}@buyers.example")),
            id: format!("bench-{number}"),
            smtputf8: false,
        },
        message: message.into_bytes(),
    }
}

async fn measure(run: Run) {
    let mut inbox = None;
    let address = match (&run.address, run.inbox) {
        (Some(address), None) => address.clone(),
        (_, latency) => {
            let mut config = InboxConfig::new(Arc::new(Mailboxes::new()), Arc::new(DiscardSink));
            config.latency = Duration::from_millis(latency.unwrap_or(0));
            let running = Inbox::start(config).await.expect("the inbox starts");
            let address = running.addr.to_string();
            inbox = Some(running);
            address
        }
    };
    let (host, port) = address.rsplit_once(':').expect("host:port");
    let mut config = SmtpConfig::new(host, port.parse().expect("a port"));
    config.tls = TlsMode::Plain;
    config.pipelining = run.pipelining;
    let smtp = Arc::new(Smtp::new(config).expect("a good configuration"));
    let letters: Arc<Vec<Letter>> = Arc::new((0..256).map(|n| letter(n, run.size)).collect());
    let next = Arc::new(AtomicUsize::new(0));
    let clock = SystemClock;
    let start = clock.now();
    let tasks: Vec<_> = (0..run.connections)
        .map(|_| {
            let (smtp, letters, next) =
                (Arc::clone(&smtp), Arc::clone(&letters), Arc::clone(&next));
            tokio::spawn(async move {
                let mut connection = smtp.connect().await.expect("connected");
                let mut accepted = 0usize;
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= run.count {
                        break;
                    }
                    let letter = letters.get(number % letters.len()).expect("a letter");
                    match connection.send(letter, &mut || Ok(())).await {
                        Attempt::Accepted(_) => accepted += 1,
                        other => println!("{number}: {other:?}"),
                    }
                }
                connection.quit().await;
                accepted
            })
        })
        .collect();
    let mut accepted = 0;
    for task in tasks {
        accepted += task.await.expect("no panic");
    }
    let seconds = clock.now().duration_since(start).as_secs_f64();
    println!(
        "accepted {accepted} of {} in {seconds:.3} s: {:.0} mails/s",
        run.count,
        accepted as f64 / seconds
    );
    drop(inbox);
}

fn main() -> ExitCode {
    let Some(run) = arguments() else {
        println!(
            "usage: smtp HOST:PORT [--count N] [--connections N] [--size N] [--no-pipelining] [--inbox MS]"
        );
        return ExitCode::FAILURE;
    };
    // `cargo test --benches` runs this too: then it only shows that it works.
    let bare = run.address.is_none() && run.inbox.is_none();
    let run = Run {
        count: if bare { 200 } else { run.count },
        ..run
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(measure(run));
    ExitCode::SUCCESS
}
