use fast_surface_nets::ndshape::RuntimeShape;
use fast_surface_nets::{SurfaceNetsBuffer, surface_nets};

use super::ExportError;
use crate::field::{Bake, CropBox, Evaluator, FieldRecord, Occupancy};

/// The density that is taken for the surface when nobody says otherwise, in opacity per unit of depth: half of the
/// light gets a seventh of a unit far.
pub const MESH_THRESHOLD: f32 = 5.0;

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
}

impl Mesh {
    /// The surface of an object at a density, looked for at about so many nodes along a side of the cube that holds it.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn find(
        record: &FieldRecord,
        threshold: f32,
        grid: usize,
        crop: &CropBox,
    ) -> Result<Self, ExportError> {
        let occupancy = Occupancy::of(record);
        let finer = grid.div_ceil(occupancy.cells_of_unit_cube());
        Self::of(record, &Bake::of(record, occupancy, finer), threshold, crop)
    }

    /// The surface on which an object's density, in opacity per unit of depth, is `threshold`, by surface nets over
    /// the nodes of its bake, closed where the crop box cuts it; coloured by the field itself.
    ///
    /// # Errors
    /// [`ExportError::NoSurface`] if nothing is so dense.
    pub fn of(
        record: &FieldRecord,
        bake: &Bake,
        threshold: f32,
        crop: &CropBox,
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
        let evaluated = Evaluator::new(&record.field).evaluate(positions.as_flattened());
        let color =
            |logits: &[f32; 4]| [0, 1, 2].map(|channel: usize| 1.0 / (1.0 + (-logits[channel]).exp()));
        Ok(Self {
            normals: found.normals.iter().map(|normal| unit(*normal)).collect(),
            colors: evaluated.as_chunks::<4>().0.iter().map(color).collect(),
            triangles: found.indices.as_chunks::<3>().0.to_vec(),
            positions,
        })
    }
}

fn unit(vector: [f32; 3]) -> [f32; 3] {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 { vector.map(|value| value / length) } else { [0.0, 1.0, 0.0] }
}
