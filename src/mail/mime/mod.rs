//! MIME bodies (RFC 2045, 2046), written straight into the mail's buffer.
//!
//! Writes MIME-Version, Content-Type and what follows. Lines end in CRLF, no bare CR or LF comes
//! out, no line is longer than 78, save in a message that goes along as it is. Boundaries derive from the Message-ID, so that the same mail
//! tried again has the same bytes. Knows two shapes: `multipart/alternative` (or `text/plain` alone)
//! and that inside `multipart/mixed` with attachments; images are hosted, so there is no
//! `multipart/related`.

mod quoted_printable;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::header::{self, HeaderError};
pub use quoted_printable::quoted_printable;

/// A mail's content.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    /// The text part, already in `format=flowed` (RFC 3676).
    pub text: &'a str,
    /// The HTML part.
    pub html: Option<&'a str>,
    /// Files, after both.
    pub attachments: &'a [Attachment<'a>],
}

/// A file that goes along.
#[derive(Debug, Clone, Copy)]
pub struct Attachment<'a> {
    /// What it is called.
    pub file_name: &'a str,
    /// Its media type, such as `application/pdf`. A `message/rfc822` must hold to [`is_seven_bit`].
    pub content_type: &'a str,
    /// Its bytes.
    pub content: &'a [u8],
}

/// Writes MIME-Version, the content's header fields, the empty line and the body.
///
/// # Errors
/// [`HeaderError`] where an attachment's name or media type cannot stand in a header.
pub fn write(
    out: &mut Vec<u8>,
    message_id: &str,
    content: &Content<'_>,
) -> Result<(), HeaderError> {
    out.extend_from_slice(b"MIME-Version: 1.0\r\n");
    if content.attachments.is_empty() {
        write_texts(out, message_id, content);
        return Ok(());
    }
    let boundary = boundary(message_id, 'm');
    multipart(out, "mixed", &boundary);
    delimiter(out, &boundary, false);
    write_texts(out, message_id, content);
    for attachment in content.attachments {
        delimiter(out, &boundary, false);
        write_attachment(out, attachment)?;
    }
    delimiter(out, &boundary, true);
    Ok(())
}

fn write_texts(out: &mut Vec<u8>, message_id: &str, content: &Content<'_>) {
    let Some(html) = content.html else {
        text_part(
            out,
            "text/plain; charset=utf-8; format=flowed",
            content.text,
        );
        return;
    };
    let boundary = boundary(message_id, 'a');
    multipart(out, "alternative", &boundary);
    delimiter(out, &boundary, false);
    text_part(
        out,
        "text/plain; charset=utf-8; format=flowed",
        content.text,
    );
    delimiter(out, &boundary, false);
    text_part(out, "text/html; charset=utf-8", html);
    delimiter(out, &boundary, true);
}

fn text_part(out: &mut Vec<u8>, content_type: &str, text: &str) {
    out.extend_from_slice(b"Content-Type: ");
    out.extend_from_slice(content_type.as_bytes());
    out.extend_from_slice(b"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
    quoted_printable(out, text.as_bytes());
    end_line(out);
}

fn write_attachment(out: &mut Vec<u8>, attachment: &Attachment<'_>) -> Result<(), HeaderError> {
    let name = attachment.file_name;
    header::with_parameter(out, "Content-Type", attachment.content_type, "name", name)?;
    header::with_parameter(out, "Content-Disposition", "attachment", "filename", name)?;
    if attachment.content_type == "message/rfc822" {
        // No encoding may be put around a message (RFC 2046 §5.2.1).
        out.extend_from_slice(b"Content-Transfer-Encoding: 7bit\r\n\r\n");
        seven_bit_lines(out, attachment.content);
        return Ok(());
    }
    out.extend_from_slice(b"Content-Transfer-Encoding: base64\r\n\r\n");
    base64_lines(out, attachment.content);
    Ok(())
}

/// Whether octets can go along as a message, unencoded: ASCII without NUL, in lines that may be sent (RFC 2045 §2.7).
pub fn is_seven_bit(content: &[u8]) -> bool {
    content.iter().all(|b| b.is_ascii() && *b != 0)
        && content.split(|b| *b == b'\n').all(|line| {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            line.len() <= 998 && !line.contains(&b'\r')
        })
}

fn seven_bit_lines(out: &mut Vec<u8>, content: &[u8]) {
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    for line in content.split(|b| *b == b'\n') {
        out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        out.extend_from_slice(b"\r\n");
    }
}

/// RFC 2045 §6.8: lines of 76.
fn base64_lines(out: &mut Vec<u8>, content: &[u8]) {
    out.reserve(content.len() / 57 * 78 + 80);
    let mut line = [0_u8; 76];
    for chunk in content.chunks(57) {
        // 57 bytes are 76 characters, so the slice always has room.
        if let Ok(length) = STANDARD.encode_slice(chunk, &mut line) {
            out.extend_from_slice(line.get(..length).unwrap_or_default());
        }
        out.extend_from_slice(b"\r\n");
    }
}

fn multipart(out: &mut Vec<u8>, kind: &str, boundary: &str) {
    out.extend_from_slice(b"Content-Type: multipart/");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b";\r\n boundary=\"");
    out.extend_from_slice(boundary.as_bytes());
    out.extend_from_slice(b"\"\r\n\r\n");
}

/// Every part's content ends in CRLF of its own; the delimiter's CRLF (RFC 2046 §5.1.1) is that one
/// for text, where one line end more or less means nothing, and for base64, where none does.
fn delimiter(out: &mut Vec<u8>, boundary: &str, last: bool) {
    out.extend_from_slice(b"--");
    out.extend_from_slice(boundary.as_bytes());
    out.extend_from_slice(if last { b"--\r\n" } else { b"\r\n" });
}

/// `=_` cannot come out of quoted-printable or base64 (RFC 2045 §6.7), so no content can hold it.
fn boundary(message_id: &str, level: char) -> String {
    let local = message_id.split('@').next().unwrap_or_default();
    let mut boundary = String::with_capacity(40);
    boundary.push_str("=_");
    boundary.push(level);
    boundary.extend(local.chars().filter(char::is_ascii_alphanumeric).take(32));
    boundary
}

fn end_line(out: &mut Vec<u8>) {
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
}
