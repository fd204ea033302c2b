use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{Builder, JoinHandle};

use super::files::{self, FileJob};
use super::inference::{self, ModelJob};
use super::refining::{self, RefineJob};
use super::report::{Report, Token};
use super::surfaces::{self, SurfaceJob};
use super::training::Trainers;
use super::{Command, EngineError, Event, JobId, Preview, RunId, RunTick, Slot, TrainCommand};

/// Commands that may wait for a worker; one more is refused with [`EngineError::Full`].
const COMMANDS: usize = 1_024;
/// Events that may wait to be drained; a worker with one more waits.
const EVENTS: usize = 4_096;

/// The worker threads, seen from the one that gives the commands.
///
/// Five workers, so that none keeps another waiting: one reads and decodes files, one evaluates fields into files, one finds
/// the surfaces that are shown, one owns the model and everything of burn, one refines; and one for each training run or
/// race. Dropping the engine stops what is running and waits for it.
pub struct Engine {
    files: Option<SyncSender<(Token, FileJob)>>,
    exports: Option<SyncSender<(Token, FileJob)>>,
    surfaces: Option<SyncSender<(Token, SurfaceJob)>>,
    model: Option<SyncSender<(Token, ModelJob)>>,
    refine: Option<SyncSender<(Token, RefineJob)>>,
    events: Option<Receiver<Event>>,
    preview: Slot<Preview>,
    ticks: Slot<Vec<(RunId, RunTick)>>,
    trainers: RefCell<Trainers>,
    /// Of the jobs that have not ended.
    tokens: RefCell<HashMap<JobId, Token>>,
    threads: Vec<JoinHandle<()>>,
}

impl Engine {
    /// Start the workers. `wake` is called from them whenever there is something to drain or to take.
    ///
    /// # Errors
    /// [`EngineError::Thread`] if the system refuses a thread.
    pub fn start(wake: impl Fn() + Send + Sync + 'static) -> Result<Self, EngineError> {
        let (event_sender, events) = sync_channel(EVENTS);
        let (preview, ticks) = (Slot::new(), Slot::new());
        let report = Report::new(event_sender, preview.clone(), ticks.clone(), Arc::new(wake));
        let trainers = RefCell::new(Trainers::new(report.clone()));
        let (model, model_jobs) = sync_channel(COMMANDS);
        let (files, file_jobs) = sync_channel(COMMANDS);
        let (exports, export_jobs) = sync_channel(COMMANDS);
        let (surfaces, surface_jobs) = sync_channel(COMMANDS);
        let (refine, refine_jobs) = sync_channel(COMMANDS);
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| Builder::new().name(name.into()).spawn(work);
        let threads = vec![
            spawn("hyperscope-files", {
                let (report, model) = (report.clone(), model.clone());
                Box::new(move || files::work(&file_jobs, &model, &report))
            })?,
            spawn("hyperscope-export", {
                let (report, model) = (report.clone(), model.clone());
                Box::new(move || files::work(&export_jobs, &model, &report))
            })?,
            spawn("hyperscope-surface", {
                let report = report.clone();
                Box::new(move || surfaces::work(&surface_jobs, &report))
            })?,
            spawn("hyperscope-model", {
                let report = report.clone();
                Box::new(move || inference::work(&model_jobs, &report))
            })?,
            spawn("hyperscope-refine", Box::new(move || refining::work(&refine_jobs, &report)))?,
        ];
        Ok(Self {
            files: Some(files),
            exports: Some(exports),
            surfaces: Some(surfaces),
            model: Some(model),
            refine: Some(refine),
            events: Some(events),
            preview,
            ticks,
            trainers,
            tokens: RefCell::default(),
            threads,
        })
    }

    /// Give a command; never waits.
    ///
    /// # Errors
    /// [`EngineError::Full`] if too many are waiting, [`EngineError::Stopped`] if the worker has ended.
    pub fn send(&self, command: Command) -> Result<(), EngineError> {
        match command {
            Command::Cancel { job } => {
                if let Some(token) = self.tokens.borrow().get(&job) {
                    token.cancel();
                }
                Ok(())
            }
            Command::Open { job, item, origin, reading } => {
                let open = files::Open { job, item, origin, reading };
                self.queue(self.files.as_ref(), job, FileJob::Open(open))
            }
            Command::SaveField { job, record, path } => {
                self.queue(self.files.as_ref(), job, FileJob::SaveField { job, record, path })
            }
            Command::ExportImage { job, record, path, size_px } => {
                self.queue(self.exports.as_ref(), job, FileJob::Export { job, record, path, size_px })
            }
            Command::Encode { job, item, signal } => {
                let decode = std::time::Duration::ZERO;
                self.queue(self.model.as_ref(), job, ModelJob::Encode { job, item, signal, decode })
            }
            Command::LoadModel { job, kind, origin } => {
                self.queue(self.model.as_ref(), job, ModelJob::Load { job, item: None, kind, origin })
            }
            Command::ExportObject { job, record, path, what } => {
                self.queue(self.exports.as_ref(), job, FileJob::ExportObject { job, record, path, what })
            }
            Command::ExportSound { job, record, path, rate_hz, depth } => {
                let sound = FileJob::ExportSound { job, record, path, rate_hz, depth };
                self.queue(self.exports.as_ref(), job, sound)
            }
            Command::Mesh { job, item, record, config } => {
                self.queue(self.surfaces.as_ref(), job, SurfaceJob { job, item, record, config })
            }
            Command::Refine { job, item, record, signal, config, rivals } => {
                let refine = RefineJob { job, item, record, signal, config, rivals };
                self.queue(self.refine.as_ref(), job, refine)
            }
        }
    }

    /// Everything that was said since the last time, in order.
    #[must_use]
    pub fn drain(&self) -> Vec<Event> {
        let events: Vec<Event> = self.events.iter().flat_map(Receiver::try_iter).collect();
        let mut tokens = self.tokens.borrow_mut();
        for job in events.iter().filter_map(Event::ended) {
            tokens.remove(&job);
        }
        for event in &events {
            if let Event::Training { run, news } = event
                && news.is_end()
            {
                self.trainers.borrow_mut().ended(*run);
            }
        }
        events
    }

    /// Have something trained, or tell a run something; never waits.
    ///
    /// # Errors
    /// [`EngineError::Full`] if too many orders are waiting for the run, [`EngineError::Stopped`] if it has ended,
    /// [`EngineError::Thread`] if the system refuses a thread.
    pub fn train(&self, command: TrainCommand) -> Result<(), EngineError> {
        self.trainers.borrow_mut().send(command)
    }

    /// What the logs of all training runs have got since the last time, in order. What was said in an event of
    /// [`drain`](Self::drain) comes after the ticks that came before it: drain first, and hear the ticks first.
    #[must_use]
    pub fn ticks(&self) -> Vec<(RunId, RunTick)> {
        self.ticks.take().unwrap_or_default()
    }

    /// The latest preview, if there is one that was not taken yet.
    #[must_use]
    pub fn preview(&self) -> Option<Preview> {
        self.preview.take()
    }

    fn queue<J>(
        &self,
        worker: Option<&SyncSender<(Token, J)>>,
        job: JobId,
        work: J,
    ) -> Result<(), EngineError> {
        let Some(worker) = worker else { return Err(EngineError::Stopped) };
        let token = Token::default();
        worker.try_send((token.clone(), work)).map_err(|err| match err {
            TrySendError::Full(_) => EngineError::Full,
            TrySendError::Disconnected(_) => EngineError::Stopped,
        })?;
        self.tokens.borrow_mut().insert(job, token);
        Ok(())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.tokens.borrow().values().for_each(Token::cancel);
        // The queues end, and a worker that waits to say something is let go.
        (self.files, self.exports, self.surfaces) = (None, None, None);
        (self.model, self.refine, self.events) = (None, None, None);
        self.trainers.borrow_mut().finish();
        for thread in self.threads.drain(..) {
            thread.join().ok();
        }
    }
}
