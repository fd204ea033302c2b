use serde::Serialize;

use super::args::EvaluateArgs;
use super::{output, source, train};
use crate::model::ModelInfo;
use crate::train::{EvaluateConfig, Evaluated, Quality, evaluate_model, mean_quality};

#[derive(Serialize)]
struct Report {
    model: ModelInfo,
    reference_side_px: u32,
    pictures: Vec<Evaluated>,
    mean: Quality,
    mean_refined: Vec<(u32, Quality)>,
}

pub(super) fn run(args: &EvaluateArgs) -> anyhow::Result<()> {
    let model = source::model(Some(&args.model))?;
    let data = train::scan(&args.data)?;
    let config = EvaluateConfig {
        split: args.split.into(),
        reference_side_px: args.reference,
        refine_steps: args.refine.clone(),
    };
    let pictures = evaluate_model(&model, &data, &config, |row| {
        if !args.json {
            print(&row.picture, row.direct, &row.refined);
        }
    })?;
    if pictures.is_empty() {
        anyhow::bail!("no picture of {} is in this split; try --split all", args.data.display());
    }
    let (mean, mean_refined) = mean_quality(&pictures);
    if args.json {
        let reference_side_px = args.reference;
        return output::json(&Report {
            model: model.info(),
            reference_side_px,
            pictures,
            mean,
            mean_refined,
        });
    }
    print(&format!("mean of {}", pictures.len()), mean, &mean_refined);
    Ok(())
}

fn print(name: &str, direct: Quality, refined: &[(u32, Quality)]) {
    let refined: String = refined
        .iter()
        .map(|(steps, quality)| format!("  {steps} steps {:.2} dB {:.3}", quality.psnr_db, quality.ssim))
        .collect();
    output::line(format_args!("{name:24} {:6.2} dB  SSIM {:.3}{refined}", direct.psnr_db, direct.ssim));
}
