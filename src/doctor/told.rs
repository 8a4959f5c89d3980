//! DNS as a test tells it: names and their records in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::names::{Exchanger, Names, NoAnswer};
use crate::clock::BoxFuture;

#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    texts: BTreeMap<String, Vec<String>>,
    exchangers: BTreeMap<String, Vec<Exchanger>>,
    addresses: BTreeMap<String, Vec<IpAddr>>,
    pointers: BTreeMap<IpAddr, Vec<String>>,
    failing: BTreeSet<String>,
}

impl Told {
    pub(super) fn text(mut self, name: &str, text: &str) -> Self {
        let texts = self.texts.entry(name.to_owned()).or_default();
        texts.push(text.to_owned());
        self
    }

    pub(super) fn address(mut self, name: &str, address: &str) -> Self {
        let addresses = self.addresses.entry(name.to_owned()).or_default();
        addresses.push(address.parse().unwrap());
        self
    }

    pub(super) fn exchanger(mut self, name: &str, preference: u16, host: &str) -> Self {
        let host = host.to_owned();
        let exchangers = self.exchangers.entry(name.to_owned()).or_default();
        exchangers.push(Exchanger { preference, host });
        self
    }

    pub(super) fn pointer(mut self, address: &str, name: &str) -> Self {
        let names = self.pointers.entry(address.parse().unwrap()).or_default();
        names.push(name.to_owned());
        self
    }

    pub(super) fn failing(mut self, name: &str) -> Self {
        self.failing.insert(name.to_owned());
        self
    }

    fn answer<'a, T: Clone + Send + 'a>(
        &self,
        name: &str,
        found: Option<&Vec<T>>,
    ) -> BoxFuture<'a, Result<Vec<T>, NoAnswer>> {
        let answer = match self.failing.contains(name) {
            true => Err(NoAnswer {
                name: name.to_owned(),
                why: "the server answered \"Server Failure\"".to_owned(),
            }),
            false => Ok(found.cloned().unwrap_or_default()),
        };
        Box::pin(std::future::ready(answer))
    }
}

impl Names for Told {
    fn texts<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<String>, NoAnswer>> {
        self.answer(name, self.texts.get(name))
    }

    fn exchangers<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<Exchanger>, NoAnswer>> {
        self.answer(name, self.exchangers.get(name))
    }

    fn addresses<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<IpAddr>, NoAnswer>> {
        self.answer(name, self.addresses.get(name))
    }

    fn pointers(&self, address: IpAddr) -> BoxFuture<'_, Result<Vec<String>, NoAnswer>> {
        self.answer(&address.to_string(), self.pointers.get(&address))
    }
}
