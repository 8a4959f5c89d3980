//! A resolver of DNS names, by the machine's servers or by one that is named.
//!
//! Makes it and bounds it; what is asked, and what a failure means, is for whoever asks.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;

/// DNS cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("DNS is not to be had: {0}")]
pub struct DnsError(String);

/// How long and how often a server is asked.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For one answer.
    pub timeout: Duration,
    /// How often.
    pub attempts: usize,
}

impl Patience {
    fn apply(self, options: &mut ResolverOpts) {
        options.timeout = self.timeout;
        options.attempts = self.attempts;
        options.cache_size = 4096;
    }
}

/// Asks the servers that the machine is configured with.
///
/// # Errors
/// [`DnsError`] where the machine's configuration cannot be read.
pub fn of_system(patience: Patience) -> Result<TokioResolver, DnsError> {
    let mut builder =
        TokioResolver::builder_tokio().map_err(|error| DnsError(error.to_string()))?;
    patience.apply(builder.options_mut());
    let resolver = builder.build();
    resolver.map_err(|error| DnsError(error.to_string()))
}

/// Asks this server only.
///
/// # Errors
/// [`DnsError`] where no resolver can be made.
pub fn of_server(server: SocketAddr, patience: Patience) -> Result<TokioResolver, DnsError> {
    let mut udp = ConnectionConfig::udp();
    udp.port = server.port();
    let mut tcp = ConnectionConfig::tcp();
    tcp.port = server.port();
    let server = NameServerConfig::new(server.ip(), true, vec![udp, tcp]);
    let config = ResolverConfig::from_name_servers(vec![server]);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    patience.apply(builder.options_mut());
    let resolver = builder.build();
    resolver.map_err(|error| DnsError(error.to_string()))
}
