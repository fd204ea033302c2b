//! What a run keeps of held-out items for people, beside its numbers.

use std::path::{Path, PathBuf};

use super::held_out::TURN;
use super::{Look, Shown, TrainError, io_error};
use crate::media::{Overview, Picture, SampleDepth, png_bytes, wav_bytes};
use crate::storage::write_atomically;

/// Items of a sheet, at most.
pub(super) const SAMPLES: usize = 6;
/// Side of a waveform, in pixels.
const WAVEFORM_PX: u32 = 96;

/// Held-out items and what their fields give for them.
pub(super) enum Samples {
    /// Of each a picture and the field's, `[side, side, 3]`.
    Pictures(Vec<Pair>),
    /// Objects as they turn.
    Objects(Vec<Turning>),
    /// What is heard.
    Sounds(Vec<Shown>),
}

/// What is held out, and what its field gives, `[side, side, 3]`.
pub(super) type Pair = [Vec<f32>; 2];
/// Views of one object, `TURN` of them.
pub(super) type Turning = Vec<Pair>;

/// A picture of held-out items over their fields, as a run's folder keeps it:
///
/// | file in `samples/` | what |
/// |---|---|
/// | `step-*.png` | pictures, or waveforms of sounds, side by side in one row; those of their fields below |
/// | `turn-*.png` | objects, side by side in 8 rows, one for each view; their fields below in as many |
/// | `held-out-*.wav` | the sounds, from 0 on as they stand in the row |
/// | `step-*-*.wav` | what their fields gave after so many steps |
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sheet {
    /// Steps that were done.
    pub step: u32,
    /// The picture.
    pub path: PathBuf,
    /// Rows of either half: the views of an object.
    pub views: usize,
}

impl Sheet {
    /// Those of a run's folder, in the order of the steps.
    #[must_use]
    pub fn list(run: &Path) -> Vec<Self> {
        let Ok(list) = std::fs::read_dir(run.join("samples")) else { return Vec::new() };
        let mut found: Vec<Self> = list.flatten().filter_map(|entry| Self::of(entry.path())).collect();
        found.sort();
        found
    }

    fn of(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_suffix(".png")?;
        let (what, step) = name.split_once('-')?;
        let views = match what {
            "step" => 1,
            "turn" => TURN,
            _ => return None,
        };
        Some(Self { step: step.parse().ok()?, path, views })
    }

    /// A sound of the row, as it is held out.
    #[must_use]
    pub fn held_out_sound(&self, index: usize) -> PathBuf {
        self.path.with_file_name(format!("held-out-{index}.wav"))
    }

    /// What its field gave.
    #[must_use]
    pub fn field_sound(&self, index: usize) -> PathBuf {
        self.path.with_file_name(format!("step-{:06}-{index}.wav", self.step))
    }
}

impl Samples {
    /// Nothing is held out.
    pub(super) fn none() -> Self {
        Self::Pictures(Vec::new())
    }

    /// Keep them in a run's folder; pictures that are not square and of one size are left out.
    pub(super) fn write(&self, run: &Path, step: u32) -> Result<(), TrainError> {
        let (what, views) = if matches!(self, Self::Objects(_)) { ("turn", TURN) } else { ("step", 1) };
        let path = run.join(format!("samples/{what}-{step:06}.png"));
        let sheet = Sheet { step, path, views };
        if let Some(picture) = self.picture() {
            write(&sheet.path, &png_bytes(&picture)?)?;
        }
        let Self::Sounds(sounds) = self else { return Ok(()) };
        for (index, Shown { reference, field, .. }) in sounds.iter().enumerate() {
            let held_out = sheet.held_out_sound(index);
            if !held_out.exists() {
                write_sound(&held_out, reference)?;
            }
            write_sound(&sheet.field_sound(index), field)?;
        }
        Ok(())
    }

    fn picture(&self) -> Option<Picture> {
        let halves: [Vec<Vec<Vec<f32>>>; 2] = [0, 1].map(|half: usize| match self {
            Self::Pictures(pairs) => vec![pairs.iter().map(|pair| pair[half].clone()).collect()],
            Self::Objects(objects) => {
                let view = |view: usize| objects.iter().map(|turning| turning[view][half].clone()).collect();
                (0..TURN).map(view).collect()
            }
            Self::Sounds(sounds) => {
                let looks = sounds.iter().map(|own| if half == 0 { &own.reference } else { &own.field });
                vec![looks.map(waveform).collect()]
            }
        });
        let side = (halves[0].first()?.first()?.len() / 3).isqrt();
        let rows: Vec<Vec<&[f32]>> =
            halves.iter().flatten().map(|row| row.iter().map(Vec::as_slice).collect()).collect();
        let rows: Vec<&[&[f32]]> = rows.iter().map(Vec::as_slice).collect();
        tiled(&rows, side, side)
    }
}

/// What is shown of a sound as a square picture, `[WAVEFORM_PX, WAVEFORM_PX, 3]`.
fn waveform(look: &Look) -> Vec<f32> {
    match look {
        Look::Sound(sound) => Overview::new(sound.mono()).picture(WAVEFORM_PX, WAVEFORM_PX).to_f32(),
        Look::Picture(picture) => picture.to_f32(),
    }
}

fn write_sound(path: &Path, look: &Look) -> Result<(), TrainError> {
    let Look::Sound(sound) = look else { return Ok(()) };
    let bytes = wav_bytes(sound.rate_hz(), 1, &sound.mono(), SampleDepth::Int16);
    write(path, &bytes.map_err(io_error(format!("{} cannot be made", path.display())))?)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    write_atomically(path, |out| out.write_all(bytes))
        .map_err(io_error(format!("{} cannot be written", path.display())))
}

/// Rows of pictures of one size; `None` if one of them is smaller.
///
/// # Shapes
/// - each of `rows`: `[height, width, 3]`
pub(super) fn tiled(rows: &[&[&[f32]]], width: usize, height: usize) -> Option<Picture> {
    let columns = rows.first()?.len();
    let mut sheet = Vec::with_capacity(rows.len() * columns * width * height * 3);
    for pictures in rows {
        for line in 0..height {
            for picture in *pictures {
                sheet.extend_from_slice(picture.get(line * width * 3..)?.get(..width * 3)?);
            }
        }
    }
    Picture::from_f32((columns * width) as u32, (rows.len() * height) as u32, &sheet)
}
