//! Training steps of known shapes on the CPU, beside what another program takes for the same ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::field::refine_flops;
use super::measure::{Row, peak_mb, repeat};
use super::report::cpu_name;
use super::samples;
use crate::cli::args::BenchArgs;
use crate::cli::{output, source};
use crate::field::Architecture;
use crate::model::{BackboneConfig, cpu_device, device_name};
use crate::train::{BlockWorkload, FieldWorkload, Optimizer, RefineConfig, Refiner, TokenCounts, vit_tiny};

/// Tokens of data and of weights: a picture of 224 px, and about what a hypernetwork adds.
const DATA_TOKENS: usize = 197;
const WEIGHT_TOKENS: usize = 100;
/// Fields of a step, and the points of each.
const FIELDS: usize = 8;
const POINTS: usize = 2_048;
/// Objects of a step, the rays of each, and the samples of a ray.
const OBJECTS: usize = 8;
const RAYS: usize = 192;
const SAMPLES: usize = 32;

/// What `tests/golden/peer.py` writes.
#[derive(Debug, Deserialize, Serialize)]
struct Peer {
    torch: String,
    cpu: String,
    threads: usize,
    peak_mb: f64,
    median_ms: BTreeMap<String, f64>,
}

#[derive(Serialize)]
struct Report {
    version: &'static str,
    cpu: String,
    threads: usize,
    device: String,
    /// Most memory that the program has held.
    peak_mb: Option<f64>,
    rows: Vec<Row>,
    peer: Option<Peer>,
}

pub(super) fn run(seconds: f64, args: &BenchArgs) -> anyhow::Result<()> {
    let peer = args.peer.as_ref().map(|path| {
        serde_json::from_slice(&source::bytes(path)?).with_context(|| path.display().to_string())
    });
    let peer: Option<Peer> = peer.transpose()?;
    let small = BackboneConfig { dim: 384, heads: 6, mlp: 1_536, ..vit_tiny() };
    let mut rows = blocks(seconds, "ViT-Ti, batch 8", &vit_tiny(), 8)?;
    rows.extend(blocks(seconds, "ViT-S, batch 4", &small, 4)?);
    rows.extend(fields(seconds, "256-128-128-128-3", &Architecture::live_image())?);
    rows.extend(fields(seconds, "reference 5x256", &Architecture::reference_image())?);
    rows.push(objects(seconds)?);
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        cpu: cpu_name(),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        device: device_name(&cpu_device()),
        peak_mb: peak_mb(),
        rows,
        peer,
    };
    if args.json {
        return output::json(&report);
    }
    print(&report);
    Ok(())
}

fn blocks(seconds: f64, name: &str, config: &BackboneConfig, batch: usize) -> anyhow::Result<Vec<Row>> {
    let device = cpu_device();
    let counts = TokenCounts { batch, data: DATA_TOKENS, own: WEIGHT_TOKENS };
    let flops = batch as u64 * config.flops((0, 0), DATA_TOKENS + WEIGHT_TOKENS, WEIGHT_TOKENS);
    let row = |what: &str, times: &[_], passes: u64| {
        output::note(format_args!("measured: {name} {what}"));
        Row::of(format!("{name} {what}"), times).with_flops(passes * flops)
    };
    let mut whole = BlockWorkload::new(config, counts, false, &device)?;
    let forward = repeat(seconds, || Ok(whole.forward()?))?;
    let full = repeat(seconds, || Ok(whole.step()?))?;
    drop(whole);
    let mut frozen = BlockWorkload::new(config, counts, true, &device)?;
    let prompt = repeat(seconds, || Ok(frozen.step()?))?;
    // Backward costs another two passes, one for activations and one for weights.
    Ok(vec![row("forward", &forward, 1), row("full step", &full, 3), row("prompt step", &prompt, 2)])
}

fn fields(seconds: f64, name: &str, architecture: &Architecture) -> anyhow::Result<Vec<Row>> {
    let workload = FieldWorkload::points(architecture.clone(), FIELDS, POINTS, &cpu_device());
    let step = repeat(seconds, || Ok(workload.step()?))?;
    let signal = samples::signal(256)?;
    let record = samples::record(architecture, 256)?;
    let config = RefineConfig {
        steps: u32::MAX,
        optimizer: Optimizer::Adam,
        pixels_per_step: POINTS,
        ..RefineConfig::default()
    };
    let mut refiner = Refiner::new(&record, Arc::clone(&signal.reference), config)?;
    let refine = repeat(seconds, || Ok(refiner.step()?))?;
    let flops = (FIELDS * POINTS) as u64 * 3 * architecture.flops_per_point();
    output::note(format_args!("measured: {name}"));
    Ok(vec![
        Row::of(format!("{name} field step"), &step).with_flops(flops),
        Row::of(format!("{name} refine step"), &refine)
            .with_flops(refine_flops(architecture, config.lattice(256, 256))),
    ])
}

fn objects(seconds: f64) -> anyhow::Result<Row> {
    let architecture = Architecture::live_object();
    let flops = (OBJECTS * RAYS * SAMPLES) as u64 * 3 * architecture.flops_per_point();
    let workload = FieldWorkload::rays(architecture, OBJECTS, RAYS, SAMPLES, &cpu_device());
    let step = repeat(seconds, || Ok(workload.step()?))?;
    output::note(format_args!("measured: objects"));
    Ok(Row::of("objects 72-64-64-64-64-4 field step", &step).with_flops(flops))
}

fn print(report: &Report) {
    output::line(format_args!(
        "hyperscope {} on {}, {} threads, {}",
        report.version, report.cpu, report.threads, report.device
    ));
    if let Some(peer) = &report.peer {
        output::line(format_args!("PyTorch {} on {}, {} threads", peer.torch, peer.cpu, peer.threads));
    }
    output::line("| what | median ms | GFLOP/s | PyTorch ms | ratio |");
    output::line("|---|---|---|---|---|");
    for row in &report.rows {
        let peers = report.peer.as_ref().and_then(|peer| peer.median_ms.get(&row.what));
        let cell = |value: Option<f64>, decimals: usize| {
            value.map(|value| format!("{value:.decimals$}")).unwrap_or_default()
        };
        output::line(format_args!(
            "| {} | {:.1} | {} | {} | {} |",
            row.what,
            row.median_ms,
            cell(row.gflops(), 1),
            cell(peers.copied(), 1),
            cell(peers.map(|peers| row.median_ms / peers), 2)
        ));
    }
    let peers = report.peer.as_ref().map(|peer| format!(", PyTorch's {:.0} MB", peer.peak_mb));
    if let Some(own) = report.peak_mb {
        output::line(format_args!("peak memory {own:.0} MB{}", peers.unwrap_or_default()));
    }
}
