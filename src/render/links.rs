//! URLs that stand in the sources, made into published ones; what leads nowhere from a mail is an
//! error.

use super::RenderError;
use super::assemble::escape;
use super::tags::{Origin, Piece, Tags, position};
use super::view::{Body, Ingredients};

/// A literal URL's published form; nothing where it stays.
pub(super) fn rewrite(
    given: &Ingredients<'_>,
    tags: &Tags,
    url: &str,
) -> Result<Option<String>, RenderError> {
    let url = url.trim();
    let lower = url.to_ascii_lowercase();
    if ["http://", "https://", "mailto:", "tel:", "cid:", "#"]
        .iter()
        .any(|s| lower.starts_with(s))
        || url.is_empty()
    {
        return Ok(None);
    }
    if matches!(tags.pieces(url).first(), Some(Piece::Tag(_))) {
        return Ok(None);
    }
    let below = url.trim_start_matches("../").trim_start_matches("./");
    let why = match below.strip_prefix("assets/") {
        None => format!(
            "`{}` leads nowhere from a mail: write https://… or a file below assets/",
            shortened(url)
        ),
        Some(path) => {
            let path = percent_decoded(path);
            match (given.asset_url)(&path) {
                Some(published) => return Ok(Some(escape(&published))),
                None => format!(
                    "there is no file assets/{}, or it is not published",
                    shortened(&path)
                ),
            }
        }
    };
    match given.keeps_broken_links {
        true => Ok(None),
        false => Err(RenderError::template(&find(given, url), why)),
    }
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(120).collect()
}

fn percent_decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .and_then(|pair| std::str::from_utf8(pair).ok())
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (byte, code) {
            (b'%', Some(code)) => {
                bytes.push(code);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Where a URL stands in the sources, as written or before Markdown encoded it.
fn find(given: &Ingredients<'_>, url: &str) -> Origin {
    let body = match given.body {
        Body::Markdown(body) | Body::Html(body, _) => body,
    };
    let layout = given.layout.as_ref();
    let files = [
        Some(body),
        layout.map(|l| l.html),
        layout.and_then(|l| l.css),
    ];
    let decoded = percent_decoded(url).replace("&amp;", "&");
    for file in files.into_iter().flatten() {
        if let Some(at) = file.text.find(url).or_else(|| file.text.find(&decoded)) {
            return position(&file.file.into(), file.text, at);
        }
    }
    position(&body.file.into(), body.text, 0)
}
