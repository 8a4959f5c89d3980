//! The order in which a message is asked what it is: parts for machines first, then who speaks, then
//! the text for people. A bounce is seen where one is told of, never by the absence of something else.

use super::addresses;
use super::fields::head;
use super::guess;
use super::letter::Letter;
use super::phrases::{GAVE_UP, Phrases, TRIED, WARNED};
use super::prose::{Named, Prose};
use super::speaker::{Speaker, is_labelled_a_report};
use super::traces::{Traces, gather};
use super::{Action, Kind, RECIPIENTS, Reported, Returned};
use super::{complaint, delivery_status, not_found, notification, receipt};
use crate::mail::refusal::{Class, Reason, Verdict, classify, reply_code};

/// Messages inside messages that are opened to find a report.
const NESTING: usize = 3;
/// Octets of a server's words that are kept.
const WORDS: usize = 1000;

/// Reads a message.
pub fn read(bytes: &[u8]) -> Returned {
    let mut letter = Letter::read(bytes);
    let mut kind = kind(&mut letter, 0);
    if let Kind::Report(reported) = &mut kind {
        let own = reverse_paths(&letter);
        reported.iter_mut().for_each(|it| absolve(it, &own));
    }
    let (kind, passed_on) = match is_passed_on(&letter, &kind) {
        true => (Kind::Reply, Some(kind)),
        false => (kind, None),
    };
    Returned {
        kind,
        passed_on,
        is_void: is_void(&letter),
        written: letter.written(),
        traces: Traces::of(&letter),
    }
}

/// Where the returned mail came from: its reverse-path and sender.
fn reverse_paths(letter: &Letter) -> Vec<String> {
    let mut paths = gather(&letter.fields, &["to", "delivered-to", "x-original-to"]);
    paths.extend(gather(&letter.original, &["return-path", "sender", "from"]));
    paths
}

/// "<our own>: User unknown" is said of the sender, in whatever words.
fn absolve(reported: &mut Reported, senders: &[String]) {
    let text = &reported.text;
    let is_theirs = |found: &addresses::Found| reported.address.as_ref() == Some(&found.address);
    let mut of_sender = addresses::all(text).filter(|found| {
        let rest = text.get(found.end..).unwrap_or_default();
        senders.contains(&found.address) && (rest.starts_with(">:") || rest.starts_with(">..."))
    });
    if reported.verdict.class == Class::Hard
        && of_sender.next().is_some()
        && !addresses::all(text).any(|found| is_theirs(&found))
    {
        reported.verdict.class = Class::Blocked;
        reported.verdict.reason = Reason::SenderRefused;
    }
}

/// Whether there is nothing to read in it.
fn is_void(letter: &Letter) -> bool {
    letter.says_nothing() && letter.subject.trim().is_empty()
}

/// Whether what is reported stands in a letter of a person, who quotes or attaches it. Of a report the form of the message has
/// to be a machine's: whoever is not sure lets a person look. Complaints come from people's addresses at providers.
fn is_passed_on(letter: &Letter, kind: &Kind) -> bool {
    let speaker = Speaker::of(letter);
    match kind {
        Kind::Report(_) => !speaker.is_machine,
        Kind::Complaint(_) => !speaker.is_machine && speaker.is_typed,
        Kind::Receipt(_) | Kind::AutoReply | Kind::Reply => false,
    }
}

fn kind(letter: &mut Letter, depth: usize) -> Kind {
    if let Some(complaint) = complaint::read(letter) {
        return Kind::Complaint(complaint);
    }
    let texts: Vec<Prose> = letter.texts.iter().map(|text| Prose::read(text)).collect();
    if letter.original.is_empty() {
        for prose in texts.iter().filter(|n| !n.returned.is_empty()) {
            letter.take_original(&prose.returned);
        }
    }
    letter.returns_in_text = texts.iter().any(|it| !it.returned.trim().is_empty());
    let speaker = Speaker::of(letter);
    let reported = by_status(letter, &texts, speaker);
    if !reported.is_empty() {
        return Kind::Report(reported);
    }
    if let Some(receipt) = receipt::read(letter) {
        if receipt::is_refusal(letter, &receipt) {
            return Kind::Report(vec![refused(letter, receipt.address)]);
        }
        return Kind::Receipt(receipt);
    }
    match letter
        .texts
        .iter()
        .find_map(|text| notification::read(text))
    {
        // One that names nobody tells nothing, and may be anything else still.
        Some(notification::Told::Report(reported)) if reported.is_empty() => {}
        Some(notification::Told::Report(reported)) => return Kind::Report(reported),
        Some(notification::Told::Complaint(complaint)) => return Kind::Complaint(complaint),
        None => {}
    }
    if speaker.is_automatic && !letter.fields.has("x-failed-recipients") {
        return Kind::AutoReply;
    }
    if is_warning(letter, &texts) {
        return Kind::AutoReply;
    }
    let is_report = speaker.may_report() && (speaker.says_failed || !speaker.says_arrived)
        || !letter.statuses.is_empty()
        || letter.fields.has("x-failed-recipients");
    if is_report && let Some(reported) = by_headings(letter, &texts) {
        return Kind::Report(reported);
    }
    // Before anything is guessed: a report may lie inside.
    if depth < NESTING
        && let Some(kind) = inside(letter, depth)
    {
        return kind;
    }
    let guessed = guessed(letter, &texts, speaker, is_report);
    if let Some(reported) = guessed.or_else(|| unread(letter, &texts, speaker)) {
        return Kind::Report(reported);
    }
    // Whatever has no content and no subject was cut off somewhere, and is no machine's answer: a person has to look.
    if speaker.is_generated && !is_void(letter) {
        Kind::AutoReply
    } else {
        Kind::Reply
    }
}

/// What surely is a report, in a form that no table knows.
fn guessed(
    letter: &Letter,
    texts: &[Prose],
    speaker: Speaker,
    is_report: bool,
) -> Option<Vec<Reported>> {
    let surely = is_surely_a_report(letter, speaker);
    if !is_report || !surely && letter.statuses.is_empty() {
        return None;
    }
    let named = || {
        by_local_parts(letter, texts)
            .or_else(|| by_guess(letter, texts))
            .or_else(|| by_pieces(letter, texts))
    };
    let named = surely.then(named).flatten();
    named.or_else(|| Some(vec![of_nobody(letter, texts, speaker)?]))
}

/// A report in a language or form that nothing here knows.
fn unread(letter: &Letter, texts: &[Prose], speaker: Speaker) -> Option<Vec<Reported>> {
    let prose = texts.iter().find(|it| !it.flat.is_empty())?;
    let is_one = speaker.only_reports && !speaker.says_arrived && !is_void(letter);
    is_one.then(|| {
        // It may as well say that the mail is late, or arrived: only a code tells.
        let verdict = classify(None, None, &prose.flat);
        let is_told = verdict.class != Class::Unknown
            || verdict.status.is_some_and(|status| status.class() == 5)
            || reply_code(&prose.flat).is_some_and(|code| code >= 500);
        let is_late = !is_told || is_still_tried(letter, texts);
        vec![judged_of_all(prose, whose(letter, prose), is_late)]
    })
}

/// Whether a server only warns somebody whose mailbox is filling up: nothing was lost.
fn is_warning(letter: &Letter, texts: &[Prose]) -> bool {
    let says = |phrases: &Phrases| texts.iter().any(|it| phrases.stand_in(&it.flat));
    letter.statuses.is_empty()
        && !letter.fields.has("x-failed-recipients")
        && (WARNED.stand_in(&letter.subject) || says(&WARNED))
        && !says(&GAVE_UP)
        && letter.original.is_empty()
}

/// Whether who speaks leaves no doubt, so that a guess is allowed: a server, or a subject that says so on a message
/// that nobody typed.
fn is_surely_a_report(letter: &Letter, speaker: Speaker) -> bool {
    speaker.is_server
        || speaker.says_failed
            && (speaker.is_generated || is_labelled_a_report(letter) || !letter.original.is_empty())
}

/// By the status parts, or by such fields in a text: parts are labelled wrong, boundaries get lost.
fn by_status(letter: &Letter, texts: &[Prose], speaker: Speaker) -> Vec<Reported> {
    let about = texts
        .iter()
        .map(|n| n.flat.as_str())
        .collect::<Vec<_>>()
        .join(" ");
    let in_parts = letter.statuses.iter().map(String::as_str);
    let in_texts = letter.texts.iter().map(String::as_str).filter(|text| {
        (speaker.may_report() || speaker.is_generated) && delivery_status::stands_in(text)
    });
    let mut found: Vec<Reported> = Vec::new();
    for text in in_parts.chain(in_texts) {
        let cut = text
            .lines()
            .take_while(|line| !line.to_ascii_lowercase().starts_with("received: from"));
        let cut: String = cut.flat_map(|line| [line, "\n"]).collect();
        for reported in delivery_status::read(&cut, &about) {
            if found.len() < RECIPIENTS
                && !found.iter().any(|known| known.address == reported.address)
            {
                found.push(reported);
            }
        }
    }
    found
}

/// By the headings of what it says to people.
fn by_headings(letter: &Letter, texts: &[Prose]) -> Option<Vec<Reported>> {
    let own = own(letter);
    let (prose, mut named) = first_naming(texts, |prose| {
        let answered = guess::named_in_transcript(prose, &own);
        if answered.is_empty() {
            prose.named(&own)
        } else {
            answered
        }
    });
    let told = gather(&letter.fields, &["x-failed-recipients"]);
    if !told.is_empty() {
        // Exim's own field knows better than its text, which may hide addresses.
        named = told
            .into_iter()
            .map(|address| {
                let known = named.iter().find(|n| n.address == address);
                Named {
                    action: known.map_or(Action::Failed, |n| n.action),
                    words: known.map(|n| n.words.clone()).unwrap_or_default(),
                    address,
                }
            })
            .collect();
    }
    all_judged(letter, named, prose, texts)
}

/// By who stands near words of failing.
fn by_guess(letter: &Letter, texts: &[Prose]) -> Option<Vec<Reported>> {
    let own = own(letter);
    let (prose, named) = first_naming(texts, |prose| guess::named(prose, &own));
    all_judged(letter, named, prose, texts)
}

/// By names that lack the domain.
fn by_local_parts(letter: &Letter, texts: &[Prose]) -> Option<Vec<Reported>> {
    let sender = letter.fields.first("from").and_then(addresses::mailbox)?;
    let returned = gather(&letter.original, &["to", "cc"]);
    let (prose, named) = first_naming(texts, |prose| {
        guess::named_without_domain(prose, &sender, &returned)
    });
    all_judged(letter, named, prose, texts)
}

/// By names whose domain stands apart.
fn by_pieces(letter: &Letter, texts: &[Prose]) -> Option<Vec<Reported>> {
    let (prose, named) = first_naming(texts, not_found::named);
    let mut judged = all_judged(letter, named, prose, texts)?;
    for one in &mut judged {
        // Exchange's 5.1.10 says this; the registry's says that the domain takes no mail (RFC 7505).
        if matches!(one.verdict.class, Class::Hard | Class::Unknown) {
            one.verdict.class = Class::Hard;
            one.verdict.sure = true;
            one.verdict.reason = Reason::NoSuchUser;
        }
    }
    Some(judged)
}

/// The first text that names somebody, and whom.
fn first_naming(
    texts: &[Prose],
    whom: impl Fn(&Prose) -> Vec<Named>,
) -> (Option<&Prose>, Vec<Named>) {
    texts
        .iter()
        .map(|prose| (Some(prose), whom(prose)))
        .find(|(_, named)| !named.is_empty())
        .unwrap_or((texts.first(), Vec::new()))
}

fn all_judged(
    letter: &Letter,
    named: Vec<Named>,
    prose: Option<&Prose>,
    texts: &[Prose],
) -> Option<Vec<Reported>> {
    let empty = Prose::default();
    let prose = prose.unwrap_or(&empty);
    let is_late = is_still_tried(letter, texts);
    let mut judged: Vec<Reported> = named
        .into_iter()
        .take(RECIPIENTS)
        .map(|named| judged(named, prose, is_late))
        .collect();
    // What a text says of all counts where it says nothing of anyone.
    if judged.iter().all(|r| r.verdict.class == Class::Unknown) {
        let of_all = classify(None, None, &prose.flat);
        for reported in &mut judged {
            reported.verdict = Verdict {
                permanent: reported.verdict.permanent,
                ..of_all
            };
            reported.status = of_all.status;
        }
    }
    (!judged.is_empty()).then_some(judged)
}

/// Whether the mail is still tried: by all that is said, wherever the addresses stand, or by the subject.
fn is_still_tried(letter: &Letter, texts: &[Prose]) -> bool {
    let is_said =
        TRIED.stand_in(&letter.subject) || texts.iter().any(|it| TRIED.stand_in(&it.flat));
    is_said && !texts.iter().any(|it| GAVE_UP.stand_in(&it.flat))
}

/// The words about one recipient, judged.
fn judged(named: Named, prose: &Prose, is_late: bool) -> Reported {
    let mut action = named.action;
    if action == Action::Failed && is_late {
        action = Action::Delayed;
    }
    let mut words = named.words.trim().to_owned();
    // A transcript names the recipient again, with what the server answered.
    for line in prose
        .lines()
        .filter(|line| line.len() < 500 && line.to_lowercase().contains(&named.address))
    {
        if words.len() < WORDS && !words.contains(line) {
            words.push(' ');
            words.push_str(line);
        }
    }
    let mut verdict = classify(None, None, &words);
    verdict.permanent = action == Action::Failed;
    Reported {
        address: Some(named.address),
        action,
        status: verdict.status,
        verdict,
        text: head(words.trim(), WORDS).to_owned(),
    }
}

/// A report that lies inside: forwarded, or wrapped by a gateway.
fn inside(letter: &mut Letter, depth: usize) -> Option<Kind> {
    let inside = std::mem::take(&mut letter.inside);
    for bytes in inside.iter().take(NESTING) {
        let mut inner = Letter::read(bytes);
        let found = kind(&mut inner, depth + 1);
        if let Kind::Report(reported) = &found
            && reported.iter().any(|r| r.address.is_some())
        {
            letter.original = std::mem::take(&mut inner.original);
            return Some(found);
        }
    }
    None
}

/// A report that names nobody: whom the returned mail was for, else the envelope must tell.
fn of_nobody(letter: &Letter, texts: &[Prose], speaker: Speaker) -> Option<Reported> {
    let failing = texts.iter().find(|n| guess::speaks_of_failure(&n.flat));
    let prose = failing.or_else(|| {
        texts
            .first()
            .filter(|_| speaker.is_server && speaker.says_failed)
    })?;
    let address = whose(letter, prose);
    Some(judged_of_all(prose, address, is_still_tried(letter, texts)))
}

/// Whom the returned mail was for, else the only one whom a text names.
fn whose(letter: &Letter, prose: &Prose) -> Option<String> {
    let own = own(letter);
    guess::recipient_of(&letter.original, &own).or_else(|| guess::only_one(prose, &own))
}

fn judged_of_all(prose: &Prose, address: Option<String>, is_late: bool) -> Reported {
    let action = if is_late {
        Action::Delayed
    } else {
        Action::Failed
    };
    let mut verdict = classify(None, None, &prose.flat);
    verdict.permanent = action == Action::Failed;
    Reported {
        address,
        action,
        status: verdict.status,
        verdict,
        text: head(&prose.flat, WORDS).to_owned(),
    }
}

/// A refusal in a receipt's form.
fn refused(letter: &Letter, address: Option<String>) -> Reported {
    let words = letter.words();
    judged_of_all(&Prose::read(&words), address, false)
}

/// Addresses that a report comes from and goes to.
fn own(letter: &Letter) -> Vec<String> {
    let mut own = gather(
        &letter.fields,
        &[
            "from",
            "sender",
            "reply-to",
            "to",
            "delivered-to",
            "x-original-to",
            "envelope-to",
        ],
    );
    own.extend(
        letter
            .original
            .first("return-path")
            .and_then(addresses::first),
    );
    own.extend(letter.original.first("from").and_then(addresses::mailbox));
    // Some name a tagged address without its tag.
    let untagged = |address: &String| {
        let (local, domain) = address.rsplit_once('@')?;
        Some(format!("{}@{domain}", local.split_once('+')?.0))
    };
    let without: Vec<String> = own.iter().filter_map(untagged).collect();
    own.extend(without);
    own
}
