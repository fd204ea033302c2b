use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Instant;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{
    BufferSize, Device, ErrorKind, FromSample, I24, OutputCallbackInfo, SampleFormat, SizedSample, Stream,
    StreamConfig, U24,
};

use super::{AudioError, Meter, Mixer};

/// Buffers asked for in a second, of which a device has two or more: so a jump is soon heard. Where a device does not
/// take the size, it chooses its own.
const BUFFERS_PER_SECOND: u32 = 50;
/// Errors that may wait. A device that is gone makes thousands in a second; one that only starts badly, a few.
const MAX_FAULTS: usize = 64;

/// A device that plays until it is dropped.
pub(super) struct Output {
    /// What a person knows it by.
    pub(super) name: String,
    pub(super) sample_rate_hz: u32,
    /// Frames that it takes at once.
    pub(super) period: usize,
    faults: Receiver<Fault>,
    _stream: Stream,
}

/// What a device complains of.
pub(super) struct Fault {
    pub(super) reason: String,
    /// It says itself that it is gone, or that it wants to be opened anew. `PulseAudio`, for one, has other errors while
    /// it starts, and plays all the same.
    pub(super) is_final: bool,
}

/// A device that seems usable.
pub(super) struct Candidate {
    device: Device,
    pub(super) name: String,
    config: StreamConfig,
    format: SampleFormat,
}

/// Names of the sound outputs that can be opened, each once; empty on a machine without any.
#[must_use]
pub fn output_names() -> Vec<String> {
    let Ok(devices) = cpal::default_host().output_devices() else { return Vec::new() };
    let mut known = HashSet::new();
    devices
        .filter(|device| !is_drain(device) && device.default_output_config().is_ok())
        .map(|device| name(&device))
        .filter(|name| known.insert(name.clone()))
        .collect()
}

/// ALSA's sink that takes everything at once: it has no clock, and time would fly.
fn is_drain(device: &Device) -> bool {
    device.description().is_ok_and(|description| description.driver() == Some("null"))
}

/// `Device::to_string` would panic where a device has no description.
fn name(device: &Device) -> String {
    device.description().map_or_else(|_| "without a name".into(), |description| description.name().to_owned())
}

/// What the system says, to stand within a sentence.
fn reason(err: &cpal::Error) -> String {
    err.to_string().trim_end_matches('.').to_owned()
}

impl Candidate {
    /// The output of this name, or the default one.
    pub(super) fn find(wanted: Option<&str>) -> Result<Self, AudioError> {
        let host = cpal::default_host();
        let device = match wanted {
            None => host.default_output_device().ok_or(AudioError::NoOutput)?,
            Some(wanted) => host
                .output_devices()
                .map_err(|err| AudioError::Output { name: wanted.into(), reason: reason(&err) })?
                .find(|device| name(device) == wanted && !is_drain(device))
                .ok_or_else(|| AudioError::UnknownOutput(wanted.into()))?,
        };
        let name = name(&device);
        let config = device
            .default_output_config()
            .map_err(|err| AudioError::Output { name: name.clone(), reason: reason(&err) })?;
        let is_same = |range: &cpal::SupportedStreamConfigRange| {
            range.sample_format() == SampleFormat::F32
                && range.channels() == config.channels()
                && (range.min_sample_rate()..=range.max_sample_rate()).contains(&config.sample_rate())
        };
        let has_floats =
            device.supported_output_configs().is_ok_and(|mut ranges| ranges.any(|range| is_same(&range)));
        let format = if has_floats { SampleFormat::F32 } else { config.sample_format() };
        Ok(Self { device, name, config: config.config(), format })
    }

    /// Open it. `mixer` makes what it plays, for a rate; it is asked again where the first attempt fails.
    pub(super) fn play(
        mut self,
        clock: Instant,
        mut mixer: impl FnMut(u32) -> (Mixer, Arc<Meter>),
    ) -> Result<Output, AudioError> {
        let sizes = [BufferSize::Fixed(self.config.sample_rate / BUFFERS_PER_SECOND), BufferSize::Default];
        let mut why = String::new();
        for size in sizes {
            self.config.buffer_size = size;
            let (mixer, meter) = mixer(self.config.sample_rate);
            let (fault, faults) = sync_channel(MAX_FAULTS);
            match self.stream(clock, mixer, meter, fault) {
                Ok(stream) => {
                    let period = stream.buffer_size().map_or(0, |frames| frames as usize);
                    let Self { name, config, .. } = self;
                    let sample_rate_hz = config.sample_rate;
                    return Ok(Output { name, sample_rate_hz, period, faults, _stream: stream });
                }
                Err(err) => why = reason(&err),
            }
        }
        Err(AudioError::Output { name: self.name, reason: why })
    }

    fn stream(
        &self,
        clock: Instant,
        mixer: Mixer,
        meter: Arc<Meter>,
        fault: SyncSender<Fault>,
    ) -> Result<Stream, cpal::Error> {
        let complain = move |err: cpal::Error| match err.kind() {
            ErrorKind::Xrun => meter.count_device_xrun(),
            // Sound goes on, elsewhere or less smoothly.
            ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
            kind => {
                let is_final = matches!(
                    kind,
                    ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable | ErrorKind::StreamInvalidated
                );
                // Where no more fit, there are enough to tell that it is gone.
                fault.try_send(Fault { reason: reason(&err), is_final }).ok();
            }
        };
        let open = match self.format {
            SampleFormat::F32 => Self::open::<f32>,
            SampleFormat::F64 => Self::open::<f64>,
            SampleFormat::I8 => Self::open::<i8>,
            SampleFormat::I16 => Self::open::<i16>,
            SampleFormat::I24 => Self::open::<I24>,
            SampleFormat::I32 => Self::open::<i32>,
            SampleFormat::I64 => Self::open::<i64>,
            SampleFormat::U8 => Self::open::<u8>,
            SampleFormat::U16 => Self::open::<u16>,
            SampleFormat::U24 => Self::open::<U24>,
            SampleFormat::U32 => Self::open::<u32>,
            SampleFormat::U64 => Self::open::<u64>,
            _ => return Err(ErrorKind::UnsupportedConfig.into()),
        };
        let stream = open(self, clock, mixer, complain)?;
        stream.play()?;
        Ok(stream)
    }

    fn open<T: SizedSample + FromSample<f32>>(
        &self,
        clock: Instant,
        mut mixer: Mixer,
        complain: impl FnMut(cpal::Error) + Send + 'static,
    ) -> Result<Stream, cpal::Error> {
        let channels = usize::from(self.config.channels);
        let fill = move |out: &mut [T], info: &OutputCallbackInfo| {
            let stamp = info.timestamp();
            // The stream's clock has an origin of its own: only its differences mean something here.
            let delay = stamp.playback.saturating_duration_since(stamp.callback);
            mixer.set_heard_at(clock.elapsed() + delay);
            mixer.fill(out, channels);
        };
        self.device.build_output_stream(self.config, fill, complain, None)
    }
}

impl Output {
    /// What it complained of since the last time.
    pub(super) fn faults(&self) -> impl Iterator<Item = Fault> {
        self.faults.try_iter()
    }
}
