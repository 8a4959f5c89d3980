//! One recipient's mail.

use std::cell::Cell;
use std::io;

use jiff::fmt::rfc2822;
use minijinja::Template;
use minijinja::value::Value;

use super::RenderError;
use super::compile::Compiled;
use super::context::{Context, cell, documents};
use super::engine::FUEL;
use super::flowed::flowed;
use super::view::{Copy, Delivery, RecipientView};
use crate::mail::address::Address;
use crate::mail::dkim;
use crate::mail::envelope::{Envelope, Letter};
use crate::mail::header::{self, Mailbox};
use crate::mail::message_id::message_id;
use crate::mail::mime::{self, Attachment, Content};
use crate::mail::portal_address;
use crate::mail::token::{Action, Leave, ReversePath, Scope};
use crate::workspace::member::Member;

/// Largest HTML or text part, in bytes.
const LARGEST: usize = 2_000_000;

/// A mail's rendered parts, before MIME.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The subject, on one line.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The text part, wrapped.
    pub text: String,
}

/// The unsubscribe token and the links that it is in.
struct Leaving {
    mailto: String,
    /// The portal's, where there is one.
    https: Option<String>,
}

impl Compiled {
    /// Renders a recipient's mail without writing it: for lint and previews.
    ///
    /// # Errors
    /// [`RenderError`].
    pub fn parts(&self, view: &RecipientView<'_>) -> Result<Parts, RenderError> {
        self.render(view, &self.leaving(view), None)
    }

    /// The same for whoever tries many rows of strangers: adds to `work` how many steps the templates took,
    /// and something for what they wrote. Sending does not count: it makes each mail once.
    ///
    /// # Errors
    /// [`RenderError`].
    pub fn counted_parts(
        &self,
        view: &RecipientView<'_>,
        work: &Cell<u64>,
    ) -> Result<Parts, RenderError> {
        self.render(view, &self.leaving(view), Some(work))
    }

    /// A recipient's mail, signed. The same view gives the same bytes; another date changes Date and
    /// DKIM-Signature only.
    ///
    /// # Errors
    /// [`RenderError`].
    pub fn letter(&self, view: &RecipientView<'_>) -> Result<Letter, RenderError> {
        let letter = self.unsigned(view)?;
        if self.signers.is_empty() {
            return Ok(letter);
        }
        let mut message = dkim::sign(&self.signers, &letter.message, view.date.as_second())?;
        message.extend_from_slice(&letter.message);
        Ok(Letter { message, ..letter })
    }

    /// The mail before signing.
    fn unsigned(&self, view: &RecipientView<'_>) -> Result<Letter, RenderError> {
        let leaving = self.leaving(view);
        let parts = self.render(view, &leaving, None)?;
        let copy = self.copy_number(view.copy);
        let id = message_id(
            &self.key,
            &self.occurrence,
            view.id,
            copy,
            &self.standing.domain,
        );
        let attachments = attachments(view);
        let files: usize = attachments.iter().map(|file| file.content.len()).sum();
        let room = (parts.html.len() + parts.text.len()) * 9 / 8 + files * 11 / 8;
        let mut message = Vec::with_capacity(room + 4096);
        self.header(&mut message, view, &parts.subject, &id, &leaving)?;
        let content = Content {
            text: &parts.text,
            html: Some(&parts.html),
            attachments: &attachments,
        };
        mime::write(&mut message, &id, &content)?;
        let token = ReversePath {
            occurrence: self.tag,
            index: view.index,
            copy,
        }
        .token(&self.key);
        let from = tagged(&self.standing.bounces, &token);
        Ok(Letter {
            envelope: Envelope {
                from: Address::parse(&from).map_err(|why| RenderError::Address {
                    what: "bounces.address",
                    why,
                })?,
                to: view.envelope_to.clone(),
                id: token,
                smtputf8: self.standing.smtputf8
                    || view.to.needs_smtputf8()
                    || view.envelope_to.needs_smtputf8(),
            },
            message,
        })
    }

    fn header(
        &self,
        out: &mut Vec<u8>,
        view: &RecipientView<'_>,
        subject: &str,
        id: &str,
        leaving: &Leaving,
    ) -> Result<(), RenderError> {
        let standing = &self.standing;
        out.extend_from_slice(&standing.from);
        let to = Mailbox {
            name: "",
            address: view.to,
        };
        header::mailboxes(out, "To", &[to])?;
        out.extend_from_slice(&standing.after_to);
        header::text(out, "Subject", subject)?;
        let date = rfc2822::to_string(&view.date.to_zoned(self.zone.clone()))
            .map_err(|why| RenderError::Setting(format!("the mail's date: {why}")))?;
        header::structured(out, "Date", &date)?;
        header::structured(out, "Message-ID", &format!("<{id}>"))?;
        out.extend_from_slice(&standing.after_id);
        if standing.marketing {
            match &leaving.https {
                Some(https) => {
                    // RFC 8058 §3.1.
                    let value = format!("<{https}>, <{}>", leaving.mailto);
                    header::structured(out, "List-Unsubscribe", &value)?;
                    header::structured(out, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click")?;
                }
                None => {
                    header::structured(out, "List-Unsubscribe", &format!("<{}>", leaving.mailto))?;
                }
            }
        }
        Ok(())
    }

    /// 0 for the recipient's own, then the cc, then the bcc copies.
    fn copy_number(&self, copy: Copy) -> u8 {
        let cc = u8::try_from(self.copies.0).unwrap_or(u8::MAX);
        match copy {
            Copy::To => 0,
            Copy::Cc(n) => n.saturating_add(1),
            Copy::Bcc(n) => cc.saturating_add(n).saturating_add(1),
        }
    }

    /// Where to say that one wants to go on, in a mail that asks; nowhere in others, so that a layout for all kinds can
    /// ask for it. Without a portal a mail says it. Whoever holds a copy confirms for themselves.
    fn confirming(&self, view: &RecipientView<'_>) -> Option<String> {
        let token = Leave {
            action: Action::Confirm,
            scope: Scope::All,
            recipient: view.reader(&self.key),
            mailing: None,
        };
        let standing = &self.standing;
        standing.confirms.then(|| match &standing.portal {
            Some(url) => format!("{url}/c/{}", token.token(&self.key)),
            None => token.mailto(&self.key, &standing.unsubscribe),
        })
    }

    /// Whoever holds this copy leaves for themselves: a cc cannot unsubscribe the recipient.
    fn leaving(&self, view: &RecipientView<'_>) -> Leaving {
        let leave = Leave {
            action: Action::Unsubscribe,
            scope: self.standing.scope,
            recipient: view.reader(&self.key),
            mailing: Some(self.tag.mailing()),
        };
        // A mailbox with a long name has no room for a token that says which mailing was left.
        let by_mail = Leave {
            mailing: leave.mailing.filter(|_| self.standing.has_room),
            ..leave
        };
        let portal = self.standing.portal.as_ref();
        Leaving {
            mailto: by_mail.mailto(&self.key, &self.standing.unsubscribe),
            https: portal.map(|url| portal_address::leaving(url, &leave.token(&self.key))),
        }
    }

    fn render(
        &self,
        view: &RecipientView<'_>,
        leaving: &Leaving,
        work: Option<&Cell<u64>>,
    ) -> Result<Parts, RenderError> {
        let names = self.names.iter().take(self.columns);
        let mut values: Vec<Value> = names.map(|name| cell(view.member, name)).collect();
        let early = || {
            Value::from_object(Context {
                names: self.names.clone(),
                values: values.clone(),
            })
        };
        let subject = self.subject_of(early, work)?;
        let preheader = if self.has_preheader {
            Value::from(self.run("preheader", early(), work)?)
        } else {
            Value::from("")
        };
        values.push(Value::from(subject.as_str()));
        values.push(preheader);
        values.push(Value::from(
            // Only what needs consent can be left: empty in letters and invoices, so that a layout
            // for all kinds can ask for it.
            if self.standing.marketing {
                leaving.https.as_deref().unwrap_or(&leaving.mailto)
            } else {
                ""
            },
        ));
        values.push(Value::from(self.confirming(view).unwrap_or_default()));
        values.push(documents(view.documents));
        let sending = (&self.occurrence, self.tag);
        self.personal
            .values(&self.key, sending, view, &mut values)?;
        let context = Value::from_object(Context {
            names: self.names.clone(),
            values,
        });
        Ok(Parts {
            html: self.run("html", context.clone(), work)?,
            text: flowed(&self.run("text", context, work)?),
            subject,
        })
    }

    /// Whether the subject is the same for everybody.
    pub fn has_one_subject(&self) -> bool {
        self.subject.is_some()
    }

    /// The subject alone, for a member or for somebody without a row.
    ///
    /// # Errors
    /// [`RenderError`].
    pub fn subject(&self, member: Option<&Member>) -> Result<String, RenderError> {
        let names = self.names.iter().take(self.columns);
        let early = || {
            Value::from_object(Context {
                names: self.names.clone(),
                values: names.map(|name| cell(member, name)).collect(),
            })
        };
        self.subject_of(early, None)
    }

    fn subject_of(
        &self,
        early: impl FnOnce() -> Value,
        work: Option<&Cell<u64>>,
    ) -> Result<String, RenderError> {
        let subject = match &self.subject {
            Some(subject) => subject.trim().to_owned(),
            None => self.run("subject", early(), work)?.trim().to_owned(),
        };
        header::check("Subject", &subject)?;
        Ok(subject)
    }

    fn run(
        &self,
        part: &'static str,
        context: Value,
        work: Option<&Cell<u64>>,
    ) -> Result<String, RenderError> {
        let template = self
            .env
            .get_template(part)
            .map_err(|error| self.explain(part, &error))?;
        // Straight into a string, which the engine's steps bound; what went wrong is found out by a
        // second run, which stops at the limit.
        let out = match work {
            None => template.render(&context).ok(),
            Some(work) => counted(&template, &context, work),
        };
        match out {
            Some(out) if out.len() <= LARGEST => return Ok(out),
            _ => {}
        }
        let mut out = Bounded(Vec::with_capacity(template.source().len() + 256));
        let ended = template.render_captured_to(context, &mut out).map(|_| ());
        match ended {
            Ok(()) => String::from_utf8(out.0).map_err(|_| RenderError::TooLarge {
                part,
                limit: LARGEST,
            }),
            Err(_) if out.0.len() >= LARGEST => Err(RenderError::TooLarge {
                part,
                limit: LARGEST,
            }),
            Err(error) => Err(self.explain(part, &error)),
        }
    }
}

/// Bytes written that count as one step.
const BYTES_A_STEP: u64 = 32;

/// Renders, and counts. The engine does not say how far it came where a template does not work out: that
/// counts as if it had taken every step that it may.
fn counted(template: &Template<'_, '_>, context: &Value, work: &Cell<u64>) -> Option<String> {
    let done = template.render_captured(context.clone()).ok();
    let steps = done.as_ref().map_or(FUEL, |done| {
        let (taken, _) = done.state().fuel_levels().unwrap_or_default();
        taken + done.output().len() as u64 / BYTES_A_STEP
    });
    work.set(work.get().saturating_add(steps));
    done.map(minijinja::Captured::into_output)
}

/// Takes so much and no more.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = LARGEST.saturating_sub(self.0.len());
        if bytes.len() > room {
            self.0
                .extend_from_slice(bytes.get(..room).unwrap_or_default());
            return Err(io::Error::other("too large"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn attachments<'a>(view: &RecipientView<'a>) -> Vec<Attachment<'a>> {
    let attached = |document: &super::view::Document<'a>| match document.delivery {
        Delivery::Link(_) => None,
        Delivery::Attachment {
            content_type,
            content,
        } => Some(Attachment {
            file_name: document.file_name,
            content_type,
            content,
        }),
    };
    view.documents.iter().filter_map(attached).collect()
}

fn tagged(address: &Address, token: &str) -> String {
    format!("{}+{token}@{}", address.local(), address.domain())
}
