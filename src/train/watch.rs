//! Whether the loss of a run has left what it was.

use super::{StepReport, TrainError};

/// Steps that are looked at before anything is said.
const FIRST: u32 = 20;
/// Decay of the running mean of the loss's logarithm.
const DECAY: f64 = 0.98;
/// A loss that is so many times the running mean is suspicious.
const TIMES: f64 = 30.0;
/// So many suspicious steps in a row are an explosion.
const IN_A_ROW: u32 = 5;

/// Looks at the loss of every step.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Watch {
    seen: u32,
    mean_log: f64,
    suspicious: u32,
}

impl Watch {
    /// Look at a step.
    ///
    /// # Errors
    /// [`TrainError::Exploded`] if the loss has been far above its running mean for several steps.
    pub(super) fn see(&mut self, report: &StepReport) -> Result<(), TrainError> {
        if report.loss <= 0.0 {
            return Ok(());
        }
        let log = report.loss.ln();
        if self.seen >= FIRST && log > self.mean_log + TIMES.ln() {
            self.suspicious += 1;
            if self.suspicious < IN_A_ROW {
                return Ok(());
            }
            let times = (log - self.mean_log).exp();
            return Err(TrainError::Exploded {
                steps: report.step,
                times,
                learning_rate: report.learning_rate,
            });
        }
        self.suspicious = 0;
        self.seen += 1;
        // As the mean of few at first.
        let share = (1.0 - DECAY).max(f64::from(self.seen).recip());
        self.mean_log += share * (log - self.mean_log);
        Ok(())
    }

    /// Whether the last step was suspicious.
    pub(super) fn is_alarmed(&self) -> bool {
        self.suspicious > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(step: u32, loss: f64) -> StepReport {
        let timings = super::super::StepTimings::default();
        StepReport {
            step,
            loss,
            psnr_db: 0.0,
            nll: None,
            learning_rate: 1e-3,
            gradient_norm: 1.0,
            memory_bytes: None,
            timings,
        }
    }

    #[test]
    fn an_outlier_is_let_pass_and_an_explosion_is_not() {
        let mut watch = Watch::default();
        for index in 0..100 {
            let loss = if index == 50 { 40.0 } else { 1.0 / f64::from(index + 1) };
            assert!(watch.see(&step(index, loss)).is_ok());
            assert_eq!(watch.is_alarmed(), index == 50);
        }
        let explosion: Vec<bool> = (0..5).map(|index| watch.see(&step(100 + index, 3.0)).is_err()).collect();
        assert_eq!(explosion, [false, false, false, false, true]);
    }
}
