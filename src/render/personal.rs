//! What in a mail leads to the portal and is one person's or one mail's: their preferences, the mail as a page, an invitation,
//! the picture that says that it was shown, and counted links. Which of them a campaign uses is found out when it is compiled;
//! for each recipient only the tokens are made.
//!
//! What stands in a copy is its reader's own: a cc cannot change the recipient's data. Copies are not counted, and have no page
//! of their own. A specimen (a mail that is only shown) has addresses that open nobody's page.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};

use super::RenderError;
use super::page::{Attribute, unescaped};
use super::tags::{Piece, Tags};
use super::view::{Copy, Ingredients, RecipientView};
use crate::mail::address::Address;
use crate::mail::invitation::Invitation;
use crate::mail::occurrence::OccurrenceId;
use crate::mail::portal_address::{
    SPECIMEN, click_after, click_before, joining, picture, preferences, view,
};
use crate::mail::recipient_id::RecipientKey;
use crate::mail::token::{Action, InMail, Leave, OccurrenceTag, Scope, Use};

/// What templates call them.
pub(super) const NAMES: [&str; 3] = ["preferences_url", "view_url", "join_url"];

/// A link longer than this is not counted: percent-encoded it would become too long for servers.
const LONGEST_LINK: usize = 2_000;

/// See the module.
#[derive(Debug)]
pub(super) struct Personal {
    portal: Option<String>,
    /// Where people ask for their preferences by mail: without a portal, where they are answered.
    mailbox: Option<Address>,
    /// Which of [`NAMES`] some text names.
    is_named: [bool; 3],
    /// The list that the campaign invites to.
    list: Option<String>,
    /// What the picture's address is called in the templates, where opens are counted.
    picture: Option<String>,
    /// What the counted links are called.
    clicks: String,
    links: Arc<Links>,
}

/// The links that are counted.
#[derive(Debug, Default)]
struct Links {
    before: String,
    /// Each link, and what follows its token.
    list: Vec<(String, String)>,
}

/// Finds them while the page is put together.
#[derive(Debug)]
pub(super) struct Counting {
    /// Whether any is counted.
    is_on: bool,
    /// Addresses that begin so are the organisation's machinery.
    own: Vec<String>,
    name: String,
    links: Links,
}

impl Counting {
    pub(super) fn of(given: &Ingredients<'_>, tags: &Tags) -> Self {
        let portal = given.settings.portal.as_ref().map(|it| it.url.as_str());
        let publish = given.settings.publish.as_ref().map(|it| it.url.as_str());
        let published = publish.into_iter();
        let published =
            published.flat_map(|url| [format!("{url}/assets/"), format!("{url}/documents/")]);
        Self {
            is_on: given.campaign.counted(given.settings).clicks,
            own: portal
                .map(str::to_owned)
                .into_iter()
                .chain(published)
                .collect(),
            name: tags.unused("click"),
            links: Links {
                before: portal.map(click_before).unwrap_or_default(),
                list: Vec::new(),
            },
        }
    }

    /// What stands in place of an attribute's value, where that is a link that is counted.
    pub(super) fn take(
        &mut self,
        tags: &Tags,
        element: &str,
        attribute: &Attribute<'_>,
    ) -> Option<String> {
        let is_link = matches!(element, "a" | "area") && attribute.name == "href";
        let value = attribute.value.filter(|_| self.is_on && is_link)?;
        let [Piece::Text(value)] = tags.pieces(value)[..] else {
            return None;
        };
        let link = unescaped(value.trim());
        let lower = link.to_ascii_lowercase();
        let is_web = lower.starts_with("https://") || lower.starts_with("http://");
        let is_odd = |c: char| c.is_whitespace() || c.is_control();
        let is_own = self.own.iter().any(|own| link.starts_with(own.as_str()));
        if !is_web || is_own || link.len() > LONGEST_LINK || link.contains(is_odd) {
            return None;
        }
        let known = self.links.list.iter().position(|(it, _)| *it == link);
        let at = known.unwrap_or_else(|| {
            let after = click_after(&link);
            self.links.list.push((link, after));
            self.links.list.len() - 1
        });
        Some(format!("{{{{ {}[{at}] }}}}", self.name))
    }
}

fn picture_name(given: &Ingredients<'_>, tags: &Tags) -> Option<String> {
    let counted = given.campaign.counted(given.settings);
    counted.opens.then(|| tags.unused("picture"))
}

/// The picture that says that a mail was shown, where that is counted: a template for the page's end.
pub(super) fn picture_html(given: &Ingredients<'_>, tags: &Tags) -> String {
    let picture = picture_name(given, tags).map(|name| {
        format!(
            "{{% if {name} %}}<img src=\"{{{{ {name} }}}}\" alt=\"\" width=\"1\" height=\"1\" style=\"border:0\">{{% endif %}}"
        )
    });
    picture.unwrap_or_default()
}

impl Personal {
    pub(super) fn of(given: &Ingredients<'_>, tags: &Tags, counting: Counting) -> Self {
        let portal = given.settings.portal.as_ref().map(|it| it.url.clone());
        let unsubscribe = &given.settings.unsubscribe;
        let by_mail = portal.is_none() && unsubscribe.confirm;
        let mailbox = by_mail.then(|| Address::parse(&unsubscribe.address).ok());
        let invitation = given.campaign.invitation.as_ref();
        Self {
            is_named: NAMES.map(|name| tags.mention(name).is_some()),
            list: invitation.map(|it| it.list.to_string()),
            picture: picture_name(given, tags),
            clicks: counting.name,
            links: Arc::new(counting.links),
            mailbox: mailbox.flatten(),
            portal,
        }
    }

    /// Whether a template's name is one that no source has.
    pub(super) fn is_ours(&self, name: &str) -> bool {
        self.picture.as_deref() == Some(name) || self.clicks == name
    }

    /// The names that the templates know them by, as [`Self::values`] gives their values.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        let named = NAMES.iter().zip(self.is_named);
        let named = named.filter(|(_, is)| *is);
        let named = named.map(|(name, _)| (*name).to_owned());
        let clicks = (!self.links.list.is_empty()).then(|| self.clicks.clone());
        named.chain(clicks).chain(self.picture.clone())
    }

    /// One recipient's.
    ///
    /// # Errors
    /// [`RenderError::Setting`] where an invitation cannot be sealed.
    pub(super) fn values(
        &self,
        key: &RecipientKey,
        (occurrence, tag): (&OccurrenceId, OccurrenceTag),
        view: &RecipientView<'_>,
        into: &mut Vec<Value>,
    ) -> Result<(), RenderError> {
        let mail = InMail {
            occurrence: tag,
            index: view.index,
        };
        let own = (view.copy == Copy::To).then_some(mail);
        for (name, _) in NAMES.iter().zip(self.is_named).filter(|(_, is)| *is) {
            let address = match &self.portal {
                None => self.by_mail(name, key, view),
                Some(portal) => self.address(name, portal, key, occurrence, (view, own))?,
            };
            into.push(address.map_or(Value::UNDEFINED, Value::from));
        }
        let counted = own.filter(|_| !view.is_specimen);
        if !self.links.list.is_empty() {
            into.push(Value::from_object(Clicks {
                links: Arc::clone(&self.links),
                mail: counted.map(|mail| (key.clone(), mail)),
            }));
        }
        if self.picture.is_some() {
            let address = self.portal.as_deref().zip(counted);
            let address = address.map(|(portal, mail)| picture(portal, key, mail));
            into.push(Value::from(address.unwrap_or_default()));
        }
        Ok(())
    }

    /// The link that writes the mail that asks for it.
    fn by_mail(&self, name: &str, key: &RecipientKey, view: &RecipientView<'_>) -> Option<String> {
        let mailbox = self
            .mailbox
            .as_ref()
            .filter(|_| name == "preferences_url")?;
        let leave = Leave {
            action: Action::Preferences,
            scope: Scope::All,
            recipient: view.reader(key),
            mailing: None,
        };
        Some(match view.is_specimen {
            true => leave.action.mailto(mailbox, SPECIMEN),
            false => leave.mailto(key, mailbox),
        })
    }

    fn address(
        &self,
        name: &str,
        portal: &str,
        key: &RecipientKey,
        occurrence: &OccurrenceId,
        (view_of, own): (&RecipientView<'_>, Option<InMail>),
    ) -> Result<Option<String>, RenderError> {
        let specimen = |kind: &str| Some(format!("{portal}/{kind}/{SPECIMEN}"));
        let is_specimen = view_of.is_specimen;
        Ok(match name {
            "preferences_url" if is_specimen => specimen("p"),
            "preferences_url" => {
                let mailing = own.map(|mail| mail.occurrence.mailing());
                Some(preferences(portal, key, view_of.reader(key), mailing))
            }
            "view_url" if is_specimen => specimen("v"),
            "view_url" => own.map(|mail| view(portal, key, mail)),
            _ => match &self.list {
                None => None,
                Some(_) if is_specimen => specimen("i"),
                Some(list) => {
                    let invitation = Invitation {
                        list: list.clone(),
                        address: view_of.envelope_to.as_str().to_owned(),
                        occurrence: occurrence.to_string(),
                        index: view_of.index,
                    };
                    let address = joining(portal, key, &invitation);
                    Some(address.map_err(|why| RenderError::Setting(format!("join_url: {why}")))?)
                }
            },
        })
    }
}

/// The counted links of one mail, as a list that makes an item when it is asked.
#[derive(Debug)]
struct Clicks {
    links: Arc<Links>,
    /// Whose; nobody's lead straight to where they lead.
    mail: Option<(RecipientKey, InMail)>,
}

impl Object for Clicks {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let (link, after) = self.links.list.get(key.as_usize()?)?;
        Some(Value::from(match &self.mail {
            None => link.clone(),
            Some((key, mail)) => {
                let token = mail.token(key, Use::Click, link);
                format!("{}{token}{after}", self.links.before)
            }
        }))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}
