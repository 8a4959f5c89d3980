//! The schemas in `schemas/` are those that the types make; `postmerge schema --write schemas`
//! writes them.

use std::fs;
use std::path::Path;

use postmerge::workspace::schema::Kind;

#[test]
fn files_equal_types() {
    for kind in Kind::ALL {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("schemas")
            .join(kind.file_name());
        let text = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            text == kind.text(),
            "{}: run `cargo run -- schema --write schemas`",
            path.display()
        );
    }
}
