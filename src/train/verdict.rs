//! How a race between tuning modes ended.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::run_folder::short_text;
use super::{History, RunFolder, TrainError, io_error};
use crate::model::Mode;
use crate::storage::write_atomically;

/// Where a race's folder keeps it.
const VERDICT: &str = "verdict.json";
/// The standard normal quantile of 0.975.
const Z: f64 = 1.959_964;

/// What one arm of a race came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contestant {
    /// Which weights learned.
    pub mode: Mode,
    /// The run's folder.
    pub folder: PathBuf,
    /// Of every random draw.
    pub seed: u64,
    /// Steps done.
    pub steps: u32,
    /// Seconds of work.
    pub seconds: f64,
    /// Mean over the held-out items.
    pub psnr_db: f64,
    /// PSNR in dB of each held-out item.
    pub each: BTreeMap<String, f64>,
}

/// How far one arm is behind the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// The arm that is behind.
    pub mode: Mode,
    /// The mean difference over the items, in dB.
    pub mean_db: f64,
    /// Half of the 95 % confidence interval of that mean, by Student's t over the items; none of a single item.
    pub half_width_db: Option<f64>,
    /// Items that both were measured on.
    pub items: usize,
}

/// How a race ended: the arms, the best first, and how sure it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The best first.
    pub arms: Vec<Contestant>,
    /// Of every arm but the first.
    pub gaps: Vec<Gap>,
}

impl Contestant {
    /// What the run of a folder came to, as it logged it last.
    ///
    /// # Errors
    /// [`TrainError`] if the folder cannot be read, or the run has measured nothing.
    pub fn read(mode: Mode, folder: &Path) -> Result<Self, TrainError> {
        let (run, history) = (RunFolder::read(folder)?, History::read(folder, 0)?);
        let Some(last) = history.held_out.last() else {
            return Err(TrainError::Config(format!(
                "nothing is held out in the data of {}, so that there is nothing to compare by",
                folder.display()
            )));
        };
        Ok(Self {
            mode,
            folder: folder.to_owned(),
            seed: run.config.seed,
            steps: last.step,
            seconds: last.seconds,
            psnr_db: last.psnr_db,
            each: last.each.clone(),
        })
    }
}

impl Verdict {
    /// Compare the arms by the items that all were measured on.
    ///
    /// # Errors
    /// [`TrainError::Config`] if there are fewer than two.
    pub fn of(mut arms: Vec<Contestant>) -> Result<Self, TrainError> {
        arms.sort_by(|one, other| other.psnr_db.total_cmp(&one.psnr_db));
        let [first, others @ ..] = arms.as_slice() else {
            return Err(TrainError::Config("a race needs two arms".into()));
        };
        if others.is_empty() {
            return Err(TrainError::Config("a race needs two arms".into()));
        }
        let gaps = others.iter().map(|other| gap(first, other)).collect();
        Ok(Self { arms, gaps })
    }

    /// One sentence for people.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Some(first) = self.arms.first() else { return String::new() };
        let gaps = self.gaps.iter().map(|gap| {
            let sign = if gap.is_clear() { "above" } else { "from" };
            let width = gap.half_width_db.map_or(String::new(), |width| format!(" ± {width:.2}"));
            format!("{:.2}{width} dB {sign} {}", gap.mean_db, gap.mode)
        });
        let gaps = gaps.collect::<Vec<_>>().join(", ");
        let items = self.gaps.iter().map(|gap| gap.items).min().unwrap_or(0);
        let is_clear = self.gaps.iter().all(Gap::is_clear);
        let lead = if is_clear { "leads" } else { "is ahead, too close to call" };
        let basis = match items {
            0 | 1 => format!("{items} held-out item, one seed: no interval"),
            _ => format!("95 % over {items} items, one seed"),
        };
        format!("{} {lead}: {:.2} dB held out, {gaps} ({basis})", first.mode, first.psnr_db)
    }

    /// The verdict that a folder keeps, if it keeps one.
    ///
    /// # Errors
    /// [`TrainError::Io`] if it cannot be read, [`TrainError::Config`] if it is no verdict.
    pub fn read(folder: &Path) -> Result<Option<Self>, TrainError> {
        let path = folder.join(VERDICT);
        if !path.exists() {
            return Ok(None);
        }
        let refused = |err| TrainError::Config(format!("{}: {err}", path.display()));
        serde_json::from_str(&short_text(&path)?).map(Some).map_err(refused)
    }

    /// Keep it in a folder, as `verdict.json`.
    ///
    /// # Errors
    /// [`TrainError::Io`] if that cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), TrainError> {
        let text = serde_json::to_string_pretty(self).map_err(|err| TrainError::Config(err.to_string()))?;
        let path = folder.join(VERDICT);
        write_atomically(&path, |out| out.write_all(text.as_bytes()))
            .map_err(io_error(format!("{} cannot be written", path.display())))
    }
}

impl Gap {
    /// Whether the interval leaves no doubt who is ahead.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.half_width_db.is_some_and(|width| self.mean_db > width)
    }
}

fn gap(first: &Contestant, other: &Contestant) -> Gap {
    let both = first.each.iter().filter_map(|(item, psnr_db)| Some(psnr_db - other.each.get(item)?));
    let differences: Vec<f64> = both.filter(|difference| difference.is_finite()).collect();
    let count = differences.len() as f64;
    let mean_db = differences.iter().sum::<f64>() / count;
    let squares: f64 = differences.iter().map(|difference| (difference - mean_db).powi(2)).sum();
    let error = (squares / (count - 1.0) / count).sqrt();
    let half_width_db = (differences.len() > 1).then(|| t_quantile(count - 1.0) * error);
    Gap { mode: other.mode, mean_db, half_width_db, items: differences.len() }
}

/// The 0.975 quantile of Student's t: of one and two degrees of freedom by its closed forms, of more by Abramowitz and
/// Stegun, 26.7.5, its four corrections.
fn t_quantile(freedom: f64) -> f64 {
    const LEVEL: f64 = 0.95;
    if freedom < 1.5 {
        return (std::f64::consts::FRAC_PI_2 * LEVEL).tan();
    }
    if freedom < 2.5 {
        return LEVEL * (2.0 / (1.0 - LEVEL * LEVEL)).sqrt();
    }
    let odd = |coefficients: [f64; 5]| {
        coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * Z * Z + coefficient) * Z
    };
    Z + odd([1.0, 1.0, 0.0, 0.0, 0.0]) / (4.0 * freedom)
        + odd([3.0, 16.0, 5.0, 0.0, 0.0]) / (96.0 * freedom.powi(2))
        + odd([-15.0, 17.0, 19.0, 3.0, 0.0]) / (384.0 * freedom.powi(3))
        + odd([-945.0, -1_920.0, 1_482.0, 776.0, 79.0]) / (92_160.0 * freedom.powi(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(mode: Mode, each: &[f64]) -> Contestant {
        let psnr_db = each.iter().sum::<f64>() / each.len() as f64;
        let each = each.iter().enumerate().map(|(index, value)| (index.to_string(), *value)).collect();
        Contestant { mode, folder: PathBuf::new(), seed: 0, steps: 1, seconds: 1.0, psnr_db, each }
    }

    /// Quantiles by scipy.stats.t.ppf(0.975, n), differences by hand: 1, 2, 3 have the mean 2 and the error 1/sqrt(3).
    #[test]
    fn the_interval_is_students() {
        let known =
            [(1.0, 12.706_205), (2.0, 4.302_653), (4.0, 2.776_445), (10.0, 2.228_139), (100.0, 1.983_972)];
        for (freedom, expected) in known {
            assert!((t_quantile(freedom) - expected).abs() < 5e-3, "{freedom}: {}", t_quantile(freedom));
        }
        let verdict = Verdict::of(vec![
            arm(Mode::Scratch, &[20.0, 20.0, 20.0]),
            arm(Mode::Prompt, &[21.0, 22.0, 23.0]),
        ])
        .unwrap();
        let [gap] = verdict.gaps.as_slice() else { panic!("{verdict:?}") };
        assert_eq!((verdict.arms[0].mode, gap.mode, gap.items), (Mode::Prompt, Mode::Scratch, 3));
        assert!((gap.mean_db - 2.0).abs() < 1e-12);
        assert!((gap.half_width_db.unwrap() / t_quantile(2.0) - 1.0 / 3.0_f64.sqrt()).abs() < 1e-12);
        assert!(!gap.is_clear() && verdict.sentence().contains("too close to call"));
        let verdict = Verdict::of(vec![arm(Mode::Scratch, &[20.0]), arm(Mode::Prompt, &[21.0])]).unwrap();
        assert_eq!(verdict.gaps[0].half_width_db, None);
        assert!(
            verdict.sentence().ends_with("1.00 dB from scratch (1 held-out item, one seed: no interval)")
        );
    }
}
