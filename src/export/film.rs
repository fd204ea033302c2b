use std::io::Write;
use std::path::{Path, PathBuf};

#[cfg(feature = "mp4")]
use super::mp4::mp4_bytes;
use super::progress::{of_piece, told};
use super::{ExportError, Progress, Still, StillConfig};
use crate::camera::Orbit;
use crate::field::{FieldRecord, Tracer};
use crate::limits;
use crate::media::png_rgba8_bytes;
use crate::storage::{write_atomically, write_folder_atomically};

/// Pictures of a film, at most.
const FRAMES_MAX: usize = 3_600;
/// Bytes of a pixel, about: of a GIF, of a PNG, and of an MP4.
const GIF_PIXEL_BYTES: f64 = 0.6;
const PNG_PIXEL_BYTES: f64 = 1.4;
const MP4_PIXEL_BYTES: f64 = 0.05;
/// Sides of an MP4's pictures, at most: the longer, and the other. More the encoder does not take.
const MP4_SIDES_MAX: [u32; 2] = [3_840, 2_160];
/// Which part of the work is done when all pictures are drawn and only the encoding is left.
const DRAWN: f32 = 0.9;
/// Rows of a sheet that are encoded between two looks at whether to go on.
const ROWS: usize = 16;
/// From 1 (slow, best colours) to 30.
const GIF_SPEED: i32 = 8;

/// How an object is filmed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FilmConfig {
    /// Of every picture.
    pub still: StillConfig,
    /// Pictures in a second.
    pub frames_per_sec: u16,
}

/// How the name of a film may end.
#[cfg(feature = "mp4")]
pub const FILM_ENDINGS: &str =
    ".gif, .apng or .mp4, in .png for a sheet of all pictures, or in nothing for a folder of them";
/// How the name of a film may end.
#[cfg(not(feature = "mp4"))]
pub const FILM_ENDINGS: &str =
    ".gif or .apng, in .png for a sheet of all pictures, or in nothing for a folder of them";

/// What a film is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Gif,
    Apng,
    Mp4,
    /// One PNG, all pictures side by side.
    Sheet,
    /// A folder of PNG files.
    Pictures,
}

impl Format {
    fn of(path: &Path) -> Result<Self, ExportError> {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref() {
            Some("gif") => Ok(Self::Gif),
            Some("apng") => Ok(Self::Apng),
            Some("mp4") if cfg!(feature = "mp4") => Ok(Self::Mp4),
            Some("mp4") => Err(ExportError::WithoutMp4 { path: path.into() }),
            Some("png") => Ok(Self::Sheet),
            None => Ok(Self::Pictures),
            Some(_) => Err(ExportError::Extension { path: path.into(), expected: FILM_ENDINGS }),
        }
    }
}

/// Whether a film can be written under this name, where something `is_there` already or not.
///
/// # Errors
/// [`ExportError::Extension`] with the endings that work, [`ExportError::WithoutMp4`] for an MP4 where that was not
/// built in, [`ExportError::Exists`] for a folder that is there.
pub fn check_film(path: &Path, is_there: bool) -> Result<(), ExportError> {
    if Format::of(path)? == Format::Pictures && is_there {
        return Err(ExportError::Exists { path: path.into() });
    }
    Ok(())
}

/// How large its file or folder will be, about, in bytes.
#[must_use]
pub fn film_bytes(path: &Path, config: &FilmConfig, frames: usize) -> u64 {
    let of_pixel = match Format::of(path) {
        Ok(Format::Gif) => GIF_PIXEL_BYTES,
        Ok(Format::Mp4) => MP4_PIXEL_BYTES,
        _ => PNG_PIXEL_BYTES,
    };
    let pixels = f64::from(config.still.width) * f64::from(config.still.height);
    (pixels * of_pixel * frames as f64) as u64
}

/// Film an object from these places and write an animated GIF, an animated PNG, an MP4 (on white where there is no
/// background), a PNG with all pictures side by side, or a folder of pictures, by the name.
///
/// # Errors
/// As [`check_film`] and [`Still::draw`]; [`ExportError::Setting`] for too many pictures or none,
/// [`ExportError::Encode`] by an encoder, [`ExportError::Io`] by the file system.
pub fn write_film(
    path: &Path,
    record: &FieldRecord,
    tracer: &Tracer,
    places: &[Orbit],
    config: &FilmConfig,
    progress: &mut Progress<'_>,
) -> Result<(), ExportError> {
    check_film(path, path.exists())?;
    let range = |what, given: usize, most: usize| {
        let expected = format!("1 to {most}");
        if (1..=most).contains(&given) {
            Ok(())
        } else {
            Err(ExportError::Setting { what, given: given.to_string(), expected })
        }
    };
    range("pictures of a film", places.len(), FRAMES_MAX)?;
    range("pictures in a second", config.frames_per_sec.into(), 100)?;
    let mut still = config.still;
    check_film_size(path, (still.width, still.height), places.len())?;
    if Format::of(path)? == Format::Mp4 {
        still.background = still.background.or(Some([255; 3]));
    }
    // An encoder that refuses half way through must not leave a file, and a person's stop must be heard while
    // a picture is drawn: all are drawn first. One of 512x512 is a megabyte.
    let mut frames = Vec::with_capacity(places.len());
    for (index, place) in places.iter().enumerate() {
        let mut inner = |part: f32| progress(DRAWN * (index as f32 + part) / places.len() as f32);
        frames.push(Still::draw(record, tracer, place, &still, &mut inner)?.rgba8());
    }
    write_frames(path, &frames, config, &mut of_piece(progress, [DRAWN, 1.0]))
}

/// Drawn pictures, into a file or a folder. Whether to go on is asked between them, and when only the writing is left.
fn write_frames(
    path: &Path,
    frames: &[Vec<u8>],
    config: &FilmConfig,
    progress: &mut Progress<'_>,
) -> Result<(), ExportError> {
    let size = (config.still.width, config.still.height);
    let per_sec = config.frames_per_sec;
    let failed = |source| ExportError::Io { path: path.into(), source };
    let bytes = match Format::of(path)? {
        Format::Gif => gif_bytes(frames, size, per_sec, progress)?,
        Format::Apng => apng_bytes(frames, size, per_sec, progress)?,
        #[cfg(feature = "mp4")]
        Format::Mp4 => mp4_bytes(frames, size, per_sec, progress)?,
        #[cfg(not(feature = "mp4"))]
        Format::Mp4 => return Err(ExportError::WithoutMp4 { path: path.into() }),
        Format::Sheet => sheet_bytes(frames, size, progress)?,
        Format::Pictures => {
            let mut files = Vec::with_capacity(frames.len());
            for (index, rgba) in frames.iter().enumerate() {
                told(progress, index as f32 / frames.len() as f32)?;
                files
                    .push((PathBuf::from(format!("{index:04}.png")), png_rgba8_bytes(size.0, size.1, rgba)?));
            }
            told(progress, 1.0)?;
            return write_folder_atomically(path, &files).map_err(failed);
        }
    };
    told(progress, 1.0)?;
    write_atomically(path, |file| file.write_all(&bytes)).map_err(failed)
}

/// Columns and rows of a sheet of so many pictures: as square as it gets.
fn sheet_size(frames: usize) -> (u32, u32) {
    let columns = (frames as f64).sqrt().ceil().max(1.0) as u32;
    (columns, (frames as u32).div_ceil(columns))
}

/// Pictures side by side, row by row, as a PNG; what is left over is transparent.
fn sheet_bytes(
    frames: &[Vec<u8>],
    (width, height): (u32, u32),
    progress: &mut Progress<'_>,
) -> Result<Vec<u8>, ExportError> {
    let refused = |err: png::EncodingError| ExportError::Encode { format: "PNG", reason: err.to_string() };
    let (columns, rows) = sheet_size(frames.len());
    let (row_bytes, lines) = (4 * width as usize, height as usize);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width * columns, height * rows);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().map_err(refused)?;
    let mut stream = writer.stream_writer().map_err(refused)?;
    let mut line = vec![0; columns as usize * row_bytes];
    for (index, row) in frames.chunks(columns as usize).enumerate() {
        line.fill(0);
        for y in 0..lines {
            if y.is_multiple_of(ROWS) {
                told(progress, (index * lines + y) as f32 / (rows as usize * lines) as f32)?;
            }
            for (frame, to) in row.iter().zip(line.chunks_exact_mut(row_bytes)) {
                to.copy_from_slice(&frame[y * row_bytes..][..row_bytes]);
            }
            stream.write_all(&line).map_err(|err| refused(err.into()))?;
        }
    }
    stream.finish().map_err(refused)?;
    writer.finish().map_err(refused)?;
    Ok(bytes)
}

/// Whether so many pictures of this size can be filmed, and lie on one sheet or in an MP4 if the name asks for that.
///
/// # Errors
/// [`ExportError::Setting`] with how much is allowed, [`ExportError::Size`] for a sheet.
pub fn check_film_size(path: &Path, (width, height): (u32, u32), frames: usize) -> Result<(), ExportError> {
    let format = Format::of(path)?;
    if format == Format::Sheet {
        let (columns, rows) = sheet_size(frames);
        limits::check_export(width.saturating_mul(columns), height.saturating_mul(rows))?;
    }
    let [long, short] = MP4_SIDES_MAX;
    let fits = width.max(height) <= long && width.min(height) <= short;
    // Its colours have one number for two by two pixels.
    let is_even = width.is_multiple_of(2) && height.is_multiple_of(2);
    if format == Format::Mp4 && !(fits && is_even) {
        return Err(ExportError::Setting {
            what: "the pictures of an MP4",
            given: format!("{width}x{height} px"),
            expected: format!("even sides, at most {long}x{short} px"),
        });
    }
    let bytes = u64::from(width) * u64::from(height) * 4 * frames as u64;
    if bytes <= limits::FILM_BYTES {
        return Ok(());
    }
    Err(ExportError::Setting {
        what: "pictures of a film together",
        given: format!("{:.1} GB", bytes as f64 / 1e9),
        expected: format!("at most {:.1} GB: fewer or smaller ones", limits::FILM_BYTES as f64 / 1e9),
    })
}

fn gif_bytes(
    frames: &[Vec<u8>],
    (width, height): (u32, u32),
    per_sec: u16,
    progress: &mut Progress<'_>,
) -> Result<Vec<u8>, ExportError> {
    let because = |reason: String| ExportError::Encode { format: "GIF", reason };
    let refused = |err: gif::EncodingError| because(err.to_string());
    let side = |side: u32| {
        u16::try_from(side).map_err(|_| because(format!("{side} pixels are more than a side can have")))
    };
    let (width, height) = (side(width)?, side(height)?);
    let mut bytes = Vec::new();
    let mut encoder = gif::Encoder::new(&mut bytes, width, height, &[]).map_err(refused)?;
    encoder.set_repeat(gif::Repeat::Infinite).map_err(refused)?;
    for (index, rgba) in frames.iter().enumerate() {
        told(progress, index as f32 / frames.len() as f32)?;
        let mut frame = gif::Frame::from_rgba_speed(width, height, &mut rgba.clone(), GIF_SPEED);
        // In hundredths of a second, rounded so that the sum is right.
        let at = |index: usize| (100.0 * index as f64 / f64::from(per_sec)).round();
        frame.delay = (at(index + 1) - at(index)) as u16;
        frame.dispose = gif::DisposalMethod::Background;
        encoder.write_frame(&frame).map_err(refused)?;
    }
    drop(encoder);
    Ok(bytes)
}

fn apng_bytes(
    frames: &[Vec<u8>],
    (width, height): (u32, u32),
    per_sec: u16,
    progress: &mut Progress<'_>,
) -> Result<Vec<u8>, ExportError> {
    let refused = |err: png::EncodingError| ExportError::Encode { format: "APNG", reason: err.to_string() };
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_animated(frames.len() as u32, 0).map_err(refused)?;
    encoder.set_frame_delay(1, per_sec).map_err(refused)?;
    encoder.set_dispose_op(png::DisposeOp::Background).map_err(refused)?;
    let mut writer = encoder.write_header().map_err(refused)?;
    for (index, rgba) in frames.iter().enumerate() {
        told(progress, index as f32 / frames.len() as f32)?;
        writer.write_image_data(rgba).map_err(refused)?;
    }
    writer.finish().map_err(refused)?;
    Ok(bytes)
}
