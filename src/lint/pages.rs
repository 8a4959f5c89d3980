//! The rules' pages, `docs/rules/<name>.md`, as `postmerge rules NAME` prints them.

macro_rules! pages {
    ($($name:literal)*) => {
        /// Names and pages.
        pub static ALL: &[(&str, &str)] = &[$(
            ($name, include_str!(concat!("../../docs/rules/", $name, ".md"))),
        )*];
    };
}

pages! {
    "file-missing"
    "file-unreadable"
    "link-not-followed"
    "file-too-large"
    "not-utf8"
    "control-character"
    "byte-order-mark"
    "yaml-malformed"
    "yaml-empty"
    "several-documents"
    "duplicate-key"
    "nesting-too-deep"
    "alias-used"
    "tag-used"
    "schema-invalid"
    "unknown-key"
    "key-missing"
    "campaign-id-invalid"
    "body-missing"
    "name-invalid"
    "document-missing"
    "path-escapes"
    "template-layout-missing"
    "ca-file-missing"
    "unknown-list"
    "unknown-template"
    "unknown-sender"
    "unknown-relay"
    "window-unknown"
    "topic-unknown"
    "owner-unknown"
    "zone-invalid"
    "members-missing"
    "list-empty"
    "heading-wrong"
    "row-width"
    "row-unreadable"
    "cell-control-character"
    "cell-not-utf8"
    "address-invalid"
    "cell-invalid"
    "template-invalid"
    "filter-unknown"
    "variable-unknown"
    "mail-impossible"
    "variable-empty-for"
    "row-not-renderable"
    "allowance-unknown"
    "allowance-unused"
    "link-not-https"
    "link-shortened"
    "link-text-mismatch"
    "link-private-host"
    "link-broken-relative"
    "link-domain-foreign"
    "idn-confusable"
    "image-not-hosted"
    "image-missing"
    "image-alt-missing"
    "image-dimensions-missing"
    "image-too-heavy"
    "heading-order"
    "language-missing"
    "script-or-form"
    "hidden-text"
    "html-unsupported"
    "html-too-large"
    "image-heavy"
    "contrast-low"
    "brand-colour"
    "brand-font"
}

/// The page of a rule.
pub fn page(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(n, _)| *n == name).map(|(_, page)| *page)
}
