//! A document of a recipient's own: read from git at the commit that their mail was made from, until the end that stands in the
//! link, and as long as the campaign hands it out and the person has not asked to be forgotten.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};

use super::page::answer;
use super::sent::OneMail;
use super::service::{Asker, Refusal, Service};
use super::streamed::{Streamed, attachment, content_type};
use crate::mail::portal_address;

impl Service {
    /// The file.
    pub(super) async fn own_document(
        self: &Arc<Self>,
        (token, end, path): (&str, &str, &str),
        asker: &Asker,
    ) -> Result<Response<Body>, Refusal> {
        self.may_ask(asker)?;
        let mail = portal_address::read_document(&self.key(), token, end, path, self.now());
        let mail = mail.map_err(|_| Refusal::Link)?;
        let of = path.to_owned();
        let streamed = self.with_mail(mail, move |service, mail| service.own_file(mail, &of));
        let streamed = streamed.await?;
        let name = path.rsplit('/').next().unwrap_or_default();
        let size = streamed.size();
        let mut answer = answer(StatusCode::OK, content_type(name), Body::new(streamed));
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_DISPOSITION, attachment(name));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
        Ok(answer)
    }

    /// The file's content, on the disk: who fetches it slowly must not hold it in memory.
    fn own_file(&self, mail: &OneMail, path: &str) -> Option<Streamed> {
        let campaign = mail.audience.occurrence.campaign();
        if !mail.ground.hands_out(campaign, path) {
            return None;
        }
        let bytes = self.content(&mail.audience)?.document(path).ok()??;
        let mut file = tempfile::tempfile().ok()?;
        file.write_all(&bytes).ok()?;
        file.seek(SeekFrom::Start(0)).ok()?;
        Some(Streamed::new(file, bytes.len() as u64))
    }
}
