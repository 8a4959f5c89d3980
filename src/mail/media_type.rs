//! Media types of files, by the ending of their names: one table for attachments, previews and the portal.

/// A file's media type (RFC 6838), without parameters. Nothing that a browser runs is among them but SVG.
pub fn media_type(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    match ending.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        "csv" => "text/csv",
        "ics" => "text/calendar",
        "zip" => "application/zip",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt" => "application/vnd.oasis.opendocument.text",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ending_counts_and_nothing_is_run() {
        assert_eq!(media_type("a.b.PNG"), "image/png");
        for odd in ["a.html", "a.js", "a.xhtml", "a", "png", ""] {
            assert_eq!(media_type(odd), "application/octet-stream", "{odd}");
        }
    }
}
