use fast_surface_nets::ndshape::RuntimeShape;
use fast_surface_nets::{SurfaceNetsBuffer, surface_nets};

use super::progress::{of_piece, told};
use super::{ExportError, Progress};
use crate::field::{Bake, CropBox, Evaluator, FieldRecord, Occupancy};

/// The density that is taken for the surface when nobody says otherwise, in opacity per unit of depth: half of the
/// light gets a seventh of a unit far.
pub const MESH_THRESHOLD: f32 = 5.0;
/// Corners that are coloured between two looks at whether to go on.
const CORNERS: usize = 4_096;
/// Which part of the work is done when it is known where the field is empty, and when all nodes are evaluated.
const LOOKED: f32 = 0.1;
const BAKED: f32 = 0.95;

/// A surface of equal density: triangles, counter-clockwise seen from outside.
#[derive(Debug, Clone, PartialEq)]
pub struct Mesh {
    /// Corners, in the object's view-centred frame: y up, the input camera on the z axis.
    pub positions: Vec<[f32; 3]>,
    /// Of unit length.
    pub normals: Vec<[f32; 3]>,
    /// sRGB-encoded, in [0, 1].
    pub colors: Vec<[f32; 3]>,
    /// Corners of the triangles.
    pub triangles: Vec<[u32; 3]>,
    /// Nodes along a side of the cube that holds the object, of the grid that it was looked for on.
    pub grid: usize,
}

impl Mesh {
    /// The surface of an object at a density, looked for at about so many nodes along a side of the cube that holds it:
    /// up to the next multiple of the cells that its [`Occupancy`] has there, and fewer where a [`Bake`] has no room for
    /// them.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn find(
        record: &FieldRecord,
        threshold: f32,
        grid: usize,
        crop: &CropBox,
        progress: &mut Progress<'_>,
    ) -> Result<Self, ExportError> {
        let mut looked = |part: f32| of_piece(progress, [0.0, LOOKED])(part).is_continue();
        let occupancy = Occupancy::of_while(record, &mut looked).ok_or(ExportError::Cancelled)?;
        let finer = grid.div_ceil(occupancy.cells_of_unit_cube());
        let mut baked = |part: f32| of_piece(progress, [LOOKED, BAKED])(part).is_continue();
        let bake = Bake::of_while(record, occupancy, finer, &mut baked).ok_or(ExportError::Cancelled)?;
        Self::of(record, &bake, threshold, crop, &mut of_piece(progress, [BAKED, 1.0]))
    }

    /// The surface on which an object's density, in opacity per unit of depth, is `threshold`, by surface nets over
    /// the nodes of its bake, closed where the crop box cuts it; coloured by the field itself.
    ///
    /// # Errors
    /// [`ExportError::NoSurface`] if nothing is so dense, [`ExportError::Cancelled`].
    pub fn of(
        record: &FieldRecord,
        bake: &Bake,
        threshold: f32,
        crop: &CropBox,
        progress: &mut Progress<'_>,
    ) -> Result<Self, ExportError> {
        let none = || ExportError::NoSurface { threshold };
        let [width, height, depth] = bake.size();
        let voxel = bake.voxel();
        let corner = bake.corner();
        // How much a voxel of that density hides, as the nodes say it; the comparison is the same.
        let level = 1.0 - (-threshold * voxel).exp();
        // A node more on every side, so that the surface is closed.
        let padded = [width, height, depth].map(|nodes| nodes as u32 + 2);
        let mut outside = vec![level; padded.iter().map(|nodes| *nodes as usize).product()];
        let place = |node: [usize; 3]| [0, 1, 2].map(|axis| corner[axis] + voxel * node[axis] as f32);
        for (index, node) in bake.nodes().iter().enumerate() {
            let at = [index % width, index / width % height, index / width / height];
            let point = place(at);
            let is_kept = (0..3).all(|axis| (crop.low[axis]..=crop.high[axis]).contains(&point[axis]));
            if is_kept {
                let to = ((at[2] + 1) * padded[1] as usize + at[1] + 1) * padded[0] as usize + at[0] + 1;
                outside[to] = level - node[3];
            }
        }
        if !outside.iter().any(|outside| *outside < 0.0) {
            return Err(none());
        }
        let mut found = SurfaceNetsBuffer::default();
        let shape = RuntimeShape::<u32, 3>::new(padded);
        surface_nets(&outside, &shape, [0; 3], padded.map(|nodes| nodes - 1), &mut found);
        let positions: Vec<[f32; 3]> = found
            .positions
            .iter()
            .map(|at| [0, 1, 2].map(|axis| corner[axis] + voxel * (at[axis] - 1.0)))
            .collect();
        if positions.is_empty() || found.indices.is_empty() {
            return Err(none());
        }
        let evaluator = Evaluator::new(&record.field);
        let color =
            |logits: &[f32; 4]| [0, 1, 2].map(|channel: usize| 1.0 / (1.0 + (-logits[channel]).exp()));
        let mut colors = Vec::with_capacity(positions.len());
        for some in positions.chunks(CORNERS) {
            told(progress, colors.len() as f32 / positions.len() as f32)?;
            let evaluated = evaluator.evaluate(some.as_flattened());
            colors.extend(evaluated.as_chunks::<4>().0.iter().map(color));
        }
        told(progress, 1.0)?;
        Ok(Self {
            normals: found.normals.iter().map(|normal| unit(*normal)).collect(),
            colors,
            grid: bake.occupancy().cells_of_unit_cube() * bake.finer(),
            triangles: found.indices.as_chunks::<3>().0.to_vec(),
            positions,
        })
    }
}

fn unit(vector: [f32; 3]) -> [f32; 3] {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 { vector.map(|value| value / length) } else { [0.0, 1.0, 0.0] }
}
