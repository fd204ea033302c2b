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

/// What is behind objects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Behind {
    /// The window's own canvas; nothing in what is exported.
    #[default]
    Window,
    /// Squares of two greys, as where a picture is transparent; nothing in what is exported.
    Checker,
    /// [`ObjectLook::color`], in what is exported too.
    Color,
}

/// How all objects are looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ObjectLook {
    /// What is shown.
    pub mode: VolumeMode,
    /// What is behind it.
    pub behind: Behind,
    /// The colour that can be behind it, sRGB.
    pub color: [u8; 3],
    /// Whether it turns by itself.
    pub is_spinning: bool,
    /// Whether the mouse looks around and the keys W, A, S, D, Q and E move.
    pub is_flying: bool,
    /// What alone is drawn.
    pub crop: CropBox,
}

impl ObjectLook {
    /// What stills are laid on; `None` leaves them transparent.
    pub(crate) fn exported_background(&self) -> Option<[u8; 3]> {
        (self.behind == Behind::Color).then_some(self.color)
    }

    /// On squares of two greys, or no longer.
    pub(crate) fn with_checker_toggled(self) -> Self {
        let behind = if self.behind == Behind::Checker { Behind::Window } else { Behind::Checker };
        Self { behind, ..self }
    }
}

impl Default for ObjectLook {
    fn default() -> Self {
        Self {
            mode: VolumeMode::default(),
            behind: Behind::default(),
            color: [255; 3],
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
    /// Keep the place: films go from one that was kept to the next.
    Keep,
    /// Forget the places that were kept.
    Forget,
}
