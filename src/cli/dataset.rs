use std::path::PathBuf;

use clap::{Args, Subcommand};
use rayon::prelude::*;
use serde::Serialize;

use super::output;
use crate::dataset::{MeshFolder, RenderConfig, Rendered};

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
    /// Of the cameras' places
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u64,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Serialize)]
struct Report {
    rendered: usize,
    /// There already.
    present: usize,
    skipped: Vec<Skipped>,
}

#[derive(Serialize)]
struct Skipped {
    file: String,
    reason: String,
}

pub(super) fn run(verb: &DatasetVerb) -> anyhow::Result<()> {
    let DatasetVerb::Render(args) = verb;
    render(args)
}

/// Every mesh of a folder; what is complete already is left as it is.
fn render(args: &RenderDatasetArgs) -> anyhow::Result<()> {
    let config = RenderConfig { views: args.views, side_px: args.size, seed: args.seed };
    config.validate()?;
    let meshes = MeshFolder::scan(&args.folder)?;
    let bar = output::bar(meshes.files().len() as u64, "{bar:30} {pos}/{len} objects, {per_sec}, {eta} left");
    let outcomes = meshes
        .files()
        .par_iter()
        .map(|file| {
            let outcome = meshes.render(file, &args.out, &config)?;
            bar.inc(1);
            Ok((file, outcome))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    bar.finish_and_clear();
    let mut report = Report { rendered: 0, present: 0, skipped: Vec::new() };
    for (file, outcome) in outcomes {
        match outcome {
            Rendered::Done => report.rendered += 1,
            Rendered::Present => report.present += 1,
            Rendered::Skipped(reason) => {
                output::note(format_args!("{file}: left out: {reason}"));
                report.skipped.push(Skipped { file: file.clone(), reason: reason.to_string() });
            }
        }
    }
    if args.json {
        return output::json(&report);
    }
    output::line(format_args!(
        "{} objects rendered, {} there already, {} left out; {}",
        report.rendered,
        report.present,
        report.skipped.len(),
        args.out.display()
    ));
    Ok(())
}
