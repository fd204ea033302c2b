use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::args::PlayArgs;
use super::{output, source};
use crate::audio::{Command, Player, SoundTone, Tone, Tracks};
use crate::field::{FieldRecord, Synthesizer};
use crate::media::decode_sound;

/// Between two looks at the player.
const TICK: Duration = Duration::from_millis(50);
/// What does not play after this long will not.
const PATIENCE: Duration = Duration::from_secs(10);
/// What a device may still have to play when the last frame was taken.
const REST: Duration = Duration::from_millis(300);

pub(super) fn run(args: &PlayArgs) -> anyhow::Result<()> {
    if !(0.25..=4.0).contains(&args.speed) {
        bail!("a speed of {}, expected 0.25 to 4", args.speed);
    }
    let tone = tone(&args.file)?;
    let player = Player::start(|| {})?;
    player.send(Command::Load(Tracks { field: tone, source: None, source_gain: 1.0 }))?;
    player.send(Command::Volume(args.volume))?;
    player.send(Command::Speed(args.speed))?;
    if let Some(device) = &args.device {
        player.send(Command::Device(Some(device.clone())))?;
    }
    let looped = args.repeat.then_some((0.0, f64::MAX));
    player.send(Command::Loop(looped))?;
    player.send(Command::Play)?;
    let bar = output::bar(1_000, "{bar:40} {msg}");
    let begun = Instant::now();
    let mut was_playing = false;
    let mut said = None;
    loop {
        std::thread::sleep(TICK);
        let state = player.state();
        if state.notice.is_some() && state.notice != said {
            said.clone_from(&state.notice);
            output::note(said.as_deref().unwrap_or_default());
        }
        bar.set_position((1e3 * state.position_secs / state.duration_secs.max(1e-9)) as u64);
        bar.set_message(format!("{:.1} of {:.1} s", state.position_secs, state.duration_secs));
        if was_playing && !state.is_playing {
            break;
        }
        was_playing |= state.is_playing;
        if !was_playing && begun.elapsed() > PATIENCE {
            bail!("nothing is played: {}", state.notice.as_deref().unwrap_or("the player does not begin"));
        }
    }
    std::thread::sleep(REST);
    bar.finish_and_clear();
    let state = player.state();
    let device = state.device.unwrap_or_else(|| "a silent clock".into());
    output::line(format_args!(
        "{:.2} s on {device} at {} Hz, {} gaps",
        state.duration_secs, state.sample_rate_hz, state.xruns
    ));
    Ok(())
}

/// A field, or a recording.
fn tone(path: &Path) -> anyhow::Result<Arc<dyn Tone>> {
    let context = || path.display().to_string();
    let bytes = source::bytes(path)?;
    if FieldRecord::is_field(&bytes) {
        let record = FieldRecord::from_bytes(&bytes).with_context(context)?;
        let Some(synthesizer) = Synthesizer::new(&record) else {
            bail!("{}: this is not the field of a sound", path.display());
        };
        return Ok(Arc::new(synthesizer));
    }
    Ok(Arc::new(SoundTone(Arc::new(decode_sound(&bytes).with_context(context)?))))
}
