//! Sizes, as a person reads them.

const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];

/// `12.3 MB`.
pub(crate) fn shown(bytes: u64) -> String {
    let (mut whole, mut tenths, mut unit) = (bytes, 0, 0);
    while whole >= 1000 && unit + 1 < UNITS.len() {
        (whole, tenths, unit) = (whole / 1000, whole % 1000 / 100, unit + 1);
    }
    if unit == 0 { format!("{whole} {}", UNITS[0]) } else { format!("{whole}.{tenths} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn sizes_have_one_digit_behind_the_point() {
        let shown = [0, 999, 1000, 12_345_678, 9_999_999_999, u64::MAX].map(shown);
        assert_eq!(shown, ["0 bytes", "999 bytes", "1.0 kB", "12.3 MB", "9.9 GB", "18446744.0 TB"]);
    }
}
