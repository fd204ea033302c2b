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
            LogFormat::TensorBoard => self.events(),
        };
        write_atomically(path, |out| out.write_all(&bytes))
            .map_err(io_error(format!("{} cannot be written", path.display())))
    }

    fn csv(&self) -> String {
        let mut text = String::from("step,seconds,loss,learning_rate,gradient_norm,held_out_psnr_db\n");
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
                Some(line) => write!(text, ",{},{},{}", line.loss, line.learning_rate, line.gradient_norm),
                None => write!(text, ",,,"),
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

    fn events(&self) -> Vec<u8> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let last = self.steps.last().map_or(0.0, |line| line.seconds);
        let begun_secs = now.map_or(0.0, |now| now.as_secs_f64()) - last;
        let mut file = EventFile::new(begun_secs);
        for line in &self.steps {
            let wall_secs = begun_secs + line.seconds;
            for (tag, value) in [
                ("loss", line.loss),
                ("learning_rate", line.learning_rate),
                ("gradient_norm", line.gradient_norm),
            ] {
                file.scalar(wall_secs, line.step, tag, value);
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
