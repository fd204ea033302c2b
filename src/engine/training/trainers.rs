use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::{Builder, JoinHandle};

use super::pool::beside_the_window;
use super::worker::{self, Told};
use super::{RunId, RunNews, RunPlan, TrainCommand, look};
use crate::engine::EngineError;
use crate::engine::report::{Failed, Failure, Report, caught};

/// Orders that may wait for a run; one more is refused with [`EngineError::Full`].
const ORDERS: usize = 256;

/// The threads that train, seen from the one that gives the commands.
pub(in crate::engine) struct Trainers {
    report: Report,
    /// To the thread of each run.
    orders: HashMap<RunId, SyncSender<Told>>,
    threads: Vec<Thread>,
}

struct Thread {
    handle: JoinHandle<()>,
    /// Set while it reads files, which cannot be cut short.
    is_reading: Arc<AtomicBool>,
}

impl Trainers {
    pub(in crate::engine) fn new(report: Report) -> Self {
        Self { report, orders: HashMap::new(), threads: Vec::new() }
    }

    /// Give a command; never waits.
    pub(in crate::engine) fn send(&mut self, command: TrainCommand) -> Result<(), EngineError> {
        self.tidy();
        match command {
            TrainCommand::Start { arms, within } => {
                let runs: Vec<RunId> = arms.iter().map(|plan| plan.run).collect();
                let (sender, orders) = sync_channel(ORDERS);
                let (report, is_reading) = (self.report.clone(), Arc::new(AtomicBool::new(true)));
                let reading = Arc::clone(&is_reading);
                self.spawn("hyperscope-training", is_reading, move || {
                    let whole = report.clone();
                    let runs: Vec<RunId> = arms.iter().map(|plan| plan.run).collect();
                    let work = move || worker::work(&arms, within, &orders, &reading, &report);
                    if let Err(failure) = beside_the_window(work) {
                        let failed = Failed::of(failure.as_ref());
                        for run in runs {
                            whole.news(run, failed.clone().into());
                        }
                    }
                })?;
                self.orders.extend(runs.into_iter().map(|run| (run, sender.clone())));
                Ok(())
            }
            TrainCommand::Order(run, order) => match self.orders.get(&run) {
                None => Err(EngineError::Stopped),
                Some(orders) => orders.try_send((run, order)).map_err(|err| match err {
                    TrySendError::Full(_) => EngineError::Full,
                    TrySendError::Disconnected(_) => EngineError::Stopped,
                }),
            },
            TrainCommand::LookAtData { run, folder, config } => self
                .ask(run, move || look::data(&folder, &config).map(|found| RunNews::Data(Box::new(found)))),
            TrainCommand::LookAtBackbone { run, path } => {
                self.ask(run, move || look::backbone(path).map(|found| RunNews::Backbone(Box::new(found))))
            }
            TrainCommand::Try(plan) => {
                let run = plan.run;
                self.ask(run, move || beside_the_window(|| look::attempt(&plan).map(RunNews::Tried))?)
            }
        }
    }

    /// A run has said its last word.
    pub(in crate::engine) fn ended(&mut self, run: RunId) {
        self.orders.remove(&run);
        self.tidy();
    }

    /// Answer a question on a thread of its own.
    fn ask(
        &mut self,
        run: RunId,
        answer: impl FnOnce() -> Result<RunNews, Failure> + Send + 'static,
    ) -> Result<(), EngineError> {
        let report = self.report.clone();
        self.spawn("hyperscope-survey", Arc::new(AtomicBool::new(true)), move || {
            report.news(run, caught(answer).unwrap_or_else(RunNews::from));
        })
    }

    fn spawn(
        &mut self,
        name: &str,
        is_reading: Arc<AtomicBool>,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<(), EngineError> {
        let handle = Builder::new().name(name.into()).spawn(work)?;
        self.threads.push(Thread { handle, is_reading });
        Ok(())
    }

    /// Let go of threads that have ended.
    fn tidy(&mut self) {
        let (ended, others) = self.threads.drain(..).partition(|thread| thread.handle.is_finished());
        self.threads = others;
        let ended: Vec<Thread> = ended;
        for thread in ended {
            thread.handle.join().ok();
        }
    }

    /// Have everything checkpoint and end. A thread that is reading files is not waited for: it keeps nothing that
    /// could be lost, and ends with the program.
    pub(in crate::engine) fn finish(&mut self) {
        self.orders.clear();
        for thread in self.threads.drain(..) {
            if !thread.is_reading.load(Ordering::Relaxed) {
                thread.handle.join().ok();
            }
        }
    }
}

/// The plans of a race learn from the same data.
pub(super) fn data_of(arms: &[RunPlan]) -> Result<&RunPlan, Failure> {
    let first = arms.first().ok_or("there is nothing to train")?;
    let is_other = |plan: &RunPlan| plan.sources.data != first.sources.data;
    if arms.iter().any(is_other) {
        return Err("the arms of a race must learn from the same data".into());
    }
    Ok(first)
}
