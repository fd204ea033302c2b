use std::time::Duration;

use serde::Serialize;

use super::measure::Row;
use super::{curves, field, measure, model, modes, objects, passes, peer, samples, sounds, tuning};
use crate::camera::{Camera, Intrinsics};
use crate::cli::args::BenchArgs;
use crate::cli::values::BenchPart;
use crate::cli::{output, source};
use crate::dataset::FOCAL;
use crate::field::matmul_peak_gflops;
use crate::limits;
use crate::media::Picture;
use crate::model::{SignalKind, device_name};
use crate::render::EvaluatorKind;

/// Side of the matrix product that is the ceiling.
const PEAK_SIDE: usize = 512;

#[derive(Serialize)]
struct Report {
    version: &'static str,
    threads: usize,
    cpu: String,
    /// Where models compute.
    device: String,
    /// What draws.
    adapter: String,
    /// A product of matrices of side 512 on every core at once.
    gemm_peak_gflops: f64,
    rows: Vec<Row>,
}

pub(in crate::cli) fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let seconds = args.seconds.clamp(0.01, 600.0);
    if args.what == BenchPart::Train {
        return peer::run(seconds, args);
    }
    if args.what == BenchPart::Modes {
        return modes::run(seconds, args);
    }
    if args.what == BenchPart::Objects {
        print_rows(&objects_of(seconds)?, matmul_peak_gflops(PEAK_SIDE, Duration::from_secs_f64(seconds)));
        return Ok(());
    }
    if args.what == BenchPart::Sounds {
        print_rows(&sounds_of(seconds)?, matmul_peak_gflops(PEAK_SIDE, Duration::from_secs_f64(seconds)));
        return Ok(());
    }
    if args.what == BenchPart::Curves {
        print_rows(&curves::rows(seconds)?, matmul_peak_gflops(PEAK_SIDE, Duration::from_secs_f64(seconds)));
        return Ok(());
    }
    let own = source::model(None, SignalKind::Image)?;
    let architecture = own.config().field.clone();
    let mut report = Report {
        version: env!("CARGO_PKG_VERSION"),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        cpu: cpu_name(),
        device: device_name(&own.device),
        adapter: "nothing".into(),
        gemm_peak_gflops: matmul_peak_gflops(PEAK_SIDE, Duration::from_secs_f64(seconds)),
        rows: Vec::new(),
    };
    let mut add = |what: &str, rows: anyhow::Result<Vec<Row>>| -> anyhow::Result<()> {
        report.rows.extend(rows?);
        output::note(format_args!("measured: {what}"));
        Ok(())
    };
    add("decoding", field::decode(seconds))?;
    add("the default model's file", model::load(seconds))?;
    add("encoding", model::encode(seconds, &own))?;
    add("encoding by a whole ViT-Ti", model::encode_vit_tiny(seconds))?;
    add("evaluation of pictures", field::evaluate(seconds, &architecture))?;
    add("evaluation of points", field::points(seconds, &architecture))?;
    add("refining", field::refine(seconds, &architecture))?;
    add("objects", objects_of(seconds))?;
    add("sounds", sounds_of(seconds))?;
    add("curves", curves::rows(seconds))?;
    for kind in [EvaluatorKind::Cpu, EvaluatorKind::Gpu] {
        match passes::passes(seconds, &architecture, kind) {
            Ok((adapter, rows)) => {
                output::note("measured: drawing");
                report.adapter = adapter;
                report.rows.extend(rows);
            }
            Err(err) => output::note(format_args!("not measured: drawing: {}", output::one_line(&err))),
        }
    }
    if !args.quick {
        report.rows.extend(tuning::steps(seconds)?);
    }
    if args.json {
        return output::json(&report);
    }
    print(&report);
    Ok(())
}

/// The bundled object model, and the field that it writes for the bundled picture of an object.
fn objects_of(seconds: f64) -> anyhow::Result<Vec<Row>> {
    let model = source::model(None, SignalKind::Object)?;
    let signal = samples::object()?;
    let camera = Camera::canonical(Intrinsics::square(limits::OBJECT_SIDE_PX, FOCAL));
    let views = [(Picture::clone(&signal.reference), camera)];
    let times = measure::repeat(seconds, || Ok(model.encode_object(&views, None)?))?;
    let mut rows = vec![Row::of("object: picture to field", &times)];
    rows.extend(objects::drawing(seconds, &model.encode_object(&views, None)?.record)?);
    rows.extend(tuning::object_step(seconds)?);
    Ok(rows)
}

/// The bundled sound model.
fn sounds_of(seconds: f64) -> anyhow::Result<Vec<Row>> {
    sounds::rows(seconds, &source::model(None, SignalKind::Sound)?)
}

fn print(report: &Report) {
    output::line(format_args!(
        "hyperscope {} on {}, {} threads; models on {}; drawing on {}",
        report.version, report.cpu, report.threads, report.device, report.adapter
    ));
    let peak = report.gemm_peak_gflops;
    output::line(format_args!("gemm peak, side {PEAK_SIDE}, all cores: {peak:.0} GFLOP/s"));
    print_rows(&report.rows, peak);
}

fn print_rows(rows: &[Row], peak: f64) {
    output::line("| what | median ms | fastest | n | MFLOP | GFLOP/s | of peak | MB | |");
    output::line("|---|---|---|---|---|---|---|---|---|");
    for row in rows {
        let cell = |text: Option<String>| text.unwrap_or_default();
        output::line(format_args!(
            "| {} | {:.2} | {:.2} | {} | {} | {} | {} | {} | {} |",
            row.what,
            row.median_ms,
            row.fastest_ms,
            row.repeats,
            cell((row.flops > 0).then(|| format!("{:.1}", row.flops as f64 / 1e6))),
            cell(row.gflops().map(|gflops| format!("{gflops:.1}"))),
            cell(row.gflops().map(|gflops| format!("{:.0} %", 100.0 * gflops / peak))),
            cell((row.bytes > 0).then(|| format!("{:.2}", row.bytes as f64 / 1e6))),
            row.note
        ));
    }
}

/// What the processor calls itself.
pub(super) fn cpu_name() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info.lines().find(|line| line.starts_with("model name"));
    let name = line.and_then(|line| line.split_once(':')).map(|(_, name)| name.trim().to_owned());
    name.unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}
