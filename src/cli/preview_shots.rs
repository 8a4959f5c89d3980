//! Pictures of a previewed mail, by a Chromium that is installed. It is started without a network.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::CliError;
use super::send::environment;
use super::whole_file;

/// Names that a Chromium goes by.
const NAMES: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
];

/// A view, the width of its window, and colours.
const SHOTS: [(&str, u32, &str); 4] = [
    ("desktop", 640, "light"),
    ("phone", 375, "light"),
    ("desktop", 640, "dark"),
    ("phone", 375, "dark"),
];

/// Mails are not longer than this in pixels, or are cut off.
const TALLEST: u32 = 16_000;

/// Takes pictures of the first mail on the page `name` in the folder `output`, and puts them beside it.
pub(super) fn take(output: &Path, name: &str) -> Result<Vec<PathBuf>, CliError> {
    let browser = browser()?;
    let page = output.join(format!("{name}.html"));
    let real = page
        .canonicalize()
        .map_err(|why| CliError::new(format!("{}: {why}", page.display())))?;
    let profile =
        tempfile::tempdir().map_err(|why| CliError::new(format!("no temporary folder: {why}")))?;
    let mut taken = Vec::new();
    for (view, width, colours) in SHOTS {
        let url = format!("file://{}#shot={view},{colours},0", url_path(&real));
        let base = || {
            let mut command = Command::new(&browser);
            command
                .args([
                    "--headless",
                    "--disable-gpu",
                    "--no-first-run",
                    "--hide-scrollbars",
                ])
                .args([
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    "--disable-quic",
                ])
                // Whatever would be fetched all the same finds nobody.
                .args([
                    "--host-resolver-rules=MAP * ~NOTFOUND",
                    "--virtual-time-budget=3000",
                ])
                .arg(format!("--user-data-dir={}", profile.path().display()))
                .stdin(Stdio::null())
                .stderr(Stdio::null());
            if is_root() {
                // Chromium's own sandbox refuses to run as root, as in containers.
                command.arg("--no-sandbox");
            }
            command
        };
        let failed = |why: &dyn std::fmt::Display| {
            CliError::new(format!("{}: {why}", browser.display()))
                .hint("take another by the environment variable CHROME, or leave --png out")
        };
        let mut measuring = base();
        measuring
            .arg(format!("--window-size={width},400"))
            .arg("--dump-dom")
            .arg(&url);
        let done = measuring.output().map_err(|why| failed(&why))?;
        let height = height(&String::from_utf8_lossy(&done.stdout));
        let height = height.ok_or_else(|| failed(&"did not show the page"))?;
        // The browser would follow a link where the picture is to be.
        let shot = profile.path().join("shot.png");
        let mut shooting = base();
        shooting
            .arg(format!(
                "--window-size={width},{}",
                height.clamp(200, TALLEST)
            ))
            .arg(format!("--screenshot={}", shot.display()))
            .arg(&url)
            .stdout(Stdio::null());
        let status = shooting.status().map_err(|why| failed(&why))?;
        let picture = std::fs::read(&shot).ok().filter(|_| status.success());
        let picture = picture.ok_or_else(|| failed(&"took no picture"))?;
        // The next one is not to be mistaken for this.
        std::fs::remove_file(&shot).map_err(|why| failed(&why))?;
        let name = format!("{name}-{view}-{colours}.png");
        whole_file::write(output, &name, &picture)?;
        taken.push(output.join(name));
    }
    Ok(taken)
}

fn browser() -> Result<PathBuf, CliError> {
    if let Some(named) = environment("CHROME") {
        return Ok(PathBuf::from(named));
    }
    let path = environment("PATH").unwrap_or_default();
    let mut places =
        std::env::split_paths(&path).flat_map(|folder| NAMES.map(|name| folder.join(name)));
    places.find(|place| place.is_file()).ok_or_else(|| {
        CliError::new("no Chromium is found for --png")
            .hint("install one, or say where it is by the environment variable CHROME; the page is written already")
    })
}

/// What the page says of itself as soon as the mail is laid out.
fn height(page: &str) -> Option<u32> {
    let (_, after) = page.split_once("data-height=\"")?;
    after.split_once('"')?.0.parse().ok()
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

/// A path as it stands in a URL (RFC 3986, 2.3).
fn url_path(path: &Path) -> String {
    let mut out = String::new();
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_as_in_a_browser() {
        assert_eq!(
            url_path(Path::new("/a b/ñ#1.html")),
            "/a%20b/%C3%B1%231.html"
        );
        assert_eq!(height("<html data-height=\"1234\">"), Some(1234));
        assert_eq!(height("<html>"), None);
    }
}
