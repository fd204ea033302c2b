use std::io::Cursor;
use std::panic::catch_unwind;

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use super::Sound;
use super::edit_list::{Edit, edit};
use crate::limits;
use crate::media::error::{clause, panic_reason};
use crate::media::{Content, MediaError};

/// Broken packets in a row after which a file is given up, and the part of all of them that is one too many.
const BROKEN_IN_A_ROW: usize = 64;
const BROKEN_PART: usize = 10;
/// What a channel beyond the first two counts for in each of them: -3 dB, as a centre is mixed in ITU-R BS.775.
const OTHERS: f32 = std::f32::consts::FRAC_1_SQRT_2;

/// A sound from a file's bytes, whatever its format: WAV, FLAC, MP3, Ogg Vorbis, M4A, AAC, AIFF, CAF. More than two
/// channels are mixed to two.
///
/// # Errors
/// [`MediaError::Unsupported`] for what is no sound that is read here, [`MediaError::SoundSize`] beyond the limits,
/// [`MediaError::Damaged`] or [`MediaError::Feature`] by what the decoder says.
pub fn decode_sound(bytes: &[u8]) -> Result<Sound, MediaError> {
    let content = Content::of(bytes);
    if content != Content::Sound {
        return Err(MediaError::Unsupported(content));
    }
    let bytes: Box<[u8]> = bytes.into();
    // As for pictures: decoders of many formats, whose slips on a broken file must not end the program.
    catch_unwind(move || read(bytes))
        .unwrap_or_else(|panic| Err(damaged(&format!("its decoder failed: {}", panic_reason(&*panic)))))
}

fn damaged(reason: &str) -> MediaError {
    MediaError::Damaged { content: Content::Sound, reason: clause(reason) }
}

fn refusal(err: &Error) -> MediaError {
    let reason = clause(&err.to_string());
    match err {
        Error::Unsupported(_) | Error::LimitError(_) => {
            MediaError::Feature { content: Content::Sound, reason }
        }
        _ => MediaError::Damaged { content: Content::Sound, reason },
    }
}

fn read(bytes: Box<[u8]>) -> Result<Sound, MediaError> {
    let edit = edit(&bytes);
    let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes)), MediaSourceStreamOptions::default());
    let probe = symphonia::default::get_probe();
    let mut reader = probe
        .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|err| refusal(&err))?;
    let track = reader.default_track(TrackType::Audio).ok_or_else(|| damaged("it has no sound in it"))?;
    let params = track.codec_params.as_ref().and_then(|params| params.audio());
    let params = params.ok_or_else(|| damaged("it does not say how it is coded"))?.clone();
    let id = track.id;
    let count = params.channels.as_ref().map_or(1, symphonia::core::audio::Channels::count);
    check(params.sample_rate.unwrap_or(limits::SOUND_RATE_HZ), count)?;
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(&params, &AudioDecoderOptions::default())
        .map_err(|err| refusal(&err))?;
    let mut heard = Heard::default();
    heard.listen(reader.as_mut(), decoder.as_mut(), id)?;
    if let Some(edit) = edit {
        heard.cut(edit);
    }
    heard.sound()
}

/// Refuse what is beyond the limits.
fn check(rate_hz: u32, channels: usize) -> Result<(), MediaError> {
    let is_rate = limits::SOUND_RATES_HZ.contains(&rate_hz);
    if is_rate && (1..=limits::SOUND_CHANNELS).contains(&channels) {
        return Ok(());
    }
    Err(MediaError::SoundShape { rate_hz, channels })
}

/// What was decoded so far.
#[derive(Default)]
struct Heard {
    rate_hz: u32,
    channels: Vec<Vec<f32>>,
    packets: usize,
    broken: usize,
    /// What the decoder said last.
    complaint: String,
}

impl Heard {
    /// Decode every packet of a track; a broken one is passed over, as players do.
    fn listen(
        &mut self,
        reader: &mut dyn FormatReader,
        decoder: &mut dyn AudioDecoder,
        track: u32,
    ) -> Result<(), MediaError> {
        let mut planes: Vec<Vec<f32>> = Vec::new();
        let mut in_a_row = 0;
        loop {
            let packet = match reader.next_packet() {
                Ok(Some(packet)) if packet.track_id == track => packet,
                Ok(Some(_)) => continue,
                // A file that breaks off is heard as far as it goes.
                Ok(None) | Err(Error::IoError(_) | Error::ResetRequired) => return Ok(()),
                Err(err) => {
                    self.complaint = err.to_string();
                    return if self.channels.is_empty() { Err(refusal(&err)) } else { Ok(()) };
                }
            };
            self.packets += 1;
            match decoder.decode(&packet) {
                Ok(decoded) => {
                    in_a_row = 0;
                    let (rate_hz, count) = (decoded.spec().rate(), decoded.spec().channels().count());
                    check(rate_hz, count)?;
                    decoded.copy_to_vecs_planar(&mut planes);
                    self.take(rate_hz, &planes)?;
                }
                Err(Error::DecodeError(what)) => {
                    what.clone_into(&mut self.complaint);
                    self.broken += 1;
                    in_a_row += 1;
                }
                Err(Error::IoError(_) | Error::ResetRequired) => return Ok(()),
                Err(err) => return Err(refusal(&err)),
            }
            if in_a_row > BROKEN_IN_A_ROW {
                return Err(damaged(&self.complaint));
            }
        }
    }

    /// Samples that follow, of as many channels as before.
    fn take(&mut self, rate_hz: u32, planes: &[Vec<f32>]) -> Result<(), MediaError> {
        if planes.first().is_none_or(Vec::is_empty) {
            return Ok(());
        }
        let count = planes.len().min(2);
        if self.channels.is_empty() {
            self.rate_hz = rate_hz;
            self.channels = vec![Vec::new(); count];
        }
        if rate_hz != self.rate_hz || count != self.channels.len() {
            return Err(damaged("its rate or its channels change on the way"));
        }
        for (own, plane) in self.channels.iter_mut().zip(planes) {
            own.extend_from_slice(plane);
        }
        let others = planes.get(2..).unwrap_or_default();
        let scale = 1.0 / (1.0 + OTHERS * others.len() as f32);
        for own in &mut self.channels {
            let begin = own.len() - planes[0].len();
            for (index, value) in own[begin..].iter_mut().enumerate() {
                let rest: f32 = others.iter().filter_map(|plane| plane.get(index)).sum();
                *value = (*value + OTHERS * rest) * scale;
            }
        }
        if self.channels[0].len() as u64 > limits::SOUND_SECS * u64::from(self.rate_hz) {
            Err(MediaError::SoundLength)
        } else {
            Ok(())
        }
    }

    /// Keep what an edit leaves; one that leaves nothing is not believed.
    fn cut(&mut self, edit: Edit) {
        let samples = |secs: f64| (secs * f64::from(self.rate_hz)).round() as usize;
        let (begin, length) = (samples(edit.begin_secs), samples(edit.length_secs));
        let total = self.channels.first().map_or(0, Vec::len);
        if begin >= total {
            return;
        }
        // In a file that was written as it went, none is said: then it goes on to the end.
        let end = if length == 0 { total } else { begin.saturating_add(length) };
        for own in &mut self.channels {
            own.truncate(end);
            own.drain(..begin);
        }
    }

    fn sound(self) -> Result<Sound, MediaError> {
        if self.channels.first().is_none_or(Vec::is_empty) {
            let reason = if self.complaint.is_empty() { "it has no samples" } else { &self.complaint };
            return Err(damaged(reason));
        }
        if self.broken * BROKEN_PART > self.packets {
            return Err(damaged(&self.complaint));
        }
        Sound::new(self.rate_hz, self.channels).ok_or_else(|| damaged("it holds numbers that are not finite"))
    }
}
