//! An IMAP server that follows a script to the letter, a connection after the other.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One step of a script.
#[derive(Clone)]
pub(crate) enum Step {
    /// Writes this.
    Say(String),
    /// Reads a command that contains this, and answers it: each line as it is, `OK …`, `NO …` and `BAD …` with its tag.
    Answer(&'static str, String),
    /// Closes the connection.
    Close,
    /// Says nothing, until the client closes the connection.
    Hang,
    /// Writes this again and again until the client has had enough.
    Repeat(&'static str),
}

/// Serves as many connections as there are scripts; the handle gives every command that came.
pub(crate) async fn server(scripts: Vec<Vec<Step>>) -> (SocketAddr, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let mut heard = Vec::new();
        for script in scripts {
            let (mut stream, _) = listener.accept().await.unwrap();
            for step in script {
                if !follow(&mut stream, step, &mut heard).await {
                    break;
                }
            }
        }
        heard
    });
    (addr, served)
}

async fn follow(stream: &mut TcpStream, step: Step, heard: &mut Vec<String>) -> bool {
    match step {
        Step::Say(text) => stream.write_all(text.as_bytes()).await.is_ok(),
        Step::Answer(expected, answer) => {
            let Some(command) = command(stream).await else {
                return false;
            };
            assert!(
                command.contains(expected),
                "`{command}` instead of `{expected}`"
            );
            let tag = command.split(' ').next().unwrap().to_owned();
            heard.push(command);
            let ends = ["OK ", "NO ", "BAD "];
            let answer: String = answer
                .split_inclusive('\n')
                .map(|line| match ends.iter().any(|end| line.starts_with(end)) {
                    true => format!("{tag} {line}"),
                    false => line.to_owned(),
                })
                .collect();
            stream.write_all(answer.as_bytes()).await.is_ok()
        }
        Step::Close => false,
        Step::Hang => {
            while stream.read_u8().await.is_ok() {}
            false
        }
        Step::Repeat(text) => {
            let much = text.repeat(1 + 16_384 / text.len());
            while stream.write_all(much.as_bytes()).await.is_ok() {}
            false
        }
    }
}

async fn command(stream: &mut TcpStream) -> Option<String> {
    let mut line = Vec::new();
    loop {
        match stream.read_u8().await.ok()? {
            b'\n' => return Some(String::from_utf8_lossy(&line).trim().to_owned()),
            octet => line.push(octet),
        }
    }
}
