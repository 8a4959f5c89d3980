//! The register: one file per rule, and a line for each here. A test holds files, register and pages
//! (`docs/rules/<name>.md`) together.

use super::Check;

pub mod address_invalid;
pub mod allowance_unknown;
pub mod allowance_unused;
pub mod attachment_forbidden;
pub mod attachment_too_large;
pub mod attachment_type;
pub mod audience_empty;
pub mod audience_outside_expectation;
pub mod body_empty;
pub mod brand_colour;
pub mod brand_font;
pub mod ca_file_missing;
pub mod cell_control_character;
pub mod cell_not_utf8;
pub mod codeowners_missing;
pub mod codeowners_outdated;
pub mod column_type_invalid;
pub mod confirm_link_misplaced;
pub mod confirm_link_missing;
pub mod consent_missing;
pub mod contrast_low;
pub mod date_impossible;
pub mod date_past;
pub mod dictionary_unreadable;
pub mod display_name_misleading;
pub mod disposable_domain;
pub mod document_late;
pub mod document_missing;
pub mod document_missing_for;
pub mod duplicate_id;
pub mod duplicate_member;
pub mod file_ignored;
pub mod filter_unknown;
pub mod force_without_reason;
pub mod formula_cell;
pub mod from_domain_foreign;
pub mod header_injection;
pub mod heading_order;
pub mod heading_wrong;
pub mod hidden_text;
pub mod html_too_large;
pub mod html_unsupported;
pub mod id_renamed_after_sending;
pub mod idn_confusable;
pub mod image_alt_missing;
pub mod image_dimensions_missing;
pub mod image_heavy;
pub mod image_missing;
pub mod image_not_hosted;
pub mod image_too_heavy;
pub mod invitation_closed;
pub mod join_link_missing;
pub mod join_link_unfounded;
pub mod joining_impossible;
pub mod key_order;
pub mod language_missing;
pub mod link_broken_relative;
pub mod link_domain_foreign;
pub mod link_not_https;
pub mod link_private_host;
pub mod link_shortened;
pub mod link_text_mismatch;
pub mod list_empty;
pub mod list_not_checked;
pub mod list_not_owned;
pub mod logo_misused;
pub mod mail_impossible;
pub mod management_approval_missing;
pub mod members_missing;
pub mod misspelling;
pub mod misspelt_domain;
pub mod notice_too_short;
pub mod one_click_unavailable;
pub mod owner_unknown;
pub mod path_escapes;
pub mod portal_not_public;
pub mod postal_address_missing;
pub mod purpose_mixed;
pub mod reconfirmation_missing;
pub mod reply_to_missing;
pub mod role_address;
pub mod row_malformed;
pub mod row_not_renderable;
pub mod row_unreadable;
pub mod row_untried;
pub mod schema_comment_missing;
pub mod script_or_form;
pub mod segment_type_error;
pub mod sent_campaign_changed;
pub mod severity_unknown;
pub mod spam_phrase;
pub mod stale_list;
pub mod subject_empty;
pub mod subject_fake_reply;
pub mod subject_shouting;
pub mod subject_too_long;
pub mod template_invalid;
pub mod template_late;
pub mod template_layout_missing;
pub mod template_unapproved;
pub mod topic_unknown;
pub mod topics_without_column;
pub mod tracking_without_effect;
pub mod typography;
pub mod unknown_list;
pub mod unknown_relay;
pub mod unknown_sender;
pub mod unknown_template;
pub mod unsubscribe_missing;
pub mod variable_empty_for;
pub mod variable_one_brace;
pub mod variable_unknown;
pub mod variable_unused_column_typo;
pub mod window_unknown;
pub mod zone_invalid;

/// The rules that find something in a campaign because of another campaign.
pub const COMPARING: [&str; 1] = [duplicate_id::CHECK.rule.code];

/// Every rule that compares files, by code.
pub static ALL: &[&Check] = &[
    &document_missing::CHECK,
    &path_escapes::CHECK,
    &template_layout_missing::CHECK,
    &ca_file_missing::CHECK,
    &unknown_list::CHECK,
    &unknown_template::CHECK,
    &unknown_sender::CHECK,
    &unknown_relay::CHECK,
    &window_unknown::CHECK,
    &date_impossible::CHECK,
    &topic_unknown::CHECK,
    &owner_unknown::CHECK,
    &zone_invalid::CHECK,
    &members_missing::CHECK,
    &list_empty::CHECK,
    &heading_wrong::CHECK,
    &row_malformed::CHECK,
    &row_unreadable::CHECK,
    &cell_control_character::CHECK,
    &cell_not_utf8::CHECK,
    &address_invalid::CHECK,
    &column_type_invalid::CHECK,
    &list_not_checked::CHECK,
    &template_invalid::CHECK,
    &filter_unknown::CHECK,
    &variable_unknown::CHECK,
    &mail_impossible::CHECK,
    &variable_empty_for::CHECK,
    &row_not_renderable::CHECK,
    &row_untried::CHECK,
    &allowance_unused::CHECK,
    &allowance_unknown::CHECK,
    &severity_unknown::CHECK,
    &link_not_https::CHECK,
    &link_shortened::CHECK,
    &link_text_mismatch::CHECK,
    &link_private_host::CHECK,
    &link_broken_relative::CHECK,
    &link_domain_foreign::CHECK,
    &idn_confusable::CHECK,
    &image_not_hosted::CHECK,
    &image_missing::CHECK,
    &image_alt_missing::CHECK,
    &image_dimensions_missing::CHECK,
    &image_too_heavy::CHECK,
    &heading_order::CHECK,
    &language_missing::CHECK,
    &script_or_form::CHECK,
    &hidden_text::CHECK,
    &html_unsupported::CHECK,
    &html_too_large::CHECK,
    &image_heavy::CHECK,
    &contrast_low::CHECK,
    &brand_colour::CHECK,
    &brand_font::CHECK,
    &subject_too_long::CHECK,
    &subject_empty::CHECK,
    &subject_shouting::CHECK,
    &subject_fake_reply::CHECK,
    &spam_phrase::CHECK,
    &variable_one_brace::CHECK,
    &variable_unused_column_typo::CHECK,
    &from_domain_foreign::CHECK,
    &reply_to_missing::CHECK,
    &display_name_misleading::CHECK,
    &one_click_unavailable::CHECK,
    &confirm_link_missing::CHECK,
    &confirm_link_misplaced::CHECK,
    &reconfirmation_missing::CHECK,
    &duplicate_member::CHECK,
    &role_address::CHECK,
    &disposable_domain::CHECK,
    &misspelt_domain::CHECK,
    &formula_cell::CHECK,
    &stale_list::CHECK,
    &segment_type_error::CHECK,
    &consent_missing::CHECK,
    &audience_outside_expectation::CHECK,
    &purpose_mixed::CHECK,
    &attachment_forbidden::CHECK,
    &attachment_type::CHECK,
    &attachment_too_large::CHECK,
    &audience_empty::CHECK,
    &list_not_owned::CHECK,
    &notice_too_short::CHECK,
    &date_past::CHECK,
    &template_unapproved::CHECK,
    &document_late::CHECK,
    &template_late::CHECK,
    &management_approval_missing::CHECK,
    &unsubscribe_missing::CHECK,
    &postal_address_missing::CHECK,
    &header_injection::CHECK,
    &document_missing_for::CHECK,
    &duplicate_id::CHECK,
    &force_without_reason::CHECK,
    &logo_misused::CHECK,
    &sent_campaign_changed::CHECK,
    &id_renamed_after_sending::CHECK,
    &misspelling::CHECK,
    &schema_comment_missing::CHECK,
    &key_order::CHECK,
    &typography::CHECK,
    &codeowners_outdated::CHECK,
    &codeowners_missing::CHECK,
    &dictionary_unreadable::CHECK,
    &file_ignored::CHECK,
    &body_empty::CHECK,
    &tracking_without_effect::CHECK,
    &invitation_closed::CHECK,
    &join_link_missing::CHECK,
    &join_link_unfounded::CHECK,
    &joining_impossible::CHECK,
    &topics_without_column::CHECK,
    &portal_not_public::CHECK,
];
