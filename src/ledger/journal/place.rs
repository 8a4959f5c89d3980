//! Which file a journal was begun as, so that a copy of it is told from the journal itself.
//!
//! A copy knows nothing of what its original wrote after it was made: that it does not speak of
//! somebody's mail proves nothing. Where the system has no file numbers the folder's path stands in,
//! and a copy that was put in its original's place is not noticed.

use std::fs::File;
use std::io;
use std::path::Path;

/// A file's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The file system; its number may change when the machine starts again.
    pub(super) device: u64,
    /// The file in it.
    pub(super) file: u64,
}

impl Place {
    /// Of an open journal in `folder`.
    #[cfg(unix)]
    pub(super) fn of(file: &File, _folder: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let metadata = file.metadata()?;
        Ok(Self {
            device: metadata.dev(),
            file: metadata.ino(),
        })
    }

    /// Of an open journal in `folder`.
    #[cfg(not(unix))]
    pub(super) fn of(_file: &File, folder: &Path) -> io::Result<Self> {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut hasher = DefaultHasher::new();
        folder.canonicalize()?.hash(&mut hasher);
        Ok(Self {
            device: 0,
            file: hasher.finish(),
        })
    }
}

/// What a journal's silence proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trace {
    /// Everything: whoever it does not speak of was not begun.
    Exact,
    /// Nothing: the machine went down since, and what was not synced is gone.
    Rebooted,
    /// Nothing: it is a copy, and the run that wrote the original may live.
    Copied,
}

impl Trace {
    /// Of a journal that was begun as `then` in the start of the machine `boot`, found as `now`.
    pub(super) fn of(
        (then, boot): (Place, Option<&str>),
        (now, boot_now): (Place, Option<&str>),
    ) -> Self {
        let up_since = boot.is_some() && boot == boot_now;
        match up_since {
            _ if then.file != now.file => Self::Copied,
            true if then.device != now.device => Self::Copied,
            true => Self::Exact,
            false => Self::Rebooted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_file_on_a_machine_that_stayed_up_proves_anything() {
        let place = |device, file| Place { device, file };
        let up = Some("a");
        for (then, now, expected) in [
            ((place(1, 7), up), (place(1, 7), up), Trace::Exact),
            ((place(1, 7), up), (place(1, 7), Some("b")), Trace::Rebooted),
            // Numbers of file systems without a device of their own change.
            ((place(1, 7), up), (place(2, 7), Some("b")), Trace::Rebooted),
            ((place(1, 7), None), (place(1, 7), None), Trace::Rebooted),
            ((place(1, 7), up), (place(1, 8), up), Trace::Copied),
            ((place(1, 7), up), (place(2, 7), up), Trace::Copied),
            ((place(1, 7), up), (place(1, 8), Some("b")), Trace::Copied),
        ] {
            assert_eq!(Trace::of(then, now), expected, "{then:?} {now:?}");
        }
    }
}
