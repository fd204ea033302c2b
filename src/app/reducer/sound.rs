//! Looking at a sound, and listening to it.

use crate::app::action::Effect;
use crate::app::item::Item;
use crate::app::sound_look::{SoundChange, SoundLook};
use crate::app::state::State;
use crate::audio::Command;

/// The shortest stretch that is looked at, in seconds.
const SHORTEST_SECS: f64 = 0.002;

/// Act on what was done to the selected sound.
pub(crate) fn act(state: &mut State, change: SoundChange) -> Vec<Effect> {
    let Some(duration) = state.current().and_then(Item::duration_secs) else { return Vec::new() };
    let within = |(one, other): (f64, f64)| (one.min(other).max(0.0), one.max(other).min(duration));
    let is_looping = state.look.sound.is_looping;
    match change {
        SoundChange::TogglePlay => {
            let command = if state.player.is_playing { Command::Pause } else { Command::Play };
            vec![Effect::Audio(command)]
        }
        SoundChange::Seek(secs) => vec![Effect::Audio(Command::Seek(secs.clamp(0.0, duration)))],
        SoundChange::Select(selection) => {
            let selection = selection.map(within).filter(|(begin, end)| end - begin > SHORTEST_SECS);
            if let Some(item) = state.current_mut() {
                item.sound.selection_secs = selection;
            }
            if is_looping { vec![Effect::Audio(looped(state))] } else { Vec::new() }
        }
        SoundChange::View(view) => {
            let view = view.map(|(begin, end)| {
                let length = (end - begin).clamp(SHORTEST_SECS.min(duration), duration);
                let begin = begin.clamp(0.0, duration - length);
                (begin, begin + length)
            });
            if let Some(item) = state.current_mut() {
                item.sound.view_secs = view.filter(|(begin, end)| end - begin < duration);
            }
            Vec::new()
        }
        SoundChange::Look(look) => look_otherwise(state, look),
    }
}

fn look_otherwise(state: &mut State, look: SoundLook) -> Vec<Effect> {
    let before = std::mem::replace(&mut state.look.sound, look);
    let mut effects = Vec::new();
    if look.listen() != before.listen() {
        effects.push(Effect::Audio(Command::Listen(look.listen())));
    }
    if look.volume_db.to_bits() != before.volume_db.to_bits() {
        effects.push(Effect::Audio(Command::Volume(look.volume_db)));
    }
    if look.speed.to_bits() != before.speed.to_bits() {
        effects.push(Effect::Audio(Command::Speed(look.speed)));
    }
    if look.is_looping != before.is_looping {
        effects.push(Effect::Audio(looped(state)));
    }
    effects
}

/// The selection repeated, or the whole, or nothing.
pub(crate) fn looped(state: &State) -> Command {
    let whole = state.current().and_then(Item::duration_secs).map(|duration| (0.0, duration));
    let selection = state.current().and_then(|item| item.sound.selection_secs);
    let stretch = if state.look.sound.is_looping { selection.or(whole) } else { None };
    Command::Loop(stretch)
}
