//! Which provider a recipient's domain belongs to, and how fast mail may go there.
//!
//! A destination is a provider where one is known by the domain or by its mail exchanger, and else
//! the domain itself. Names are matched by whole labels: `notgoogle.com` is not `google.com`. The
//! table is data; what a workspace says goes before it. Domains are expected as they stand in DNS
//! (IDNs in their ASCII form), in any case.

mod table;

use std::collections::HashMap;
use std::time::Duration;

use table::{BUILT_IN, BuiltIn};

/// The pause between two mails to a large provider.
pub const LARGE_PAUSE: Duration = Duration::from_secs(10);
/// The pause between two mails to any other destination.
pub const USUAL_PAUSE: Duration = Duration::from_secs(5);
/// Mails under way to one destination at once, unless a provider's entry says otherwise.
pub const USUAL_AT_ONCE: u16 = 2;

/// A provider as the workspace describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProviderConfig {
    /// Its name; one of the built-in table changes that entry and adds to its domains.
    pub name: String,
    /// Recipient domains.
    pub domains: Vec<String>,
    /// Domains of mail exchangers.
    pub mx: Vec<String>,
    /// The pause between two mails.
    pub pause: Option<Duration>,
    /// Mails under way at once.
    pub at_once: Option<u16>,
    /// Mails in a day.
    pub daily_cap: Option<u32>,
}

/// Where a mail goes to, as far as the pace is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The provider's name, or the domain.
    pub name: String,
    /// The pause between two mails.
    pub pause: Duration,
    /// Mails under way at once.
    pub at_once: u16,
    /// Mails in a day.
    pub daily_cap: Option<u32>,
    /// Whether it is a provider of the built-in table.
    pub large: bool,
}

/// All providers that are known. Looking one up costs a few hash lookups.
#[derive(Debug, Clone)]
pub struct Providers {
    pause: Duration,
    all: Vec<Destination>,
    by_domain: HashMap<String, usize>,
    by_mx: HashMap<String, usize>,
}

impl Providers {
    /// The workspace's providers, before the built-in ones where these apply. `pause` is that of
    /// destinations which no entry matches.
    pub fn new(pause: Duration, built_in: bool, own: &[ProviderConfig]) -> Self {
        let mut providers = Self {
            pause,
            all: Vec::new(),
            by_domain: HashMap::new(),
            by_mx: HashMap::new(),
        };
        for config in own {
            providers.add_own(config, built_in);
        }
        if built_in {
            for entry in BUILT_IN {
                providers.add_built_in(entry);
            }
        }
        providers
    }

    /// Where a mail to this domain goes. `mx`: its best exchanger, where known.
    pub fn destination(&self, domain: &str, mx: Option<&str>) -> Destination {
        let domain = plain(domain);
        let found = self.by_domain.get(&domain).copied().or_else(|| {
            let exchanger = plain(mx?);
            suffixes(&exchanger).find_map(|suffix| self.by_mx.get(suffix).copied())
        });
        match found.and_then(|at| self.all.get(at)) {
            Some(provider) => provider.clone(),
            None => Destination {
                name: domain,
                pause: self.pause,
                at_once: USUAL_AT_ONCE,
                daily_cap: None,
                large: false,
            },
        }
    }

    /// The provider of that name, where there is one.
    pub fn named(&self, name: &str) -> Option<Destination> {
        self.all
            .iter()
            .find(|provider| provider.name == name)
            .cloned()
    }

    /// Whether the domain alone says which provider it is: then nobody needs to ask DNS.
    pub fn knows_domain(&self, domain: &str) -> bool {
        self.by_domain.contains_key(&plain(domain))
    }

    fn add_own(&mut self, config: &ProviderConfig, built_in: bool) {
        let large = built_in && BUILT_IN.iter().any(|entry| entry.name == config.name);
        let usual = if large { LARGE_PAUSE } else { self.pause };
        let at = self.all.len();
        self.all.push(Destination {
            name: config.name.clone(),
            pause: config.pause.unwrap_or(usual),
            at_once: config.at_once.unwrap_or(USUAL_AT_ONCE),
            daily_cap: config.daily_cap,
            large,
        });
        self.index(at, &config.domains, &config.mx);
    }

    fn add_built_in(&mut self, entry: &BuiltIn) {
        let known = self.all.iter().position(|found| found.name == entry.name);
        let at = known.unwrap_or(self.all.len());
        if known.is_none() {
            self.all.push(Destination {
                name: entry.name.to_owned(),
                pause: LARGE_PAUSE,
                at_once: USUAL_AT_ONCE,
                daily_cap: None,
                large: true,
            });
        }
        self.index(at, entry.domains, entry.mx);
    }

    /// Who comes first keeps a name.
    fn index<S: AsRef<str>>(&mut self, at: usize, domains: &[S], mx: &[S]) {
        for domain in domains {
            self.by_domain.entry(plain(domain.as_ref())).or_insert(at);
        }
        for exchanger in mx {
            self.by_mx.entry(plain(exchanger.as_ref())).or_insert(at);
        }
    }
}

/// In lower case, without the dot of an absolute name and without a leading one.
fn plain(name: &str) -> String {
    name.trim_matches('.').to_lowercase()
}

/// The name itself, then without its first label, and so on.
fn suffixes(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |rest| {
        rest.split_once('.').map(|(_, rest)| rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built_in() -> Providers {
        Providers::new(USUAL_PAUSE, true, &[])
    }

    fn name(providers: &Providers, domain: &str, mx: Option<&str>) -> String {
        providers.destination(domain, mx).name
    }

    #[test]
    fn by_domain_then_by_exchanger_then_the_domain_itself() {
        let table = built_in();
        for (domain, mx, wanted) in [
            ("gmail.com", None, "gmail"),
            ("GMAIL.com.", None, "gmail"),
            ("camara.example", Some("aspmx.l.google.com."), "gmail"),
            (
                "camara.example",
                Some("camara-example.mail.protection.outlook.com"),
                "outlook",
            ),
            ("camara.example", Some("ASPMX.L.GOOGLE.COM"), "gmail"),
            ("camara.example", Some("mx.notgoogle.com"), "camara.example"),
            (
                "camara.example",
                Some("google.com.attacker.example"),
                "camara.example",
            ),
            ("camara.example", Some(""), "camara.example"),
            ("Camara.Example", None, "camara.example"),
            ("hotmail.it", None, "outlook"),
            ("alice.it", None, "tim"),
            ("orange.fr", Some("aspmx.l.google.com"), "orange"),
        ] {
            assert_eq!(name(&table, domain, mx), wanted, "{domain} {mx:?}");
        }
        assert!(table.knows_domain("Gmail.com"));
        assert!(!table.knows_domain("camara.example"));
    }

    #[test]
    fn large_providers_get_ten_seconds_and_others_five() {
        let table = built_in();
        assert_eq!(table.destination("gmail.com", None).pause, LARGE_PAUSE);
        assert!(table.destination("gmail.com", None).large);
        assert_eq!(table.destination("a.example", None).pause, USUAL_PAUSE);
        let without = Providers::new(Duration::from_secs(1), false, &[]);
        let plain = without.destination("gmail.com", None);
        assert_eq!(
            (plain.name.as_str(), plain.pause.as_secs(), plain.large),
            ("gmail.com", 1, false)
        );
    }

    #[test]
    fn the_workspace_goes_before_the_table() {
        let own = [
            ProviderConfig {
                name: "gmail".to_owned(),
                pause: Some(Duration::from_secs(20)),
                daily_cap: Some(500),
                ..ProviderConfig::default()
            },
            ProviderConfig {
                name: "house".to_owned(),
                domains: vec!["yahoo.com".to_owned()],
                mx: vec![".house.example".to_owned()],
                at_once: Some(7),
                ..ProviderConfig::default()
            },
        ];
        let table = Providers::new(USUAL_PAUSE, true, &own);
        let gmail = table.destination("googlemail.com", None);
        assert_eq!(
            (gmail.pause.as_secs(), gmail.daily_cap, gmail.large),
            (20, Some(500), true)
        );
        assert_eq!(name(&table, "yahoo.com", None), "house");
        assert_eq!(name(&table, "yahoo.es", None), "yahoo");
        assert_eq!(
            table
                .destination("b.example", Some("mx.house.example"))
                .at_once,
            7
        );
    }

    #[test]
    fn no_name_is_in_the_table_twice_and_all_are_plain() {
        for names in [
            BUILT_IN.iter().flat_map(|p| p.domains).collect::<Vec<_>>(),
            BUILT_IN.iter().flat_map(|p| p.mx).collect::<Vec<_>>(),
        ] {
            let mut seen = std::collections::HashSet::new();
            for name in names {
                assert_eq!(*name, plain(name));
                assert!(name.contains('.') && seen.insert(name), "{name}");
            }
        }
    }
}
