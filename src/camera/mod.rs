//! Where one looks from, as pure mathematics: no screen, no events.

mod image_view;
mod pinhole;

pub use image_view::ImageView;
pub use pinhole::{CANONICAL_DISTANCE, Camera, Intrinsics, Ray};
