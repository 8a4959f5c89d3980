//! Segments: what they mean, and every mistake with its place.

use proptest::prelude::*;

use super::*;
use crate::workspace::members::Members;

fn list() -> List {
    serde_yaml::from_str(
        r#"
title: Exportadores
owner: ana
purpose: tests
consent: {basis: contract}
columns:
  nombre: {type: text}
  sector: {type: text, values: [agro, textil]}
  agente: {type: text}
  saldo: {type: number}
  alta: {type: date}
  consentimiento: {type: bool}
  temas: {type: topics}
  "razón social": {type: text}
topics: {ferias: {title: Ferias}, cursos: {title: Cursos}}
"#,
    )
    .unwrap()
}

/// Whether the expression holds for a full row and for one with empty cells.
fn holds(text: &str) -> (bool, bool) {
    let csv = "temas,email,nombre,sector,agente,saldo,alta,consentimiento,razón social\n\
        ferias; cursos,ana@x.example,Ana,agro,A1,100.5,2026-01-15,sí,ACME\n\
        ,b@y.example,,,,,,,";
    let list = list();
    let segment = Segment::compile(text, &list).unwrap_or_else(|e| panic!("{text}: {e}"));
    let mut members = Members::new(csv.as_bytes(), &list).unwrap();
    let full = segment.matches(&members.next_row().unwrap().unwrap().unwrap());
    let empty = segment.matches(&members.next_row().unwrap().unwrap().unwrap());
    (full, empty)
}

#[test]
fn what_expressions_mean() {
    for (text, expected) in [
        ("sector == \"agro\"", (true, false)),
        ("sector != \"agro\"", (false, false)),
        ("not sector == \"agro\"", (false, true)),
        ("sector in [\"textil\", \"agro\"]", (true, false)),
        ("agente not in [\"A1\"]", (false, true)),
        (
            "sector == \"agro\" and agente in [\"A1\", \"A7\"]",
            (true, false),
        ),
        ("consentimiento", (true, false)),
        ("consentimiento == false", (false, false)),
        ("consentimiento != false", (true, false)),
        ("not consentimiento", (false, true)),
        ("saldo > 100", (true, false)),
        ("saldo <= 100.50", (true, false)),
        ("saldo < -1 or saldo == 100.5", (true, false)),
        ("saldo in [1, 100.5]", (true, false)),
        (
            "alta >= \"2026-01-15\" and alta < \"2026-02-01\"",
            (true, false),
        ),
        ("alta == \"2026-01-16\"", (false, false)),
        ("temas contains \"ferias\"", (true, false)),
        ("nombre contains \"n\"", (true, false)),
        ("nombre not contains \"n\"", (false, true)),
        ("temas is empty", (false, true)),
        ("alta is not empty", (true, false)),
        ("`razón social` == \"ACME\"", (true, false)),
        ("email contains \"@y.\"", (false, true)),
        (
            "nombre is empty or nombre == \"Ana\" and saldo < 1",
            (false, true),
        ),
        (
            "(nombre is empty or nombre == \"Ana\") and saldo > 1",
            (true, false),
        ),
    ] {
        assert_eq!(holds(text), expected, "{text}");
    }
}

#[test]
fn mistakes_are_named_and_placed() {
    let list = list();
    let mut lines = Vec::new();
    for text in [
        "",
        "sectr == \"agro\"",
        "sector == agro",
        "sector == \"agr\"",
        "sector = \"agro\"",
        "sector == 1",
        "saldo > \"100\"",
        "saldo == 1.000,5",
        "alta > 2026-01-01",
        "alta > \"01/02/2026\"",
        "nombre",
        "nombre < \"b\"",
        "temas == \"ferias\"",
        "temas contains \"feria\"",
        "saldo contains \"1\"",
        "consentimiento == \"sí\"",
        "consentimiento < true",
        "sector == \"agro\" sector",
        "(sector == \"agro\"",
        "sector in \"agro\"",
        "sector in []",
        "\"agro\" == sector",
        "sector == \"agro",
        "sector == 'agro'",
        "sector == “agro”",
        "sector is agro",
        "and",
        "sector && x",
        "nombre == \"\"",
        "sector == \"agro\" and",
        "sector ; drop",
    ] {
        let error = Segment::compile(text, &list).unwrap_err();
        assert!(
            error.span.end <= text.len() && text.get(error.span.clone()).is_some(),
            "{text}: {error:?}"
        );
        lines.push(format!(
            "{text} -> {} [{}]",
            error.why,
            &text[error.span.clone()]
        ));
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
     -> a condition is missing at the end []
    sectr == "agro" -> there is no column `sectr`: did you mean `sector`? [sectr]
    sector == agro -> a value is expected here; a text stands between quotation marks: "agro" [agro]
    sector == "agr" -> `agr` is not among the column's values: did you mean `agro`? ["agr"]
    sector = "agro" -> write `==` to compare [=]
    sector == 1 -> `sector` holds text: a text between quotation marks is expected, not 1 [1]
    saldo > "100" -> `saldo` holds numbers: a number such as 1250.50 is expected, not "100" ["100"]
    saldo == 1.000,5 -> `and`, `or` or the end is expected here [,]
    alta > 2026-01-01 -> `2026-01-01` is no number; a day or another text stands between quotation marks: "2026-01-01" [2026-01-01]
    alta > "01/02/2026" -> `alta` holds days: a day such as "2026-12-03" is expected, not "01/02/2026" ["01/02/2026"]
    nombre -> `nombre` holds text, not yes or no: compare it with something [nombre]
    nombre < "b" -> texts are compared with `==` or `!=`, not `<` ["b"]
    temas == "ferias" -> `temas` holds topics: write `temas contains "ferias"` ["ferias"]
    temas contains "feria" -> `feria` is no topic of this list: did you mean `ferias`? ["feria"]
    saldo contains "1" -> `saldo` holds numbers: `contains` is for texts and topics ["1"]
    consentimiento == "sí" -> `consentimiento` holds yes or no: `true` or `false`, with `==` or `!=` is expected, not "sí" ["sí"]
    consentimiento < true -> `consentimiento` holds yes or no: `true` or `false`, with `==` or `!=` is expected, not true [true]
    sector == "agro" sector -> `and`, `or` or the end is expected here [sector]
    (sector == "agro" -> this parenthesis is not closed [(]
    sector in "agro" -> `in` is followed by a list: ["A1", "A7"] ["agro"]
    sector in [] -> a value is expected here []]
    "agro" == sector -> a condition starts with a column: `sector == "agro"` ["agro"]
    sector == "agro -> this text is not closed by a `"` ["agro]
    sector == 'agro' -> texts stand between double quotation marks: "agro" [']
    sector == “agro” -> typographic quotation marks are not understood: write "agro" [“]
    sector is agro -> only `is empty` and `is not empty` are understood; compare with `==` [agro]
    and -> a column's name is expected here [and]
    sector && x -> write `and` [&]
    nombre == "" -> nothing is equal to an empty text: write `nombre is empty` [""]
    sector == "agro" and -> a condition is missing at the end []
    sector ; drop -> `;` has no meaning here [;]
    "#);
}

#[test]
fn depth_and_length_are_bounded() {
    let nested = |depth: usize| format!("{}consentimiento{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Expression::parse(&nested(DEEPEST - 1)).is_ok());
    assert!(Expression::parse(&nested(DEEPEST)).is_err());
    assert!(Expression::parse(&"not ".repeat(1_000)).is_err());
    assert!(Expression::parse(&"(".repeat(LONGEST)).is_err());
    assert!(Expression::parse(&"a or ".repeat(LONGEST)).is_err());
    // A long flat chain is no depth.
    let chain = vec!["consentimiento"; 200].join(" and ");
    assert!(Expression::parse(&chain).is_ok());
}

fn text() -> impl Strategy<Value = String> {
    "[a-zñ\"\\\\ ,\\]]{0,6}"
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        text().prop_map(LiteralValue::Text),
        "-?[0-9]{1,4}(\\.[0-9]{1,2})?".prop_map(LiteralValue::Number),
        any::<bool>().prop_map(LiteralValue::Bool),
    ]
    .prop_map(|value| Literal {
        value,
        span: Span::default(),
    })
}

fn expression() -> impl Strategy<Value = Expression> {
    let comparison = prop::sample::select(vec![
        Comparison::Equal,
        Comparison::Different,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ]);
    let predicate = prop_oneof![
        Just(Predicate::Holds),
        Just(Predicate::Empty),
        Just(Predicate::NotEmpty),
        (comparison, literal()).prop_map(|(c, l)| Predicate::Compare(c, l)),
        prop::collection::vec(literal(), 1..4).prop_map(Predicate::Among),
        literal().prop_map(Predicate::Contains),
    ];
    let name = "[a-zñ_][a-z0-9_.-]{0,5}|and|is|two words|9x";
    let test = (name, predicate).prop_map(|(name, predicate)| {
        Expression::Test(Test {
            column: Name {
                text: name,
                span: Span::default(),
            },
            predicate,
        })
    });
    test.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::All),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::Any),
            inner.prop_map(|inner| Expression::Not(Box::new(inner))),
        ]
    })
}

/// The expression without the places of its parts.
fn bare(expression: Expression) -> Expression {
    let all = |parts: Vec<Expression>| parts.into_iter().map(bare).collect();
    let literal = |l: Literal| Literal {
        span: Span::default(),
        ..l
    };
    match expression {
        Expression::All(parts) => Expression::All(all(parts)),
        Expression::Any(parts) => Expression::Any(all(parts)),
        Expression::Not(inner) => Expression::Not(Box::new(bare(*inner))),
        Expression::Test(mut test) => {
            test.column.span = Span::default();
            test.predicate = match test.predicate {
                Predicate::Compare(c, l) => Predicate::Compare(c, literal(l)),
                Predicate::Among(all) => Predicate::Among(all.into_iter().map(literal).collect()),
                Predicate::Contains(l) => Predicate::Contains(literal(l)),
                other => other,
            };
            Expression::Test(test)
        }
    }
}

proptest! {
    #[test]
    fn printing_and_parsing_is_the_identity(expression in expression()) {
        let text = expression.to_string();
        let parsed = Expression::parse(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
        prop_assert_eq!(bare(parsed), expression, "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}", words in prop::collection::vec(prop::sample::select(vec![
        "sector", "saldo", "==", "\"agro\"", "and", "or", "not", "(", ")", "[", "]", "in", ",", "is", "empty", "1", "`", "\"", "ñ", "contains",
    ]), 0..20)) {
        for text in [text, words.join(" ")] {
            if let Err(error) = Segment::compile(&text, &list()) {
                prop_assert!(text.get(error.span.clone()).is_some());
            }
        }
    }
}
