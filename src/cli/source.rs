//! Files into what the verbs work on.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::args::FramingArgs;
use super::output;
use crate::field::{FieldKind, FieldRecord};
use crate::limits;
use crate::media::{self, Cutout, Framing, ImageSignal, MediaError, Picture};
use crate::model::Model;
use crate::storage::Identity;

/// A file's bytes.
pub(super) fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    media::read_file(path).map_err(|err| match err {
        // Says which file it is about.
        MediaError::Io { .. } => err.into(),
        _ => anyhow::Error::new(err).context(path.display().to_string()),
    })
}

/// A field file.
pub(super) fn field(path: &Path) -> anyhow::Result<FieldRecord> {
    FieldRecord::read(path).with_context(|| path.display().to_string())
}

/// A model, or the bundled one.
pub(super) fn model(path: Option<&Path>) -> anyhow::Result<Model> {
    let Some(path) = path else { return Ok(Model::bundled()?) };
    let folder: Option<PathBuf> = path.parent().map(Into::into);
    let bytes = bytes(path)?;
    let folders: Vec<PathBuf> = folder.into_iter().collect();
    Model::load(&name(path), &bytes, &folders).with_context(|| path.display().to_string())
}

/// A picture as the reference of a field that is yet to be written.
pub(super) fn signal(path: &Path, args: &FramingArgs) -> anyhow::Result<ImageSignal> {
    let framing = args.framing.map_or_else(Framing::default, Into::into);
    let side = args.reference.unwrap_or(limits::DEFAULT_REFERENCE_SIDE_PX);
    load(path, framing, side, args)
}

/// The picture of an object as a model reads it, on white, and which file it is from. How it was told from its
/// background is said.
pub(super) fn object(path: &Path, side_px: u32) -> anyhow::Result<(Picture, Identity)> {
    let bytes = bytes(path)?;
    let picture = Cutout::decode(&bytes).with_context(|| path.display().to_string())?;
    let (object, foreground) = media::object_of(&picture);
    output::note(format_args!("{}: {}", path.display(), foreground.described()));
    let square = media::resize(&object.on([255; 3]), side_px, side_px);
    Ok((square, Identity::of(name(path), &bytes)))
}

/// A picture framed as it was for this field, unless the command line says otherwise.
pub(super) fn signal_of(
    record: &FieldRecord,
    path: &Path,
    args: &FramingArgs,
) -> anyhow::Result<ImageSignal> {
    let FieldKind::Image { width, height } = record.kind else {
        bail!("this is the field of an object, and this verb works on those of pictures");
    };
    let noted = record.extra.get(ImageSignal::FRAMING_NOTE).and_then(|name| Framing::from_name(name));
    let framing = args.framing.map(Into::into).or(noted).unwrap_or_default();
    let side = args.reference.unwrap_or(width.max(height).min(limits::REFERENCE_SIDE_PX));
    load(path, framing, side, args)
}

/// A file's name without its folder.
pub(super) fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn load(path: &Path, framing: Framing, side: u32, args: &FramingArgs) -> anyhow::Result<ImageSignal> {
    let bytes = bytes(path)?;
    let load = ImageSignal::load(&name(path), &bytes, framing, side, args.background.0);
    load.with_context(|| path.display().to_string())
}
