//! Compiles a campaign's mail from its content.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::content::Content;
use super::error::PlanError;
use crate::mail::digest::Digest;
use crate::mail::dkim::Signer;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::recipient_id::RecipientKey;
use crate::render::{Body, Compiled, Ingredients, Layout, Text};
use crate::workspace::loaded;
use crate::workspace::published::asset_url;
use crate::workspace::source::WorkspacePath;

/// Assets are hashed to name them; larger ones are no pictures for a mail.
const LARGEST_ASSET: u64 = 20_000_000;

/// Compiles a campaign, and gives the addresses of the assets that it shows.
///
/// # Errors
/// [`PlanError::Render`] and those of reading.
pub(super) fn compile(
    content: &Content,
    occurrence: &OccurrenceId,
    columns: &[String],
    key: &RecipientKey,
    signers: Vec<Signer>,
) -> Result<(Compiled, BTreeSet<String>), PlanError> {
    let campaign = &content.file.campaign;
    let (body_path, is_markdown) = match &content.file.body {
        loaded::Body::Markdown(path) => (path, true),
        loaded::Body::Html(path) => (path, false),
    };
    let body = content.text(body_path)?;
    let beside = content.file.folder.join("body.txt").ok();
    let plain = beside
        .as_ref()
        .filter(|_| !is_markdown)
        .and_then(|path| content.text(path).ok());
    let text_of =
        |path: &Option<WorkspacePath>| path.as_ref().map(|path| content.text(path)).transpose();
    let layout = match &content.template {
        Some(template) => Some((
            template,
            content.text(&template.html)?,
            text_of(&template.text)?,
            text_of(&template.style)?,
        )),
        None => None,
    };
    let assets = RefCell::new(BTreeSet::new());
    let asset = |path: &str| {
        let url = published(content, path)?;
        assets.borrow_mut().insert(url.clone());
        Some(url)
    };
    let named = |path: &'_ Option<WorkspacePath>| {
        path.as_ref().map_or("", WorkspacePath::as_str).to_owned()
    };
    let (css_name, text_name) = layout
        .as_ref()
        .map(|(template, ..)| (named(&template.style), named(&template.text)))
        .unwrap_or_default();
    let path = content.file.path.as_str();
    let ingredients = Ingredients {
        settings: &content.settings,
        sender: content.sender()?,
        campaign,
        campaign_file: path,
        occurrence,
        locale: campaign
            .locale
            .unwrap_or(content.settings.organisation.locale),
        body: match (is_markdown, &plain) {
            (true, _) => Body::Markdown(text(body_path, &body)),
            (false, plain) => Body::Html(
                text(body_path, &body),
                plain
                    .as_ref()
                    .zip(beside.as_ref())
                    .map(|(plain, path)| text(path, plain)),
            ),
        },
        layout: layout.as_ref().map(|(template, html, plain, css)| Layout {
            html: text(&template.html, html),
            text: plain.as_ref().map(|plain| Text {
                file: &text_name,
                text: plain,
            }),
            css: css.as_ref().map(|css| Text {
                file: &css_name,
                text: css,
            }),
            variables: &template.template.variables,
        }),
        columns,
        asset_url: &asset,
        keeps_broken_links: false,
        key,
        signers,
    };
    let compiled = Compiled::compile(ingredients).map_err(|source| PlanError::Render {
        campaign: occurrence.to_string(),
        source: Box::new(source),
    })?;
    Ok((compiled, assets.into_inner()))
}

/// Where an asset is published.
fn published(content: &Content, path: &str) -> Option<String> {
    let base = &content.settings.publish.as_ref()?.url;
    let path = WorkspacePath::parse(&format!("assets/{path}")).ok()?;
    let bytes = content.source.read(&path, LARGEST_ASSET).ok()?;
    Some(asset_url(base, &Digest::of(&bytes), path.file_name()))
}

fn text<'a>(path: &'a WorkspacePath, text: &'a str) -> Text<'a> {
    Text {
        file: path.as_str(),
        text,
    }
}
