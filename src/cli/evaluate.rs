use serde::Serialize;

use super::args::EvaluateArgs;
use super::{output, source, train};
use crate::model::ModelInfo;
use crate::train::{Baselines, EvaluateConfig, Evaluated, Quality, RefineConfig, evaluate_model};

#[derive(Serialize)]
struct Report {
    model: ModelInfo,
    reference_side_px: u32,
    /// How fields were refined; its number of steps is each row's own.
    refine: RefineConfig,
    pictures: Vec<Evaluated>,
    mean: Evaluated,
}

pub(super) fn run(args: &EvaluateArgs) -> anyhow::Result<()> {
    let model = source::model(Some(&args.model))?;
    let data = train::scan(&args.data)?;
    let config = EvaluateConfig {
        split: args.split.into(),
        reference_side_px: args.reference,
        refine_steps: args.refine.clone(),
        refine: args.refining.config(0),
        with_baselines: args.baselines,
    };
    let pictures = evaluate_model(&model, &data, &config, |row| {
        if !args.json {
            print(row);
        }
    })?;
    let Some(mean) = Evaluated::mean(&pictures) else {
        anyhow::bail!("no picture of {} is in this split; try --split all", args.data.display());
    };
    if args.json {
        let reference_side_px = args.reference;
        return output::json(&Report {
            model: model.info(),
            reference_side_px,
            refine: config.refine,
            pictures,
            mean,
        });
    }
    print(&mean);
    if let Some(baselines) = &mean.baselines {
        print_baselines(baselines);
    }
    Ok(())
}

fn print(row: &Evaluated) {
    let Quality { psnr_db, ssim } = row.direct;
    output::line(format_args!("{:24} {psnr_db:6.2} dB  SSIM {ssim:.3}{}", row.picture, steps(&row.refined)));
}

/// The means of the baselines, below those of the model.
fn print_baselines(baselines: &Baselines) {
    let Baselines { mean_color, thumbnail, refined_from_other, refined_from_random } = baselines;
    for (name, Quality { psnr_db, ssim }) in [("mean colour", mean_color), ("thumbnail of 8x8 px", thumbnail)]
    {
        output::line(format_args!("{name:24} {psnr_db:6.2} dB  SSIM {ssim:.3}"));
    }
    for (name, refined) in
        [("from another's weights", refined_from_other), ("from random weights", refined_from_random)]
    {
        output::line(format_args!("{name:24} {:21}{}", "", steps(refined)));
    }
}

fn steps(refined: &[(u32, Quality)]) -> String {
    let column = |(steps, quality): &(u32, Quality)| {
        format!("  {steps} steps {:.2} dB {:.3}", quality.psnr_db, quality.ssim)
    };
    refined.iter().map(column).collect::<Vec<_>>().concat()
}
