//! What people are told in place of the schemas' patterns. A test holds that each pattern has words.

/// What a text must be that does not match `pattern`.
pub(super) fn words(pattern: &str) -> Option<&'static str> {
    let found = ALL.iter().find(|(known, _)| *known == pattern);
    found.map(|(_, words)| *words)
}

const ALL: [(&str, &str); 7] = [
    (
        r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$",
        "it must begin with a letter or a digit, and have nothing but letters without accents, digits, `.`, `_`, `:` and `-`, 64 at most",
    ),
    (
        r"^[0-9].*[a-z]$",
        "write a length of time, such as `10s`, `5m`, `3h 30m` or `2d`",
    ),
    (
        r"^[0-9]+ ?(B|KB|MB|GB)$",
        "write a size, such as `250KB` or `10MB`",
    ),
    (
        r"^https://[^/\s]+(/[^\s]*[^/\s])?$",
        "it must begin with `https://`, have no blanks, and not end with a slash",
    ),
    (
        r"^(https://[^/\s]+|http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?)(/[^\s]*[^/\s])?$",
        "it must begin with `https://`, have no blanks, and not end with a slash; `http://localhost:8025` is for trying it on your own machine",
    ),
    (
        r"^https://[^\s]+$",
        "it must begin with `https://` and have no blanks",
    ),
    (
        r"^age1[02-9ac-hj-np-z]{58}$",
        "write a public key, which begins with `age1` and has 62 characters: `postmerge lists key` makes one",
    ),
];

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::workspace::schema::Kind;

    fn patterns(value: &Value, out: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                out.extend(
                    map.get("pattern")
                        .and_then(Value::as_str)
                        .map(str::to_owned),
                );
                map.values().for_each(|it| patterns(it, out));
            }
            Value::Array(all) => all.iter().for_each(|it| patterns(it, out)),
            _ => {}
        }
    }

    #[test]
    fn every_pattern_has_words_and_no_words_are_left_over() {
        let mut found = Vec::new();
        for kind in Kind::ALL {
            patterns(&kind.schema(), &mut found);
        }
        for pattern in &found {
            assert!(words(pattern).is_some(), "{pattern}");
        }
        for (pattern, _) in ALL {
            assert!(found.iter().any(|it| it == pattern), "{pattern}");
        }
    }
}
