use std::time::{Duration, Instant};

use serde::Serialize;

/// One line of the table.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    /// What was measured, with its size.
    pub(super) what: String,
    /// Median, in milliseconds.
    pub(super) median_ms: f64,
    /// Fastest, in milliseconds.
    pub(super) fastest_ms: f64,
    /// How often it was done.
    pub(super) repeats: usize,
    /// Floating-point operations that it cannot do without; 0 where bytes are what counts.
    pub(super) flops: u64,
    /// Bytes that must be read and written at least.
    pub(super) bytes: u64,
    /// Anything else that is to be said.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) note: String,
}

impl Row {
    pub(super) fn of(what: impl Into<String>, times: &[Duration]) -> Self {
        let mut ms: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
        Self::of_ms(what, &mut ms)
    }

    /// From milliseconds, in any order.
    pub(super) fn of_ms(what: impl Into<String>, ms: &mut [f64]) -> Self {
        ms.sort_by(f64::total_cmp);
        Self {
            what: what.into(),
            median_ms: ms.get(ms.len() / 2).copied().unwrap_or(f64::NAN),
            fastest_ms: ms.first().copied().unwrap_or(f64::NAN),
            repeats: ms.len(),
            flops: 0,
            bytes: 0,
            note: String::new(),
        }
    }

    pub(super) fn with_flops(self, flops: u64) -> Self {
        Self { flops, ..self }
    }

    pub(super) fn with_bytes(self, bytes: usize) -> Self {
        Self { bytes: bytes as u64, ..self }
    }

    pub(super) fn with_note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    /// What the median comes to, in GFLOP/s; `None` where operations are not what counts.
    pub(super) fn gflops(&self) -> Option<f64> {
        (self.flops > 0).then(|| self.flops as f64 / self.median_ms / 1e6)
    }
}

/// Do something again and again, once to warm up and then for about `seconds`, three times at least.
pub(super) fn repeat<T>(
    seconds: f64,
    mut work: impl FnMut() -> anyhow::Result<T>,
) -> anyhow::Result<Vec<Duration>> {
    std::hint::black_box(work()?);
    let mut times = Vec::new();
    let begun = Instant::now();
    while times.len() < 3 || begun.elapsed().as_secs_f64() < seconds {
        let start = Instant::now();
        std::hint::black_box(work()?);
        times.push(start.elapsed());
    }
    Ok(times)
}

/// Most memory that the program has held, in megabytes; `None` where the platform does not tell.
pub(super) fn peak_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1.024e-3)
}
