//! The names that files refer to each other by: one type each, so that a list's name cannot be
//! taken for a template's.

use std::borrow::Borrow;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(#[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$"))] String);

        impl $name {
            /// The name as written; which characters it may have, the schema says.
            pub fn new(name: impl Into<String>) -> Self {
                Self(name.into())
            }

            /// The name as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}

names! {
    /// A list: `lists/<name>.yaml` and `lists/<name>.csv`.
    ListName;
    /// A template: the folder `templates/<name>/`.
    TemplateName;
    /// A sender, as `postmerge.yaml` names it.
    SenderName;
    /// A relay, as `postmerge.yaml` names it.
    RelayName;
    /// A window, as `postmerge.yaml` names it: often its opening time, such as `12:00`.
    WindowName;
    /// A topic that members choose, as the list names it.
    TopicName;
    /// A person, as `postmerge.yaml` names them.
    PersonName;
    /// A provider of mailboxes in the pace table.
    ProviderName;
}
