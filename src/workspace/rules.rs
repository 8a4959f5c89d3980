//! What loading itself can find: the rules of files, YAML and schemas. The rules that compare files
//! with each other stand in `lint`, which joins both into one register.

use crate::diagnostic::{Rule, Severity};

macro_rules! rules {
    ($($constant:ident $code:literal $name:literal $severity:ident $summary:literal;)*) => {
        $(
            #[doc = $summary]
            pub static $constant: Rule = Rule {
                code: $code,
                name: $name,
                severity: Severity::$severity,
                summary: $summary,
            };
        )*

        /// Every rule of loading, by code.
        pub static ALL: &[&Rule] = &[$(&$constant),*];
    };
}

rules! {
    FILE_MISSING "PM001" "file-missing" Error "A file that must be there is missing.";
    FILE_UNREADABLE "PM002" "file-unreadable" Error "A file or folder cannot be read.";
    LINK_NOT_FOLLOWED "PM003" "link-not-followed" Error "A file is a symbolic link, or no regular file.";
    FILE_TOO_LARGE "PM004" "file-too-large" Error "A file is larger than such files may be.";
    NOT_UTF8 "PM005" "not-utf8" Error "A file is not encoded in UTF-8.";
    CONTROL_CHARACTER "PM006" "control-character" Error "A file holds a character that no text has, such as NUL.";
    BYTE_ORDER_MARK "PM007" "byte-order-mark" Warning "A file starts with a byte order mark.";
    YAML_MALFORMED "PM010" "yaml-malformed" Error "A file is not well-formed YAML.";
    YAML_EMPTY "PM011" "yaml-empty" Error "A file says nothing: it is empty, or holds comments only.";
    SEVERAL_DOCUMENTS "PM012" "several-documents" Error "A file holds several YAML documents.";
    DUPLICATE_KEY "PM013" "duplicate-key" Error "A mapping has the same key twice.";
    NESTING_TOO_DEEP "PM014" "nesting-too-deep" Error "Values are nested deeper than any such file needs.";
    ALIAS_USED "PM015" "alias-used" Error "A file uses an anchor or an alias.";
    TAG_USED "PM016" "tag-used" Error "A file gives a value a YAML tag.";
    SCHEMA_INVALID "PM020" "schema-invalid" Error "A value is not of the kind that its key takes.";
    UNKNOWN_KEY "PM021" "unknown-key" Error "A mapping has a key that means nothing there.";
    KEY_MISSING "PM022" "key-missing" Error "A mapping lacks a key that it must have.";
    CAMPAIGN_ID_INVALID "PM030" "campaign-id-invalid" Error "A campaign's folder has a path that cannot be its id.";
    BODY_MISSING "PM031" "body-missing" Error "A campaign has neither `body.md` nor `body.html`, or both.";
    NAME_INVALID "PM032" "name-invalid" Error "A list's file or a template's folder has a name that nothing can refer to.";
    MEMBERS_TWICE "PM037" "members-twice" Error "A list has its members twice, encrypted and not.";
}
