//! `.github/CODEOWNERS`: who GitHub asks for an approval, worked out of people, lists and campaigns.
//!
//! GitHub takes the last line that matches a file, and is content with any one of the owners that the line
//! names; so what is narrower stands below, and who must approve by all means has a line without others.
//! A path holds letters, digits, `.`, `_`, `:`, `-` and `/` only, as ids and names do: nothing that a
//! pattern would read in another way. Writes nothing, asks nobody whether an account exists.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::mail::occurrence::CampaignId;
use crate::workspace::campaign::Approval;
use crate::workspace::loaded::{CampaignFile, ListFile};
use crate::workspace::names::{ListName, PersonName};
use crate::workspace::settings::{Person, Role, Settings};

/// Where the file stands: the first of the three places that GitHub looks at.
pub const PATH: &str = ".github/CODEOWNERS";

/// What the first line of a file begins with that was made here.
pub const MARK: &str = "# Written by `postmerge codeowners`";

const HEADING: &str = ", out of postmerge.yaml, lists and campaigns: change those,
# and run it again. The last line that matches a file counts, and any one of its owners may approve.
";

/// Why the file cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeownersError {
    /// Nobody would own what is nobody else's.
    #[error("nobody among `people` is an administrator with a name on GitHub")]
    NoAdministrator,
    /// A campaign asks for an approval that nobody can give.
    #[error("{0} asks for the management, and nobody among `people` is that with a name on GitHub")]
    NoManagement(CampaignId),
    /// A name that no account can have.
    #[error("`{person}` cannot be `{github}` on GitHub")]
    Name {
        /// Who, as `people` has them.
        person: PersonName,
        /// What stands there.
        github: String,
    },
}

/// The text of the file.
///
/// # Errors
/// [`CodeownersError`] where a file would be nobody's, or a name is none.
pub fn text(
    settings: &Settings,
    lists: &BTreeMap<ListName, ListFile>,
    campaigns: &BTreeMap<CampaignId, CampaignFile>,
) -> Result<String, CodeownersError> {
    let people = &settings.people;
    if let Some((person, it)) = people.iter().find(|(_, it)| !is_name(&it.github)) {
        return Err(CodeownersError::Name {
            person: person.clone(),
            github: it.github.chars().take(60).collect(),
        });
    }
    let of = |role| owners(people.values().filter(move |it| it.roles.contains(&role)));
    let administrators = of(Role::Administrator);
    if administrators.is_empty() {
        return Err(CodeownersError::NoAdministrator);
    }
    let content = joined(of(Role::Coordinator), &administrators);

    let mut text =
        format!("{MARK}{HEADING}\n# Settings, templates, pictures, and what is nobody else's.\n");
    line(&mut text, "*", &administrators);
    text.push_str("\n# What is sent.\n");
    line(&mut text, "/campaigns/", &content);
    if !lists.is_empty() {
        text.push_str("\n# Who answers for a list; nobody can approve their own proposal, so the administrator may.\n");
    }
    for (name, file) in lists {
        let is_theirs = |(who, it): &(&PersonName, &Person)| {
            **who == file.list.owner || it.lists.contains(name)
        };
        let theirs = owners(people.iter().filter(is_theirs).map(|(_, it)| it));
        let all = joined(theirs, &administrators);
        line(&mut text, &format!("/{}", file.members), &all);
        line(&mut text, &format!("/{}", file.path), &all);
    }
    management(&mut text, campaigns, &of(Role::Management), &content)?;
    text.push_str("\n# Who may approve what, and what runs here.\n");
    line(&mut text, "/postmerge.yaml", &administrators);
    line(&mut text, "/.github/", &administrators);
    Ok(text)
}

/// The folders of campaigns that ask for the management, too.
fn management(
    text: &mut String,
    campaigns: &BTreeMap<CampaignId, CampaignFile>,
    management: &[String],
    content: &[String],
) -> Result<(), CodeownersError> {
    let asks = |file: &&CampaignFile| file.campaign.approval == Approval::Management;
    let mut heading = "\n# Asked for the management: nobody else can take that back.\n";
    for (id, file) in campaigns.iter().filter(|(_, file)| asks(file)) {
        if management.is_empty() {
            return Err(CodeownersError::NoManagement(id.clone()));
        }
        text.push_str(std::mem::take(&mut heading));
        let all = joined(content.to_vec(), management);
        line(text, &format!("/{}/", file.folder), &all);
        line(text, &format!("/{}", file.path), management);
    }
    Ok(())
}

fn line(text: &mut String, pattern: &str, owners: &[String]) {
    let _ = writeln!(text, "{pattern} {}", owners.join(" "));
}

/// Their names on GitHub; whoever has no account is left out.
fn owners<'a>(people: impl Iterator<Item = &'a Person>) -> Vec<String> {
    let named = people.filter(|it| !it.github.is_empty());
    joined(
        Vec::new(),
        &named
            .map(|it| format!("@{}", it.github))
            .collect::<Vec<_>>(),
    )
}

/// Both, each once; GitHub's names are the same in capitals.
fn joined(mut owners: Vec<String>, more: &[String]) -> Vec<String> {
    for owner in more {
        if !owners.iter().any(|it| it.eq_ignore_ascii_case(owner)) {
            owners.push(owner.clone());
        }
    }
    owners
}

/// What GitHub's accounts are called, managed ones with `_` too; or nothing, for who has none.
fn is_name(github: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    github.len() <= 64 && !github.starts_with('-') && github.bytes().all(fits)
}

/// What a file that was made here says about paths that a change touches: whether the two differ in a line
/// about one of them.
pub fn differ_about<'a>(
    is: &str,
    wanted: &str,
    changed: impl Iterator<Item = &'a String> + Clone,
) -> bool {
    let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
    let (is, wanted) = (lines(is), lines(wanted));
    let one_sided = is
        .iter()
        .filter(|it| !wanted.contains(it))
        .chain(wanted.iter().filter(|it| !is.contains(it)));
    let mut patterns = one_sided.filter_map(|it| it.strip_prefix('/')?.split(' ').next());
    patterns.any(|pattern| changed.clone().any(|path| path.starts_with(pattern)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;
    use crate::workspace::folder::Folder;

    /// A workspace with these people, a list of lucia's, and a campaign that asks for the management.
    fn made(people: &str) -> Result<String, CodeownersError> {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            "postmerge.yaml",
            &format!(
                "organisation: {{name: C, postal_address: [Calle 1], zone: America/Bogota, locale: es}}\n\
                 people:\n{people}\
                 senders: {{e: {{name: E, address: e@camara.example, relay: r}}}}\n\
                 relays: {{r: {{host: mail.camara.example, port: 587}}}}\n\
                 windows: {{\"12:00\": {{opens: \"12:00\", open_for: 3h}}}}\n\
                 bounces: {{address: b@camara.example}}\nunsubscribe: {{address: u@camara.example}}\n"
            ),
        );
        write(
            "lists/socios.yaml",
            "{title: S, owner: lucia, purpose: p, consent: {basis: contract}}\n",
        );
        for (id, approval) in [
            ("2026/asamblea", "management"),
            ("2026/rueda", "coordinator"),
        ] {
            let text = format!(
                "{{subject: S, sender: e, audience: {{lists: [socios]}}, send: {{date: 2026-12-03, window: \"12:00\"}}, approval: {approval}}}\n"
            );
            write(&format!("campaigns/{id}/campaign.yaml"), &text);
            write(&format!("campaigns/{id}/body.md"), "Hola\n");
        }
        let loaded = Workspace::load(&Folder::new(folder.path()));
        assert_eq!(loaded.findings, []);
        text(&loaded.settings.unwrap(), &loaded.lists, &loaded.campaigns)
    }

    fn person(name: &str, github: &str, roles: &str) -> String {
        format!(
            "  {name}: {{github: \"{github}\", email: {name}@camara.example, roles: [{roles}]}}\n"
        )
    }

    #[test]
    fn everything_has_its_owners_and_the_narrower_stands_below() {
        let people = [
            person("lucia", "lucia-camara", "staff"),
            person("giulia", "Giulia", "coordinator"),
            person("carlos", "", "coordinator"),
            person("ines", "ines-camara", "management"),
            person("tomas", "tomas-camara", "administrator"),
            person("vera", "giulia", "administrator"),
        ];
        insta::assert_snapshot!(made(&people.concat()).unwrap(), @r"
        # Written by `postmerge codeowners`, out of postmerge.yaml, lists and campaigns: change those,
        # and run it again. The last line that matches a file counts, and any one of its owners may approve.

        # Settings, templates, pictures, and what is nobody else's.
        * @tomas-camara @giulia

        # What is sent.
        /campaigns/ @Giulia @tomas-camara

        # Who answers for a list; nobody can approve their own proposal, so the administrator may.
        /lists/socios.csv @lucia-camara @tomas-camara @giulia
        /lists/socios.yaml @lucia-camara @tomas-camara @giulia

        # Asked for the management: nobody else can take that back.
        /campaigns/2026/asamblea/ @Giulia @tomas-camara @ines-camara
        /campaigns/2026/asamblea/campaign.yaml @ines-camara

        # Who may approve what, and what runs here.
        /postmerge.yaml @tomas-camara @giulia
        /.github/ @tomas-camara @giulia
        ");
    }

    #[test]
    fn no_file_is_made_in_which_something_is_nobodys() {
        let administrator = person("tomas", "tomas", "administrator");
        let why = |people: String| made(&people).unwrap_err().to_string();
        let nobody = why(person("lucia", "lucia", "staff"));
        assert!(nobody.contains("is an administrator"), "{nobody}");
        let nobody = why(person("tomas", "", "administrator"));
        assert!(nobody.contains("is an administrator"), "{nobody}");
        let nobody = why(administrator.clone());
        assert!(nobody.starts_with("2026/asamblea asks"), "{nobody}");
        for github in [
            "@ines",
            "ines camara",
            "ines\\n* @eve",
            "-ines",
            "org/team",
            "#ines",
        ] {
            let wrong = why(administrator.clone() + &person("ines", github, "management"));
            assert!(wrong.starts_with("`ines` cannot be `"), "{wrong}");
        }
    }

    #[test]
    fn a_difference_is_about_what_its_line_names() {
        let changed =
            |paths: &[&str]| -> Vec<String> { paths.iter().map(|it| (*it).to_owned()).collect() };
        let (is, wanted) = (
            "* @a\n/lists/x.csv @a\n",
            "* @a\n/campaigns/2026/y/ @b\n/lists/x.csv @b\n",
        );
        let differ = |paths: &[&str]| differ_about(is, wanted, changed(paths).iter());
        assert!(differ(&["campaigns/2026/y/body.md"]) && differ(&["lists/x.csv"]));
        assert!(!differ(&["campaigns/2026/z/body.md", "lists/z.csv"]));
        assert!(!differ_about(is, is, changed(&["lists/x.csv"]).iter()));
    }
}
