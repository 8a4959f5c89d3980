//! Reports without a machine-readable part, form by form.

use super::super::Action::{self, Delayed, Failed};
use super::{letter, reported, told};
use crate::mail::refusal::Class;

/// Form, sender, subject, text; addresses, and what became of the mail.
type Form = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    Action,
);

#[rustfmt::skip]
const FORMS: &[Form] = &[
    ("qmail", "MAILER-DAEMON@mx.a.example", "failure notice",
     "Hi. This is the qmail-send program at mx.a.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<ana@a.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n<leo@a.example>:\nuser is over quota\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <eventos@camara.example>\nTo: otra@a.example\n",
     &["ana@a.example", "leo@a.example"], Failed),
    ("qmail with words of its own", "MAILER-DAEMON@mx.a.example", "failure notice",
     "We regret this. Something is not right with what you wrote.\n\n<ana@a.example>:\nThe mail folder is full.\n\n--- Below this line is a copy of the message.\n",
     &["ana@a.example"], Failed),
    ("Exim", "Mail Delivery System <Mailer-Daemon@mx.a.example>", "Mail delivery failed: returning message to sender",
     "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  ana@a.example\n    host mx.a.example [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<ana@a.example>:\n    550 5.1.1 User unknown\n\n------ This is a copy of the message, including all the headers. ------\n\nReturn-path: <eventos@camara.example>\n",
     &["ana@a.example"], Failed),
    ("Exim, address withheld", "Mail Delivery System <Mailer-Daemon@mx.a.example>", "Mail delivery failed: returning message to sender",
     "A message that you sent could not be delivered. The following address(es) failed:\n\n  an undisclosed address\n    (generated from ana@a.example)\n\n------ This is a copy of the message ------\n",
     &["ana@a.example"], Failed),
    ("Exim, late", "Mail Delivery System <Mailer-Daemon@mx.a.example>", "Warning: message 1abcDE-0001 delayed 24 hours",
     "A message that you sent has not yet been delivered to one or more of its recipients after more than 24 hours.\n\nThe address to which the message has not yet been delivered is:\n\n  ana@a.example\n\nNo action is required on your part. Delivery attempts will continue for\nsome time.\n",
     &["ana@a.example"], Delayed),
    ("Postfix", "MAILER-DAEMON@mx.a.example (Mail Delivery System)", "Undelivered Mail Returned to Sender",
     "This is the Postfix program at host mx.a.example.\n\nI'm sorry to have to inform you that the message returned\nbelow could not be delivered to one or more destinations.\n\nFor further assistance, please contact <postmaster@a.example>\n\n<ana@a.example>: host mx.a.example[192.0.2.1] said: 550 5.1.1\n    <ana@a.example>... User unknown\n",
     &["ana@a.example"], Failed),
    ("sendmail", "Mail Delivery Subsystem <MAILER-DAEMON@mx.a.example>", "Returned mail: User unknown",
     "The original message was received at Thu, 3 Dec 2026\nfrom relay.camara.example [192.0.2.9]\n\n   ----- The following addresses had permanent fatal errors -----\n<ana@a.example>\n\n   ----- Transcript of session follows -----\n... while talking to mx.a.example.:\n>>> RCPT To:<ana@a.example>\n<<< 550 <ana@a.example>... User unknown\n\n   ----- Original message follows -----\nFrom: eventos@camara.example\n",
     &["ana@a.example"], Failed),
    ("sendmail, late", "Mail Delivery Subsystem <MAILER-DAEMON@mx.a.example>", "Warning: could not send message for past 4 hours",
     "    **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n    **********************************************\n\n   ----- The following addresses had transient non-fatal errors -----\n<ana@a.example>\n",
     &["ana@a.example"], Delayed),
    ("sendmail of old", "Mail Delivery Subsystem <MAILER-DAEMON@mx.a.example>", "Returned mail: User unknown",
     "   ----- Transcript of session follows -----\nWhile talking to mx.a.example:\n>>> RCPT To:<ana@a.example>\n<<< 550 <ana@a.example>, User Unknown\n550 <ana@a.example>... User unknown\n\n   ----- Unsent message follows -----\nReceived: by x\n",
     &["ana@a.example"], Failed),
    ("a filter after sendmail's manner", "\"MAILER-DAEMON\" <md@a.example>", "FAILURE NOTICE :",
     "  ----- The following addresses had permanent fatal errors -----\n\n>>> ana@a.example <ana@a.example>\n\n  ----- Transcript of session follows -----\n550 sorry, no mailbox here by that name (#5.1.1)\n",
     &["ana@a.example"], Failed),
    ("errors in square brackets", "\"Mail Deliver System\" <daemon@a.example>", "Returned Mail: Delivery failure",
     "The original message was received at Thu, 3 Dec 2026 23:34:45 +0900\nfrom eventos@camara.example\n\n---The following addresses had delivery errors---\n\nana@a.example [User unknown]\n",
     &["ana@a.example"], Failed),
    ("Courier", "\"Courier mail server at a.example\" <postmaster@a.example>", "NOTICE: mail delivery status.",
     "This is a delivery status notification from a.example.\n\n                           UNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<ana@a.example>:\n    mx.a.example [192.0.2.1]:\n>>> RCPT TO:<ana@a.example>\n<<< 550 5.1.1 <ana@a.example>... User Unknown\n",
     &["ana@a.example"], Failed),
    ("Exchange 5.5", "System Administrator <postmaster@a.example>", "Undeliverable: Rueda de negocios",
     "Your message\n\n  To:      exportadores@camara.example\n  Subject: Rueda de negocios\n  Sent:    Thu, 3 Dec 2026 12:00:00 -0500\n\ndid not reach the following recipient(s):\n\nana@a.example on Thu, 3 Dec 2026 12:00:03 -0500\n    The recipient name is not recognized\n    MSEXCH:IMS:A:EXAMPLE:MX 0 (000C05A6) Unknown Recipient\nleo@a.example on Thu, 3 Dec 2026 12:00:03 -0500\n    The recipient name is not recognized\n",
     &["ana@a.example", "leo@a.example"], Failed),
    ("Exchange by X.400", "System Administrator <postmaster@a.example>", "Undeliverable: Rueda",
     "Your message\n\n  To: x\n\ndid not reach the following recipient(s):\n\nc=US;a= ;p=ACME;o=Norte;dda:SMTP=ana@a.example; on Thu, 3 Dec 2026\n    The recipient name is not recognized\n",
     &["ana@a.example"], Failed),
    ("Exchange, for administrators", "Microsoft Outlook <postmaster@a.example>", "Undeliverable: Rueda",
     "Delivery has failed to these recipients or groups:\n\nAna P\u{e9}rez (ana@a.example)\nThe e-mail address you entered couldn't be found.\n\nDiagnostic information for administrators:\n\nGenerating server: mx.a.example\n\nana@a.example\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n\nOriginal message headers:\n\nReceived: from x\n",
     &["ana@a.example"], Failed),
    ("Exchange in French", "Administrateur syst\u{e8}me <postmaster@a.example>", "Non remis : Rueda",
     "\u{c9}chec de la remise pour ces destinataires ou listes de distribution :\n\nana@a.example\nL'adresse n'existe pas.\n\nInformations de diagnostic pour les administrateurs :\n\nana@a.example\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n\nEn-t\u{ea}tes de message d'origine :\n",
     &["ana@a.example"], Failed),
    ("Domino", "Postmaster@a.example", "DELIVERY FAILURE: User ana (ana@a.example) not listed in Domino Directory",
     "Your message\n\n  Subject: Rueda\n\nwas not delivered to:\n\n  ana@a.example\n\nbecause:\n\n  User ana (ana@a.example) not listed in Domino Directory\n",
     &["ana@a.example"], Failed),
    ("Notes", "Postmaster@a.example", "Undeliverable message",
     "------- Failure Reasons  --------\n\nUser not listed in public Name & Address Book\nana@a.example\n\n------- Returned Message --------\n\nFrom: x\n",
     &["ana@a.example"], Failed),
    ("GroupWise", "Mailer-Daemon@gw.a.example", "Message status - undeliverable",
     "The message that you sent was undeliverable to the following:\n\n\tana@a.example (user not found)\n",
     &["ana@a.example"], Failed),
    ("MDaemon", "MDaemon@a.example", "Permanent Delivery Failure",
     "The attached message had PERMANENT fatal delivery errors!\n\nYOUR MESSAGE WAS NOT DELIVERED!\n\nThe following addresses did NOT receive a copy of your message:\n\n> ana@a.example\n\n--- Session Transcript ---\n Attempting SMTP connection\n <<< 550 no such user\n",
     &["ana@a.example"], Failed),
    ("MailEnable", "\"Delivery Subsystem\" <POSTMASTER@a.example>", "Message Delivery Failure",
     "MailEnable: Message could not be delivered to some recipients.\nThe following recipient(s) could not be reached:\n\n\tRecipient: [SMTP:ana@a.example]\n\tReason: Remote SMTP Server Returned: 550 mailbox unavailable\n\n\nMessage headers follow:\n",
     &["ana@a.example"], Failed),
    ("hMailServer", "mailer-daemon@a.example", "Undeliverable: Rueda",
     "Your message did not reach some or all of the intended recipients.\n\n   Sent: Thu, 3 Dec 2026\n   Subject: Rueda\n\nThe following recipient(s) could not be reached:\n\nana@a.example\n   Error Type: SMTP\n   Remote server replied: 550 User unknown\n\nhMailServer\n",
     &["ana@a.example"], Failed),
    ("SMTP32", "\"Postmaster\" <postmaster@a.example>", "Undeliverable Mail",
     "Unknown user: ana@a.example\n\nRCPT TO generated following response:\n553 5.3.0 <ana@a.example>... Addressee unknown\n\nOriginal message follows.\n\nReceived: from x\n",
     &["ana@a.example"], Failed),
    ("InterScan", "imss@a.example", "Mail could not be delivered",
     "****** Message from InterScan Messaging Security Suite ******\n\nSent <<< RCPT TO:<ana@a.example>\nReceived >>> 550 5.1.1 unknown user.\n\nUnable to deliver message to <ana@a.example>.\n",
     &["ana@a.example"], Failed),
    ("SurfControl", "Mail Administrator <admin@a.example>", "Message could not be delivered",
     "Your message could not be sent.\nA transcript of the attempts to send the message follows.\nThe number of attempts made: 1\nAddressed To: ana@a.example\n\nFailed to send to identified host,\nana@a.example: [192.0.2.1], 550 ana@a.example... No such user\n--- Message non-deliverable.\n",
     &["ana@a.example"], Failed),
    ("MailMarshal", "postmaster@a.example", "Undeliverable Mail: \"Rueda\"",
     "Your message:\n   From:    eventos@camara.example\n   Subject: Rueda\nCould not be delivered because of\n\n550 5.1.1 User unknown\n\nThe following recipients were affected: \n    ana@a.example\n",
     &["ana@a.example"], Failed),
    ("a mail firewall", "postmaster@a.example", "Delivery Status",
     "--- The following addresses had delivery problems ---\n\n<ana@a.example>   (User unknown ana@a.example)\n",
     &["ana@a.example"], Failed),
    ("OpenSMTPD", "Mailer Daemon <MAILER-DAEMON@a.example>", "Delivery status notification: error",
     "    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\nana@a.example: Invalid recipient: ana@a.example\n\n    Below is a copy of the original message:\n\nFrom: x@y.example\n",
     &["ana@a.example"], Failed),
    ("DragonFly", "MAILER-DAEMON@a.example", "Mail delivery failed",
     "This is the DragonFly Mail Agent v0.13 at a.example.\n\nThere was an error delivering your mail to <ana@a.example>.\n\nmx.a.example [192.0.2.1] did not like our RCPT TO:\n552 5.2.2 <ana@a.example>: Mailbox full\n\nOriginal message follows.\n",
     &["ana@a.example"], Failed),
    ("Zoho", "mailer-daemon@mail.a.example", "Undelivered Mail Returned to Sender",
     "This message was created automatically by mail delivery software.\n A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.\n\nana@a.example Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 <ana@a.example>... User Unknown\n",
     &["ana@a.example"], Failed),
    ("a status in brackets", "mailer-daemon@mail.a.example", "Undelivered Mail Returned to Sender",
     "A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.\n\n[Status: Error, Address: <ana@a.example>, ResponseCode 421, , Host not reachable.]\n",
     &["ana@a.example"], Failed),
    ("GMX", "\"Mail Delivery System\" <mailer-daemon@gmx.example>", "Mail delivery failed: returning message to sender",
     "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of\nits recipients. This is a permanent error. The following address\nfailed:\n\n\"ana@a.example\":\nSMTP error from remote server after RCPT command:\nhost: mx.a.example\n5.1.1 <ana@a.example>... User Unknown\n\n--- The header of the original message is following. ---\n",
     &["ana@a.example"], Failed),
    ("Gmail", "Mail Delivery Subsystem <mailer-daemon@googlemail.example>", "Delivery Status Notification (Failure)",
     "Delivery to the following recipient failed permanently:\n\n     ana@a.example\n\nTechnical details of permanent failure:\nThe error that the other server returned was: 550 550 5.1.1 User unknown (state 14).\n\n----- Original message -----\n\nReceived: by x\n",
     &["ana@a.example"], Failed),
    ("Gmail, late", "Mail Delivery Subsystem <mailer-daemon@googlemail.example>", "Delivery Status Notification (Delay)",
     "** Delivery incomplete **\n\nThere was a temporary problem delivering your message to ana@a.example. Gmail will retry for 47 more hours. You'll be notified if the delivery fails permanently.\n",
     &["ana@a.example"], Delayed),
    ("Gmail of today", "Mail Delivery Subsystem <mailer-daemon@googlemail.example>", "Delivery Status Notification (Failure)",
     "** Address not found **\n\nYour message wasn't delivered to ana@a.example because the address couldn't be found, or is unable to receive mail.\n\nLearn more here: https://support.a.example/mail/?p=NoSuchUser\n",
     &["ana@a.example"], Failed),
    ("Yahoo", "MAILER-DAEMON@yahoo.example", "Failure Notice",
     "Sorry, we were unable to deliver your message to the following address.\n\n<ana@a.example>:\n550: 5.1.1 User unknown\n\n---------- Forwarded message ----------\nFrom: x\n\n<otra@b.example>:\n",
     &["ana@a.example"], Failed),
    ("Verizon's text messages", "post_master@vtext.example", "Undeliverable Message",
     "Error: \n\n550 - Requested action not taken: no such user here\n\nMessage details:\n  Subject: Rueda\n  Sent date: Thu Dec 3 2026\n  MAIL FROM: eventos@camara.example\n  RCPT TO: ana@a.example\n",
     &["ana@a.example"], Failed),
    ("a telephone company", "Postmaster@telefono.example", "Mail System Error - Returned Mail",
     "Each of the following recipients was rejected by a remote\nmail server.\n\n   Recipient: <ana@a.example>\n   >>> RCPT TO:<ana@a.example>\n   <<< 550 <ana@a.example>: User unknown\n",
     &["ana@a.example"], Failed),
    ("a service that tells of trouble", "notifications@a.example", "There was an error sending your mail",
     "We had trouble delivering your message. Full details follow:\n\nSubject: 'Rueda'\n\n1 error(s):\n\nSMTP Server <mx.a.example> rejected recipient <ana@a.example>\n  (Error following RCPT command). It responded as follows: [550 5.1.1 User unknown]\n",
     &["ana@a.example"], Failed),
    ("Mimecast", "\"Mail Delivery System\" <mailer-daemon@a.example>", "[Postmaster] Email Delivery Failure",
     "This is a delivery failure notification message indicating that\nan email rebotes@camara.example addressed to email address :\n-- ana@a.example\n\nWith subject Rueda sent on the Mon, 14 Dec 2026\ncould not be delivered. The problem appears to be :\n-- Recipient server unavailable or busy\n",
     &["ana@a.example"], Failed),
    ("smail", "<MAILER-DAEMON@a.example>", "mail failed, returning to sender",
     "|------------------------- Message log follows: -------------------------|\n no valid recipients were found for this message\n|------------------------- Failed addresses follow: ---------------------|\n ana@a.example ... unknown host\n|------------------------- Message text follows: ------------------------|\nReceived: x\n",
     &["ana@a.example"], Failed),
    ("ZMailer", "The Post Office <postmaster@a.example>", "Delivery reports about your email [FAILED(1)]",
     "This is a collection of reports about email delivery\nprocess concerning a message you originated.\n\nFAILED:\n  Original Recipient:\n    rfc822;ana@a.example\n  Control data:\n    smtp a.example ana@a.example 99\n  Diagnostic texts:\n    <<- RCPT To:<ana@a.example>\n    ->> 550 5.1.1 User unknown\n",
     &["ana@a.example"], Failed),
    ("LSMTP", "\"LSMTP for Windows NT\" <postmaster@a.example>", "Undelivered mail",
     "An error was detected while processing the enclosed message.\n\n--> Error description:\nError-for:  ana@a.example\nError-Code: 0\nError-Text: Mailer mx.a.example said: \"554 no\"\nError-End:  One error reported.\n",
     &["ana@a.example"], Failed),
    ("Japanese, a filter", "postmaster@a.example", "failure notice",
     "\u{3053}\u{306e}\u{30e1}\u{30fc}\u{30eb}\u{306f}\u{81ea}\u{52d5}\u{7684}\u{306b}\u{9001}\u{4fe1}\u{3057}\u{3066}\u{3044}\u{307e}\u{3059}\u{3002}\n\n\u{4ee5}\u{4e0b}\u{306e}\u{30e1}\u{30fc}\u{30eb}\u{30a2}\u{30c9}\u{30ec}\u{30b9}\u{3078}\u{306e}\u{9001}\u{4fe1}\u{306b}\u{5931}\u{6557}\u{3057}\u{307e}\u{3057}\u{305f}\u{3002}\nana@a.example\n\n\n-------server message\n550 5.1.1 unknown user <ana@a.example>\n\n-------original message\n",
     &["ana@a.example"], Failed),
    ("Spanish", "Administrador del sistema <postmaster@a.example>", "No se puede entregar: Rueda",
     "Error de entrega a estos destinatarios o grupos:\n\nana@a.example\nNo se encontr\u{f3} la direcci\u{f3}n de correo electr\u{f3}nico.\n",
     &["ana@a.example"], Failed),
    ("Italian", "Amministratore di sistema <postmaster@a.example>", "Mancata consegna",
     "Il messaggio non ha raggiunto i seguenti destinatari:\n\n  ana@a.example\n    Casella piena\n",
     &["ana@a.example"], Failed),
    ("German", "Mail Delivery System <mailer-daemon@a.example>", "Unzustellbar: Rueda",
     "Ihre Nachricht konnte an folgende Empf\u{e4}nger nicht zugestellt werden:\n\nana@a.example\nEmpf\u{e4}nger unbekannt\n",
     &["ana@a.example"], Failed),
    ("Portuguese", "postmaster@a.example", "N\u{e3}o entregue: Rueda",
     "Sua mensagem n\u{e3}o p\u{f4}de ser entregue para ana@a.example. Caixa cheia.\n",
     &["ana@a.example"], Failed),
    ("names before addresses", "System Administrator <postmaster@a.example>", "Undeliverable: Rueda",
     "The following recipient(s) cannot be reached:\n\n      'Ana P\u{e9}rez' <ana@a.example> on 12/3/2026 12:00 PM\n            The e-mail account does not exist.\n            <mx.a.example #5.1.1>\n      Leo G\u{f3}mez (leo@a.example) on 12/3/2026 12:00 PM\n            The e-mail account does not exist.\n",
     &["ana@a.example", "leo@a.example"], Failed),
    ("a local part of a kind that only telephones have", "MAILER-DAEMON@a.example", "Returned mail: User unknown",
     "   ----- The following addresses had permanent fatal errors -----\n<.ana..p@a.example>\n",
     &[".ana..p@a.example"], Failed),
    ("expanded", "MAILER-DAEMON@a.example (Mail Delivery System)", "Undelivered Mail Returned to Sender",
     "For further assistance, please send mail to <postmaster>\n\n<ana@a.example> (expanded from <todos@a.example>): unknown user: \"ana\"\n",
     &["ana@a.example"], Failed),
    ("two sentences", "postmaster@a.example", "Your message could not be delivered",
     "Addresses here have the form name.surname@a.example. The one that you wrote to, ana@a.example, does not exist.\n\nQuestions? Write to servicio@a.example.\n",
     &["ana@a.example"], Failed),
    ("Japanese, a telephone company", "no-reply@telefono.example", "\u{30e1}\u{30fc}\u{30eb}\u{30a8}\u{30e9}\u{30fc}\u{901a}\u{77e5}",
     "\u{9001}\u{4fe1}\u{3067}\u{304d}\u{307e}\u{305b}\u{3093}\u{3067}\u{3057}\u{305f}\u{3002}\n\nYour mail sent on: Thu, 3 Dec 2026\n     Could not be delivered to: <ana@a.example>\n     As their mailbox is full.\n",
     &["ana@a.example"], Failed),
    ("a server's own address, alone below a heading", "postmaster@a.example", "Returned mail: Service unavailable",
     "   ----- The following addresses had delivery problems -----\npostmaster@mx.a.example\n\n   ----- Non-delivered information -----\nThe number of messages exceeded the local limit.\n",
     &["postmaster@mx.a.example"], Failed),
    ("a server's own address, to be asked", "MAILER-DAEMON@a.example", "Undelivered Mail",
     "The following addresses failed:\n\nana@a.example\n    550 User unknown\n\nQuestions go to the\npostmaster@a.example\n",
     &["ana@a.example"], Failed),
    ("one sentence, no subject", "<>", "",
     "You sent mail to ana@a.example. That's not a valid user here.\n",
     &["ana@a.example"], Failed),
];

#[test]
fn every_form_is_read() {
    for (form, from, subject, text, addresses, action) in FORMS {
        let wanted: Vec<(String, Action)> = addresses
            .iter()
            .map(|a| ((*a).to_owned(), *action))
            .collect();
        assert_eq!(told(&letter(from, subject, text)), wanted, "{form}");
    }
}

#[test]
fn a_name_without_its_domain_is_told_by_the_returned_mail_or_by_who_reports() {
    let text = "Sorry, rebotes@camara.example. Your mail to the following recipients could not be delivered because they are not accepting mail with attachments:\n\tana.p\n";
    let from_one_domain = letter(
        "Mail Delivery Subsystem <MAILER-DAEMON@aol.com>",
        "Mail Delivery Problem",
        text,
    );
    assert_eq!(
        told(&from_one_domain),
        [("ana.p@aol.com".to_owned(), Failed)]
    );
    // A provider of many domains leaves open which it is; then the envelope tells.
    let from_many = letter("MAILER-DAEMON@mx.a.example", "Mail Delivery Problem", text);
    assert_eq!(told(&from_many), [(String::new(), Failed)]);
    let returned = format!(
        "{text}\n--- Below this line is a copy of the message.\n\nFrom: eventos@camara.example\nTo: leo@b.example, Ana.P@a.example\nSubject: Rueda\n"
    );
    let with_the_mail = letter("MAILER-DAEMON@mx.a.example", "failure notice", &returned);
    assert_eq!(
        told(&with_the_mail),
        [("ana.p@a.example".to_owned(), Failed)]
    );
}

#[test]
fn a_conversation_alone_names_each_with_what_was_answered() {
    let text = "   ----- Transcript of session follows -----\nWhile talking to mx.a.example:\n>>> RCPT To:<ana@a.example>\n<<< 550 No such user here.\n550 <ana@a.example>... User unknown\n554 <leo@b.example>... 550 Host unknown (Authoritative answer from name server)\n451 <eva@c.example>... Deferred: Connection refused\n421 d.example (smtp)... Deferred: no answer\n\n   ----- Unsent message follows -----\nFrom: eventos@camara.example\nTo: otra@d.example\n";
    let bytes = letter(
        "Mail Delivery Subsystem <MAILER-DAEMON@mx.example>",
        "Returned mail: User unknown",
        text,
    );
    assert_eq!(
        told(&bytes),
        [
            ("ana@a.example".to_owned(), Failed),
            ("leo@b.example".to_owned(), Failed),
            ("eva@c.example".to_owned(), Failed),
        ]
    );
}

#[test]
fn exchange_online_says_it_in_many_languages_and_names_people_in_pieces() {
    for (subject, said) in [
        ("Undeliverable: Rueda", "pepe wasn't found at casa.example."),
        (
            "No se puede entregar: Rueda",
            "No se encontr\u{f3} pepe en casa.example.",
        ),
        (
            "No se puede entregar: Rueda",
            "No se encontro pepe en casa.example.",
        ),
        (
            "Non recapitabile: Rueda",
            "pepe non \u{e8} stato trovato in casa.example.",
        ),
        (
            "Unzustellbar: Rueda",
            "pepe wurde bei casa.example nicht gefunden.",
        ),
        (
            "Non remis : Rueda",
            "pepe n\u{2019}a pas \u{e9}t\u{e9} trouv\u{e9} sur casa.example.",
        ),
        (
            "N\u{e3}o entregue: Rueda",
            "pepe n\u{e3}o foi encontrado em casa.example.",
        ),
    ] {
        let text = format!("El mensaje no se pudo entregar.\n\n{said}\n\n550 5.1.10\n");
        let fields =
            "From: \"Microsoft Outlook\" <outlook@casa.example>\nTo: rebotes@camara.example";
        let letter = format!("{fields}\nSubject: {subject}\n\n{text}");
        let found = reported(letter.as_bytes());
        assert_eq!(found.len(), 1, "{said}");
        assert_eq!(
            found[0].address.as_deref(),
            Some("pepe@casa.example"),
            "{said}"
        );
        assert_eq!(found[0].verdict.class, Class::Hard, "{said}");
    }
    // Nobody's name.
    let text = "The message could not be delivered. The user was not found at casa.example.";
    let found = reported(&letter(
        "MAILER-DAEMON@casa.example",
        "Undeliverable: Rueda",
        text,
    ));
    assert_eq!(found[0].address, None);
}
