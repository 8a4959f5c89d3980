//! Listening: how many connections there are at once, of all and of one address, how long each may keep us waiting, and ending
//! without dropping anybody.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use jiff::SignedDuration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use super::limits::Client;
use super::patient::Patient;
use super::serve::router;
use super::service::Service;

/// Connections at once.
const SEATS: usize = 4_096;
/// Of these, held by one address that is no proxy of ours.
const OF_ONE: usize = SEATS / 8;
/// How long requests that are under way may take once it is to end.
pub(super) const GRACE: Duration = Duration::from_secs(20);
/// How long a connection may last: who takes a byte every few seconds takes a seat as well.
const LIFE: Duration = Duration::from_secs(60 * 60);

/// Answers until `stop` says so; then lets what is under way come to its end.
///
/// # Errors
/// Those of accepting connections.
pub(super) async fn listen(
    service: Arc<Service>,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let patience = service.outside.patience;
    let to_take = SignedDuration::try_from(patience * 2).unwrap_or(SignedDuration::MAX);
    let router = router(Arc::clone(&service));
    let graceful = GracefulShutdown::new();
    let seats = Arc::new(Semaphore::new(SEATS));
    let guests = Arc::new(Guests::default());
    loop {
        let seat = Arc::clone(&seats).acquire_owned();
        let next = async {
            let seat = seat.await;
            (seat, listener.accept().await)
        };
        let (seat, (stream, peer)) = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            (seat, accepted) = next => match accepted {
                Ok(accepted) => (seat, accepted),
                // Out of file descriptors, say: it passes, and a loop without a pause would not help.
                Err(_) => {
                    let soon = service.now() + SignedDuration::from_millis(50);
                    service.outside.clock.sleep_until(soon).await;
                    continue;
                }
            },
        };
        let guest = match service.is_proxy(peer.ip()) {
            true => None,
            false => match guests.take(peer.ip()) {
                None => continue,
                taken => taken,
            },
        };
        // Small answers must not wait for more; where it cannot be set, they are only slower.
        let _ = stream.set_nodelay(true);
        let with_peer = router.clone().layer(axum::Extension(ConnectInfo(peer)));
        let clock = Arc::clone(&service.outside.clock);
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(patience)
            .max_buf_size(64 * 1024)
            .serve_connection(
                TokioIo::new(Patient::new(stream, clock, to_take)),
                TowerToHyperService::new(with_peer),
            );
        let connection = graceful.watch(connection);
        let of = Arc::clone(&service);
        of.metrics.connected();
        tokio::spawn(async move {
            // A client that breaks off is no news.
            let _ = tokio::time::timeout(LIFE, connection).await;
            of.metrics.disconnected();
            drop((seat, guest));
        });
    }
    drop(listener);
    // What takes longer is broken off: it was not answered.
    let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
    Ok(())
}

/// How many connections each address has.
#[derive(Default)]
struct Guests(Mutex<HashMap<Client, usize>>);

/// One of an address's connections.
struct Guest {
    of: Arc<Guests>,
    client: Client,
}

impl Guests {
    /// One more; `None` where the address has as many as it may.
    fn take(self: &Arc<Self>, address: IpAddr) -> Option<Guest> {
        let client = Client::of(address);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.entry(client).or_default();
        if *count >= OF_ONE {
            return None;
        }
        *count += 1;
        drop(all);
        Some(Guest {
            of: Arc::clone(self),
            client,
        })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut all = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_takes_no_more_than_its_part() {
        let guests = Arc::new(Guests::default());
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let mut all: Vec<_> = (0..OF_ONE)
            .map(|_| guests.take(address("198.51.100.7")))
            .collect();
        assert!(all.iter().all(Option::is_some));
        assert!(guests.take(address("198.51.100.7")).is_none());
        assert!(guests.take(address("198.51.100.8")).is_some());
        all.pop();
        assert!(guests.take(address("198.51.100.7")).is_some());
        all.clear();
        assert!(guests.0.lock().unwrap().is_empty());
    }
}
