//! How objects are looked at.

use std::sync::Arc;

use crate::camera::Orbit;
use crate::engine::JobId;
use crate::export::{MESH_THRESHOLD, Mesh};
use crate::field::CropBox;
use crate::render::VolumeMode;

/// Samples of a ray in the window's exact picture.
pub(crate) const SAMPLES: usize = 128;
/// Nodes along a side of the cube that the surface is looked for in, when nobody says otherwise.
const GRID: usize = 96;

/// How all objects are looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ObjectLook {
    /// What is shown.
    pub mode: VolumeMode,
    /// Whether squares of two greys are behind it.
    pub is_on_checker: bool,
    /// Whether it turns by itself.
    pub is_spinning: bool,
    /// Whether the mouse looks around and the keys W, A, S, D, Q and E move.
    pub is_flying: bool,
    /// What alone is drawn.
    pub crop: CropBox,
}

impl Default for ObjectLook {
    fn default() -> Self {
        Self {
            mode: VolumeMode::default(),
            is_on_checker: false,
            is_spinning: false,
            is_flying: false,
            crop: CropBox::ALL,
        }
    }
}

/// The surface of an object, as it would be saved.
#[derive(Debug, Clone)]
pub struct Surface {
    /// Whether it is drawn over the field.
    pub is_shown: bool,
    /// Density on it, in opacity per unit of depth.
    pub threshold: f32,
    /// Nodes along a side of the cube.
    pub grid: usize,
    /// As it was found last.
    pub mesh: Option<Arc<Mesh>>,
    /// The job that looks for it.
    pub job: Option<JobId>,
}

impl Default for Surface {
    fn default() -> Self {
        Self { is_shown: false, threshold: MESH_THRESHOLD, grid: GRID, mesh: None, job: None }
    }
}

/// A change of the place that an object is looked at from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OrbitChange {
    /// By hand: whatever moved by itself stops.
    Hand(Orbit),
    /// By itself: momentum, a turn, a way to a place.
    Step(Orbit),
    /// Go there.
    Goal(Orbit),
    /// It is there.
    Arrived,
}
