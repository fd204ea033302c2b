use rayon::prelude::*;
use serde::Serialize;

use super::dataset_args::{DatasetVerb, RenderDatasetArgs};
use super::output;
use crate::dataset::{MeshFolder, RenderConfig, Rendered};

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
    let subjects = meshes.subjects(args.variants.into());
    config.check_present(&subjects, &args.out)?;
    let bar = output::bar(subjects.len() as u64, "{bar:30} {pos}/{len} objects, {per_sec}, {eta} left");
    let outcomes = subjects
        .par_iter()
        .map(|subject| {
            let outcome = meshes.render(subject, &args.out, &config)?;
            bar.inc(1);
            Ok((subject, outcome))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    bar.finish_and_clear();
    let mut report = Report { rendered: 0, present: 0, skipped: Vec::new() };
    for (subject, outcome) in outcomes {
        match outcome {
            Rendered::Done => report.rendered += 1,
            Rendered::Present => report.present += 1,
            Rendered::Skipped(reason) => {
                let file = match subject.variant {
                    0 => subject.file.clone(),
                    variant => format!("{}, variant {variant}", subject.file),
                };
                output::note(format_args!("{file}: left out: {reason}"));
                report.skipped.push(Skipped { file, reason: reason.to_string() });
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
