/// Of memory, as much is left to others.
const SPARE_BYTES: u64 = 512 << 20;

/// How much memory runs take, and whether there is room for one more: told by `/proc`. Where there is none, there always
/// is.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The most that a worker has had.
    peak_bytes: u64,
    /// What the workers of now have less than that.
    promised_bytes: u64,
    num_workers: usize,
}

impl Memory {
    /// Look at the workers.
    pub(super) fn look(&mut self, workers: impl Iterator<Item = u32>) {
        let seen: Vec<(u64, u64)> = workers.map(used_bytes).collect();
        self.num_workers = seen.len();
        self.peak_bytes = seen.iter().map(|(_, peak)| *peak).fold(self.peak_bytes, u64::max);
        self.promised_bytes = seen.iter().map(|(now, _)| self.peak_bytes.saturating_sub(*now)).sum();
    }

    /// Whether another worker can begin, if it and those that work come to need as much as any has had so far.
    pub(super) fn has_room(&self) -> bool {
        let Some(available) = available_bytes().filter(|_| self.num_workers > 0) else { return true };
        available >= self.peak_bytes + self.promised_bytes + SPARE_BYTES
    }
}

/// What a process has in memory now, and the most that it has had; nothing if that cannot be told.
fn used_bytes(process: u32) -> (u64, u64) {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    (kib_of(&text, "VmRSS:").unwrap_or(0) << 10, kib_of(&text, "VmHWM:").unwrap_or(0) << 10)
}

fn available_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    Some(kib_of(&text, "MemAvailable:")? << 10)
}

fn kib_of(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_run_waits_for_room() {
        let Some(available) = available_bytes() else { return };
        let with =
            |peak_bytes, promised_bytes, num_workers| Memory { peak_bytes, promised_bytes, num_workers };
        assert!(with(4 * available, 0, 0).has_room(), "one is always begun");
        assert!(!with(4 * available, 0, 1).has_room());
        assert!(!with(available / 4, available, 1).has_room());
        assert!(with(0, 0, 1).has_room() || available < SPARE_BYTES);
        let mut memory = Memory::default();
        memory.look(std::iter::once(std::process::id()));
        assert!(memory.peak_bytes > 1 << 20);
    }
}
