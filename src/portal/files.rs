//! What `postmerge publish` laid out: exactly `assets/<hash>/<name>` and `documents/<hash>/<name>` below one folder. Lists nothing,
//! follows no link; a folder that takes the other's place is seen at once.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use super::page::answer;
use super::service::{Refusal, Service};
use super::streamed::{Streamed, attachment, content_type};

/// What a picture may do that holds a script (SVG): nothing.
const SANDBOX: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
/// Browsers show a PDF by means of their own, which a stricter one would forbid.
const NO_FRAME: &str = "frame-ancestors 'none'";

/// Digits of a folder's name.
const DIGITS: usize = 32;
/// The longest name, as most file systems have it.
const LONGEST: usize = 255;

/// What is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Asset,
    Document,
}

impl Kind {
    const fn folder(self) -> &'static str {
        match self {
            Self::Asset => "assets",
            Self::Document => "documents",
        }
    }

    /// A file's name is its content's: it never changes. A document is its reader's, and no proxy's.
    const fn caching(self) -> &'static str {
        match self {
            Self::Asset => "public, max-age=31536000, immutable",
            Self::Document => "private, max-age=31536000, immutable",
        }
    }
}

impl Service {
    /// A published file.
    pub(super) async fn file(
        self: &Arc<Self>,
        kind: Kind,
        (hash, name): (&str, &str),
        headers: &HeaderMap,
    ) -> Result<Response<Body>, Refusal> {
        let folder = self.outside.files.clone().ok_or(Refusal::Link)?;
        if !is_hash(hash) || !is_name(name) {
            return Err(Refusal::Link);
        }
        let (of, called) = (hash.to_owned(), name.to_owned());
        let opening = tokio::task::spawn_blocking(move || opened(&folder, kind, (&of, &called)));
        let opened = opening.await.map_err(|_| Refusal::Trouble)?;
        let (file, size) = opened.ok_or(Refusal::Link)?;
        let tag = HeaderValue::try_from(format!("\"{hash}\"")).map_err(|_| Refusal::Link)?;
        let is_known = headers.get_all(header::IF_NONE_MATCH).iter().any(|told| {
            let told = told.as_bytes();
            told == b"*" || told.windows(tag.len()).any(|it| it == tag.as_bytes())
        });
        let media = content_type(name);
        let mut answer = match is_known {
            true => answer(StatusCode::NOT_MODIFIED, media, Body::empty()),
            false => answer(StatusCode::OK, media, Body::new(Streamed::new(file, size))),
        };
        let to = answer.headers_mut();
        let mut set = |name: HeaderName, value| to.insert(name, value);
        set(header::ETAG, tag);
        set(
            header::CACHE_CONTROL,
            HeaderValue::from_static(kind.caching()),
        );
        if !is_known {
            set(header::CONTENT_LENGTH, HeaderValue::from(size));
        }
        let is_shown = media.starts_with("image/") || media == "application/pdf";
        let disposition = match kind == Kind::Asset && is_shown {
            true => HeaderValue::from_static("inline"),
            false => attachment(name),
        };
        set(header::CONTENT_DISPOSITION, disposition);
        match media {
            "image/svg+xml" => {
                let policy = HeaderValue::from_static(SANDBOX);
                set(header::CONTENT_SECURITY_POLICY, policy);
            }
            "application/pdf" => {
                let policy = HeaderValue::from_static(NO_FRAME);
                set(header::CONTENT_SECURITY_POLICY, policy);
            }
            _ => {}
        }
        Ok(answer)
    }

    /// The organisation's logo.
    pub(super) fn logo(&self) -> Result<Response<Body>, Refusal> {
        let ground = self.ground();
        let (media, bytes) = ground.logo.as_ref().ok_or(Refusal::Link)?;
        let mut answer = answer(StatusCode::OK, media, bytes.clone());
        let headers = answer.headers_mut();
        let hour = HeaderValue::from_static("public, max-age=3600");
        headers.insert(header::CACHE_CONTROL, hour);
        if *media == "image/svg+xml" {
            let policy = HeaderValue::from_static(SANDBOX);
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        Ok(answer)
    }
}

fn is_hash(text: &str) -> bool {
    let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    text.len() == DIGITS && text.bytes().all(digit)
}

fn is_name(text: &str) -> bool {
    let odd = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':');
    (1..=LONGEST).contains(&text.len()) && !text.starts_with('.') && !text.chars().any(odd)
}

/// The file and its size, where every step to it is what it is called, and no link.
fn opened(folder: &Path, kind: Kind, (hash, name): (&str, &str)) -> Option<(File, u64)> {
    let folder = folder.canonicalize().ok()?;
    let path = folder.join(kind.folder()).join(hash).join(name);
    if path.canonicalize().ok()? != path || !path.symlink_metadata().ok()?.is_file() {
        return None;
    }
    let file = File::open(path).ok()?;
    let about = file.metadata().ok()?;
    about.is_file().then_some((file, about.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_publish_writes_are_looked_for() {
        let hash = "0123456789abcdef0123456789abcdef";
        assert!(is_hash(hash) && is_name("año 1.png"));
        for bad in [
            "",
            "..",
            "0123",
            &hash.to_uppercase(),
            &hash.replace('0', "/"),
        ] {
            assert!(!is_hash(bad), "{bad}");
        }
        for bad in [
            "",
            ".",
            "..",
            ".git",
            "a/b",
            "a\\b",
            "a\0",
            "c:x",
            &"a".repeat(256),
        ] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }
}
