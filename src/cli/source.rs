//! Files into what the verbs work on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};

use super::args::FramingArgs;
use super::output;
use crate::camera::{Camera, Intrinsics};
use crate::dataset::{FOCAL, ViewSet};
use crate::field::{FieldKind, FieldRecord};
use crate::limits;
use crate::media::{
    self, Content, Framing, ImageSignal, MediaError, ObjectFraming, ObjectSignal, Picture, Sound, SoundSignal,
};
use crate::model::{Model, SignalKind};
use crate::storage::Identity;
use crate::train::Reference;

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
    if let Ok(content) = media::content_of_file(path)
        && (content.is_supported() || content == Content::Sound)
    {
        let what = if content == Content::Sound { "sound" } else { "picture" };
        bail!("{}: this is a {what}, and no field yet: `hyperscope encode` writes its field", path.display());
    }
    FieldRecord::read(path).with_context(|| path.display().to_string())
}

/// A model, or the bundled one of a kind.
pub(super) fn model(path: Option<&Path>, kind: SignalKind) -> anyhow::Result<Model> {
    let Some(path) = path else { return Ok(Model::bundled(kind)?) };
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

/// Views of an object as a model reads them, on white, in the frame of the first one, and which file they are from: at
/// most so many of a transforms.json or of a folder, or a plain picture, of which how it was told from its background is
/// said. Views of what lies elsewhere than between the depths that are looked at are refused.
pub(super) fn views(
    path: &Path,
    most: usize,
    side_px: u32,
    depths: Option<(f32, f32)>,
) -> anyhow::Result<(Views, Identity)> {
    if ViewSet::is_at(path) {
        let set = ViewSet::read(path)?;
        if let Some((near, far)) = depths.filter(|(near, far)| !set.reaches(*near, *far)) {
            bail!(
                "{}: its object lies at depths of {:.2} to {:.2} from cameras at 4, and what is looked at lies at {near} to \
                 {far}: correct its near and far",
                path.display(),
                set.near,
                set.far
            );
        }
        let described = ViewSet::description(path).as_deref().map(bytes).transpose()?.unwrap_or_default();
        return Ok((Arc::new(set.from_first(most)), Identity::of(name(path), &described)));
    }
    let bytes = bytes(path)?;
    let signal = ObjectSignal::load(&name(path), &bytes, &ObjectFraming::default())
        .with_context(|| path.display().to_string())?;
    output::note(format_args!("{}: {}", path.display(), signal.foreground.described()));
    let camera = Camera::canonical(Intrinsics::square(side_px, FOCAL));
    Ok((Arc::new(vec![(signal.input(side_px), camera)]), signal.identity))
}

/// Pictures on white, and the cameras that saw them.
pub(super) type Views = Arc<Vec<(Picture, Camera)>>;

/// Of a folder with posed views or a plain picture, what is compared with this field: its picture, or views.
pub(super) fn reference(
    record: &FieldRecord,
    path: &Path,
    args: &FramingArgs,
    most_views: usize,
) -> anyhow::Result<Reference> {
    match record.kind {
        FieldKind::Image { .. } => Ok(signal_of(record, path, args)?.reference.into()),
        FieldKind::Object { near, far } => {
            Ok(views(path, most_views, limits::OBJECT_SIDE_PX, Some((near, far)))?.0.into())
        }
        FieldKind::Sound(_) => Ok(sound_for(record, &sound(path)?).into()),
    }
}

/// A sound.
pub(super) fn sound(path: &Path) -> anyhow::Result<SoundSignal> {
    let bytes = bytes(path)?;
    SoundSignal::load(&name(path), &bytes).with_context(|| path.display().to_string())
}

/// A sound as the model of this field read it.
pub(super) fn sound_for(record: &FieldRecord, signal: &SoundSignal) -> Arc<Sound> {
    signal.at_rate(record.sound().map_or(limits::SOUND_RATE_HZ, |layout| layout.sample_rate_hz))
}

/// How large a reference is.
pub(super) fn size(reference: &Reference) -> String {
    match reference {
        Reference::Picture(picture) => format!("{}x{} px", picture.width(), picture.height()),
        Reference::Views(views) => views
            .first()
            .map_or(String::new(), |(picture, _)| format!("{}x{} px", picture.width(), picture.height())),
        Reference::Sound(sound) => format!("{:.2} s of {} Hz", sound.duration_secs(), sound.rate_hz()),
    }
}

/// A picture framed as it was for this field, unless the command line says otherwise.
pub(super) fn signal_of(
    record: &FieldRecord,
    path: &Path,
    args: &FramingArgs,
) -> anyhow::Result<ImageSignal> {
    let FieldKind::Image { width, height } = record.kind else {
        bail!("this is not the field of a picture, and this verb works on those");
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
