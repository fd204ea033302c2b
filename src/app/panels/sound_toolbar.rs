use eframe::egui::{Align, Button, ComboBox, DragValue, Layout, Ui};

use super::widgets::{Choice, segments};
use crate::app::action::Action;
use crate::app::item::Item;
use crate::app::shortcuts::hint;
use crate::app::sound_look::{FrequencyScale, Listening, SoundChange, SoundLook, SpectrumOf};
use crate::app::state::State;
use crate::app::theme::size;

/// Speeds to choose from.
const SPEEDS: [f64; 6] = [0.25, 0.5, 0.75, 1.0, 1.5, 2.0];

/// The strip above a sound: what is listened to, and what is looked at.
pub(crate) fn show(ui: &mut Ui, state: &State, item: &Item, actions: &mut Vec<Action>) {
    let look = state.look.sound;
    let mut change = |look: SoundLook| actions.push(Action::Sound(SoundChange::Look(look)));
    let (has_field, has_source) = (item.record().is_some(), item.signal.is_some());
    let choice = |value, name, meaning: &str, is_possible, why_not: &str| Choice {
        value,
        name,
        tip: if is_possible { hint(ui.ctx(), meaning, name) } else { why_not.into() },
        is_possible,
    };
    let (no_field, no_source) = ("There is no field yet", "A field file comes without its recording");
    let choices = [
        choice(
            Listening::Field,
            "Field",
            "The field, evaluated at the device's own rate",
            has_field,
            no_field,
        ),
        choice(Listening::Source, "Source", "The recording, as loud as the field", has_source, no_source),
        choice(
            Listening::Residual,
            "Residual",
            "What the field lacks: the recording less the field, made louder",
            has_field && has_source,
            no_source,
        ),
    ];
    if let Some(listening) = segments(ui, look.listening, &choices) {
        change(SoundLook { listening, ..look });
    }
    let toggle = Button::new("Loop").selected(look.is_looping).frame_when_inactive(look.is_looping);
    let tip = hint(ui.ctx(), "Repeat the selection, or the whole", "Loop");
    if ui.add(toggle).on_hover_text(tip).clicked() {
        change(SoundLook { is_looping: !look.is_looping, ..look });
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let mut volume_db = look.volume_db;
        let number =
            DragValue::new(&mut volume_db).range(-60.0..=12.0).speed(0.2).suffix(" dB").max_decimals(1);
        let sized = ui.add_sized([size::NUMBER_WIDTH, size::CONTROL_HEIGHT], number);
        if sized.on_hover_text("Volume: 0 dB is as the field has it").changed() {
            change(SoundLook { volume_db, ..look });
        }
        let text = |speed: f64| format!("{speed}x");
        let mut speed = look.speed;
        let menu = ComboBox::from_id_salt("speed").width(size::NUMBER_WIDTH / 2.0).selected_text(text(speed));
        let shown = menu.show_ui(ui, |ui| {
            for value in SPEEDS {
                ui.selectable_value(&mut speed, value, text(value));
            }
        });
        shown
            .response
            .on_hover_text("Speed; the pitch follows, for the field's coordinate is what is slowed down");
        if speed.to_bits() != look.speed.to_bits() {
            change(SoundLook { speed, ..look });
        }
        let gain = (look.listening == Listening::Residual).then_some(look.residual_gain_db);
        if let Some(mut residual_gain_db) = gain {
            let number =
                DragValue::new(&mut residual_gain_db).range(0.0..=60.0).speed(0.2).prefix("+").suffix(" dB");
            if ui.add(number).on_hover_text("What the residual is made louder by").changed() {
                change(SoundLook { residual_gain_db, ..look });
            }
        }
    });
}

/// The strip above the spectrogram.
pub(crate) fn spectrum(ui: &mut Ui, look: SoundLook, actions: &mut Vec<Action>) {
    let mut change = |look: SoundLook| actions.push(Action::Sound(SoundChange::Look(look)));
    let plain = |tip: &str| tip.to_owned();
    let of = [
        (SpectrumOf::Field, "Of the field", "The field's frequencies over time"),
        (SpectrumOf::Source, "Of the source", "The recording's frequencies over time"),
        (SpectrumOf::Difference, "Difference", "How far the levels of the two are apart"),
    ]
    .map(|(value, name, tip)| Choice { value, name, tip: plain(tip), is_possible: true });
    if let Some(spectrum) = segments(ui, look.spectrum, &of) {
        change(SoundLook { spectrum, ..look });
    }
    let scales = [
        (FrequencyScale::Linear, "Linear", "Frequencies spread evenly"),
        (FrequencyScale::Log, "Log", "By octaves, from 50 Hz on"),
        (FrequencyScale::Mel, "Mel", "As pitch is heard"),
    ]
    .map(|(value, name, tip)| Choice { value, name, tip: plain(tip), is_possible: true });
    if let Some(scale) = segments(ui, look.scale, &scales) {
        change(SoundLook { scale, ..look });
    }
    let mut range_db = look.range_db;
    let number = DragValue::new(&mut range_db).range(10.0..=140.0).speed(0.5).suffix(" dB").max_decimals(0);
    if ui.add(number).on_hover_text("From the darkest to the brightest").changed() {
        change(SoundLook { range_db, ..look });
    }
}
