use std::path::Path;

use super::progress::told;
use super::{ExportError, Progress};
use crate::field::{Evaluator, FieldRecord};
use crate::limits::MESH_GRID_SIDE;
use crate::storage::write_atomically;

/// How large a volume's file is, in bytes.
#[must_use]
pub fn density_bytes(side: usize) -> u64 {
    (side as u64).pow(3) * 4
}

/// Write an object's density, in opacity per unit of depth, at the nodes of a grid over the cube [-1, 1]^3 as a `NumPy`
/// array: version 1.0 of its format, f32, `[z, y, x]`, the outermost nodes on the cube's faces.
///
/// # Errors
/// [`ExportError::Extension`] for another name than `.npy`, [`ExportError::Setting`] for a side of less than 2 or
/// more than the mesh grid's limit, [`ExportError::NotAnObject`], [`ExportError::Cancelled`], [`ExportError::Io`].
pub fn write_density(
    path: &Path,
    record: &FieldRecord,
    side: usize,
    progress: &mut Progress<'_>,
) -> Result<(), ExportError> {
    if path.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("npy")) {
        return Err(ExportError::Extension { path: path.into(), expected: ".npy" });
    }
    if !(2..=MESH_GRID_SIDE).contains(&side) {
        let expected = format!("2 to {MESH_GRID_SIDE}");
        return Err(ExportError::Setting { what: "nodes along a side", given: side.to_string(), expected });
    }
    let architecture = record.field.architecture();
    if (architecture.inputs, architecture.outputs) != (3, 4) {
        return Err(ExportError::NotAnObject);
    }
    let gain = architecture.density_gain.unwrap_or(1.0);
    let evaluator = Evaluator::new(&record.field);
    let place = |index: usize| 2.0 * index as f32 / (side - 1) as f32 - 1.0;
    let mut bytes = header(side);
    for z in 0..side {
        told(progress, z as f32 / side as f32)?;
        let layer = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
        let points: Vec<f32> = layer.flat_map(|(x, y)| [place(x), place(y), place(z)]).collect();
        let logits = evaluator.evaluate(&points);
        bytes.extend(
            logits.as_chunks::<4>().0.iter().flat_map(|logits| (gain * logits[3]).max(0.0).to_le_bytes()),
        );
    }
    told(progress, 1.0)?;
    write_atomically(path, |file| file.write_all(&bytes))
        .map_err(|source| ExportError::Io { path: path.into(), source })
}

/// Magic, version, and a dictionary that is padded so that the data begin at a multiple of 64 bytes
/// (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>).
fn header(side: usize) -> Vec<u8> {
    let fields = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({side}, {side}, {side}), }}");
    let before = 10;
    let padded = (before + fields.len() + 1).next_multiple_of(64) - before;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((padded as u16).to_le_bytes());
    bytes.extend(format!("{fields:<width$}\n", width = padded - 1).into_bytes());
    bytes
}
