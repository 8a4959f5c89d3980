//! Campaigns rendered to mails: the ugly sources, the ugly rows, and one mail of each kind.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test may fail"
)]

mod render_common;

use jiff::ToSpan;
use mail_parser::{MessageParser, MimeHeaders};
use postmerge::mail::address::Address;
use postmerge::mail::token::{Leave, OccurrenceTag, ReversePath};
use postmerge::render::{Copy, Delivery, Document, Parts, RenderError};
use postmerge::workspace::member::{Member, Value};
use render_common::{Case, key, member, text, view};

fn ana() -> Member {
    member(&[
        ("nombre", text("Ana <b>\"Ñ\"</b> & C.")),
        ("id", text("a/b ñ")),
        ("url", text("https://h.example/?a=1&b=2")),
        ("x", Value::Bool(true)),
        ("importe", Value::Number(1234.5)),
        ("dia", Value::Date("2026-12-03".parse().unwrap())),
    ])
}

fn parts_for(case: Case<'_>, member: &Member) -> Result<Parts, RenderError> {
    let compiled = case.compile()?;
    compiled.parts(&view(&member.address, Some(member)))
}

/// The page without its frame.
fn inner(html: &str) -> &str {
    let start = html.find("<body>").map_or(0, |at| at + 6);
    let end = html.find("<p style=\"font-size:12px").unwrap_or(html.len());
    &html[start..end]
}

fn body(source: &str) -> String {
    inner(&parts_for(Case::body(source), &ana()).unwrap().html)
        .trim()
        .to_owned()
}

#[test]
fn a_bare_address_is_a_link_to_write_to() {
    let parts = parts_for(Case::body("Escriba a <eventos@camara.example>."), &ana()).unwrap();
    let link = "<a href=\"mailto:eventos@camara.example\">eventos@camara.example</a>";
    assert!(parts.html.contains(link), "{}", parts.html);
    assert!(
        parts.text.contains("Escriba a eventos@camara.example."),
        "{}",
        parts.text
    );
}

#[test]
fn tags_survive_markdown() {
    insta::assert_snapshot!(body("**{{ nombre }}**, \"{{ nombre|default(\"x\") }}\""), @"<p><strong>Ana &lt;b&gt;&quot;Ñ&quot;&lt;/b&gt; &amp; C.</strong>, “Ana &lt;b&gt;&quot;Ñ&quot;&lt;/b&gt; &amp; C.”</p>");
    insta::assert_snapshot!(body("[x](https://h.example/{{ id }}?q={{ id|upper }}) <https://h.example/{{ id }}>"), @r#"<p><a href="https://h.example/a%2Fb%20%C3%B1?q=A%2FB%20%C3%91">x</a> <a href="https://h.example/a%2Fb%20%C3%B1">https://h.example/a/b ñ</a></p>"#);
    insta::assert_snapshot!(body("[x]({{ url }})"), @r#"<p><a href="https://h.example/?a=1&amp;b=2">x</a></p>"#);
    insta::assert_snapshot!(body("# {{ nombre|initial }} {{ importe|money('EUR') }}\n\n{% if x %}\nSí, {{ dia|date }}\n{% else %}\nNo\n{% endif %}\n\nFin"), @"
        <h1>A 1.234,50 €</h1>

        <p>Sí, 3 de diciembre de 2026</p>

        <p>Fin</p>
        ");
    insta::assert_snapshot!(body("- a\n{% if x %}\n- b\n{% endif %}\n- c"), @"
        <ul>
        <li>a</li>

        <li>b</li>

        <li>c</li>
        </ul>
        ");
    insta::assert_snapshot!(body("{% for n in [1, 2] %}\n- {{ n }}\n{% endfor %}"), @"
        <ul>

        <li>1</li>

        <li>2</li>
        </ul>
        ");
    insta::assert_snapshot!(body("| a | b |\n|---|---|\n{% for n in [1, 2] %}\n| {{ n }} | {{ nombre|lower }} |\n{% endfor %}"), @"
        <table><thead><tr><th>a</th><th>b</th></tr></thead><tbody>
        <tr><td>1</td><td>ana &lt;b&gt;&quot;ñ&quot;&lt;/b&gt; &amp; c.</td></tr>
        <tr><td>2</td><td>ana &lt;b&gt;&quot;ñ&quot;&lt;/b&gt; &amp; c.</td></tr>
        </tbody></table>
        ");
    insta::assert_snapshot!(body("{% raw %}{{ no }} <b>{% endraw %} and {# gone #} {{ '}}' }}"), @"<p>{{ no }} &lt;b&gt; and  }}</p>");
}

/// As word processors and old editors write it: a mail of 2002 lost its end, and the link for leaving.
#[test]
fn a_stray_quotation_mark_hides_nothing() {
    for body in [
        "<html><body><font face=Arial size=2\">Hola</font><p>fin</p></body></html>",
        "<html><body><a href=\"https://a.example\"\">Hola</a><p>fin</p></body></html>",
        "<html><body><p title='x' \"y>Hola</p><p>fin</p></body></html>",
    ] {
        let parts = parts_for(Case::body(body), &ana()).unwrap();
        assert!(parts.html.contains("<p>fin</p>"), "{}", parts.html);
        assert!(parts.html.contains("Darse de baja"), "{}", parts.html);
    }
}

#[test]
fn tags_survive_the_html_parser_and_the_inliner() {
    let page = "<html><head><style>td{color:red} @media (max-width:600px){td{color:{{ brand.colour }}}}</style></head>\
        <body><table>{% for n in [1,2] %}<tr><td {% if x %}class=\"k\"{% endif %} style=\"{% if x %}margin:0;{% endif %}padding:{{ n }}px\">\
        {{ n }}</td></tr>{% endfor %}</table><a href={{ url }}>u</a><img src='../../assets/logo ñ.png' alt='Logo'></body></html>";
    let html = parts_for(Case::body(page), &ana()).unwrap().html;
    insta::assert_snapshot!(html, @r#"<html lang="es"><head><style>@media (max-width:600px){td{color:#0b4f6c}} </style></head><body><table><tbody><tr><td class="k"   style="color: red; margin:0;padding:1px">1</td></tr><tr><td class="k"   style="color: red; margin:0;padding:2px">2</td></tr></tbody></table><a href="https://h.example/?a=1&amp;b=2">u</a><img src="https://files.camara.example/logo ñ.png" alt="Logo"><p style="font-size:12px;color:#595959">Recibe este correo porque está en una de nuestras listas. <a href="https://portal.camara.example/u/aijfoacggp4k6q4cukhho24kv3jch45trpqpslhrnmhetujm">Darse de baja</a><br>Cámara de Exportadores, Calle 1 # 2-3, Bogotá</p></body></html>"#);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let wrong = |source: &str| {
        parts_for(Case::body(source), &ana())
            .unwrap_err()
            .to_string()
    };
    insta::assert_snapshot!(wrong("Hola\n\n  {{ nombre"), @"body.md:3:3: `{{` is opened here and never closed");
    insta::assert_snapshot!(wrong("Hola {{ nombree }}"), @"body.md:1:9: `nombree` is neither a column of the lists nor a variable; did you mean `nombre`?");
    insta::assert_snapshot!(wrong("a\n![x](../../assets/missing.png)"), @"body.md:2:6: there is no file assets/missing.png, or it is not published");
    insta::assert_snapshot!(wrong("[x](programa.pdf)"), @"body.md:1:5: `programa.pdf` leads nowhere from a mail: write https://… or a file below assets/");
    insta::assert_snapshot!(wrong("{% include 'x' %}"), @"body.md:1:1: `include` is not available here: `if` and `for` are");
    insta::assert_snapshot!(wrong("a {{ nombre|nada }}"), @"body.md:1:13: there is no filter `nada`");
    insta::assert_snapshot!(wrong("{% if x %}a"), @"body.md:1:1: syntax error: unexpected end of input, expected end of block");
    insta::assert_snapshot!(wrong("<script>var a = '{{ nombre }}'</script>"), @"body.html:1:18: a script is no place for a value, and mail programs run none");
    insta::assert_snapshot!(wrong("{% for a in nombre %}{% for b in nombre %}{% for c in nombre %}{% for d in nombre %}{% for e in nombre %}x{% endfor %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}"), @"body.md:1:64: loops may be nested 3 deep");
    let empty = member(&[("nombre", Value::Empty)]);
    insta::assert_snapshot!(parts_for(Case::body("Hola\n\nDon {{ nombre }}"), &empty).unwrap_err(), @"body.md:3:5: `nombre` is empty here: give a `default`, or ask with `if`");
    assert!(
        parts_for(
            Case::body("{{ nombre|default('Hola') }}{% if nombre %}x{% endif %}"),
            &empty
        )
        .is_ok()
    );
}

#[test]
fn a_row_can_not_become_anything() {
    let row = |value: &str| member(&[("nombre", text(value)), ("url", text(value))]);
    for ugly in [
        "<script>alert(1)</script>",
        "\" onload=\"x",
        "😀",
        "שלום",
        "a\0b",
        "{{ 7 * 7 }}",
        "{% raw %}",
    ] {
        let parts = parts_for(
            Case::body("Hola {{ nombre }} <b title=\"{{ nombre }}\">x</b>"),
            &row(ugly),
        )
        .unwrap();
        assert!(
            !parts.html.contains("<script>") && !parts.html.contains("\" onload"),
            "{}",
            parts.html
        );
        assert!(
            !parts.html.contains('\0') && !parts.text.contains('\0') && !parts.html.contains("49")
        );
    }
    for ugly in [
        "javascript:alert(1)",
        "data:x",
        "//evil.test",
        "https://x\" onclick=\"y",
    ] {
        assert!(
            parts_for(Case::body("[x]({{ url }})"), &row(ugly)).is_err(),
            "{ugly}"
        );
    }
    for ugly in ["a\r\nBcc: x@evil.test", "a\nb", "a\0b"] {
        let mut case = Case::body("x");
        case.campaign = "subject: \"Hola {{ nombre }}\"";
        assert!(
            matches!(parts_for(case, &row(ugly)), Err(RenderError::Header(_))),
            "{ugly:?}"
        );
    }
}

#[test]
fn the_text_part_is_written_from_the_markdown() {
    let source = "# Rueda {{ nombre|upper }}\n\nTres *compradores* de [Italia](https://it.example/{{ id }}) y <https://x.example>.\n\n\
        - uno\n- dos\n  - tres\n\n1. a\n2. b\n\n> cita\n\n| Día | Hora |\n|---|---|\n| 3 | 12 |\n\n![Plano](assets/plano.png)\n\n---\n\n{% if x %}\nSí\n{% endif %}\nFin.";
    let parts = parts_for(Case::body(source), &ana()).unwrap();
    insta::assert_snapshot!(parts.text, @r#"
        Rueda ANA <B>"Ñ"</B> & C.
        ========================

        Tres _compradores_ de Italia <https://it.example/a%2Fb%20%C3%B1> y 
        https://x.example.

        - uno
        - dos
           - tres

        1. a
        2. b

         > cita

        Día | Hora
        3 | 12

        [Plano]

        ----------------------------------------

        Sí

        Fin.

        Recibe este correo porque está en una de nuestras listas.
        Darse de baja: 
        https://portal.camara.example/u/aijfoacggp4k6q4cukhho24kv3jch45trpqpslhrnmhetujm

        Cámara de Exportadores, Calle 1 # 2-3, Bogotá
        "#);
}

#[test]
fn layout_and_variables() {
    let mut case = Case::body("Hola {{ nombre }}");
    case.campaign =
        "subject: \"{{ dia|date }}\"\npreheader: \"{{ importe|number(2) }}\"\nlocale: it";
    case.layout = Some(
        "<html><body><h1 class=t>{{ lema }}: {{ subject }}</h1>{{ content }}<p>{{ organisation.postal_address }} <a href=\"{{ unsubscribe_url }}\">x</a></p></body></html>",
    );
    case.layout_text = Some(
        "{{ content }}\n-- \n{{ organisation.name }}\n{{ organisation.postal_address }} {{ unsubscribe_url }}",
    );
    case.css = ".t { color: {{ brand.colour }} }";
    let parts = parts_for(case, &ana()).unwrap();
    assert_eq!(parts.subject, "3 dicembre 2026");
    insta::assert_snapshot!(parts.html, @r#"
        <html lang="it"><head></head><body><div style="display:none;max-height:0;overflow:hidden;mso-hide:all">1.234,50&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;</div><h1 class="t" style="color: #0b4f6c;">Juntos: 3 dicembre 2026</h1><p>Hola Ana &lt;b&gt;&quot;Ñ&quot;&lt;/b&gt; &amp; C.</p>
        <p>Calle 1 # 2-3, Bogotá <a href="https://portal.camara.example/u/aijfoacggp4k6q4cukhho24kv3jch45trpqpslhrnmhetujm">x</a></p></body></html>
        "#);
    insta::assert_snapshot!(parts.text, @r#"
        Hola Ana <b>"Ñ"</b> & C.

        -- 
        Cámara de Exportadores
        Calle 1 # 2-3, Bogotá 
        https://portal.camara.example/u/aijfoacggp4k6q4cukhho24kv3jch45trpqpslhrnmhetujm
        "#);
}

#[test]
fn a_whole_mail() {
    let mut case = Case::body("Hola **{{ nombre }}**");
    case.campaign = "subject: \"Rueda para {{ nombre|initial }}: año\"\ncc: [jefa@camara.example]\nbcc: [oculta@camara.example]\npriority: high";
    let compiled = case.compile().unwrap();
    let ana = ana();
    let documents = [
        Document {
            title: "Programa",
            file_name: "programa.pdf",
            delivery: Delivery::Link("https://files.camara.example/programa.pdf"),
        },
        Document {
            title: "Factura",
            file_name: "factura año.pdf",
            delivery: Delivery::Attachment {
                content_type: "application/pdf",
                content: b"%PDF-1.7 x",
            },
        },
    ];
    let mut one = view(&ana.address, Some(&ana));
    one.documents = &documents;
    let letter = compiled.letter(&one).unwrap();
    insta::assert_snapshot!(String::from_utf8(letter.message.clone()).unwrap().replace("\r\n", "\n"), @r#"
        From: =?utf-8?Q?C=C3=A1mara=2C_Eventos?= <eventos@camara.example>
        To: ana@ejemplo.test
        Cc: jefa@camara.example
        Reply-To: hola@camara.example
        Subject: =?utf-8?Q?Rueda_para_A=3A_a=C3=B1o?=
        Date: Thu, 3 Dec 2026 12:00:00 -0500
        Message-ID: <nwsfesjomlbqufdbiblzndq5tu@camara.example>
        Content-Language: es
        List-Id: =?utf-8?Q?C=C3=A1mara_de_Exportadores?=
         <ferias.exportadores.camara.example>
        Feedback-ID: 2026-rueda:once:marketing:camara.example
        X-Priority: 1
        Importance: high
        List-Unsubscribe: <https://portal.camara.example/u/aijfoacggp4k6q4cukhho24kv3jch45trpqpslhrnmhetujm>,
         <mailto:bajas+aijfoacggp4k6q4cukhho24kv3jch45trpqpslhrnmhetujm@camara.example?subject=unsubscribe>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        MIME-Version: 1.0
        Content-Type: multipart/mixed;
         boundary="=_mnwsfesjomlbqufdbiblzndq5tu"

        --=_mnwsfesjomlbqufdbiblzndq5tu
        Content-Type: multipart/alternative;
         boundary="=_anwsfesjomlbqufdbiblzndq5tu"

        --=_anwsfesjomlbqufdbiblzndq5tu
        Content-Type: text/plain; charset=utf-8; format=flowed
        Content-Transfer-Encoding: quoted-printable

        Hola *Ana <b>"=C3=91"</b> & C.*

        Documentos:
        - Programa <https://files.camara.example/programa.pdf>

        Recibe este correo porque est=C3=A1 en una de nuestras listas.
        Darse de baja:=20
        https://portal.camara.example/u/aijfoacggp4k6q4cukhho24kv3jch45trpqpslhrnmh=
        etujm

        C=C3=A1mara de Exportadores, Calle 1 # 2-3, Bogot=C3=A1
        --=_anwsfesjomlbqufdbiblzndq5tu
        Content-Type: text/html; charset=utf-8
        Content-Transfer-Encoding: quoted-printable

        <!DOCTYPE html><html lang=3D"es"><head><meta charset=3D"utf-8"><meta name=
        =3D"viewport" content=3D"width=3Ddevice-width"></head><body><p>Hola <strong=
        >Ana &lt;b&gt;&quot;=C3=91&quot;&lt;/b&gt; &amp; C.</strong></p>
        <p>Documentos</p><ul><li><a href=3D"https://files.camara.example/programa.p=
        df">Programa</a></li></ul><p style=3D"font-size:12px;color:#595959">Recibe =
        este correo porque est=C3=A1 en una de nuestras listas. <a href=3D"https://=
        portal.camara.example/u/aijfoacggp4k6q4cukhho24kv3jch45trpqpslhrnmhetujm">D=
        arse de baja</a><br>C=C3=A1mara de Exportadores, Calle 1 # 2-3, Bogot=C3=A1=
        </p></body></html>
        --=_anwsfesjomlbqufdbiblzndq5tu--
        --=_mnwsfesjomlbqufdbiblzndq5tu
        Content-Type: application/pdf; name*=utf-8''factura%20a%C3%B1o.pdf
        Content-Disposition: attachment; filename*=utf-8''factura%20a%C3%B1o.pdf
        Content-Transfer-Encoding: base64

        JVBERi0xLjcgeA==
        --=_mnwsfesjomlbqufdbiblzndq5tu--
        "#);
    assert!(!String::from_utf8_lossy(&letter.message).contains("oculta@"));

    let parsed = MessageParser::default().parse(&letter.message).unwrap();
    assert_eq!(parsed.subject(), Some("Rueda para A: año"));
    assert_eq!(parsed.attachment_count(), 1);
    assert_eq!(
        parsed.attachment(0).unwrap().attachment_name(),
        Some("factura año.pdf")
    );
    assert_eq!(parsed.attachment(0).unwrap().contents(), b"%PDF-1.7 x");
    assert!(parsed.body_html(0).unwrap().contains("&quot;Ñ&quot;"));

    let token = letter
        .envelope
        .from
        .local()
        .strip_prefix("bounces+")
        .unwrap();
    let read = ReversePath::verify(&key(), token).unwrap();
    assert_eq!((read.index, read.copy), (7, 0));
    assert_eq!(
        read.occurrence,
        OccurrenceTag::of(&key(), &"2026/rueda".parse().unwrap())
    );
    let links = parsed.header_raw("List-Unsubscribe").unwrap();
    let token = links
        .split("/u/")
        .nth(1)
        .unwrap()
        .split('>')
        .next()
        .unwrap();
    assert_eq!(
        Leave::verify(&key(), token).unwrap().recipient,
        key().id(&ana.address)
    );
}

#[test]
fn a_retry_is_the_same_mail() {
    let compiled = Case::body("Hola {{ nombre }}").compile().unwrap();
    let ana = ana();
    let first = view(&ana.address, Some(&ana));
    let mut later = first;
    later.date = first.date + 3.hours();
    let lines = |message: &[u8]| {
        let text = String::from_utf8(message.to_vec()).unwrap();
        text.split("\r\n")
            .filter(|l| !l.starts_with("Date:"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (a, b) = (
        compiled.letter(&first).unwrap(),
        compiled.letter(&later).unwrap(),
    );
    assert_eq!(a, compiled.letter(&first).unwrap());
    assert_ne!(a.message, b.message);
    assert_eq!(lines(&a.message), lines(&b.message));
    assert_eq!(a.envelope, b.envelope);
    let boss = Address::parse("jefa@camara.example").unwrap();
    let mut copy = first;
    (copy.copy, copy.envelope_to) = (Copy::Cc(0), &boss);
    let c = compiled.letter(&copy).unwrap();
    assert_ne!(a.envelope.id, c.envelope.id);
}

#[test]
fn kinds_differ_in_their_headers() {
    let header = |campaign: &'static str| {
        let mut case = Case::body("Hola");
        case.campaign = campaign;
        let ana = ana();
        let letter = case
            .compile()
            .unwrap()
            .letter(&view(&ana.address, Some(&ana)))
            .unwrap();
        let text = String::from_utf8(letter.message).unwrap();
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
        text.split("\r\n\r\n").next().unwrap().to_owned()
    };
    let bill = header("subject: Factura\npurpose: transactional\npriority: low");
    assert!(bill.contains("Auto-Submitted: auto-generated") && !bill.contains("List-"));
    assert!(bill.contains("X-Priority: 5"));
    let personal = header("subject: Carta\npurpose: individual");
    assert!(
        !personal.contains("Auto-Submitted")
            && !personal.contains("List-")
            && !personal.contains("Feedback-ID")
    );
}

/// On a thread with a worker's stack, as far as a test's own is no measure.
#[test]
fn what_would_exhaust_the_stack_is_refused_at_its_place() {
    let deep = |body: String, layout: Option<String>, line: u32| {
        let case = Case {
            layout: layout.as_deref(),
            ..Case::body(&body)
        };
        let start: String = body.chars().take(20).collect();
        match case.compile().err() {
            Some(RenderError::TooDeep { at, .. }) => assert_eq!(at.line, line, "{start}: {at:?}"),
            other => panic!("{start}: {other:?}"),
        }
    };
    let run = move || {
        let n = 9_600;
        deep("> ".repeat(n) + "a", None, 1);
        deep("- ".repeat(n) + "a", None, 1);
        deep(
            "Hola\n\n".to_owned() + &"*a ".repeat(n) + "b" + &"*".repeat(n),
            None,
            3,
        );
        deep("Hola\n\n".to_owned() + &"<div>".repeat(n), None, 3);
        deep("<div>\n".repeat(n), None, 201);
        deep(
            "a".to_owned(),
            Some("<b>\n".repeat(n) + "{{ content }}"),
            201,
        );
        for operator in ["+1", "~1", " and 1", "|upper", ".a", "[0]", " is odd"] {
            deep(
                format!("a\n\n{{{{ 1{} }}}}", operator.repeat(20_000)),
                None,
                3,
            );
        }
        deep(format!("a\n\n{{{{ {}1 }}}}", "- ".repeat(20_000)), None, 3);
        deep(
            "{% if x %}a\n".to_owned() + &"{% elif x %}b\n".repeat(5_000) + "{% endif %}",
            None,
            202,
        );
        let long = format!("a\n\n{{{{ id in [{}] }}}}", "\"a.b+c\", ".repeat(5_000));
        Case::body(&long).compile().unwrap();
        let table = "<table><tr><td>".repeat(45) + "a" + &"</td></tr></table>".repeat(45);
        Case::body(&table).compile().unwrap();
        let title = format!("{{{{ 1{} }}}}", "+1".repeat(20_000));
        let refused = Case::body("a").compile().unwrap().short_text(&title, None);
        assert!(matches!(refused, Err(RenderError::TooDeep { .. })));
    };
    let worker = std::thread::Builder::new().stack_size(2 << 20);
    worker.spawn(run).unwrap().join().unwrap();
}

#[test]
fn what_is_for_reviewers_is_not_mailed() {
    let case = Case {
        layout: Some(
            "<html><body><!-- postmerge: allow image-heavy -- flyer --><p>a<!-- mine --></p>{{ content }}</body></html>",
        ),
        css: "p { color: #123456 } /* postmerge: allow contrast-low -- brand */",
        ..Case::body(
            "a\n\n<!-- postmerge: allow link-shortened -- ours -->\n# {{ nombre }}\n\nb <!--PostMerge:allow x\n-- y -->c\n\n    <!-- postmerge: allow z -- shown -->\n",
        )
    };
    let parts = parts_for(case, &ana()).unwrap();
    let shown = "postmerge: allow z -- shown";
    for text in [&parts.html, &parts.text] {
        assert_eq!(
            text.to_lowercase().matches("postmerge").count(),
            1,
            "{text}"
        );
        assert!(text.contains(shown), "{text}");
    }
    assert!(parts.html.contains("<!-- mine -->"), "{}", parts.html);
    let wrong = Case::body("a\n\n<!-- postmerge: allow a -- b --> {{ nombr }}").compile();
    assert_eq!(
        wrong.err().unwrap().to_string().split(' ').next(),
        Some("body.md:3:37:")
    );
}

#[test]
fn a_byte_order_mark_hides_nothing() {
    assert_eq!(body("\u{feff}# {{ x }}"), "<h1>True</h1>");
    let case = Case {
        layout: Some("\u{feff}<p>{{ content }}</p>"),
        layout_text: Some("\u{feff}{{ content }}"),
        css: "\u{feff}p { color: #123456 }",
        ..Case::body("\u{feff}a")
    };
    let parts = parts_for(case, &ana()).unwrap();
    assert!(!parts.html.contains('\u{feff}') && !parts.text.contains('\u{feff}'));
    assert!(parts.html.contains("color: #123456"), "{}", parts.html);
}
