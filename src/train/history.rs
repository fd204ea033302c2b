//! What a run has logged: the lines of its `metrics.jsonl`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{StepReport, TrainError, io_error};

/// A step as it was logged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LoggedStep {
    /// Steps done, this one included.
    pub step: u32,
    /// Seconds of work.
    pub seconds: f64,
    /// See [`StepReport::loss`].
    pub loss: f64,
    /// Learning rate of weight tokens, heads and base.
    pub learning_rate: f64,
    /// Euclidean norm of the whole gradient, before clipping.
    pub gradient_norm: f64,
    /// Bytes that the program held in memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
}

/// What was measured on held-out data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoggedHeldOut {
    /// Seconds of work.
    pub seconds: f64,
    /// Steps done.
    pub step: u32,
    /// Mean over the held-out items.
    pub psnr_db: f64,
    /// Of what is seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssim: Option<f64>,
    /// Of what is heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub si_sdr_db: Option<f64>,
    /// Of what is heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lsd_db: Option<f64>,
    /// PSNR in dB of each item.
    #[serde(default)]
    pub each: BTreeMap<String, f64>,
}

/// A line of `metrics.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Logged {
    /// Of a step.
    Step(LoggedStep),
    /// Of an evaluation.
    HeldOut(LoggedHeldOut),
}

/// A run's lines, and how far its file was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// Steps, in their order.
    pub steps: Vec<LoggedStep>,
    /// Evaluations, in their order.
    pub held_out: Vec<LoggedHeldOut>,
    /// Bytes of the file that were read: all of its whole lines.
    pub read_bytes: u64,
}

impl Logged {
    /// A line; `None` if it is none.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }

    /// Steps done.
    #[must_use]
    pub fn step(&self) -> u32 {
        match self {
            Self::Step(line) => line.step,
            Self::HeldOut(line) => line.step,
        }
    }

    /// Seconds of work.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        match self {
            Self::Step(line) => line.seconds,
            Self::HeldOut(line) => line.seconds,
        }
    }
}

impl LoggedStep {
    /// A step, as it is logged after so many seconds.
    #[must_use]
    pub fn of(report: &StepReport, seconds: f64) -> Self {
        let StepReport { step, loss, learning_rate, gradient_norm, memory_bytes, .. } = *report;
        Self { step, seconds, loss, learning_rate, gradient_norm, memory_bytes }
    }
}

impl History {
    /// Read the log of a run's folder from a byte on: 0, or where an earlier reading ended. A log that is shorter than
    /// that has been written anew, and is read from its beginning: then [`read_bytes`](Self::read_bytes) is less than
    /// `from`. Lines that are none are passed over, and one that is still being written is left for the next time.
    ///
    /// # Errors
    /// [`TrainError::Io`] if the file cannot be read.
    pub fn read(folder: &Path, from: u64) -> Result<Self, TrainError> {
        let path = folder.join("metrics.jsonl");
        let failed = || io_error(format!("{} cannot be read", path.display()));
        let mut file = std::fs::File::open(&path).map_err(failed())?;
        let length = file.metadata().map_err(failed())?.len();
        let begin = if length < from { 0 } else { from };
        file.seek(SeekFrom::Start(begin)).map_err(failed())?;
        let mut found = Self { read_bytes: begin, ..Self::default() };
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let mut line = String::new();
        while reader.read_line(&mut line).map_err(failed())? > 0 && line.ends_with('\n') {
            found.read_bytes += line.len() as u64;
            match Logged::parse(&line) {
                Some(Logged::Step(step)) => found.steps.push(step),
                Some(Logged::HeldOut(held_out)) => found.held_out.push(held_out),
                None => {}
            }
            line.clear();
        }
        Ok(found)
    }
}
