use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;

use super::{Event, ItemId, JobId, Preview, RunId, RunNews, RunTick, Slot, Stage};

/// How a worker tells what it does.
#[derive(Clone)]
pub(super) struct Report {
    events: SyncSender<Event>,
    preview: Slot<Preview>,
    ticks: Slot<Vec<(RunId, RunTick)>>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

/// Set when the sender wants a job to stop.
#[derive(Debug, Clone, Default)]
pub(super) struct Token(Arc<AtomicBool>);

impl Token {
    pub(super) fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How a job ends that did not fail.
pub(super) enum End {
    /// With this event.
    With(Event),
    /// Another worker goes on with it.
    HandedOn,
    /// It was asked to stop, and left nothing.
    Cancelled,
}

/// Why a job failed: any module's error.
pub(super) type Failure = Box<dyn Error + Send + Sync>;

impl Report {
    pub(super) fn new(
        events: SyncSender<Event>,
        preview: Slot<Preview>,
        ticks: Slot<Vec<(RunId, RunTick)>>,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Self {
        Self { events, preview, ticks, wake }
    }

    /// Say something; waits while the queue of events is full. Nobody listens any more once the engine is
    /// being dropped, and then nothing is lost by not being heard.
    pub(super) fn event(&self, event: Event) {
        self.events.send(event).ok();
        (self.wake)();
    }

    pub(super) fn stage(&self, job: JobId, stage: Stage, fraction: Option<f32>) {
        self.event(Event::Stage { job, stage, fraction });
    }

    /// Put the latest preview where it can be taken.
    pub(super) fn preview(&self, preview: Preview) {
        self.preview.put(preview);
        (self.wake)();
    }

    /// Run a job to its final event, whatever happens in it.
    pub(super) fn run(
        &self,
        job: JobId,
        item: Option<ItemId>,
        token: &Token,
        work: impl FnOnce() -> Result<End, Failure>,
    ) {
        if token.is_cancelled() {
            return self.event(Event::Cancelled { job });
        }
        match caught(work) {
            Ok(End::With(event)) => self.event(event),
            Ok(End::HandedOn) => {}
            Ok(End::Cancelled) => self.event(Event::Cancelled { job }),
            Err(Failed { message, details }) => self.event(Event::Failed { job, item, message, details }),
        }
    }

    /// Say something of a training run.
    pub(super) fn news(&self, run: RunId, news: RunNews) {
        self.event(Event::Training { run, news });
    }

    /// A training run has gone on. Ticks are kept until somebody takes them, also where nobody does for a long time:
    /// training does not wait for a window that is out of sight.
    pub(super) fn tick(&self, run: RunId, tick: RunTick, is_waking: bool) {
        self.ticks.update(|ticks| ticks.get_or_insert_default().push((run, tick)));
        if is_waking {
            (self.wake)();
        }
    }
}

/// Why work came to nothing, as it is said.
#[derive(Debug, Clone)]
pub(super) struct Failed {
    pub(super) message: String,
    pub(super) details: String,
}

impl Failed {
    pub(super) fn of(failure: &(dyn Error + 'static)) -> Self {
        Self { message: failure.to_string(), details: causes(failure) }
    }
}

impl From<Failed> for RunNews {
    fn from(Failed { message, details }: Failed) -> Self {
        Self::Failed { message, details }
    }
}

/// Do something that may fail or panic.
pub(super) fn caught<R>(work: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failed> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(failure)) => Err(Failed::of(failure.as_ref())),
        Err(panic) => {
            let message = "the program made a mistake in this job and goes on without it".into();
            Err(Failed { message, details: panic_text(panic.as_ref()).to_owned() })
        }
    }
}

/// The chain of causes, one a line.
fn causes(failure: &(dyn Error + 'static)) -> String {
    let mut lines = vec![failure.to_string()];
    let mut next = failure.source();
    while let Some(cause) = next {
        lines.push(cause.to_string());
        next = cause.source();
    }
    lines.join("\n")
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text")
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    #[test]
    fn a_panic_becomes_an_event_and_the_worker_goes_on() {
        let (sender, events) = sync_channel(8);
        let report = Report::new(sender, Slot::new(), Slot::new(), Arc::new(|| {}));
        report.run(JobId(1), Some(ItemId(2)), &Token::default(), || panic!("on purpose"));
        report.run(JobId(2), None, &Token::default(), || Ok(End::Cancelled));
        let Ok(Event::Failed { job, item, details, .. }) = events.recv() else { panic!("no failure") };
        assert_eq!((job, item, details.as_str()), (JobId(1), Some(ItemId(2)), "on purpose"));
        assert!(matches!(events.recv(), Ok(Event::Cancelled { job: JobId(2) })));
    }
}
