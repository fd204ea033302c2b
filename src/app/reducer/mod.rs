//! The one place where the state changes: pure, without clock, disk or screen.

mod dispatch;
mod engine;
mod files;
mod library;
mod sound;
mod training;
mod view;

pub use dispatch::reduce;
pub(crate) use files::film_config;
pub(crate) use sound::looped;
