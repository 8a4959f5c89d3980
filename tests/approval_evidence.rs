//! `approval.verify: github`: `send` reads reviews by `gh`, here one that answers as GitHub does.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods
)]

use std::os::unix::fs::PermissionsExt as _;

#[path = "support/git.rs"]
mod git;
#[path = "support/overlay.rs"]
mod overlay;
#[path = "support/relay_house.rs"]
mod relay_house;

use relay_house::House;

const SEND: [&str; 4] = ["send", "--now", "--campaign", "rueda"];

/// A `gh` that knows one pull request of Ana's, merged with the commit `head`, and these reviews.
fn gh(house: &House, reviews: &str) -> String {
    gh_for(house, &["*"], reviews)
}

/// The same, where that pull request brought only these commits.
fn gh_for(house: &House, commits: &[&str], reviews: &str) -> String {
    let known: Vec<String> = commits
        .iter()
        .map(|it| format!("*/commits/{it}/pulls*"))
        .collect();
    let known = known.join("|");
    let folder = house.root().join("bin");
    let pulls = r#"[{"number": 7, "merged_at": "2026-12-01T10:00:00Z", "base": {"ref": "main"}, "user": {"login": "ana-example"}, "head": {"sha": "head"}},
        {"number": 8, "merged_at": null, "base": {"ref": "main"}, "user": {"login": "eva"}, "head": {"sha": "other"}}]"#;
    let script = format!(
        "#!/bin/sh\n[ \"$1 $2\" = 'api --paginate' ] || exit 9\ncase \"$3\" in\n{known}) cat <<'E'\n{pulls}\nE\n;;\n*/pulls/7/reviews*) cat <<'E'\n{reviews}\nE\n;;\n*/commits/*/pulls*) echo '[]';;\n*) exit 8;;\nesac\n"
    );
    overlay::write(&folder.join("gh"), script.as_bytes());
    let mut rights = std::fs::metadata(folder.join("gh")).unwrap().permissions();
    rights.set_mode(0o755);
    std::fs::set_permissions(folder.join("gh"), rights).unwrap();
    format!("{}:/usr/bin:/bin", folder.display())
}

fn house() -> House {
    let house = House::new("{}");
    let settings = std::fs::read_to_string(house.root().join("postmerge.yaml")).unwrap();
    let people =
        "people:\n  luz: {github: luz-example, email: luz@camara.example, roles: [coordinator]}\n";
    let settings = settings.replace("people:\n", people) + "approval: {verify: github}\n";
    house.write("postmerge.yaml", &settings);
    house.push("who approves");
    house.write("campaigns/rueda/body.md", "Hola.\n");
    house.push("the campaign");
    house
}

fn review(by: &str, state: &str, commit: &str) -> String {
    format!(r#"{{"user": {{"login": "{by}"}}, "state": "{state}", "commit_id": "{commit}"}}"#)
}

#[test]
fn what_nobody_approved_who_may_is_held() {
    let house = house();
    let send = |reviews: &str| house.run_with(&SEND, &[("PATH", &gh(&house, reviews))]);
    for (reviews, why) in [
        ("[]".to_owned(), "nobody but ana-example has approved"),
        (
            format!("[{}]", review("ana-example", "APPROVED", "head")),
            "nobody but ana-example",
        ),
        (
            format!("[{}]", review("eva", "APPROVED", "head")),
            "none of those who approved it (eva) is a coordinator",
        ),
        (
            format!("[{}]", review("luz-example", "APPROVED", "older")),
            "nobody but ana-example",
        ),
        ("oops".to_owned(), "gave no JSON"),
    ] {
        let (code, said) = send(&reviews);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(why), "{said}");
    }
    let (code, said) = house.run_with(&SEND, &[("PATH", "/nowhere")]);
    assert!(code != Some(0) && house.mails().is_empty(), "{said}");
    // On two pages, as GitHub gives long lists.
    let pages = format!(
        "[{}][{}]",
        review("eva", "COMMENTED", "head"),
        review("luz-example", "APPROVED", "head")
    );
    let (code, said) = send(&pages);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(house.mails().len(), 2);
}

#[test]
fn a_proposal_can_not_name_its_own_approver() {
    let house = house();
    let settings = std::fs::read_to_string(house.root().join("postmerge.yaml")).unwrap();
    let eva = "people:\n  eva: {github: eva, email: eva@camara.example, roles: [coordinator]}\n";
    house.write("postmerge.yaml", &settings.replace("people:\n", eva));
    house.write("campaigns/rueda/body.md", "Hola a todos.\n");
    house.push("the campaign and who approves it");
    let path = gh(&house, &format!("[{}]", review("eva", "APPROVED", "head")));
    let (code, said) = house.run_with(&SEND, &[("PATH", &path)]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("(eva) is a coordinator"), "{said}");
}

/// Sends the campaign where Luz approved these commits' pull requests, and the others had none.
fn send(house: &House, approved: &[&str]) -> (Option<i32>, String) {
    let luz = format!("[{}]", review("luz-example", "APPROVED", "head"));
    house.run_with(&SEND, &[("PATH", &gh_for(house, approved, &luz))])
}

/// Pushes a file; the commit.
fn push(house: &House, path: &str, text: &str) -> String {
    house.write(path, text);
    house.push(path);
    head(house)
}

fn head(house: &House) -> String {
    git::git(house.root(), &["rev-parse", "HEAD"])
        .trim()
        .to_owned()
}

/// That a campaign is held for what this commit made of a file.
fn assert_held(said: (Option<i32>, String), commit: &str, file: &str) {
    let (code, said) = said;
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains(commit) && said.contains("without a pull request"),
        "{said}"
    );
    assert!(said.contains(file), "{said}");
}

const CAMPAIGN: &str = "subject: Rueda de negocios\nsender: eventos\ntemplate: boletin\naudience: {lists: [exportadores]}\n";

#[test]
fn a_campaign_below_it_approves_nothing_of_it() {
    let house = house();
    let direct = push(&house, "campaigns/rueda/body.md", "Otra cosa.\n");
    let inner = format!("{CAMPAIGN}send: {{date: 2199-01-01, window: 12:00}}\n");
    house.write("campaigns/rueda/sub/body.md", "Hola.\n");
    let approved = push(&house, "campaigns/rueda/sub/campaign.yaml", &inner);
    assert_held(send(&house, &[&approved]), &direct, "");
    assert!(house.mails().is_empty());
}

#[test]
fn what_was_never_approved_is_not_made_good_by_a_later_change_of_something_else() {
    let house = house();
    let first = head(&house);
    let direct = push(&house, "campaigns/rueda/body.md", "Otra cosa.\n");
    let later = format!("{CAMPAIGN}send: {{date: 2098-12-04, window: 12:00}}\n");
    let window = push(&house, "campaigns/rueda/campaign.yaml", &later);
    assert_held(send(&house, &[&window]), &direct, "campaigns/rueda/body.md");
    // Nor by one of the same file: only its own lines are shown there.
    let more = push(&house, "campaigns/rueda/body.md", "Otra cosa.\n\nHola.\n");
    let approved = [window.as_str(), &more];
    assert_held(send(&house, &approved), &direct, "campaigns/rueda/body.md");
    assert!(house.mails().is_empty());
    // As it was before, and then again.
    let back = push(&house, "campaigns/rueda/body.md", "Hola.\n");
    let held = send(&house, &[&first, &window, &more]);
    assert_held(held, &back, "");
    let (code, said) = send(&house, &[&first, &window, &more, &back]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(house.mails().len(), 2);
}

#[test]
fn a_template_s_changes_count() {
    let house = house();
    let first = head(&house);
    let layout =
        std::fs::read_to_string(house.root().join("templates/boletin/layout.html")).unwrap();
    let other = layout.clone() + "<!-- other -->\n";
    let direct = push(&house, "templates/boletin/layout.html", &other);
    let body = push(&house, "campaigns/rueda/body.md", "Hola a todos.\n");
    assert_held(
        send(&house, &[&body]),
        &direct,
        "templates/boletin/layout.html",
    );
    let back = push(&house, "templates/boletin/layout.html", &layout);
    let again = push(&house, "campaigns/rueda/body.md", "Hola, hola.\n");
    let (code, said) = send(&house, &[&first, &body, &back, &again]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(house.mails().len(), 2);
}
