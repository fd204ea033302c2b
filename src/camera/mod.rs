//! Where one looks from, as pure mathematics: no screen, no events.

mod image_view;

pub use image_view::ImageView;
