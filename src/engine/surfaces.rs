//! The worker that finds surfaces.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::report::{End, Failure, Report, Token};
use super::{Event, ItemId, JobId, MeshConfig, Stage};
use crate::export::{ExportError, Mesh};
use crate::field::FieldRecord;

/// See [`Command::Mesh`](super::Command::Mesh).
pub(super) struct SurfaceJob {
    pub(super) job: JobId,
    pub(super) item: ItemId,
    pub(super) record: Arc<FieldRecord>,
    pub(super) config: MeshConfig,
}

pub(super) fn work(jobs: &Receiver<(Token, SurfaceJob)>, report: &Report) {
    for (token, surface) in jobs {
        let (job, item) = (surface.job, surface.item);
        report.run(job, Some(item), &token, || find(&surface, &token, report));
    }
}

fn find(work: &SurfaceJob, token: &Token, report: &Report) -> Result<End, Failure> {
    let SurfaceJob { job, item, ref record, config } = *work;
    let mut progress = |part: f32| {
        report.stage(job, Stage::Meshing, Some(part));
        if token.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    match Mesh::find(record, config.threshold, config.grid, &config.crop, &mut progress) {
        Ok(mesh) => Ok(End::With(Event::Meshed { job, item, mesh: Arc::new(mesh) })),
        Err(ExportError::Cancelled) => Ok(End::Cancelled),
        Err(err) => Err(err.into()),
    }
}
