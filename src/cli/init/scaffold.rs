//! The files of a new workspace, made in memory: nothing is written, asked or looked up here.
//!
//! A mark `<<name>>` in an embedded file is replaced by the value of that name, once and in one pass, so that
//! nothing in a value is taken for a mark. Where a value stands in YAML it is written as a quoted text.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::words::{Words, words};
use crate::diagnostic::markdown;
use crate::lint;
use crate::mail::address::Address;
use crate::plan::codeowners::{self, CodeownersError};
use crate::schedule::calendar::{Calendar, CalendarError};
use crate::workspace::Workspace;
use crate::workspace::in_memory::InMemory;
use crate::workspace::schema::Kind;
use crate::workspace::settings::Locale;
use crate::workspace::source::WorkspacePath;

/// What a workspace is made for.
#[derive(Debug, Clone)]
pub(super) struct Wishes {
    /// Whose it is; a stand-in where absent.
    pub(super) name: Option<String>,
    /// The domain that it mails from.
    pub(super) domain: String,
    /// Its zone.
    pub(super) zone: String,
    /// What its texts are in.
    pub(super) language: Locale,
    /// The administrator's name on GitHub.
    pub(super) administrator: String,
    /// Its repository on GitHub: `owner/repository`.
    pub(super) repository: Option<String>,
}

/// Why no workspace is made.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScaffoldError {
    #[error("the name is empty")]
    NameEmpty,
    #[error("the name has more than {LONGEST_NAME} characters")]
    NameLong,
    #[error("the name has a line break, or a character that cannot be seen")]
    NameUnseen,
    #[error("`{0}` is no domain that mail comes from")]
    Domain(String),
    #[error("`{0}` is no repository on GitHub: OWNER/REPOSITORY is needed")]
    Repository(String),
    #[error(transparent)]
    Zone(#[from] CalendarError),
    #[error(transparent)]
    Codeowners(#[from] CodeownersError),
    /// What was asked for gives a workspace with a finding.
    #[error("with this the new workspace would have a finding: {path}: {message}")]
    Finding {
        /// Where.
        path: String,
        /// What.
        message: String,
    },
    /// Defects of the embedded files.
    #[error("a defect of this program: {0}")]
    Defect(String),
}

const LONGEST_NAME: usize = 100;

/// The first campaign goes out so many business days later.
const DAYS_AHEAD: u32 = 15;

/// A workspace, and its first campaign's id.
pub(super) struct Made {
    pub(super) files: InMemory,
    pub(super) campaign: String,
}

/// Makes the files of a workspace that has no findings at `now`.
pub(super) fn made(wishes: &Wishes, now: Timestamp) -> Result<Made, ScaffoldError> {
    let words = words(wishes.language);
    let calendar = Calendar::new(&wishes.zone, [])?;
    let today = calendar.date_of(now);
    let date = calendar.add_business_days(today, DAYS_AHEAD);
    let date = date.ok_or_else(|| ScaffoldError::Defect("no such day".to_owned()))?;
    let year = date.year();
    let campaign = format!("{year}/{}", words.campaign);
    let mut marks = marks(wishes, words)?;
    for (mark, value) in [
        ("today", today.to_string()),
        ("date", date.to_string()),
        ("year", year.to_string()),
        ("campaign-folder", format!("campaigns/{campaign}")),
    ] {
        marks.insert(mark, value);
    }
    let mut files = InMemory::default();
    for (path, text) in texts(words, &campaign) {
        let text = filled(text, &marks)?;
        files.insert(parsed(&path)?, text.into_bytes());
    }
    let logo = include_bytes!("files/logo.png");
    files.insert(parsed("assets/logo.png")?, logo.to_vec());
    for (path, text) in RAW {
        files.insert(parsed(path)?, text.as_bytes().to_vec());
    }
    for kind in Kind::ALL {
        let path = parsed(&format!("schemas/{}", kind.file_name()))?;
        files.insert(path, kind.text().into_bytes());
    }
    let loaded = Workspace::load(&files);
    let settings = loaded.settings.as_ref();
    if let Some(settings) = settings.filter(|_| loaded.findings.is_empty()) {
        let owners = codeowners::text(settings, &loaded.lists, &loaded.campaigns)?;
        files.insert(parsed(codeowners::PATH)?, owners.into_bytes());
    }
    let report = lint::run(&files, &lint::Request::at(now));
    match report.findings.into_iter().next() {
        None => Ok(Made { files, campaign }),
        Some(finding) => Err(ScaffoldError::Finding {
            path: finding.path,
            message: finding.message,
        }),
    }
}

fn parsed(path: &str) -> Result<WorkspacePath, ScaffoldError> {
    WorkspacePath::parse(path).map_err(|why| ScaffoldError::Defect(why.to_string()))
}

/// Files that have no marks. The action is the one that this repository has for everybody.
const RAW: [(&str, &str); 7] = [
    (".gitattributes", include_str!("files/gitattributes")),
    (".gitignore", include_str!("files/gitignore")),
    (
        ".github/dependabot.yml",
        include_str!("files/github/dependabot.yml"),
    ),
    (
        ".github/actions/postmerge/action.yml",
        include_str!("../../../action.yml"),
    ),
    (
        ".github/workflows/check.yml",
        include_str!("files/github/check.yml"),
    ),
    (
        ".github/workflows/comment.yml",
        include_str!("files/github/comment.yml"),
    ),
    (
        ".github/workflows/publish.yml",
        include_str!("files/github/publish.yml"),
    ),
];

/// Every file that is made of a text with marks, by path.
fn texts(words: &Words, campaign: &str) -> Vec<(String, &'static str)> {
    let (list, template) = (words.list, words.template);
    vec![
        (
            "postmerge.yaml".to_owned(),
            include_str!("files/postmerge.yaml"),
        ),
        ("README.md".to_owned(), words.readme),
        (
            ".github/workflows/send.yml".to_owned(),
            include_str!("files/github/send.yml"),
        ),
        (
            ".github/workflows/hygiene.yml".to_owned(),
            include_str!("files/github/hygiene.yml"),
        ),
        (
            format!("lists/{list}.yaml"),
            include_str!("files/list.yaml"),
        ),
        (format!("lists/{list}.csv"), include_str!("files/list.csv")),
        (
            format!("templates/{template}/template.yaml"),
            include_str!("files/template.yaml"),
        ),
        (
            format!("templates/{template}/layout.html"),
            include_str!("files/layout.html"),
        ),
        (
            format!("templates/{template}/layout.txt"),
            include_str!("files/layout.txt"),
        ),
        (
            format!("templates/{template}/style.css"),
            include_str!("files/style.css"),
        ),
        (
            format!("campaigns/{campaign}/campaign.yaml"),
            include_str!("files/campaign.yaml"),
        ),
        (format!("campaigns/{campaign}/body.md"), words.body),
    ]
}

/// What stands at each mark.
fn marks(wishes: &Wishes, words: &Words) -> Result<BTreeMap<&'static str, String>, ScaffoldError> {
    let name = name(wishes.name.as_deref().unwrap_or(words.name))?;
    let domain = domain(&wishes.domain)?;
    let published = match &wishes.repository {
        Some(repository) => pages(repository)?,
        None => format!("files.{domain}"),
    };
    let mut marks: BTreeMap<&'static str, String> = words
        .values
        .iter()
        .map(|(mark, value)| (*mark, quoted(value)))
        .collect();
    marks.extend(
        words
            .bare
            .iter()
            .map(|(mark, word)| (*mark, (*word).to_owned())),
    );
    marks.extend([
        ("name", quoted(name)),
        ("name-markdown", markdown::escaped(name)),
        ("domain", domain),
        ("published", published),
        ("zone", quoted(&wishes.zone)),
        ("language", wishes.language.tag().to_owned()),
        ("administrator", quoted(&wishes.administrator)),
        ("list", words.list.to_owned()),
        ("template", words.template.to_owned()),
    ]);
    Ok(marks)
}

/// A text as YAML takes it whatever is in it: JSON's quoted texts are YAML's (YAML 1.2.2, section 1.2).
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn filled(text: &str, marks: &BTreeMap<&'static str, String>) -> Result<String, ScaffoldError> {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<<") {
        out.push_str(before);
        let found = after.split_once(">>");
        let known = found.and_then(|(mark, behind)| Some((marks.get(mark)?, behind)));
        let Some((value, behind)) = known else {
            let near = after.chars().take(40).collect();
            return Err(ScaffoldError::Defect(near));
        };
        out.push_str(value);
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

fn name(given: &str) -> Result<&str, ScaffoldError> {
    let name = given.trim_matches(' ');
    // Format characters (Unicode's Cf) turn the direction round or hide; the separators end a line.
    let unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
            || matches!(c, '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
    };
    match name {
        "" => Err(ScaffoldError::NameEmpty),
        name if name.chars().any(unseen) => Err(ScaffoldError::NameUnseen),
        name if name.chars().count() > LONGEST_NAME => Err(ScaffoldError::NameLong),
        name => Ok(name),
    }
}

/// In lower case and in letters that DNS knows.
fn domain(given: &str) -> Result<String, ScaffoldError> {
    let wrong =
        || ScaffoldError::Domain(given.chars().filter(|c| !c.is_control()).take(80).collect());
    let address = Address::parse(&format!("x@{given}")).map_err(|_| wrong())?;
    let domain = address.domain();
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    match domain.chars().all(fits) {
        true => Ok(domain.to_owned()),
        false => Err(wrong()),
    }
}

/// Where GitHub publishes the pages of a repository.
fn pages(repository: &str) -> Result<String, ScaffoldError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match repository.split_once('/') {
        Some((owner, name))
            if !owner.is_empty()
                && owner.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                && !name.is_empty()
                && !name.starts_with('.')
                && name.chars().all(fits) =>
        {
            let host = format!("{}.github.io", owner.to_lowercase());
            // A repository of this name has the owner's own pages, at the top.
            match name.eq_ignore_ascii_case(&host) {
                true => Ok(host),
                false => Ok(format!("{host}/{name}")),
            }
        }
        _ => Err(ScaffoldError::Repository(
            repository
                .chars()
                .filter(|c| !c.is_control())
                .take(80)
                .collect(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wishes(language: Locale) -> Wishes {
        Wishes {
            name: None,
            domain: "camara.example".to_owned(),
            zone: "America/Bogota".to_owned(),
            language,
            administrator: "tomas-example".to_owned(),
            repository: None,
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_first_campaign_is_weeks_ahead_on_a_business_day() {
        // Friday evening in Bogotá, Saturday in UTC; and over the end of a year.
        for (now, date) in [
            ("2026-11-28T02:00:00Z", "2026-12-18"),
            ("2026-12-21T12:00:00Z", "2027-01-11"),
        ] {
            let made = made(&wishes(Locale::Es), at(now)).unwrap();
            assert_eq!(made.campaign, format!("{}/bienvenida", &date[..4]));
            let loaded = Workspace::load(&made.files);
            let campaign = loaded.campaigns.values().next().unwrap();
            assert_eq!(campaign.campaign.send.date.to_string(), date);
        }
    }

    /// Whoever calls themselves by something that a file could take for its own.
    #[test]
    fn a_name_is_a_text_wherever_it_stands() {
        for name in [
            "Müller & Söhne: \"Export\"",
            "{{ subject }} {% for x in y %}",
            "# no comment",
            "- a\\b 'c' <b> | `d` <<domain>> *e*",
            "yes",
            "1e3",
            "[x], {y: z}",
            "%TAG !",
        ] {
            let wish = Wishes {
                name: Some(name.to_owned()),
                ..wishes(Locale::En)
            };
            let made = made(&wish, at("2026-11-25T12:00:00Z")).unwrap();
            let settings = Workspace::load(&made.files).settings.unwrap();
            assert_eq!(settings.organisation.name, name);
        }
    }

    #[test]
    fn pages_are_where_github_has_them() {
        for (repository, url) in [
            ("CAMARA/mail", "https://camara.github.io/mail"),
            ("CAMARA/camara.github.io", "https://camara.github.io"),
            ("camara/CAMARA.github.io", "https://camara.github.io"),
            (
                "camara/other.github.io",
                "https://camara.github.io/other.github.io",
            ),
        ] {
            let wish = Wishes {
                repository: Some(repository.to_owned()),
                ..wishes(Locale::En)
            };
            let made = made(&wish, at("2026-11-25T12:00:00Z")).unwrap();
            let settings = Workspace::load(&made.files).settings.unwrap();
            assert_eq!(settings.publish.unwrap().url.trim_end_matches('/'), url);
        }
    }

    #[test]
    fn what_can_not_be_is_refused() {
        let now = at("2026-11-25T12:00:00Z");
        let why = |change: &dyn Fn(&mut Wishes)| {
            let mut wish = wishes(Locale::It);
            change(&mut wish);
            made(&wish, now)
                .err()
                .map(|why| why.to_string())
                .unwrap_or_default()
        };
        for name in [
            "",
            "  ",
            "a\nb: c",
            "a\u{202e}b",
            "a\u{0}",
            &"x".repeat(101),
        ] {
            let said = why(&|wish| wish.name = Some(name.to_owned()));
            assert!(said.starts_with("the name "), "{name:?}: {said}");
        }
        let said = why(&|wish| wish.name = Some("bank@camara.example".to_owned()));
        assert!(
            said.contains("would have a finding: postmerge.yaml"),
            "{said}"
        );
        for domain in [
            "",
            "x",
            "a b.example",
            "[192.0.2.1]",
            "a.example\nb: c",
            "x@y.example",
        ] {
            let said = why(&|wish| wish.domain = domain.to_owned());
            assert!(said.contains("is no domain"), "{domain:?}: {said}");
        }
        for repository in ["x", "/x", "x/", "x/y/z", "x y/z", "x/..", "x/y\nz"] {
            let said = why(&|wish| wish.repository = Some(repository.to_owned()));
            assert!(said.contains("is no repository"), "{repository:?}: {said}");
        }
        let said = why(&|wish| wish.zone = "Mars/Olympus".to_owned());
        assert!(said.contains("is no time zone"), "{said}");
        let said = why(&|wish| wish.administrator = "a b".to_owned());
        assert!(said.contains("on GitHub"), "{said}");
    }
}
