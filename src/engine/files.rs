//! The worker that reads, decodes and writes files.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Instant;

use super::inference::ModelJob;
use super::report::{End, Failure, Report, Token};
use super::{Encoded, Event, ItemId, JobId, ObjectExport, Origin, Reading, Stage, objects, sounds};
use crate::dataset::{DatasetError, ViewSet};
use crate::field::{Evaluator, FieldRecord, pixel_centres};
use crate::limits;
use crate::media::{
    self, Content, ImageSignal, ObjectSignal, Overview, Picture, SampleDepth, Signal, SoundSignal,
    ViewsSignal,
};
use crate::model::{self, SignalKind};
use crate::storage::{Identity, Precision};

/// Sides of the pictures in a list, in pixels.
pub(super) const THUMBNAIL_SIDE_PX: u32 = 96;
/// Rows of a picture that are evaluated between two looks at the cancel token.
const BAND_ROWS: usize = 64;

/// Of an object's posed views so many are compared with its field and refined towards: with each of them a look takes
/// longer.
const VIEWS_MAX: usize = 16;

/// What this worker does.
pub(super) enum FileJob {
    /// Find out what it is and go on from there.
    Open(Open),
    /// Write a field file.
    SaveField { job: JobId, record: Arc<FieldRecord>, path: PathBuf },
    /// Evaluate a field and write a picture.
    Export { job: JobId, record: Arc<FieldRecord>, path: PathBuf, size_px: (u32, u32) },
    /// Draw an object, or write its surface or its density.
    ExportObject { job: JobId, record: Arc<FieldRecord>, path: PathBuf, what: ObjectExport },
    /// Evaluate the field of a sound and write it.
    ExportSound { job: JobId, record: Arc<FieldRecord>, path: PathBuf, rate_hz: u32, depth: SampleDepth },
}

/// See [`Command::Open`](super::Command::Open).
pub(super) struct Open {
    pub(super) job: JobId,
    pub(super) item: ItemId,
    pub(super) origin: Origin,
    pub(super) reading: Reading,
}

pub(super) fn work(
    jobs: &Receiver<(Token, FileJob)>,
    model: &SyncSender<(Token, ModelJob)>,
    report: &Report,
) {
    for (token, job) in jobs {
        match job {
            FileJob::Open(open) => {
                let (job, item) = (open.job, open.item);
                report.run(job, Some(item), &token, || self::open(open, &token, model, report));
            }
            FileJob::SaveField { job, record, path } => report.run(job, None, &token, || {
                report.stage(job, Stage::Saving, None);
                record.write(&path, Precision::F32)?;
                Ok(End::With(Event::Saved { job, path }))
            }),
            FileJob::Export { job, record, path, size_px } => {
                report.run(job, None, &token, || export(job, &record, path, size_px, &token, report));
            }
            FileJob::ExportObject { job, record, path, what } => {
                report.run(job, None, &token, || objects::export(job, &record, path, &what, &token, report));
            }
            FileJob::ExportSound { job, record, path, rate_hz, depth } => {
                report.run(job, None, &token, || {
                    sounds::export(job, &record, path, (rate_hz, depth), &token, report)
                });
            }
        }
    }
}

/// The bytes of an origin, and the name to call them by.
pub(super) fn read(origin: Origin) -> Result<(String, Arc<[u8]>), Failure> {
    match origin {
        Origin::Path(path) => {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            Ok((name, media::read_file(&path)?.into()))
        }
        Origin::Bytes { name, bytes } => Ok((name, bytes)),
    }
}

fn open(
    open: Open,
    token: &Token,
    model: &SyncSender<(Token, ModelJob)>,
    report: &Report,
) -> Result<End, Failure> {
    let Open { job, item, origin, reading } = open;
    report.stage(job, Stage::Decoding, None);
    let begun = Instant::now();
    let hand_on = |work: ModelJob| -> Result<End, Failure> {
        // Waits while the model's queue is full: the jobs behind this one wait too.
        model.send((token.clone(), work)).map_err(|_| super::EngineError::Stopped)?;
        Ok(End::HandedOn)
    };
    let encode = |signal: Signal| {
        let thumbnail = Arc::new(thumbnail(&signal));
        report.event(Event::Opened { job, item, signal: signal.clone(), thumbnail });
        hand_on(ModelJob::Encode { job, item, signal, decode: begun.elapsed() })
    };
    if let Origin::Path(path) = &origin
        && let Some(described) = ViewSet::description(path)
    {
        let signal = Signal::Views(Arc::new(views(path, &described)?));
        return encode(signal);
    }
    let (name, bytes) = read(origin.clone())?;
    if FieldRecord::is_field(&bytes) {
        let record = FieldRecord::from_bytes(&bytes)?;
        let encoded = Encoded { record: Arc::new(record), closeness: None, timings: None };
        return Ok(End::With(Event::Encoded { job, item, encoded }));
    }
    if model::is_checkpoint(&bytes) {
        // A checkpoint says its own kind.
        let kind = SignalKind::Image;
        return hand_on(ModelJob::Load { job, item: Some(item), kind, origin: Some(origin) });
    }
    if Content::of(&bytes).is_tensors() {
        let found = match &origin {
            Origin::Path(path) => model::inspect_at(path, &bytes)?,
            Origin::Bytes { .. } => model::inspect(&bytes)?,
        };
        let (summary, details) = (found.summary(), found.lines().join("\n"));
        return Ok(End::With(Event::Inspected { job, item, summary, details }));
    }
    encode(signal(&name, &bytes, &reading)?)
}

/// Posed views, some of them if there are many.
fn views(path: &Path, described: &Path) -> Result<ViewsSignal, Failure> {
    let name = ViewSet::name_at(path).to_string_lossy().into_owned();
    let file = described.file_name().unwrap_or_default().to_string_lossy();
    let identity = Identity::of(format!("{name}/{file}"), &media::read_file(described)?);
    let set = ViewSet::read(path)?;
    let signal = ViewsSignal::of(identity, set.from_first(VIEWS_MAX), (set.near, set.far), set.views.len());
    Ok(signal.ok_or_else(|| DatasetError::NoObjects { path: path.into() })?)
}

/// A signal, small enough for a list: of a sound its waveform.
fn thumbnail(signal: &Signal) -> Picture {
    match signal {
        Signal::Image(signal) => media::thumbnail(&signal.reference, THUMBNAIL_SIDE_PX),
        Signal::Object(signal) => media::thumbnail(&signal.reference, THUMBNAIL_SIDE_PX),
        Signal::Views(signal) => media::thumbnail(&signal.reference, THUMBNAIL_SIDE_PX),
        Signal::Sound(signal) => {
            Overview::new(signal.original.mono()).picture(THUMBNAIL_SIDE_PX, THUMBNAIL_SIDE_PX)
        }
    }
}

/// The signal that a file is: a sound, or of a picture the kind that it is likely to be.
fn signal(name: &str, bytes: &[u8], reading: &Reading) -> Result<Signal, Failure> {
    if matches!(Content::of(bytes), Content::Sound) {
        return Ok(Signal::Sound(Arc::new(SoundSignal::load(name, bytes)?)));
    }
    let Reading { kind, framing, reference_side_px, background, object } = *reading;
    if kind != Some(SignalKind::Object) {
        let picture = media::decode(bytes, background)?;
        if kind == Some(SignalKind::Image) || !media::has_plain_border(&picture) {
            let identity = Identity::of(name, bytes);
            let signal = ImageSignal::of(identity, &picture, framing, reference_side_px, background);
            return Ok(Signal::Image(Arc::new(signal)));
        }
    }
    Ok(Signal::Object(Arc::new(ObjectSignal::load(name, bytes, &object)?)))
}

fn export(
    job: JobId,
    record: &FieldRecord,
    path: PathBuf,
    (width, height): (u32, u32),
    token: &Token,
    report: &Report,
) -> Result<End, Failure> {
    media::check_extension(&path)?;
    limits::check_export(width, height)?;
    let evaluator = Evaluator::new(&record.field);
    let (rows, columns) = (pixel_centres(height, 0.0, 1.0), pixel_centres(width, 0.0, 1.0));
    let mut values = Vec::with_capacity(rows.len() * columns.len() * 3);
    for (band, rows) in rows.chunks(BAND_ROWS).enumerate() {
        if token.is_cancelled() {
            return Ok(End::Cancelled);
        }
        let fraction = (band * BAND_ROWS) as f32 / height as f32;
        report.stage(job, Stage::Exporting, Some(fraction));
        values.extend(evaluator.evaluate_grid(rows, &columns));
    }
    if token.is_cancelled() {
        return Ok(End::Cancelled);
    }
    report.stage(job, Stage::Saving, None);
    media::write_picture(&path, width, height, &values)?;
    Ok(End::With(Event::Saved { job, path }))
}
