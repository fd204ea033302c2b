//! Where one looks from, as pure mathematics: no screen, no events.

mod image_view;
mod orbit;
mod pinhole;
mod ray_grid;

pub use image_view::ImageView;
pub use orbit::{NamedView, Orbit, momentum_after};
pub use pinhole::{CANONICAL_DISTANCE, Camera, Intrinsics, Ray};
pub use ray_grid::RayGrid;
