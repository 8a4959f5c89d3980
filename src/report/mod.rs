//! What people are shown: a plan on a terminal, in a pull request and as JSON; what became of mails, and a site of it all. Words and order; decides
//! nothing, prints nothing, opens nothing.

mod figures;
pub mod history;
pub mod plan_json;
pub mod plan_markdown;
pub mod plan_text;
mod plan_words;
pub mod preview;
pub mod site;
