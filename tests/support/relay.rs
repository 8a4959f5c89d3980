//! A relay for tests of what is sent in answer to mail.

use std::io;
use std::sync::{Arc, Mutex};

use postmerge::clock::BoxFuture;
use postmerge::mail::envelope::Letter;
use postmerge::transport::{Attempt, ConnectError, Connection, Failure, Reply, Transport};

/// A relay that keeps what it is given.
#[derive(Default, Clone)]
pub(crate) struct Relay(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    letters: Vec<Letter>,
    /// So many connections are refused.
    busy: u32,
    /// It takes mails and does not say so.
    mute: bool,
}

impl Relay {
    pub(crate) fn letters(&self) -> Vec<Letter> {
        self.0.lock().unwrap().letters.clone()
    }
}

impl Relay {
    /// Refuses so many connections.
    pub(crate) fn busy(&self, connections: u32) {
        self.0.lock().unwrap().busy = connections;
    }

    /// Takes mails from now on and does not say so.
    pub(crate) fn mute(&self) {
        self.0.lock().unwrap().mute = true;
    }
}

impl Transport for Relay {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, ConnectError>> {
        Box::pin(async {
            let mut inner = self.0.lock().unwrap();
            if inner.busy > 0 {
                inner.busy -= 1;
                let reply = Reply {
                    code: 421,
                    text: "4.3.2 too busy".to_owned(),
                };
                let relay = "relay.test".to_owned();
                return Err(ConnectError::Refused { relay, reply });
            }
            Ok(Box::new(self.clone()) as Box<dyn Connection>)
        })
    }
}

impl Connection for Relay {
    fn send<'a>(
        &'a mut self,
        letter: &'a Letter,
        commit: &'a mut (dyn FnMut() -> io::Result<()> + Send),
    ) -> BoxFuture<'a, Attempt> {
        Box::pin(async move {
            commit().unwrap();
            let mut inner = self.0.lock().unwrap();
            inner.letters.push(letter.clone());
            match inner.mute {
                true => Attempt::Unknown(Failure::TimedOut(300)),
                false => Attempt::Accepted(Reply {
                    code: 250,
                    text: "2.0.0 Ok".to_owned(),
                }),
            }
        })
    }

    fn usable(&self) -> bool {
        true
    }

    fn quit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}
