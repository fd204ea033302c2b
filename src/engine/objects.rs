//! Files out of an object's field.

use std::ops::ControlFlow;
use std::path::PathBuf;

use super::report::{End, Failure, Report, Token};
use super::{Event, JobId, MeshConfig, ObjectExport, Stage};
use crate::export::{
    ExportError, Mesh, Still, check_film, check_mesh, check_still, write_density, write_film, write_mesh,
};
use crate::field::{FieldRecord, Tracer};

pub(super) fn export(
    job: JobId,
    record: &FieldRecord,
    path: PathBuf,
    what: &ObjectExport,
    token: &Token,
    report: &Report,
) -> Result<End, Failure> {
    let mut progress = |part: f32| {
        report.stage(job, Stage::Exporting, Some(part));
        if token.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let written = match what {
        ObjectExport::Still(place, config) => check_still(&path).and_then(|()| {
            let tracer = Tracer::of(record);
            Still::draw(record, &tracer, place, config, &mut progress)?.write(&path)
        }),
        ObjectExport::Film(places, config) => check_film(&path, path.exists()).and_then(|()| {
            let tracer = Tracer::of(record);
            write_film(&path, record, &tracer, places, config, &mut progress)
        }),
        ObjectExport::Mesh(config) => check_mesh(&path).and_then(|()| {
            let MeshConfig { threshold, grid, crop } = *config;
            let mesh = Mesh::find(record, threshold, grid, &crop, &mut progress)?;
            write_mesh(&path, &mesh, &mut progress)
        }),
        ObjectExport::Density(side) => write_density(&path, record, *side, &mut progress),
    };
    match written {
        Ok(()) => Ok(End::With(Event::Saved { job, path })),
        Err(ExportError::Cancelled) => Ok(End::Cancelled),
        Err(err) => Err(err.into()),
    }
}
