//! The large providers of mailboxes in Europe and the Americas: data.
//!
//! An exchanger belongs here if most of those who use it are the provider's own customers: hosting
//! companies' exchangers count as one destination, because they count us as one sender.

pub(super) struct BuiltIn {
    pub(super) name: &'static str,
    pub(super) domains: &'static [&'static str],
    pub(super) mx: &'static [&'static str],
}

const fn provider(
    name: &'static str,
    domains: &'static [&'static str],
    mx: &'static [&'static str],
) -> BuiltIn {
    BuiltIn { name, domains, mx }
}

#[rustfmt::skip]
pub(super) const BUILT_IN: &[BuiltIn] = &[
    provider("gmail", &["gmail.com", "googlemail.com"], &["google.com", "googlemail.com", "smtp.goog"]),
    provider("outlook", &[
        "outlook.com", "outlook.es", "outlook.it", "outlook.fr", "outlook.de", "outlook.cl", "outlook.com.br", "outlook.com.ar", "outlook.pt",
        "hotmail.com", "hotmail.es", "hotmail.it", "hotmail.fr", "hotmail.de", "hotmail.co.uk", "hotmail.com.ar", "hotmail.com.br", "hotmail.cl",
        "live.com", "live.it", "live.fr", "live.de", "live.co.uk", "live.com.mx", "live.com.ar", "live.cl", "live.nl", "msn.com", "passport.com", "windowslive.com",
    ], &["outlook.com", "hotmail.com", "mx.microsoft"]),
    provider("yahoo", &[
        "yahoo.com", "yahoo.es", "yahoo.it", "yahoo.fr", "yahoo.de", "yahoo.co.uk", "yahoo.com.br", "yahoo.com.mx", "yahoo.com.ar", "yahoo.com.co", "yahoo.com.ve", "yahoo.cl",
        "ymail.com", "rocketmail.com", "myyahoo.com", "aol.com", "aol.it", "aol.de", "aol.fr", "aol.co.uk", "aim.com", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net",
    ], &["yahoodns.net"]),
    provider("icloud", &["icloud.com", "me.com", "mac.com"], &["mail.icloud.com"]),
    provider("proton", &["proton.me", "protonmail.com", "protonmail.ch", "pm.me"], &["protonmail.ch"]),
    provider("zoho", &["zoho.com", "zoho.eu", "zohomail.com", "zohomail.eu"], &["zoho.com", "zoho.eu", "zoho.in"]),
    provider("gmx", &["gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.com", "gmx.es", "gmx.it", "gmx.fr", "web.de", "mail.com"], &["gmx.net", "gmx.com", "web.de", "mail.com"]),
    provider("t-online", &["t-online.de", "magenta.de"], &["t-online.de"]),
    provider("freenet", &["freenet.de"], &["freenet.de"]),
    provider("ionos", &["1und1.de", "online.de"], &["kundenserver.de", "ionos.es", "ionos.it", "ionos.com", "1and1.com"]),
    provider("ovh", &[], &["ovh.net", "mail.ovh.ca"]),
    provider("orange", &["orange.fr", "wanadoo.fr", "voila.fr"], &["orange.fr", "wanadoo.fr"]),
    provider("free", &["free.fr", "aliceadsl.fr"], &["free.fr"]),
    provider("sfr", &["sfr.fr", "neuf.fr", "cegetel.net", "9online.fr", "club-internet.fr", "numericable.fr"], &["sfr.fr"]),
    provider("laposte", &["laposte.net"], &["laposte.net"]),
    provider("libero", &["libero.it", "iol.it", "inwind.it", "blu.it", "giallo.it"], &["libero.it", "iol.it"]),
    provider("virgilio", &["virgilio.it"], &["virgilio.it"]),
    provider("tim", &["tim.it", "alice.it", "tin.it", "telecomitalia.it"], &["tim.it", "alice.it", "tin.it"]),
    provider("tiscali", &["tiscali.it", "tiscalinet.it"], &["tiscali.it"]),
    provider("fastweb", &["fastwebnet.it", "fastwebmail.it"], &["fastwebnet.it"]),
    provider("vodafone", &["vodafone.it", "vodafone.es", "vodafone.de", "arcor.de"], &["vodafone.it", "vodafonemail.de"]),
    provider("aruba", &["aruba.it", "technet.it"], &["aruba.it"]),
    provider("aruba-pec", &["pec.it", "arubapec.it"], &["arubapec.it"]),
    provider("register-it", &[], &["register.it"]),
    provider("telefonica", &["telefonica.net", "movistar.es", "terra.es"], &["telefonica.net", "movistar.es"]),
    provider("ono", &["ono.com"], &["ono.com"]),
    provider("une", &["une.net.co", "epm.net.co"], &["une.net.co", "epm.net.co"]),
    provider("etb", &["etb.net.co", "etb.com.co"], &["etb.net.co", "etb.com.co"]),
    provider("prodigy", &["prodigy.net.mx", "infinitummail.com"], &["prodigy.net.mx"]),
    provider("uol", &["uol.com.br", "bol.com.br"], &["uol.com.br"]),
    provider("terra", &["terra.com.br", "terra.com"], &["terra.com.br"]),
    provider("btinternet", &["btinternet.com", "btopenworld.com", "talk21.com"], &["btinternet.com"]),
    provider("comcast", &["comcast.net"], &["comcast.net"]),
    provider("fastmail", &["fastmail.com", "fastmail.fm"], &["messagingengine.com"]),
    provider("yandex", &["yandex.ru", "yandex.com", "ya.ru"], &["yandex.ru", "yandex.net"]),
    provider("mail-ru", &["mail.ru", "bk.ru", "list.ru", "inbox.ru"], &["mail.ru"]),
    provider("qq", &["qq.com", "foxmail.com"], &["qq.com"]),
    provider("netease", &["163.com", "126.com"], &["netease.com"]),
    provider("mimecast", &[], &["mimecast.com"]),
    provider("proofpoint", &[], &["pphosted.com", "ppe-hosted.com"]),
];
