//! What stands in a mail that postmerge writes by itself (a notice, an answer, a link to join): blocks, as text and as simple
//! HTML that needs nothing from elsewhere.
//!
//! Escapes whatever it is given; the text is not wrapped here ([`super::flowed`]).

use super::escape;

/// The blocks, in their order.
#[derive(Debug, Default)]
pub struct OwnBody {
    blocks: Vec<Block>,
}

#[derive(Debug, PartialEq, Eq)]
enum Block {
    Paragraph(String),
    Heading(String),
    /// A line that stands out, and lines below it.
    Item(String, Vec<String>),
    /// Where somebody can go, and what happens there: nothing where the address itself is shown.
    Link {
        title: Option<String>,
        link: String,
    },
    /// Lines that belong together.
    Lines(Vec<String>),
}

impl OwnBody {
    /// A paragraph for each part between blank lines.
    pub fn say(&mut self, text: &str) {
        self.blocks.extend(paragraphs(text));
    }

    /// The same, less what has been said already.
    pub fn say_once(&mut self, text: &str) {
        for part in paragraphs(text) {
            if !self.blocks.contains(&part) {
                self.blocks.push(part);
            }
        }
    }

    /// A heading.
    pub fn heading(&mut self, text: String) {
        self.blocks.push(Block::Heading(text));
    }

    /// A line that stands out, and what is said of it in lines below.
    pub fn item(&mut self, text: String, below: Vec<String>) {
        self.blocks.push(Block::Item(text, below));
    }

    /// A link under its title, once.
    pub fn offer(&mut self, title: String, link: String) {
        let mut blocks = self.blocks.iter();
        if !blocks.any(|it| matches!(it, Block::Link { link: known, .. } if *known == link)) {
            let title = Some(title);
            self.blocks.push(Block::Link { title, link });
        }
    }

    /// A link that is shown as it is.
    pub fn link(&mut self, link: String) {
        self.blocks.push(Block::Link { title: None, link });
    }

    /// Lines that belong together: whose mail it is.
    pub fn lines<'t>(&mut self, lines: impl IntoIterator<Item = &'t str>) {
        let lines = lines.into_iter().map(str::to_owned);
        self.blocks.push(Block::Lines(lines.collect()));
    }

    /// Whether nothing has been said.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The text part, not wrapped.
    pub fn text(&self) -> String {
        let texts: Vec<String> = self.blocks.iter().map(Block::text).collect();
        format!("{}\n", texts.join("\n\n"))
    }

    /// The HTML part; `lang` is its language's tag.
    pub fn html(&self, lang: &str, title: &str) -> String {
        let blocks: String = self.blocks.iter().map(Block::html).collect();
        format!(
            "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n</head>\n\
             <body style=\"font-family: sans-serif; line-height: 1.5; max-width: 40em\">\n\
             {blocks}</body>\n</html>\n",
            escape(lang),
            escape(title)
        )
    }
}

fn paragraphs(text: &str) -> impl Iterator<Item = Block> {
    let parts = text.split("\n\n").filter(|part| !part.trim().is_empty());
    parts.map(|part| Block::Paragraph(part.to_owned()))
}

impl Block {
    fn text(&self) -> String {
        match self {
            Self::Paragraph(text) => text.clone(),
            Self::Heading(text) => {
                let underline = "-".repeat(text.chars().count().min(70));
                format!("{text}\n{underline}")
            }
            Self::Item(text, below) => format!("* {text}\n{}", below.join("\n")),
            Self::Link { title, link } => match title {
                Some(title) => format!("{title}\n{link}"),
                None => link.clone(),
            },
            Self::Lines(lines) => lines.join("\n"),
        }
    }

    fn html(&self) -> String {
        let broken = |lines: &[String]| {
            let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
            lines.join("<br>\n")
        };
        match self {
            Self::Paragraph(text) => format!("<p>{}</p>\n", escape(text)),
            Self::Heading(text) => format!("<h2>{}</h2>\n", escape(text)),
            Self::Item(text, below) => format!(
                "<p><strong>{}</strong><br>\n{}</p>\n",
                escape(text),
                broken(below)
            ),
            Self::Link { title, link } => format!(
                "<p><a href=\"{}\">{}</a></p>\n",
                escape(link),
                escape(title.as_ref().unwrap_or(link))
            ),
            Self::Lines(lines) => format!("<p>{}</p>\n", broken(lines)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body() -> OwnBody {
        let mut body = OwnBody::default();
        body.say("One <b> & \"two\".\n\nThree.");
        body.say_once("One <b> & \"two\".\n\nThree.");
        body.heading("Title".to_owned());
        body.item("a@b.test".to_owned(), vec!["x".to_owned(), "y".to_owned()]);
        body.offer("Go".to_owned(), "mailto:a?b&c".to_owned());
        body.offer("Again".to_owned(), "mailto:a?b&c".to_owned());
        body.link("https://c.test/?a&b".to_owned());
        body.lines(["Cámara", "Calle 1"]);
        body
    }

    #[test]
    fn blocks_are_said_once_in_both_parts() {
        assert_eq!(
            body().text(),
            "One <b> & \"two\".\n\nThree.\n\nTitle\n-----\n\n* a@b.test\nx\ny\n\nGo\nmailto:a?b&c\n\n\
             https://c.test/?a&b\n\nCámara\nCalle 1\n"
        );
        let html = body().html("es", "<T>");
        let (_, shown) = html.split_once("<body").unwrap();
        let (_, shown) = shown.split_once(">\n").unwrap();
        assert_eq!(
            shown,
            "<p>One &lt;b&gt; &amp; &quot;two&quot;.</p>\n<p>Three.</p>\n<h2>Title</h2>\n\
             <p><strong>a@b.test</strong><br>\nx<br>\ny</p>\n<p><a href=\"mailto:a?b&amp;c\">Go</a></p>\n\
             <p><a href=\"https://c.test/?a&amp;b\">https://c.test/?a&amp;b</a></p>\n<p>Cámara<br>\nCalle 1</p>\n\
             </body>\n</html>\n"
        );
        assert!(html.contains("<title>&lt;T&gt;</title>") && html.contains("lang=\"es\""));
    }
}
