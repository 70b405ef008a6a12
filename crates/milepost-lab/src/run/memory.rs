//! How many workers the machine's memory can hold.

use std::fs;

/// Bytes that can still be used without swapping. `None` where the system does not say (only Linux does).
pub(super) fn available() -> Option<u64> {
    field(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable")
}

/// Bytes that a process holds now, and the most that it ever held.
pub(super) fn held(process: u32) -> Option<(u64, u64)> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    Some((field(&status, "VmRSS")?, field(&status, "VmHWM")?))
}

/// The value of a line `name:   123 kB`.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// What a worker of this run needs: what the experiment file says, or the most that any held so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Need {
    declared: Option<u64>,
    seen: u64,
}

impl Need {
    pub(super) const fn new(declared: Option<u64>) -> Self {
        Self { declared, seen: 0 }
    }

    /// Takes in the most that a worker held.
    pub(super) fn see(&mut self, most: u64) {
        self.seen = self.seen.max(most);
    }

    const fn bytes(self) -> u64 {
        match self.declared {
            Some(bytes) => bytes,
            None => self.seen,
        }
    }

    /// Whether another worker fits beside those that hold `held` bytes now and may still grow to what they need.
    pub(super) fn fits(self, held: &[u64], available: u64) -> bool {
        let need = self.bytes();
        let to_come: u64 = held.iter().map(|held| need.saturating_sub(*held)).sum();
        available >= need.saturating_add(to_come)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_fits_if_those_that_run_can_still_grow() {
        let need = Need::new(Some(100));
        assert!(need.fits(&[], 100) && !need.fits(&[], 99));
        assert!(need.fits(&[100, 120], 100), "what has grown already is not counted again");
        assert!(!need.fits(&[40], 159) && need.fits(&[40], 160));
    }

    #[test]
    fn without_a_word_in_the_file_the_largest_worker_so_far_counts() {
        let mut need = Need::new(None);
        assert!(need.fits(&[], 0), "nothing is known yet");
        need.see(70);
        need.see(50);
        assert!(!need.fits(&[], 69) && need.fits(&[], 70));
    }

    #[test]
    fn fields_of_the_process_file_system_are_kibibytes() {
        let text = "VmPeak:\t  900 kB\nVmHWM:\t     300 kB\nVmRSS:\t     200 kB\n";
        assert_eq!((field(text, "VmRSS"), field(text, "VmHWM")), (Some(200 << 10), Some(300 << 10)));
        assert_eq!(field(text, "VmSwap"), None);
    }
}
