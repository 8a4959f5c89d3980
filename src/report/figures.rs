//! Numbers, sizes and times as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(super) use crate::diagnostic::{counted, number};

/// As many as are shown, and how many there are besides.
pub(super) fn some<T>(items: &[T], most: usize) -> (&[T], Option<String>) {
    match items.split_at_checked(most) {
        Some((shown, rest)) if !rest.is_empty() => (
            shown,
            Some(format!("and {} more", number(rest.len() as u64))),
        ),
        _ => (items, None),
    }
}

/// Bytes in the largest unit that leaves at least one of it.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => counted(bytes, "byte", "bytes"),
        1_000..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// Day and time of day, in the organisation's zone.
pub(super) fn moment(at: Timestamp, zone: &TimeZone) -> String {
    let at = at.to_zoned(zone.clone());
    at.strftime("%a %Y-%m-%d %H:%M").to_string()
}

/// The second moment, with its day only where that is another one than the first's.
pub(super) fn until(from: Timestamp, until: Timestamp, zone: &TimeZone) -> String {
    let (from, until) = (from.to_zoned(zone.clone()), until.to_zoned(zone.clone()));
    let format = match from.date() == until.date() {
        true => "%H:%M",
        false => "%a %Y-%m-%d %H:%M",
    };
    until.strftime(format).to_string()
}

/// Milliseconds as seconds, minutes or hours.
pub(super) fn length(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..120_000 if !milliseconds.is_multiple_of(1_000) => {
            format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100)
        }
        1_000..120_000 => format!("{} s", milliseconds / 1_000),
        120_000..7_200_000 => format!("{} min", milliseconds / 60_000),
        _ => format!("{} h", milliseconds / 3_600_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_at_a_glance() {
        let numbers = [0, 999, 1_000, 12_345, 1_234_567].map(number);
        assert_eq!(numbers, ["0", "999", "1,000", "12,345", "1,234,567"]);
        let sizes = [0, 1, 999, 1_001, 123_000, 2_540_000].map(size);
        assert_eq!(
            sizes,
            ["0 bytes", "1 byte", "999 bytes", "2 KB", "123 KB", "2.5 MB"]
        );
        let lengths = [50, 5_000, 2_500, 600_000, 7_200_000].map(length);
        assert_eq!(lengths, ["50 ms", "5 s", "2.5 s", "10 min", "2 h"]);
        assert_eq!(counted(1, "mail", "mails"), "1 mail");
        assert_eq!(some(&[1, 2], 2), (&[1, 2][..], None));
        assert_eq!(
            some(&[1, 2, 3], 2),
            (&[1, 2][..], Some("and 1 more".to_owned()))
        );
    }
}
