//! Lists of tags as DKIM and DMARC write them in DNS: `v=DMARC1; p=none` (RFC 6376, section 3.2).

/// The tags of a text, in their order; names in lower case, blanks around names and values gone.
/// `None` where a part is no tag, or a name stands twice.
pub(super) fn read(text: &str) -> Option<Vec<(String, String)>> {
    let mut tags: Vec<(String, String)> = Vec::new();
    for part in text.split(';') {
        let part = part.trim();
        if part.is_empty() {
            continue;
        }
        let (name, value) = part.split_once('=')?;
        let name = name.trim().to_ascii_lowercase();
        let fine = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if name.is_empty() || !name.bytes().all(fine) || tags.iter().any(|(it, _)| *it == name) {
            return None;
        }
        tags.push((name, value.trim().to_owned()));
    }
    Some(tags)
}

/// The value of a tag.
pub(super) fn value<'a>(tags: &'a [(String, String)], name: &str) -> Option<&'a str> {
    tags.iter()
        .find(|(it, _)| it == name)
        .map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tags_and_what_is_none() {
        let tags = read(" V = DKIM1 ;; p= ab cd ; t=").unwrap();
        assert_eq!(value(&tags, "v"), Some("DKIM1"));
        assert_eq!(value(&tags, "p"), Some("ab cd"));
        assert_eq!(value(&tags, "t"), Some(""));
        assert_eq!(value(&tags, "k"), None);
        assert_eq!(read("p=a; p=b"), None);
        assert_eq!(read("v=DKIM1; nonsense"), None);
        assert_eq!(read("=x"), None);
        assert_eq!(read(""), Some(Vec::new()));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,80}") {
            let _ = read(&text);
        }

        #[test]
        fn what_is_written_is_read(tags in proptest::collection::btree_map("[a-z]{1,5}", "[a-zA-Z0-9+/:,]{0,9}", 0..5)) {
            let text: Vec<String> = tags.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            let found = read(&text.join(" ; ")).unwrap();
            prop_assert_eq!(found, tags.into_iter().collect::<Vec<_>>());
        }
    }
}
