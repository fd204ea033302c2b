use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::error::io_error;
use super::memory::Memory;
use super::perform::{Evaluation, evaluation};
use super::run_folder::{self, LOG, run_folder};
use super::{ExperimentError, Outcome, Plan, PlannedRun};

/// Between looks at what the processes do.
const PAUSE: Duration = Duration::from_millis(100);
/// Before the next one begins, a worker shows in this time how much memory it takes.
const SETTLE: Duration = Duration::from_secs(10);
/// Of the log's end, as much is looked at for what a failed run says.
const SAID: usize = 4_096;

/// Who does the runs of an experiment: processes of this very program, each one run.
#[derive(Debug, Clone)]
pub struct Crew {
    /// The program.
    pub program: PathBuf,
    /// Its arguments, before the run's name.
    pub arguments: Vec<OsString>,
    /// How many work at a time, at most, as memory allows.
    pub jobs: usize,
}

/// A part of the runs: the `index`-th of so many, from 1. The parts of an experiment have no run in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 1.
    pub index: usize,
    /// Of how many.
    pub count: usize,
}

/// What became of a run.
#[derive(Debug)]
pub enum Event<'a> {
    /// It was done before.
    Kept(&'a PlannedRun, Evaluation),
    /// The model refuses it, and this says why.
    Refused(&'a PlannedRun, &'a str),
    /// A process has begun, or goes on with it.
    Begun(&'a PlannedRun),
    /// It is done, after so many seconds of this process.
    Done(&'a PlannedRun, Evaluation, f64),
    /// It failed, and this says why.
    Failed(&'a PlannedRun, String),
}

struct Worker<'a> {
    run: &'a PlannedRun,
    child: Child,
    begun: Instant,
}

impl Shard {
    /// All of the runs.
    pub const ALL: Self = Self { index: 1, count: 1 };

    /// Its runs.
    pub fn of<T>(self, runs: &[T]) -> impl Iterator<Item = &T> {
        runs.iter().skip(self.index.saturating_sub(1)).step_by(self.count.max(1))
    }
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        // It has ended already, or is to end now.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Do the runs of a part of an experiment, those that are not done yet, and say what becomes of each. A run that fails
/// stops no other. When this process ends, however it ends, its workers end too.
///
/// # Errors
/// [`ExperimentError`] if the folder cannot be written, data is not there, or all runs are refused.
pub fn work(
    plan: &Plan,
    shard: Shard,
    out: &Path,
    crew: &Crew,
    mut tell: impl FnMut(Event<'_>),
) -> Result<(), ExperimentError> {
    if plan.runs.iter().all(|run| run.size().is_none()) {
        let why = plan.runs.iter().find_map(|run| match &run.outcome {
            Outcome::Refused(why) => Some(why.as_str()),
            Outcome::Accepted(_) => None,
        });
        let why = why.unwrap_or("the experiment has none");
        return Err(ExperimentError::File(format!("no run is possible: {why}")));
    }
    run_folder::make(out)?;
    super::results::write_plan(plan, out)?;
    let mut waiting = VecDeque::new();
    for run in shard.of(&plan.runs) {
        match (&run.outcome, evaluation(plan, run, out)?) {
            (Outcome::Refused(why), _) => tell(Event::Refused(run, why)),
            (_, Some(done)) => tell(Event::Kept(run, done)),
            (_, None) => {
                plan.folder(run)?;
                waiting.push_back(run);
            }
        }
    }
    let mut memory = Memory::default();
    let mut workers: Vec<Worker<'_>> = Vec::new();
    while !waiting.is_empty() || !workers.is_empty() {
        memory.look(workers.iter().map(|worker| worker.child.id()));
        let is_settled = workers.last().is_none_or(|worker| worker.begun.elapsed() > SETTLE);
        let may_begin = workers.len() < crew.jobs.max(1) && is_settled && memory.has_room();
        if may_begin && let Some(run) = waiting.pop_front() {
            tell(Event::Begun(run));
            match begin(run, out, crew) {
                Ok(worker) => workers.push(worker),
                Err(err) => tell(Event::Failed(run, err.to_string())),
            }
            continue;
        }
        let mut still = Vec::with_capacity(workers.len());
        for mut worker in workers {
            match worker.child.try_wait() {
                Ok(None) => still.push(worker),
                Ok(Some(_)) => tell(ended(plan, &worker, out)?),
                Err(source) => {
                    return Err(io_error(format!("{} cannot be waited for", worker.run.id))(source));
                }
            }
        }
        workers = still;
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

fn begin<'a>(run: &'a PlannedRun, out: &Path, crew: &Crew) -> Result<Worker<'a>, ExperimentError> {
    let folder = run_folder(out, &run.id);
    run_folder::make(&folder)?;
    let path = folder.join(LOG);
    let log = File::options().create(true).append(true).open(&path);
    let log = log.map_err(io_error(format!("{} cannot be written", path.display())))?;
    let mut command = Command::new(&crew.program);
    command.args(&crew.arguments).arg(&run.id).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
    if crew.jobs > 1 && std::env::var_os("RAYON_NUM_THREADS").is_none() {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        command.env("RAYON_NUM_THREADS", (cores / crew.jobs).max(1).to_string());
    }
    let child = command.spawn().map_err(io_error(format!("{} cannot be started", crew.program.display())))?;
    Ok(Worker { run, child, begun: Instant::now() })
}

fn ended<'a>(plan: &Plan, worker: &Worker<'a>, out: &Path) -> Result<Event<'a>, ExperimentError> {
    let run = worker.run;
    Ok(match evaluation(plan, run, out)? {
        Some(done) => Event::Done(run, done, worker.begun.elapsed().as_secs_f64()),
        None => Event::Failed(run, last_words(&run_folder(out, &run.id).join(LOG))),
    })
}

/// The last line of a log.
fn last_words(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let end = String::from_utf8_lossy(&text[text.len().saturating_sub(SAID)..]).into_owned();
    let last = end.lines().map(str::trim).rfind(|line| !line.is_empty());
    let last = last.map(|line| line.strip_prefix("hyperscope: ").unwrap_or(line).to_owned());
    last.unwrap_or_else(|| format!("it ended without a word; its log is {}", log.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_an_experiment_are_disjoint_and_miss_nothing() {
        let runs: Vec<usize> = (0..11).collect();
        for count in 1..=12 {
            let parts = (1..=count).flat_map(|index| Shard { index, count }.of(&runs));
            let mut all: Vec<usize> = parts.copied().collect();
            all.sort_unstable();
            assert_eq!(all, runs, "{count} parts");
        }
    }
}
