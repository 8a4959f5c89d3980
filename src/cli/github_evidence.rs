//! Reviews as GitHub has them, read by its command `gh`: it knows how to sign in, in Actions by `GH_TOKEN`.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::deliver::proof::Evidence;
use crate::plan::evidence::{Pull, Review, Says};

/// So long an answer may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Asks by `gh`, in a checkout whose remote says which repository it is.
pub(super) struct GhCommand {
    pub(super) checkout: PathBuf,
}

impl Evidence for GhCommand {
    fn pulls(&self, commit: &str, main: &str) -> Result<Vec<Pull>, String> {
        let found = self.ask(&format!(
            "repos/{{owner}}/{{repo}}/commits/{commit}/pulls?per_page=100"
        ))?;
        let mut pulls = Vec::new();
        for pull in found {
            let is_merged = pull.get("merged_at").is_some_and(|it| !it.is_null());
            if !is_merged || text(&pull, "/base/ref") != Some(main) {
                continue;
            }
            let (Some(number), Some(author), Some(head)) = (
                pull.get("number").and_then(Value::as_u64),
                text(&pull, "/user/login"),
                text(&pull, "/head/sha"),
            ) else {
                return Err("GitHub's answer about pull requests is not understood".to_owned());
            };
            let reviews = self.ask(&format!(
                "repos/{{owner}}/{{repo}}/pulls/{number}/reviews?per_page=100"
            ))?;
            pulls.push(Pull {
                number,
                author: author.to_owned(),
                head: head.to_owned(),
                reviews: reviews.iter().filter_map(review).collect(),
            });
        }
        Ok(pulls)
    }
}

impl GhCommand {
    /// The entries of all pages of a list.
    fn ask(&self, path: &str) -> Result<Vec<Value>, String> {
        let mut command = Command::new("gh");
        command
            .args(["api", "--paginate", path])
            .current_dir(&self.checkout);
        command.stdin(Stdio::null());
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            // Nobody listens any more where it took too long.
            let _ = tell.send(command.output());
        });
        let done = told
            .recv_timeout(LIMIT)
            .map_err(|_| format!("`gh` gave no answer within {} s", LIMIT.as_secs()))?
            .map_err(|why| {
                format!("`gh` cannot be run ({why}): install it, and give it a token in GH_TOKEN")
            })?;
        if !done.status.success() {
            let said = String::from_utf8_lossy(&done.stderr);
            let said: String = said.chars().filter(|c| !c.is_control()).take(300).collect();
            return Err(format!("`gh` could not read the reviews: {said}"));
        }
        let mut entries = Vec::new();
        // A list for each page, one behind the other.
        for page in serde_json::Deserializer::from_slice(&done.stdout).into_iter::<Vec<Value>>() {
            entries.extend(page.map_err(|why| format!("`gh` gave no JSON: {why}"))?);
        }
        Ok(entries)
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// Of an account that was deleted GitHub gives none: its word does not count.
fn review(value: &Value) -> Option<Review> {
    Some(Review {
        by: text(value, "/user/login")?.to_owned(),
        says: match text(value, "/state")? {
            "APPROVED" => Says::Approved,
            "CHANGES_REQUESTED" => Says::ChangesRequested,
            "DISMISSED" => Says::Dismissed,
            _ => Says::Comment,
        },
        commit: text(value, "/commit_id").unwrap_or_default().to_owned(),
    })
}
