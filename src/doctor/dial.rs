//! Opening connections, handed in so that a test can lead them elsewhere.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpStream;

use crate::clock::BoxFuture;

/// Opens TCP connections.
pub trait Dial: Send + Sync {
    /// To the first of these addresses that answers. Without a limit: the caller has one.
    fn dial(&self, addresses: Vec<SocketAddr>) -> BoxFuture<'_, io::Result<TcpStream>>;
}

/// Opens real ones.
#[derive(Debug, Clone, Copy, Default)]
pub struct Network;

impl Dial for Network {
    fn dial(&self, addresses: Vec<SocketAddr>) -> BoxFuture<'_, io::Result<TcpStream>> {
        Box::pin(async move { TcpStream::connect(addresses.as_slice()).await })
    }
}
