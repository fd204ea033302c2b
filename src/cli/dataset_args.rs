use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(super) enum DatasetVerb {
    /// Render a folder of GLB files to pictures from known places, a folder with transforms.json for each
    Render(RenderDatasetArgs),
}

#[derive(Debug, Args)]
pub(super) struct RenderDatasetArgs {
    /// A folder of .glb files; the folders in it are classes
    pub(super) folder: PathBuf,
    /// The folder of the pictures; what is complete there already is kept
    #[arg(short, long)]
    pub(super) out: PathBuf,
    /// Pictures of each object
    #[arg(long, default_value_t = 24)]
    pub(super) views: usize,
    /// Side of a picture, in pixels
    #[arg(long, value_name = "PX", default_value_t = 96)]
    pub(super) size: u32,
    /// Beside each object that is not held out so many made of it: stretched, half of them with another one joined to it
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=1_000))]
    pub(super) variants: u16,
    /// Of the cameras' places, and of variants
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u64,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}
