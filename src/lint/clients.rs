//! Which mail programs do not show what, by the data of caniemail.com. Of what only makes a mail prettier
//! nothing is known here on purpose (`tests/tools/make_clients.py`).

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::workspace::settings::Client;

const TABLE: &str = include_str!("clients.tsv");

/// An element, or a declaration whose value begins in some way.
#[derive(Debug)]
struct Feature {
    begins: &'static str,
    missing: Vec<Client>,
}

/// By kind and name.
static FEATURES: LazyLock<HashMap<(&str, &str), Vec<Feature>>> = LazyLock::new(|| {
    let mut all: HashMap<_, Vec<Feature>> = HashMap::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let mut cells = line.split('\t');
        let mut next = || cells.next().unwrap_or_default();
        let (kind, name, begins, _, programs) = (next(), next(), next(), next(), next());
        let client = |name: &str| Client::ALL.into_iter().find(|it| it.name() == name);
        let missing = programs.split(',').filter_map(client).collect();
        all.entry((kind, name))
            .or_default()
            .push(Feature { begins, missing });
    }
    all
});

/// Those of `wanted` that do not show an element.
pub(super) fn without_element(name: &str, wanted: &[Client]) -> Vec<Client> {
    let features = FEATURES.get(&("element", name));
    features.map_or_else(Vec::new, |all| among(all.first(), wanted))
}

/// Those of `wanted` in which a declaration does nothing; name and value in lower case.
pub(super) fn without_declaration(name: &str, value: &str, wanted: &[Client]) -> Vec<Client> {
    let features = FEATURES.get(&("declaration", name));
    let is = |feature: &&Feature| match feature.begins {
        // A background's picture may stand behind its colour.
        "url(" => value.contains("url("),
        begins => value.starts_with(begins),
    };
    // What is said to be nothing is nothing to complain of.
    let features = features.filter(|_| value != "none");
    features.map_or_else(Vec::new, |all| among(all.iter().find(is), wanted))
}

fn among(feature: Option<&Feature>, wanted: &[Client]) -> Vec<Client> {
    let is_missing = |it: &&Client| feature.is_some_and(|feature| feature.missing.contains(it));
    wanted.iter().filter(is_missing).copied().collect()
}

/// `Gmail, Outlook.com and Yahoo`.
pub(super) fn listed(clients: &[Client]) -> String {
    let words: Vec<&str> = clients.iter().map(|it| it.words()).collect();
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_names_known_programs() {
        let mut seen = 0;
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let cells: Vec<&str> = line.split('\t').collect();
            assert_eq!(cells.len(), 5, "{line}");
            assert!(matches!(cells[0], "element" | "declaration"), "{line}");
            for name in cells[4].split(',').filter(|it| !it.is_empty()) {
                assert!(Client::ALL.iter().any(|it| it.name() == name), "{name}");
            }
            seen += 1;
        }
        assert!(seen > 30);
        for client in Client::ALL {
            let name = serde_json::to_value(client).unwrap();
            assert_eq!(name, client.name());
        }
    }

    #[test]
    fn only_programs_that_are_asked_for_are_named() {
        let all = Client::ALL;
        assert_eq!(
            without_declaration("display", "flex", &[Client::Gmail, Client::OutlookWindows]),
            [Client::OutlookWindows]
        );
        assert_eq!(
            without_declaration("display", "flex", &[Client::AppleMail]),
            []
        );
        assert_eq!(without_declaration("background", "#fff", &all), []);
        assert_eq!(
            without_declaration("background", "#fff url(a.png)", &all),
            [Client::OutlookWindows]
        );
        assert_eq!(without_declaration("transform", "none", &all), []);
        assert_eq!(without_declaration("color", "red", &all), []);
        assert!(without_element("svg", &all).contains(&Client::Gmail));
        assert_eq!(without_element("table", &all), []);
        assert_eq!(
            listed(&[Client::Gmail, Client::Aol, Client::Yahoo]),
            "Gmail, AOL and Yahoo"
        );
    }
}
