//! `postmerge serve` as a process of its own, on a port that is free.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub struct Serving {
    pub child: Child,
    pub address: String,
}

/// Starts it on a clone; it has said where it listens when this returns.
pub fn serve(clone: &Path, secret: &str, every: &str) -> Serving {
    let mut child = Command::new(env!("CARGO_BIN_EXE_postmerge"))
        .arg("-C")
        .arg(clone)
        .args(["serve", "--listen", "127.0.0.1:0", "--every", every])
        .env("POSTMERGE_KEY", secret)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let out = child.stdout.take().unwrap();
    BufReader::new(out).read_line(&mut line).unwrap();
    let address = line.strip_prefix("http://").unwrap();
    let address = address.split('/').next().unwrap().to_owned();
    Serving { child, address }
}
