//! The clock. Nothing that a result depends on comes from here: only names, progress and throughput.
#![expect(
    clippy::disallowed_methods,
    reason = "the lab is the edge, and this module is where it looks at the clock"
)]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Measures time from its making.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    pub(crate) fn seconds(self) -> f64 {
        self.elapsed().as_secs_f64()
    }
}

/// Seconds since 1970.
pub(crate) fn unix_seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}

/// A moment of the proleptic Gregorian calendar, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    year: i64,
    month: u32,
    day: u32,
    second_of_day: u32,
}

impl Moment {
    /// Now.
    pub(crate) fn now() -> Self {
        Self::at(unix_seconds() as i64)
    }

    /// From seconds since 1970 (Hinnant's `civil_from_days`).
    fn at(seconds: i64) -> Self {
        let days = seconds.div_euclid(86_400) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 } as u32;
        Self {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month,
            day: (day_of_year - (153 * shifted + 2) / 5 + 1) as u32,
            second_of_day: seconds.rem_euclid(86_400) as u32,
        }
    }

    const fn time(self) -> (u32, u32, u32) {
        (self.second_of_day / 3600, self.second_of_day / 60 % 60, self.second_of_day % 60)
    }

    /// `20260131-235959`: sorts by time and fits in a file name.
    pub(crate) fn compact(self) -> String {
        let (hour, minute, second) = self.time();
        format!("{:04}{:02}{:02}-{hour:02}{minute:02}{second:02}", self.year, self.month, self.day)
    }

    /// `2026-01-31 23:59:59 UTC`.
    pub(crate) fn readable(self) -> String {
        let (hour, minute, second) = self.time();
        format!("{:04}-{:02}-{:02} {hour:02}:{minute:02}:{second:02} UTC", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn known_moments_have_their_dates() {
        assert_eq!(Moment::at(0).readable(), "1970-01-01 00:00:00 UTC");
        assert_eq!(Moment::at(951_827_696).readable(), "2000-02-29 12:34:56 UTC");
        assert_eq!(Moment::at(4_102_444_799).compact(), "20991231-235959");
    }
}
