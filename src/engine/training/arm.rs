//! One run of a thread that trains.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{RunId, RunNews, RunOrder, RunPlan, RunTick, Serving, WhyPaused};
use crate::engine::inference::write_field;
use crate::engine::report::{Failure, Report, caught};
use crate::model::{Mode, best_device};
use crate::train::{LoggedStep, Run, TrainError, TrainingData, Trial};

/// Between two wakings for lines of the log.
const WAKE_EVERY: Duration = Duration::from_millis(200);

/// A run that takes steps until it is done, fails or is stopped.
pub(super) struct Arm {
    pub(super) id: RunId,
    pub(super) mode: Mode,
    pub(super) out: PathBuf,
    /// `None` once it has ended.
    run: Option<Run>,
    is_paused: bool,
    serving: Option<Serving>,
    served: Option<Instant>,
    woken: Instant,
}

impl Arm {
    /// Ready for its first step; `None` if that failed, which was said.
    pub(super) fn prepare(
        plan: &RunPlan,
        data: &Arc<TrainingData>,
        within: Option<Duration>,
        report: &Report,
    ) -> Option<Self> {
        match caught(|| Ok(start(plan, data, within, report)?)) {
            Ok(run) => {
                let arm = Self {
                    id: plan.run,
                    mode: plan.sources.mode,
                    out: plan.out.clone(),
                    run: Some(run),
                    is_paused: false,
                    serving: None,
                    served: None,
                    woken: Instant::now(),
                };
                report.tick(arm.id, RunTick::Back(arm.step()), false);
                arm.say_began(report);
                arm.say_held_out(report);
                Some(arm)
            }
            Err(failed) => {
                report.news(plan.run, failed.into());
                None
            }
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.run.is_none()
    }

    pub(super) fn is_at_work(&self) -> bool {
        self.run.is_some() && !self.is_paused
    }

    /// The part of its steps that is done.
    pub(super) fn part_done(&self) -> f64 {
        self.run.as_ref().map_or(1.0, |run| {
            let (done, steps) = run.steps();
            f64::from(done) / f64::from(steps.max(1))
        })
    }

    /// One step, or the end.
    pub(super) fn advance(&mut self, report: &Report) {
        let Some(run) = &mut self.run else { return };
        if run.is_finished() {
            let (step, model) = (run.steps().0, run.model_path());
            self.run = None;
            return report.news(self.id, RunNews::Finished { step, model });
        }
        let before = run.held_out().map(|found| found.step);
        let stepped = caught(|| match run.step() {
            Ok(step) => Ok(Ok((step, run.seconds()))),
            Err(diverged @ (TrainError::Diverged { .. } | TrainError::Exploded { .. })) => {
                run.rewind()?;
                Ok(Err(diverged))
            }
            Err(other) => Err(Failure::from(other)),
        });
        match stepped {
            Ok(Ok((step, seconds))) => {
                let is_due = self.woken.elapsed() >= WAKE_EVERY;
                if is_due {
                    self.woken = Instant::now();
                }
                let tick = RunTick::Step(LoggedStep::of(&step, seconds));
                report.tick(self.id, tick, is_due);
                if self.run.as_ref().and_then(Run::held_out).map(|found| found.step) != before {
                    self.say_held_out(report);
                }
                self.serve(report, false);
            }
            Ok(Err(diverged)) => {
                self.is_paused = true;
                let (why, step) = (WhyPaused::Diverged(diverged.to_string()), self.step());
                report.tick(self.id, RunTick::Back(step), false);
                report.news(self.id, RunNews::Paused { why, step });
            }
            Err(failed) => {
                self.run = None;
                report.news(self.id, failed.into());
            }
        }
    }

    /// Do what was told.
    pub(super) fn obey(&mut self, order: RunOrder, report: &Report) {
        let Some(run) = &mut self.run else { return };
        let step = run.steps().0;
        match order {
            RunOrder::Pause if !self.is_paused => {
                self.is_paused = true;
                report.news(self.id, RunNews::Paused { why: WhyPaused::Asked, step });
            }
            RunOrder::Resume if self.is_paused => {
                self.is_paused = false;
                report.news(self.id, RunNews::Resumed);
            }
            RunOrder::Pause | RunOrder::Resume => {}
            RunOrder::Stop => self.stop(report),
            RunOrder::Change(change) => match run.change(change) {
                Ok(()) => self.say_began(report),
                Err(err) => report.news(self.id, RunNews::Refused(err.to_string())),
            },
            RunOrder::Checkpoint => match run.checkpoint() {
                Ok(()) => report.news(self.id, RunNews::Kept { step }),
                Err(err) => report.news(self.id, RunNews::Refused(err.to_string())),
            },
            RunOrder::Serve(serving) => {
                self.serving = serving;
                self.serve(report, true);
            }
        }
    }

    /// Checkpoint and end.
    pub(super) fn stop(&mut self, report: &Report) {
        let Some(run) = self.run.take() else { return };
        let step = run.steps().0;
        match caught(|| Ok(run.checkpoint()?)) {
            Ok(()) => report.news(self.id, RunNews::Stopped { step }),
            Err(failed) => report.news(self.id, failed.into()),
        }
    }

    /// Write the field of what is served, if that is due.
    fn serve(&mut self, report: &Report, is_at_once: bool) {
        let (Some(run), Some(serving)) = (&self.run, &self.serving) else { return };
        let is_due = self.served.is_none_or(|served| served.elapsed() >= serving.every);
        if !is_due && !is_at_once {
            return;
        }
        let step = run.steps().0;
        let written = caught(|| write_field(&run.model(), &serving.signal, &mut |_| true));
        match written {
            Ok(Some(encoded)) => {
                let item = serving.item;
                report.news(self.id, RunNews::Served { item, encoded, step });
            }
            Ok(None) => {}
            Err(failed) => {
                self.serving = None;
                report.news(self.id, RunNews::Refused(failed.message));
            }
        }
        self.served = Some(Instant::now());
    }

    fn step(&self) -> u32 {
        self.run.as_ref().map_or(0, |run| run.steps().0)
    }

    fn say_began(&self, report: &Report) {
        let Some(run) = &self.run else { return };
        let (config, model) = (Box::new(run.config().clone()), Box::new(run.model_config().clone()));
        report.news(self.id, RunNews::Began { config, model, step: run.steps().0 });
    }

    fn say_held_out(&self, report: &Report) {
        if let Some(found) = self.run.as_ref().and_then(Run::held_out) {
            report.news(self.id, RunNews::HeldOut(found.clone()));
        }
    }
}

fn start(
    plan: &RunPlan,
    data: &Arc<TrainingData>,
    within: Option<Duration>,
    report: &Report,
) -> Result<Run, TrainError> {
    let device = best_device();
    let inputs = plan.sources.inputs(&plan.out);
    if plan.is_resumed {
        report.news(plan.run, RunNews::Preparing("Reading its last checkpoint"));
        return Run::resume(&inputs, Arc::clone(data), &device);
    }
    let mut config = plan.config.clone();
    if let Some(within) = within {
        report.news(plan.run, RunNews::Preparing("Measuring its speed"));
        config.steps = Trial::measure(&config, &inputs, data, &device)?.steps_within(within);
    }
    report.news(plan.run, RunNews::Preparing("Looking at the held-out data"));
    let run = Run::start(config, &inputs, Arc::clone(data), &device)?;
    plan.sources.write(&plan.out)?;
    Ok(run)
}
