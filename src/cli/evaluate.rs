use anyhow::Context;
use serde::Serialize;

use super::args::EvaluateArgs;
use super::{output, source, train};
use crate::limits;
use crate::model::{Model, ModelInfo, SignalKind};
use crate::train::{
    Baselines, ClassFigures, EvaluateConfig, Evaluated, EvaluatedObject, EvaluatedSound,
    ObjectsEvaluateConfig, Quality, RefineConfig, SoundClass, SoundQuality, SoundsEvaluateConfig,
    evaluate_model, evaluate_objects, evaluate_sounds,
};

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
    let model = source::model(Some(&args.model), SignalKind::Image)?;
    doubt_unseen(&model, args);
    match model.config().kind {
        SignalKind::Image => {}
        SignalKind::Object => return objects(&model, args),
        SignalKind::Sound => return sounds(&model, args),
    }
    let data = train::scan(&args.data)?;
    let config = EvaluateConfig {
        split: args.split.into(),
        reference_side_px: args.reference,
        refine_steps: args.refine.clone(),
        refine: args.refining.over(RefineConfig { steps: 0, ..RefineConfig::default() }),
        with_baselines: args.baselines,
        lpips: args.lpips.network()?,
    };
    let pictures = evaluate_model(&model, &data, &config, |row| {
        if !args.json {
            print(row);
        }
    })?;
    refuse_nothing(pictures.len(), args)?;
    let mean = Evaluated::mean(&pictures).context("nothing was measured")?;
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

#[derive(Serialize)]
struct ObjectsReport {
    model: ModelInfo,
    /// How fields were refined towards one view, and towards four.
    refine: [RefineConfig; 2],
    objects: Vec<EvaluatedObject>,
    classes: Vec<ClassFigures>,
}

fn objects(model: &Model, args: &EvaluateArgs) -> anyhow::Result<()> {
    let data = train::scan_objects(&args.data)?;
    let steps = args.refine.last().copied().unwrap_or(0);
    let refine =
        [1, 4].map(|views| args.refining.over(RefineConfig { steps, ..RefineConfig::of_object(views) }));
    let config = ObjectsEvaluateConfig {
        split: args.split.into(),
        unseen: args.unseen.clone(),
        most_objects: args.objects,
        novel_views: args.views.max(1),
        refine,
        with_baselines: args.baselines,
        lpips: args.lpips.network()?,
    };
    let (objects, classes) = evaluate_objects(model, &data, &config, |row| {
        if !args.json {
            print_object(&row.object, row);
        }
    })?;
    refuse_nothing(objects.len(), args)?;
    if args.json {
        return output::json(&ObjectsReport { model: model.info(), refine, objects, classes });
    }
    for ClassFigures { class, is_unseen, count, mean } in &classes {
        let seen = if *is_unseen { ", unseen" } else { "" };
        print_object(&format!("{class}, {count} objects{seen}"), mean);
    }
    Ok(())
}

#[derive(Serialize)]
struct SoundsReport {
    model: ModelInfo,
    /// How fields were refined; its number of steps is each row's own.
    refine: RefineConfig,
    sounds: Vec<EvaluatedSound>,
    classes: Vec<SoundClass>,
}

fn sounds(model: &Model, args: &EvaluateArgs) -> anyhow::Result<()> {
    if args.lpips.network()?.is_some() {
        anyhow::bail!("LPIPS compares pictures, and this model is for sounds");
    }
    let rate_hz = model.config().sound.map_or(limits::SOUND_RATE_HZ, |own| own.sample_rate);
    let data = train::scan_sounds(&args.data, rate_hz)?;
    let refine = args.refining.over(RefineConfig { steps: 0, ..RefineConfig::of_sound() });
    let config = SoundsEvaluateConfig {
        split: args.split.into(),
        unseen: args.unseen.clone(),
        most_sounds: args.objects,
        refine_steps: args.refine.clone(),
        refine,
        with_baselines: args.baselines,
    };
    let (sounds, classes) = evaluate_sounds(model, &data, &config, |row| {
        if !args.json {
            print_sound(&row.sound, row);
        }
    })?;
    refuse_nothing(sounds.len(), args)?;
    if args.json {
        return output::json(&SoundsReport { model: model.info(), refine, sounds, classes });
    }
    for SoundClass { class, count, mean } in &classes {
        print_sound(&format!("{class}, {count} sounds"), mean);
    }
    Ok(())
}

/// An empty table would say nothing.
fn refuse_nothing(rows: usize, args: &EvaluateArgs) -> anyhow::Result<()> {
    anyhow::ensure!(rows > 0, "nothing of {} is in this split; try --split all", args.data.display());
    Ok(())
}

/// Say which of the classes or speakers that are to be unseen the model may have learned from, by its own settings.
fn doubt_unseen(model: &Model, args: &EvaluateArgs) {
    let settings = model.notes.get("trained_with").and_then(|text| toml::from_str::<toml::Table>(text).ok());
    let left_out = |name: &String| {
        let kinds = ["objects", "sounds"].into_iter();
        let lists = kinds.filter_map(|kind| settings.as_ref()?.get(kind)?.get("without")?.as_array());
        lists.flatten().any(|value| value.as_str() == Some(name))
    };
    for name in args.unseen.iter().filter(|name| !left_out(name)) {
        output::note(format_args!("{name} is not among what this model's training left out"));
    }
}

/// PSNR, SI-SDR and log-spectral distance: as written, refined, and of the baselines.
fn print_sound(name: &str, row: &EvaluatedSound) {
    let figures = |own: &SoundQuality| {
        format!("{:.2} dB, SI-SDR {:.2} dB, LSD {:.2} dB", own.psnr_db, own.si_sdr_db, own.lsd_db)
    };
    output::line(format_args!("{name:32} {}", figures(&row.direct)));
    let below =
        |what: String, own: &SoundQuality| output::line(format_args!("    {what:28} {}", figures(own)));
    for (steps, own) in &row.refined {
        below(format!("after {steps} refine steps"), own);
    }
    if let Some(own) = &row.baselines {
        below("silence".into(), &own.silence);
        below("as many Fourier coefficients".into(), &own.fourier);
        for (steps, own) in &own.refined_from_random {
            below(format!("{steps} steps from random"), own);
        }
    }
}

/// Views that were not read, then the one that was, what refining gives, and the baselines.
fn print_object(name: &str, row: &EvaluatedObject) {
    let mut parts = vec![figures(name, 44, &row.direct), format!("input {:.2}", row.input.psnr_db)];
    let mut add = |what: &str, quality: Option<Quality>| {
        parts.extend(quality.map(|own| format!("{what} {}", brief(&own))));
    };
    add("refined by one view", row.refined_one);
    add("by four", row.refined_four);
    if let Some(own) = &row.baselines {
        add("input repeated", Some(own.input_repeated));
        add("mean picture", Some(own.mean_picture));
        add("nearest object", Some(own.nearest_object));
        add("four from another's", own.refined_from_other);
        add("four from random", own.refined_from_random);
    }
    output::line(parts.join("  "));
}

fn print(row: &Evaluated) {
    output::line(format_args!("{}{}", figures(&row.picture, 24, &row.direct), steps(&row.refined)));
}

/// A row's name in so many columns, and its figures.
fn figures(name: &str, columns: usize, Quality { psnr_db, ssim, lpips }: &Quality) -> String {
    let lpips = lpips.map(|lpips| format!("  LPIPS {lpips:.3}")).unwrap_or_default();
    format!("{name:columns$} {psnr_db:6.2} dB  SSIM {ssim:.3}{lpips}")
}

/// Figures whose names stand above.
fn brief(Quality { psnr_db, ssim, lpips }: &Quality) -> String {
    let lpips = lpips.map(|lpips| format!(" {lpips:.3}")).unwrap_or_default();
    format!("{psnr_db:.2} {ssim:.3}{lpips}")
}

/// The means of the baselines, below those of the model.
fn print_baselines(baselines: &Baselines) {
    let Baselines { mean_color, thumbnail, refined_from_other, refined_from_random } = baselines;
    for (name, quality) in [("mean colour", mean_color), ("thumbnail of 8x8 px", thumbnail)] {
        output::line(figures(name, 24, quality));
    }
    for (name, refined) in
        [("from another's weights", refined_from_other), ("from random weights", refined_from_random)]
    {
        output::line(format_args!("{name:24} {:21}{}", "", steps(refined)));
    }
}

fn steps(refined: &[(u32, Quality)]) -> String {
    let column = |(steps, quality): &(u32, Quality)| format!("  {steps} steps {}", brief(quality));
    refined.iter().map(column).collect::<Vec<_>>().concat()
}
