//! Files out of a sound's field.

use std::path::PathBuf;

use super::report::{End, Failure, Report, Token};
use super::{Event, JobId, Stage};
use crate::export::{ExportError, check_wav, write_wav};
use crate::field::{FieldRecord, Synthesizer};
use crate::media::SampleDepth;

/// Samples that are evaluated between two looks at the cancel token.
const PIECE: usize = 1 << 16;

pub(super) fn export(
    job: JobId,
    record: &FieldRecord,
    path: PathBuf,
    (rate_hz, depth): (u32, SampleDepth),
    token: &Token,
    report: &Report,
) -> Result<End, Failure> {
    check_wav(&path, rate_hz)?;
    let synthesizer = Synthesizer::new(record).ok_or(ExportError::NotASound)?;
    let count = synthesizer.len_at(rate_hz);
    let mut values = Vec::with_capacity(count * synthesizer.channels());
    for first in (0..count).step_by(PIECE) {
        if token.is_cancelled() {
            return Ok(End::Cancelled);
        }
        report.stage(job, Stage::Exporting, Some(first as f32 / count as f32));
        values.extend(synthesizer.samples(rate_hz, first as u64, PIECE.min(count - first)));
    }
    if token.is_cancelled() {
        return Ok(End::Cancelled);
    }
    report.stage(job, Stage::Saving, None);
    write_wav(&path, rate_hz, synthesizer.channels(), &values, depth)?;
    Ok(End::With(Event::Saved { job, path }))
}
