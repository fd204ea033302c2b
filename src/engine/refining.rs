//! The worker that refines.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use super::inference::reference;
use super::report::{End, Failure, Report, Token};
use super::{Encoded, Event, ItemId, JobId, Preview, Stage};
use crate::field::{FieldKind, FieldRecord};
use crate::media::Signal;
use crate::train::{RefineConfig, Refiner, TrainError, random_start};

/// Between two looks at whether to stop.
const SLICE: Duration = Duration::from_millis(50);
/// Between two previews: a part of the time since the beginning, for what a step gains falls with their number,
/// and within these bounds. Where the processor draws, every preview costs the time of several steps.
const PREVIEW_PART: f64 = 0.25;
const PREVIEW_BOUNDS_SECS: (f64, f64) = (0.35, 1.0);

/// See [`Command::Refine`](super::Command::Refine).
pub(super) struct RefineJob {
    pub(super) job: JobId,
    pub(super) item: ItemId,
    pub(super) record: Arc<FieldRecord>,
    pub(super) signal: Signal,
    pub(super) config: RefineConfig,
    pub(super) rivals: u64,
}

pub(super) fn work(jobs: &Receiver<(Token, RefineJob)>, report: &Report) {
    for (token, refine) in jobs {
        let (job, item) = (refine.job, refine.item);
        report.run(job, Some(item), &token, || self::refine(&refine, &token, report));
    }
}

fn refine(work: &RefineJob, token: &Token, report: &Report) -> Result<End, Failure> {
    let RefineJob { job, item, .. } = *work;
    report.stage(job, Stage::Refining, Some(0.0));
    let reference = reference(&work.signal, &work.record);
    let mut rivals = Vec::new();
    let of_rivals = match work.record.kind {
        FieldKind::Image { .. } => work.config,
        FieldKind::Object { .. } => work.config.of_random_object(),
        FieldKind::Sound(_) => work.config.of_random_sound(),
    };
    for seed in 0..work.rivals {
        let start = random_start(&work.record, &reference, seed)?;
        rivals.push(Refiner::new(&start, reference.clone(), of_rivals)?);
    }
    let mut refiner = Refiner::new(&work.record, reference, work.config)?;
    let begun = Instant::now();
    let (least, most) = PREVIEW_BOUNDS_SECS;
    let mut next_preview_secs = least;
    while !refiner.is_finished() && !token.is_cancelled() {
        advance(&mut refiner, &mut rivals)?;
        let now_secs = begun.elapsed().as_secs_f64();
        if now_secs < next_preview_secs && !refiner.is_finished() {
            continue;
        }
        next_preview_secs = now_secs + (PREVIEW_PART * now_secs).clamp(least, most);
        if let Some(record) = refiner.present() {
            let (record, progress) = (Arc::new(record), refiner.progress());
            let rivals_db = rivals.iter().map(|rival| rival.progress().psnr_db).collect();
            report.preview(Preview { job, item, record, progress, rivals_db });
        }
    }
    let steps = refiner.progress().step;
    let (record, closeness) = refiner.best();
    let rivals_db = rivals.into_iter().map(|rival| rival.best().1.psnr_db()).collect();
    let encoded = Encoded { record: Arc::new(record), closeness: Some(closeness), timings: None };
    Ok(End::With(Event::Refined { job, item, encoded, steps, rivals_db }))
}

/// Go on for about a slice: a step of each in turn.
fn advance(refiner: &mut Refiner, rivals: &mut [Refiner]) -> Result<(), TrainError> {
    let begun = Instant::now();
    while !refiner.is_finished() && begun.elapsed() < SLICE {
        refiner.step()?;
        for rival in &mut *rivals {
            rival.step()?;
        }
    }
    Ok(())
}
