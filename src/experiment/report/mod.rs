//! What an experiment came to, as a page of its own and as Markdown.

mod curves;
mod draw;
mod html;
mod markdown;
mod style;
mod tables;
mod write;

pub use write::{Written, write_report};
