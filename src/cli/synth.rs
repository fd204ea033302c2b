use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};
use serde::Serialize;

use super::args::SynthArgs;
use super::{output, source};
use crate::export::write_wav;
use crate::field::Synthesizer;

#[derive(Serialize)]
struct Report {
    output: PathBuf,
    sample_rate_hz: u32,
    channels: usize,
    samples: usize,
    evaluate_ms: f64,
    /// Seconds of sound in a second.
    real_time_factor: f64,
}

pub(super) fn run(args: &SynthArgs) -> anyhow::Result<()> {
    let record = source::field(&args.field)?;
    let Some(synthesizer) = Synthesizer::new(&record) else {
        bail!("{}: this is not the field of a sound; evaluate it with render", args.field.display());
    };
    let rate_hz = args.rate.unwrap_or(synthesizer.layout().sample_rate_hz);
    let begun = Instant::now();
    let samples = synthesizer.len_at(rate_hz);
    let values = synthesizer.samples(rate_hz, 0, samples);
    let seconds = begun.elapsed();
    let channels = synthesizer.channels();
    write_wav(&args.output, rate_hz, channels, &values, args.depth.into())
        .with_context(|| args.output.display().to_string())?;
    let report = Report {
        output: args.output.clone(),
        sample_rate_hz: rate_hz,
        channels,
        samples,
        evaluate_ms: output::ms(seconds),
        real_time_factor: samples as f64 / f64::from(rate_hz) / seconds.as_secs_f64(),
    };
    if args.json {
        return output::json(&report);
    }
    output::line(format_args!(
        "{:.2} s at {rate_hz} Hz, {channels} channels, synthesised in {:.0} ms, {:.1} times real time; {}",
        samples as f64 / f64::from(rate_hz),
        report.evaluate_ms,
        report.real_time_factor,
        args.output.display()
    ));
    Ok(())
}
