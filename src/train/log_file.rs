//! A run's log in other formats.

use std::fmt::Write as _;
use std::path::Path;
use std::time::SystemTime;

use super::event_file::EventFile;
use super::{History, Logged, TrainError, io_error};
use crate::storage::write_atomically;

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Comma-separated values: a line for each step, what was not measured then left blank.
    Csv,
    /// A JSON object a line: as `metrics.jsonl`, without what took the time.
    Jsonl,
    /// TensorBoard's event file.
    TensorBoard,
}

impl LogFormat {
    /// By the end of a file's name: `.csv`, `.jsonl` or `.tfevents`.
    ///
    /// # Errors
    /// [`TrainError::Config`] if it is another one.
    pub fn of(path: &Path) -> Result<Self, TrainError> {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        match extension.as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("jsonl") => Ok(Self::Jsonl),
            Some("tfevents") => Ok(Self::TensorBoard),
            _ => Err(TrainError::Config(format!(
                "{} should end in .csv, .jsonl or .tfevents, which says the format",
                path.display()
            ))),
        }
    }
}

impl History {
    /// Write the log into a file, its format by the name.
    ///
    /// # Errors
    /// [`TrainError`] if the name says no format, or the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), TrainError> {
        let bytes = match LogFormat::of(path)? {
            LogFormat::Csv => self.csv().into_bytes(),
            LogFormat::Jsonl => self.jsonl()?.into_bytes(),
            LogFormat::TensorBoard => {
                // As if it had begun so long ago as it has worked: its log knows no clock.
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                let worked_secs = self.steps.last().map_or(0.0, |line| line.seconds);
                self.events(now.map_or(0.0, |now| now.as_secs_f64()) - worked_secs)
            }
        };
        write_atomically(path, |out| out.write_all(&bytes))
            .map_err(io_error(format!("{} cannot be written", path.display())))
    }

    fn csv(&self) -> String {
        let mut text =
            String::from("step,seconds,loss,learning_rate,gradient_norm,memory_bytes,held_out_psnr_db\n");
        let mut held_out = self.held_out.iter().peekable();
        let mut steps = self.steps.iter().peekable();
        loop {
            let step = steps.peek().map(|line| line.step);
            let measured = held_out.peek().map(|line| line.step);
            let Some(first) = [step, measured].into_iter().flatten().min() else { return text };
            let line = steps.next_if(|line| line.step == first);
            let found = held_out.next_if(|line| line.step == first);
            let seconds = line.map(|line| line.seconds).or(found.map(|found| found.seconds)).unwrap_or(0.0);
            // Writing to a String cannot fail.
            write!(text, "{first},{seconds}").ok();
            match line {
                Some(line) => {
                    let memory = line.memory_bytes.map_or(String::new(), |bytes| bytes.to_string());
                    write!(text, ",{},{},{},{memory}", line.loss, line.learning_rate, line.gradient_norm)
                }
                None => write!(text, ",,,,"),
            }
            .ok();
            match found {
                Some(found) => writeln!(text, ",{}", found.psnr_db),
                None => writeln!(text, ","),
            }
            .ok();
        }
    }

    fn jsonl(&self) -> Result<String, TrainError> {
        let steps = self.steps.iter().map(|line| Logged::Step(*line));
        let mut lines: Vec<Logged> =
            steps.chain(self.held_out.iter().cloned().map(Logged::HeldOut)).collect();
        lines.sort_by_key(Logged::step);
        let mut text = String::new();
        for line in lines {
            text += &serde_json::to_string(&line).map_err(|err| TrainError::Config(err.to_string()))?;
            text.push('\n');
        }
        Ok(text)
    }

    /// An event file of a run that began at this time, in seconds since 1970.
    fn events(&self, begun_secs: f64) -> Vec<u8> {
        let mut file = EventFile::new(begun_secs);
        for line in &self.steps {
            let wall_secs = begun_secs + line.seconds;
            for (tag, value) in [
                ("loss", Some(line.loss)),
                ("learning_rate", Some(line.learning_rate)),
                ("gradient_norm", Some(line.gradient_norm)),
                ("memory_bytes", line.memory_bytes.map(|bytes| bytes as f64)),
            ] {
                if let Some(value) = value {
                    file.scalar(wall_secs, line.step, tag, value);
                }
            }
        }
        for found in &self.held_out {
            let wall_secs = begun_secs + found.seconds;
            for (tag, value) in [
                ("held_out/psnr_db", Some(found.psnr_db)),
                ("held_out/ssim", found.ssim),
                ("held_out/si_sdr_db", found.si_sdr_db),
                ("held_out/lsd_db", found.lsd_db),
            ] {
                if let Some(value) = value {
                    file.scalar(wall_secs, found.step, tag, value);
                }
            }
        }
        file.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::train::{LoggedHeldOut, LoggedStep};

    fn history() -> History {
        let step = |step, seconds, loss, learning_rate, gradient_norm| LoggedStep {
            step,
            seconds,
            loss,
            learning_rate,
            gradient_norm,
            memory_bytes: None,
        };
        let found = LoggedHeldOut {
            seconds: 2.5,
            step: 300,
            psnr_db: 24.5,
            ssim: Some(0.75),
            si_sdr_db: None,
            lsd_db: None,
            each: BTreeMap::new(),
        };
        let steps = vec![step(1, 0.5, 0.25, 1e-3, 3.0), step(300, 2.25, 0.0625, 2e-3, 0.5)];
        History { steps, held_out: vec![found], read_bytes: 0 }
    }

    /// Byte for byte what TensorBoard's own writer makes of the same: `tests/golden/make_events.py`.
    #[test]
    fn an_event_file_is_the_one_that_tensorboard_writes() {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/events.tfevents");
        assert!(history().events(1_700_000_000.0) == std::fs::read(golden).unwrap());
    }

    #[test]
    fn a_log_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        history().write(&folder.path().join("metrics.jsonl")).unwrap();
        let read = History::read(folder.path(), 0).unwrap();
        assert_eq!((&read.steps, &read.held_out), (&history().steps, &history().held_out));
        let path = folder.path().join("log.csv");
        history().write(&path).unwrap();
        let expected = "step,seconds,loss,learning_rate,gradient_norm,memory_bytes,held_out_psnr_db\n\
                        1,0.5,0.25,0.001,3,,\n300,2.25,0.0625,0.002,0.5,,24.5\n";
        assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
        assert!(history().write(&folder.path().join("log.txt")).is_err());
        // A line that is still being written is left for the next time.
        let whole = std::fs::read(folder.path().join("metrics.jsonl")).unwrap();
        let log = folder.path().join("metrics.jsonl");
        write_atomically(&log, |out| out.write_all(&whole[..whole.len() - 9])).unwrap();
        let part = History::read(folder.path(), 0).unwrap();
        assert!((part.steps.len(), part.held_out.len()) == (2, 0) && part.read_bytes < read.read_bytes);
        write_atomically(&log, |out| out.write_all(&whole)).unwrap();
        assert_eq!(History::read(folder.path(), part.read_bytes).unwrap().held_out.len(), 1);
    }
}
