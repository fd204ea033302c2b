use std::ops::ControlFlow;

use super::ExportError;

/// Told which part of the work is done; answers whether to go on.
pub type Progress<'a> = dyn FnMut(f32) -> ControlFlow<()> + 'a;

/// Tell how far it is.
///
/// # Errors
/// [`ExportError::Cancelled`] if it should not go on.
pub(super) fn told(progress: &mut Progress<'_>, part: f32) -> Result<(), ExportError> {
    if progress(part).is_break() { Err(ExportError::Cancelled) } else { Ok(()) }
}

/// The progress of a piece of work that is this much of the whole: from where to where.
pub(super) fn of_piece(
    progress: &mut Progress<'_>,
    [from, to]: [f32; 2],
) -> impl FnMut(f32) -> ControlFlow<()> {
    move |part| progress(from + (to - from) * part)
}
