//! The loader against `yaml_serde`, and against what is written to break it.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::diagnostic::resolve;

fn refused(text: &str) -> Vec<(&'static str, Option<(usize, usize)>)> {
    let document = read("t.yaml", text.to_owned());
    let mut files = crate::diagnostic::file::Files::default();
    files.insert("t.yaml", document.file);
    document
        .findings
        .iter()
        .map(|f| (f.rule.name, resolve::line_column(f, &files)))
        .collect()
}

fn value(text: &str) -> Value {
    let document = read("t.yaml", text.to_owned());
    assert_eq!(document.findings, [], "{text}");
    document.value.unwrap()
}

#[test]
fn scalars_mean_what_people_expect() {
    assert_eq!(
        value("a: 012\nb: no\nc: 12:00\nd: 2026-12-03\ne: 5\nf: 1.5\ng:\nh: 'x'\ni: yes\n"),
        json!({"a": "012", "b": "no", "c": "12:00", "d": "2026-12-03", "e": 5, "f": 1.5,
               "g": null, "h": "x", "i": "yes"})
    );
}

#[test]
fn a_tab_behind_a_key_is_a_space() {
    let text = "\u{feff}a:\tRueda\nb: [ {c:\t\td} ]\ne:\n  f: \t g\th\ni: |\n  j:\tk\n";
    let expected = json!({"a": "Rueda", "b": [{"c": "d"}], "e": {"f": "g\th"}, "i": "j:\tk\n"});
    assert_eq!(value(text), expected);
    let file = read("t.yaml", text.to_owned()).file;
    let at = file.positions().value("/b/0/c").unwrap();
    assert_eq!(text.get(at), Some("d"));
    let many = format!("k: [{}]\n", "{a:\tb}, ".repeat(MOST_TABS + 1));
    assert_eq!(refused(&many)[0].0, "yaml-malformed", "and it ends");
}

#[test]
fn a_last_line_without_a_break_is_a_line() {
    for (text, says) in [
        ("k: |\n  a", "a\n"),
        ("k: >\n  #a", "#a\n"),
        ("k: |-\n  a", "a"),
        ("k: |\n  a\n ", "a\n"),
        ("k: |\r\n  é\r\n  b", "é\nb\n"),
        ("k: a", "a"),
    ] {
        assert_eq!(value(text)["k"], says, "{text:?}");
    }
    assert_eq!(refused(">\n a").first().unwrap().0, "yaml-malformed");
}

#[test]
fn a_bom_and_crlf_change_nothing() {
    let text = "\u{feff}año: x\r\nb:\r\n  - ñ\r\n  - \"q\"\r\n";
    assert_eq!(value(text), json!({"año": "x", "b": ["ñ", "q"]}));
    let file = read("t.yaml", text.to_owned()).file;
    let shown = |span: Option<Range<usize>>| span.and_then(|s| text.get(s));
    assert_eq!(shown(file.positions().key("/año")), Some("año"));
    assert_eq!(shown(file.positions().value("/año")), Some("x"));
    assert_eq!(shown(file.positions().value("/b/0")), Some("ñ"));
    assert_eq!(shown(file.positions().value("/b/1")), Some("\"q\""));
}

#[test]
fn positions_are_those_of_the_text() {
    let text =
        "# ñandú €\nlists: [a, 'b c'] # ñ\nm: {k: v}\nn:\n  o:\n    - p: q\n      r: s\nz: 1\n";
    let file = read("t.yaml", text.to_owned()).file;
    let shown = |pointer: &str| file.positions().value(pointer).and_then(|s| text.get(s));
    for (pointer, expected) in [
        ("/lists", "[a, 'b c']"),
        ("/lists/1", "'b c'"),
        ("/m", "{k: v}"),
        ("/m/k", "v"),
        ("/n/o/0/r", "s"),
        ("/z", "1"),
    ] {
        assert_eq!(shown(pointer), Some(expected), "{pointer}");
    }
    assert_eq!(shown("/n/o/0"), Some("p: q\n      r: s"));
}

#[test]
fn everything_odd_is_refused_at_its_place() {
    for (text, rule, at) in [
        ("", "yaml-empty", None),
        ("# only this\n", "yaml-empty", None),
        ("a: 1\na: 2\n", "duplicate-key", Some((2, 1))),
        ("a: {b: 1, \"b\": 2}\n", "duplicate-key", Some((1, 11))),
        ("a: 1\n---\nb: 2\n", "several-documents", Some((2, 1))),
        ("a: &x 1\n", "alias-used", Some((1, 4))),
        ("a: !!str 1\n", "tag-used", Some((1, 4))),
        ("a:\n\tb: 1\n", "yaml-malformed", Some((2, 1))),
        ("a: Rueda\n\tb: 1\n", "yaml-malformed", Some((2, 1))),
        ("a:\n  - a\n\t- b\n", "yaml-malformed", Some((3, 1))),
        ("a: b: c\n", "yaml-malformed", Some((1, 5))),
        ("a: {{ name }}\n", "yaml-malformed", Some((1, 5))),
        (
            "a: 340282366920938463463374607431768211456\n",
            "yaml-malformed",
            Some((1, 4)),
        ),
        ("a: .nan\n", "yaml-malformed", Some((1, 4))),
    ] {
        assert_eq!(refused(text), [(rule, at)], "{text:?}");
    }
}

#[test]
fn bombs_are_findings_not_crashes() {
    let bomb = "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n";
    assert_eq!(refused(bomb)[0].0, "alias-used");
    for (open, rule) in [
        ("[", "nesting-too-deep"),
        ("{a: ", "nesting-too-deep"),
        ("- ", "nesting-too-deep"),
        ("? ", "yaml-malformed"),
    ] {
        assert_eq!(refused(&open.repeat(10_000))[0].0, rule, "{open}");
    }
    let deep: String = (0..10_000)
        .map(|n| format!("{}k:\n", " ".repeat(n % 90)))
        .collect();
    assert!(!refused(&deep).is_empty());
    let stairs: String = (0..400).map(|n| format!("{}k:\n", " ".repeat(n))).collect();
    assert_eq!(refused(&stairs)[0].0, "nesting-too-deep");
    assert_eq!(
        refused(&format!("a: [{}]", "1,".repeat(200_000)))[0].0,
        "file-too-large"
    );
    assert_eq!(refused(&"a: 1\n".repeat(5_000)).len(), MOST_FINDINGS + 1);
}

/// What `yaml_serde` reads, whose texts end with a line break, too.
fn theirs(text: &str) -> Result<Value, serde_yaml::Error> {
    let ended = text.ends_with(['\n', '\r']);
    serde_yaml::from_str(&[text, if ended { "" } else { "\n" }].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// What is a scalar here is the same scalar to `yaml_serde`, and the other way round.
    #[test]
    fn scalars_resolve_as_yaml_serde_does(text in scalar()) {
        let written = format!("k: {text}\n");
        let theirs: Result<Value, _> = serde_yaml::from_str(&written);
        let ours = read("t.yaml", written.clone());
        match (ours.value, theirs) {
            (Some(ours), Ok(theirs)) => prop_assert_eq!(ours, theirs, "{}", written),
            (Some(ours), Err(error)) => prop_assert!(false, "{written}: {ours} but {error}"),
            (None, _) => {}
        }
    }

    #[test]
    fn blocks_are_read_as_yaml_serde_does(text in "(k: [|>][-+]?\n( {1,2}[a#:\n]{1,3}){1,3}\n)?j: [|>][-+]?\n( {1,2}[a#: \n]{1,4}){0,4}") {
        let document = read("t.yaml", text.clone());
        if let (Some(ours), Ok(theirs)) = (document.value, theirs(&text))
            && document.findings.is_empty()
        {
            prop_assert_eq!(ours, theirs, "{:?}", text);
        }
    }

    /// Nothing panics, and every finding has a place inside the text.
    #[test]
    fn any_text_is_read_or_refused(text in "[-a: \\[\\]{}\"'#&*!|>%@\t\r\n0-9ñ?,~]{0,60}") {
        let document = read("t.yaml", text.clone());
        prop_assert!(document.value.is_some() || !document.findings.is_empty());
        // In brackets theirs takes every `?` for the sign of a key, and not only one before a space.
        if let (Some(ours), Ok(theirs)) = (document.value, theirs(&text))
            && document.findings.is_empty()
            && !(text.contains('?') && text.contains(['{', '[']))
        {
            prop_assert_eq!(ours, theirs, "{:?}", text);
        }
    }
}

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-+]?[0-9]{1,6}",
        "[-+]?0[xob][-+]?[0-9a-fA-F]{0,6}",
        "[-+]?[0-9]{0,3}\\.?[0-9]{0,3}([eE][-+]?[0-9]{1,3})?",
        "[0-9]{2}:[0-9]{2}(:[0-9]{2})?",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}",
        "[-+]?[0-9]{17,40}",
        "[-+]?\\.?(inf|Inf|INF|nan|NaN|NAN|infinity)",
        "(?i)(yes|no|on|off|true|false|null|y|n|~|none)",
        "[a-zA-Z0-9_.+-]{1,8}",
        "'[a-z0-9 ]{0,6}'",
        "\"[a-z0-9 ]{0,6}\"",
    ]
}
