//! What a mail gets where its template and text forgot it: the hidden preheader, the list of linked
//! documents, the unsubscribe link and the postal address.

use super::assemble::escape;
use super::phrases::phrases;
use super::tags::Tags;
use super::view::{Body, Ingredients};
use crate::workspace::campaign::Purpose;

/// Hidden before everything else, and padded so that the page's first words do not follow it.
pub(super) fn preheader_html(tags: &Tags, has_preheader: bool) -> String {
    if !has_preheader || tags.mention("preheader").is_some() {
        return String::new();
    }
    let padding = "&#847;&zwnj;&nbsp;".repeat(20);
    format!(
        "<div style=\"display:none;max-height:0;overflow:hidden;mso-hide:all\">{{{{ preheader }}}}{padding}</div>"
    )
}

pub(super) fn footer_html(given: &Ingredients<'_>, tags: &Tags) -> String {
    let words = phrases(given.locale);
    let mut out = String::new();
    if tags.mention("documents").is_none() {
        out.push_str(&format!(
            "{{% for d in documents if d.url %}}{{% if loop.first %}}<p>{}</p><ul>{{% endif %}}\
             <li><a href=\"{{{{ d.url|url_whole }}}}\">{{{{ d.title }}}}</a></li>\
             {{% if loop.last %}}</ul>{{% endif %}}{{% endfor %}}",
            escape(words.documents)
        ));
    }
    if given.campaign.purpose != Purpose::Marketing {
        return out;
    }
    let mut lines = Vec::new();
    if tags.mention("unsubscribe_url").is_none() {
        lines.push(format!(
            "{} <a href=\"{{{{ unsubscribe_url|url_whole }}}}\">{}</a>",
            escape(words.why),
            escape(words.unsubscribe)
        ));
    }
    if tags.mention("postal_address").is_none() {
        lines.push("{{ organisation.name }}, {{ organisation.postal_address }}".to_owned());
    }
    if !lines.is_empty() {
        out.push_str(&format!(
            "<p style=\"font-size:12px;color:#595959\">{}</p>",
            lines.join("<br>")
        ));
    }
    out
}

/// The text part has no address or link of the HTML layout's: where there is no `layout.txt` that
/// has them, they are added even if the HTML layout names them.
pub(super) fn footer_text(given: &Ingredients<'_>, tags: &Tags, own: bool) -> String {
    let words = phrases(given.locale);
    let files = given
        .layout
        .as_ref()
        .filter(|_| own)
        .and_then(|l| l.text)
        .map(|t| t.file);
    let body = match given.body {
        Body::Markdown(body) => body.file,
        Body::Html(page, text) => text.unwrap_or(page).file,
    };
    let named = |name: &str| tags.mentioned_in(name, |file| file == body || Some(file) == files);
    let mut out = String::new();
    if !named("documents") {
        out.push_str(&format!(
            "{{% for d in documents if d.url %}}{{% if loop.first %}}\n\n{}:\n{{% endif %}}- {{{{ d.title }}}} \
             <{{{{ d.url|url_whole }}}}>\n{{% endfor %}}",
            words.documents
        ));
    }
    if given.campaign.purpose != Purpose::Marketing {
        return out;
    }
    if !named("unsubscribe_url") {
        out.push_str(&format!(
            "\n\n{}\n{}: {{{{ unsubscribe_url|url_whole }}}}\n",
            words.why, words.unsubscribe
        ));
    }
    if !named("postal_address") {
        out.push_str("\n{{ organisation.name }}, {{ organisation.postal_address }}\n");
    }
    out
}
