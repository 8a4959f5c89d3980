//! A relay that follows a script to the letter: what an honest server would never say or do.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One step of a script.
#[derive(Clone)]
#[allow(dead_code, reason = "each test file uses some of the steps")]
pub(crate) enum Step {
    /// Writes this.
    Say(&'static str),
    /// Reads until this has come.
    Hear(&'static str),
    /// Closes the connection.
    Close,
    /// Neither writes nor reads, with the connection open.
    Hang,
    /// Writes this again and again until the client has had enough.
    Repeat(&'static str),
}

/// Serves one connection by the script; the handle gives everything that the client said.
pub(crate) async fn relay(script: Vec<Step>) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = Vec::new();
        let mut from = 0;
        for step in script {
            if !follow(&mut stream, step, &mut heard, &mut from).await {
                break;
            }
        }
        String::from_utf8_lossy(&heard).into_owned()
    });
    (addr, served)
}

async fn follow(stream: &mut TcpStream, step: Step, heard: &mut Vec<u8>, from: &mut usize) -> bool {
    match step {
        Step::Say(text) => stream.write_all(text.as_bytes()).await.is_ok(),
        Step::Hear(text) => loop {
            let found = String::from_utf8_lossy(&heard[*from..]).find(text);
            if let Some(at) = found {
                *from += at + text.len();
                return true;
            }
            if stream.read_buf(heard).await.unwrap_or(0) == 0 {
                return false;
            }
        },
        Step::Close => false,
        Step::Hang => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            false
        }
        Step::Repeat(text) => {
            while stream.write_all(text.as_bytes()).await.is_ok() {}
            false
        }
    }
}
