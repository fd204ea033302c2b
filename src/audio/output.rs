use std::sync::mpsc::Sender;
use std::time::Instant;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{
    Device, ErrorKind, FromSample, OutputCallbackInfo, SampleFormat, SizedSample, Stream, StreamConfig,
};

use super::{AudioError, Mixer};

/// Samples that are mixed at a time, where a device wants other numbers than ours.
const PIECE: usize = 4096;

/// A device that plays.
pub(super) struct Output {
    /// Plays until it is dropped.
    _stream: Stream,
    pub(super) name: String,
}

/// What a device says of itself.
pub(super) enum Complaint {
    /// It fell behind.
    Xrun,
    /// It is gone, or wants to be opened anew.
    Gone(String),
}

/// A device that can be opened, and at which rate.
pub(super) struct Found {
    device: Device,
    name: String,
    config: StreamConfig,
    format: SampleFormat,
}

/// Names of the sound outputs that can be opened; empty on a machine without any.
#[must_use]
pub fn output_names() -> Vec<String> {
    let Ok(devices) = cpal::default_host().output_devices() else { return Vec::new() };
    devices.filter(|device| device.default_output_config().is_ok()).map(|device| device.to_string()).collect()
}

impl Found {
    /// The output of a name, or the default one, as it likes to be opened.
    pub(super) fn look(name: Option<&str>) -> Result<Self, AudioError> {
        let none = |what: String| AudioError::NoOutput(what);
        let host = cpal::default_host();
        let device = match name {
            None => host.default_output_device().ok_or_else(|| none("there is none".into()))?,
            Some(name) => host
                .output_devices()
                .map_err(|err| none(err.to_string()))?
                .find(|device| device.to_string() == name)
                .ok_or_else(|| none(format!("{name} is not there")))?,
        };
        let config = device.default_output_config().map_err(|err| none(err.to_string()))?;
        Ok(Self {
            name: device.to_string(),
            format: config.sample_format(),
            config: config.config(),
            device,
        })
    }

    pub(super) fn rate_hz(&self) -> u32 {
        self.config.sample_rate
    }

    /// Let it play what a mixer gives. `clock` is the one that the mixer's times are counted by.
    pub(super) fn play(self, mixer: Mixer, clock: Instant, complaints: Sender<Complaint>) -> Result<Output, AudioError> {
        match self.format {
            SampleFormat::F32 => self.open::<f32>(mixer, clock, complaints),
            SampleFormat::F64 => self.open::<f64>(mixer, clock, complaints),
            SampleFormat::I8 => self.open::<i8>(mixer, clock, complaints),
            SampleFormat::I16 => self.open::<i16>(mixer, clock, complaints),
            SampleFormat::I32 => self.open::<i32>(mixer, clock, complaints),
            SampleFormat::U8 => self.open::<u8>(mixer, clock, complaints),
            SampleFormat::U16 => self.open::<u16>(mixer, clock, complaints),
            SampleFormat::U32 => self.open::<u32>(mixer, clock, complaints),
            other => Err(AudioError::NoOutput(format!("{} wants samples of the kind {other}", self.name))),
        }
    }

    fn open<T: SizedSample + FromSample<f32>>(
        self,
        mut mixer: Mixer,
        clock: Instant,
        complaints: Sender<Complaint>,
    ) -> Result<Output, AudioError> {
        let channels = usize::from(self.config.channels).max(1);
        let rate_hz = self.config.sample_rate;
        let mut piece = vec![0.0; PIECE - PIECE % channels];
        let fill = move |out: &mut [T], info: &OutputCallbackInfo| {
            let stamp = info.timestamp();
            let delay = stamp.playback.saturating_duration_since(stamp.callback);
            let mut heard_ns = (clock.elapsed() + delay).as_nanos() as u64;
            for out in out.chunks_mut(piece.len()) {
                let own = &mut piece[..out.len()];
                mixer.fill(own, channels, heard_ns);
                out.iter_mut().zip(&*own).for_each(|(out, value)| *out = T::from_sample(*value));
                heard_ns += out.len() as u64 / channels as u64 * 1_000_000_000 / u64::from(rate_hz);
            }
        };
        let complain = move |err: cpal::Error| {
            let complaint = match err.kind() {
                ErrorKind::Xrun => Complaint::Xrun,
                ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => return,
                _ => Complaint::Gone(err.to_string()),
            };
            // A player that is gone needs no complaint.
            complaints.send(complaint).ok();
        };
        let failed = |err: cpal::Error| AudioError::NoOutput(err.to_string());
        let stream = self.device.build_output_stream(self.config, fill, complain, None).map_err(failed)?;
        stream.play().map_err(failed)?;
        Ok(Output { _stream: stream, name: self.name })
    }
}
