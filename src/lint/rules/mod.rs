//! The register: one file per rule, and a line for each here. A test holds files, register and pages
//! (`docs/rules/<name>.md`) together.

use super::Check;

pub mod address_invalid;
pub mod allowance_unknown;
pub mod allowance_unused;
pub mod brand_colour;
pub mod brand_font;
pub mod ca_file_missing;
pub mod cell_control_character;
pub mod cell_invalid;
pub mod cell_not_utf8;
pub mod contrast_low;
pub mod document_missing;
pub mod filter_unknown;
pub mod heading_order;
pub mod heading_wrong;
pub mod hidden_text;
pub mod html_too_large;
pub mod html_unsupported;
pub mod idn_confusable;
pub mod image_alt_missing;
pub mod image_dimensions_missing;
pub mod image_heavy;
pub mod image_missing;
pub mod image_not_hosted;
pub mod image_too_heavy;
pub mod language_missing;
pub mod link_broken_relative;
pub mod link_domain_foreign;
pub mod link_not_https;
pub mod link_private_host;
pub mod link_shortened;
pub mod link_text_mismatch;
pub mod list_empty;
pub mod mail_impossible;
pub mod members_missing;
pub mod owner_unknown;
pub mod path_escapes;
pub mod row_not_renderable;
pub mod row_unreadable;
pub mod row_width;
pub mod script_or_form;
pub mod template_invalid;
pub mod template_layout_missing;
pub mod topic_unknown;
pub mod unknown_list;
pub mod unknown_relay;
pub mod unknown_sender;
pub mod unknown_template;
pub mod variable_empty_for;
pub mod variable_unknown;
pub mod window_unknown;
pub mod zone_invalid;

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
    &topic_unknown::CHECK,
    &owner_unknown::CHECK,
    &zone_invalid::CHECK,
    &members_missing::CHECK,
    &list_empty::CHECK,
    &heading_wrong::CHECK,
    &row_width::CHECK,
    &row_unreadable::CHECK,
    &cell_control_character::CHECK,
    &cell_not_utf8::CHECK,
    &address_invalid::CHECK,
    &cell_invalid::CHECK,
    &template_invalid::CHECK,
    &filter_unknown::CHECK,
    &variable_unknown::CHECK,
    &mail_impossible::CHECK,
    &variable_empty_for::CHECK,
    &row_not_renderable::CHECK,
    &allowance_unused::CHECK,
    &allowance_unknown::CHECK,
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
];
