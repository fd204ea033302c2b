use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use super::args::InspectArgs;
use super::{output, source};
use crate::dataset::{DatasetError, MeshSize, ViewSet, mesh_size};
use crate::field::{FieldKind, FieldRecord};
use crate::media::{self, Content};
use crate::model::{self, Inspection, WeightsFile, of_field};
use crate::storage::Identity;

/// How a binary glTF file begins.
const GLB: &[u8] = b"glTF";
/// Characters of a note that are shown.
const NOTE_CHARS: usize = 240;

pub(super) fn run(args: &InspectArgs) -> anyhow::Result<()> {
    let context = || args.file.display().to_string();
    if let Some(set) = views(&args.file)? {
        return posed(&set, args);
    }
    let (path, bytes) = if args.file.is_dir() {
        let WeightsFile { path, bytes, .. } = WeightsFile::read(&args.file)?;
        (path, bytes)
    } else {
        (args.file.clone(), source::bytes(&args.file)?)
    };
    let identity = Identity::of(source::name(&path), &bytes);
    let content = Content::of(&bytes);
    let (lines, mut report) = if FieldRecord::is_field(&bytes) {
        field(&FieldRecord::from_bytes(&bytes).with_context(context)?)
    } else if content.is_tensors() {
        weights(&model::inspect_at(&path, &bytes).with_context(context)?)?
    } else if content == Content::Sound {
        let sound = media::decode_sound(&bytes).with_context(context)?;
        let (secs, rate, channels) = (sound.duration_secs(), sound.rate_hz(), sound.channels().len());
        let line = format!("{secs:.2} s at {rate} Hz, {}", if channels == 1 { "mono" } else { "stereo" });
        let report =
            json!({"kind": "sound", "duration_secs": secs, "sample_rate": rate, "channels": channels});
        (vec![line], report)
    } else if bytes.starts_with(GLB) {
        let MeshSize { triangles, materials, extent } = mesh_size(&bytes).with_context(context)?;
        let [x, y, z] = extent.map(|side| format!("{side:.3}"));
        let line = format!("{triangles} triangles, {materials} materials, {x} x {y} x {z}");
        let report =
            json!({"kind": "mesh", "triangles": triangles, "materials": materials, "extent": extent});
        (vec![line], report)
    } else {
        let picture = media::decode(&bytes, [255; 3]).with_context(context)?;
        let (width, height) = (picture.width(), picture.height());
        let line = format!("{width}x{height} px");
        (vec![line], json!({"kind": "picture", "format": content.name(), "width": width, "height": height}))
    };
    if args.json {
        report["name"] = identity.name.into();
        report["sha256"] = identity.sha256.into();
        report["bytes"] = bytes.len().into();
        return output::json(&report);
    }
    output::line(format_args!("{}: {}, {} bytes", path.display(), what(&report, content), bytes.len()));
    lines.iter().for_each(output::line);
    output::line(format_args!("sha256 {}", identity.sha256));
    Ok(())
}

/// The posed views of an object, where a path has some.
fn views(path: &Path) -> anyhow::Result<Option<ViewSet>> {
    if !ViewSet::is_at(path) {
        return Ok(None);
    }
    match ViewSet::read(path) {
        // A folder of something else, as of weights.
        Err(DatasetError::NoObjects { .. }) => Ok(None),
        read => Ok(Some(read?)),
    }
}

fn posed(set: &ViewSet, args: &InspectArgs) -> anyhow::Result<()> {
    let (count, near, far) = (set.views.len(), set.near, set.far);
    let (width, height) =
        set.views.first().map_or((0, 0), |view| (view.picture.width(), view.picture.height()));
    if args.json {
        let report = json!({"kind": "views", "views": count, "width": width, "height": height, "near": near, "far": far});
        return output::json(&report);
    }
    output::line(format_args!(
        "{}: an object in {count} views of {width}x{height} px, at depths of {near:.2} to {far:.2}",
        args.file.display()
    ));
    Ok(())
}

/// What it is, in a few words.
fn what(report: &Value, content: Content) -> &str {
    match report["kind"].as_str() {
        Some("field") if report["signal"] == "object" => "object field",
        Some("field") if report["signal"] == "sound" => "sound field",
        Some("field") => "image field",
        Some("checkpoint") => "model checkpoint",
        Some("backbone") => "backbone weights",
        Some("mesh") => "GLB mesh",
        _ => content.name(),
    }
}

fn field(record: &FieldRecord) -> (Vec<String>, Value) {
    let architecture = record.field.architecture();
    // All of it is in the JSON; the loudness of a thousand windows is nothing to read.
    let history = record.extra.iter().map(|(key, value)| format!("{key}: {}", abridged(value)));
    let of = match record.kind {
        FieldKind::Image { width, height } => format!("of a picture of {width}x{height} px"),
        FieldKind::Object { near, far } => format!("of an object at depths of {near} to {far}"),
        FieldKind::Sound(layout) => format!(
            "of a {} sound of {:.2} s at {} Hz, {} windows of {:.0} ms",
            layout.channels.name(),
            layout.duration_secs(),
            layout.sample_rate_hz,
            layout.num_windows(),
            layout.window_secs() * 1e3
        ),
    };
    let mut lines = vec![
        of,
        of_field(architecture),
        format!("source: {}", record.source.as_ref().map_or("unknown".into(), Identity::to_string)),
        format!("model: {}", record.model.as_ref().map_or("unknown".into(), Identity::to_string)),
    ];
    lines.extend(history);
    let mut report = json!({
        "kind": "field",
        "architecture": architecture,
        "parameters": architecture.num_params(),
        "source": record.source.as_ref().map(Identity::to_string),
        "model": record.model.as_ref().map(Identity::to_string),
        "notes": record.extra,
    });
    match record.kind {
        FieldKind::Image { width, height } => {
            report["signal"] = "image".into();
            report["width"] = width.into();
            report["height"] = height.into();
        }
        FieldKind::Object { near, far } => {
            report["signal"] = "object".into();
            report["near"] = near.into();
            report["far"] = far.into();
        }
        FieldKind::Sound(layout) => {
            report["signal"] = "sound".into();
            report["sample_rate"] = layout.sample_rate_hz.into();
            report["length"] = layout.length.into();
            report["windows"] = layout.num_windows().into();
            report["channels"] = layout.channels.name().into();
        }
    }
    (lines, report)
}

/// The beginning of what is long.
fn abridged(value: &str) -> String {
    match value.char_indices().nth(NOTE_CHARS) {
        Some((end, _)) => format!("{}… {} characters", &value[..end], value.chars().count()),
        None => value.into(),
    }
}

fn weights(found: &Inspection) -> anyhow::Result<(Vec<String>, Value)> {
    let mut report = serde_json::to_value(&found.contents)?;
    report["tensors"] = serde_json::to_value(&found.tensors)?;
    report["num_values"] = found.num_values.into();
    report["number_kinds"] = serde_json::to_value(&found.number_kinds)?;
    Ok((found.lines(), report))
}
