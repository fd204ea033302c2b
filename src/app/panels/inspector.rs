use std::time::Duration;

use eframe::egui::{Button, CollapsingHeader, Label, RichText, ScrollArea, Ui};

use super::layout::Panels;
use super::widgets::{Choice, figure, name_cell, row, section, segments, wide_button};
use super::{object_inspector, refine, weights};
use crate::app::action::{Action, Change};
use crate::app::files::FilePurpose;
use crate::app::format;
use crate::app::item::Item;
use crate::app::settings::Goal;
use crate::app::shortcuts::hint;
use crate::app::state::{ModelState, State};
use crate::app::theme::{palette, size, space};
use crate::field::FieldRecord;
use crate::media::{Framing, Signal};
use crate::model::SignalKind;
use crate::train::Closeness;

/// Bytes of a weight.
const WEIGHT_BYTES: u64 = 4;
/// Channels of a picture, a byte each.
const PIXEL_BYTES: u64 = 3;

/// Everything about the selected item, and what can be done with it.
pub(crate) fn show(ui: &mut Ui, state: &State, panels: &mut Panels, actions: &mut Vec<Action>) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.set_max_width(ui.available_width());
        let Some(item) = state.current() else {
            ui.add_space(space::L);
            let text = "Figures and actions for what is selected in the library appear here.";
            ui.add(Label::new(RichText::new(text).color(palette(ui).text_weak)).wrap());
            section(ui, "Model", |ui| model(ui, state, actions));
            return;
        };
        quality(ui, item);
        section(ui, "Refine", |ui| refine::show(ui, state, item, actions));
        section(ui, "Keep", |ui| keep(ui, item, actions));
        let name = if item.is_sound() { "Sound" } else { "Picture" };
        section(ui, name, |ui| picture(ui, state, item, panels, actions));
        if item.is_object() {
            section(ui, "View", |ui| object_inspector::view(ui, state, item, actions));
            section(ui, "Surface", |ui| object_inspector::surface(ui, item, actions));
            section(ui, "Crop box", |ui| object_inspector::crop(ui, state, actions));
        }
        section(ui, "Field", |ui| field(ui, item, actions));
        if item.record().is_some() {
            section(ui, "Weights", |ui| weights::show(ui, state, item, &mut panels.weights));
        }
        section(ui, "Model", |ui| model(ui, state, actions));
        if let Some(timings) = item.encoded.as_ref().and_then(|encoded| encoded.timings) {
            section(ui, "Time", |ui| {
                let rows: [(&str, Duration, &str); 4] = [
                    ("Decode", timings.decode, "Reading, decoding and framing"),
                    ("Backbone", timings.backbone, "The transformer, with its weight tokens"),
                    ("Heads", timings.heads, "From tokens to modulations"),
                    ("Compose", timings.compose, "From modulations to the field's weights"),
                ];
                let total: Duration = rows.iter().map(|(_, duration, _)| *duration).sum();
                row(ui, "Together", &format::duration(total), "From the file to the field");
                for (name, duration, meaning) in rows {
                    row(ui, name, &format::duration(duration), meaning);
                }
            });
        }
    });
}

/// The figures that matter, large.
fn quality(ui: &mut Ui, item: &Item) {
    ui.add_space(space::M);
    ui.add(Label::new(RichText::new(&item.name).heading().color(palette(ui).text_strong)).truncate());
    ui.add_space(space::S);
    if let Some(psnr_db) = item.psnr_db() {
        let closeness = item.closeness().filter(|_| item.refinement.is_none());
        ui.columns(2, |columns| {
            let meaning = match item.shown_kind() {
                SignalKind::Object if item.goal() == Goal::Views => "Peak signal-to-noise ratio of the field against all the views, from where they were taken",
                SignalKind::Object => "Peak signal-to-noise ratio of the field against the picture that was read, from where that was taken; it says nothing of the other sides",
                SignalKind::Image => "Peak signal-to-noise ratio of the field against the framed picture: 20 dB is a likeness, 40 dB is hard to tell apart",
                SignalKind::Sound => "Peak signal-to-noise ratio of the field against the waveform at full scale: a quiet sound has much even where it is missed",
            };
            figure(&mut columns[0], "PSNR", &format::decibel(psnr_db), meaning);
            if item.is_sound() {
                let ratio = match closeness {
                    Some(Closeness::Heard(own)) => format::decibel(own.si_sdr_db),
                    _ => "…".into(),
                };
                let meaning = "Scale-invariant signal-to-distortion ratio: 0 dB is as much distortion as sound, 20 dB is good";
                figure(&mut columns[1], "SI-SDR", &ratio, meaning);
                return;
            }
            let ssim = match closeness {
                Some(Closeness::Seen(own)) => format!("{:.3}", own.ssim),
                _ => "…".into(),
            };
            let meaning = "Structural similarity of the field and the framed picture: 1 is the same";
            figure(&mut columns[1], "SSIM", &ssim, meaning);
        });
    } else {
        let text = match (&item.encoded, &item.failure, item.opening) {
            (Some(_), ..) => "A field file: its picture is not at hand to compare with.",
            (None, Some(failure), _) => failure,
            (None, None, Some(_)) => "Its field is being written…",
            (None, None, None) => "It has no field yet.",
        };
        ui.add(Label::new(RichText::new(text).color(palette(ui).text_weak)).wrap());
    }
    ui.add_space(space::M);
    super::widgets::line(ui);
}

fn keep(ui: &mut Ui, item: &Item, actions: &mut Vec<Action>) {
    let has_field = item.record().is_some();
    let why_not = "There is no field yet";
    ui.columns(2, |columns| {
        let tip = hint(columns[0].ctx(), "Keep the field as a safetensors file", "Save the field…");
        let response = columns[0].add_enabled_ui(has_field, |ui| wide_button(ui, "Save field…")).inner;
        if response.on_hover_text(tip).on_disabled_hover_text(why_not).clicked() {
            actions.push(Action::AskFile(FilePurpose::SaveField));
        }
        let (meaning, name) = if item.is_sound() {
            ("Evaluate the field at any rate, into a WAV file", "Export sound…")
        } else {
            ("Evaluate the field at any size, into a picture file", "Export picture…")
        };
        let tip = hint(columns[1].ctx(), meaning, "Export as a picture…");
        let response = columns[1].add_enabled_ui(has_field, |ui| wide_button(ui, name)).inner;
        if response.on_hover_text(tip).on_disabled_hover_text(why_not).clicked() {
            actions.push(Action::AskFile(FilePurpose::Export));
        }
    });
    if item.is_object() {
        object_inspector::keep(ui, actions);
    }
}

fn picture(ui: &mut Ui, state: &State, item: &Item, panels: &mut Panels, actions: &mut Vec<Action>) {
    let Some(signal) = &item.signal else {
        if let Some(source) = item.record().and_then(|record| record.source.as_ref()) {
            row(ui, "Written for", &source.name, &source.sha256);
        }
        if item.shown_kind() == SignalKind::Image {
            row(ui, "Size", &format::size(item.size_px()), "Of the picture that the field was written for");
        }
        return;
    };
    let identity = signal.identity();
    row(ui, "File", &identity.name, &format!("sha256 {}", identity.sha256));
    if let Signal::Sound(signal) = signal {
        let own = &signal.original;
        let channels = if own.channels().len() == 1 { "mono" } else { "stereo" };
        row(ui, "Length", &format!("{:.2} s", own.duration_secs()), "Of the recording");
        row(
            ui,
            "Format",
            &format!("{} Hz, {channels}", own.rate_hz()),
            "Of the recording; models read it at 16 kHz",
        );
        return;
    }
    if let Signal::Views(signal) = signal {
        object_inspector::views(ui, signal, panels);
        return;
    }
    let Some(original_size) = signal.original_size() else { return };
    row(ui, "Size", &format::size(original_size), "Of the file's own picture");
    ui.horizontal(|ui| {
        name_cell(ui, "Is of", size::ROW_NAME);
        let choices = [
            (SignalKind::Image, "A picture", "The picture itself is looked into"),
            (SignalKind::Object, "An object", "What it shows is orbited"),
        ]
        .map(|(value, name, tip)| Choice {
            value,
            name,
            tip: format!("{tip}; reads it again"),
            is_possible: true,
        });
        if let Some(kind) = segments(ui, item.shown_kind(), &choices) {
            actions.push(Action::SetKind(kind));
        }
    });
    let signal = match signal {
        Signal::Sound(_) | Signal::Views(_) => return,
        Signal::Image(signal) => signal,
        Signal::Object(signal) => {
            object_inspector::input(ui, item, signal, state, panels, actions);
            return;
        }
    };
    row(ui, "Framed", &format::size(item.size_px()), "The reference: what the field is compared with");
    ui.add_space(space::XS);
    ui.horizontal(|ui| {
        name_cell(ui, "Framing", size::ROW_NAME);
        let choices = [
            (Framing::Crop, "Crop", "The central square"),
            (Framing::Fit, "Fit", "The whole picture inside a square, the rest filled with the background"),
            (Framing::Stretch, "Stretch", "The whole picture, pressed into the backbone's square"),
        ]
        .map(|(value, name, tip)| Choice {
            value,
            name,
            tip: format!("{tip}; encodes again"),
            is_possible: true,
        });
        if let Some(framing) = segments(ui, signal.framing, &choices) {
            // The setting may be that already, while this item was framed before it was.
            if framing == state.settings.framing {
                actions.push(Action::Reframe);
            } else {
                actions.push(Action::Change(Change::Framing(framing)));
            }
        }
    });
}

fn field(ui: &mut Ui, item: &Item, actions: &mut Vec<Action>) {
    if let Some(record) = item.record() {
        field_rows(ui, item, record);
        ui.add_space(space::XS);
    }
    let tip = hint(ui.ctx(), "Let the model write the field anew; what was refined is lost", "Encode again");
    let is_possible = item.signal.is_some() && item.opening.is_none();
    let response = ui.add_enabled_ui(is_possible, |ui| wide_button(ui, "Encode again")).inner;
    let why_not =
        if item.signal.is_none() { "A field file comes without its picture" } else { "It is being encoded" };
    if response.on_hover_text(tip).on_disabled_hover_text(why_not).clicked() {
        actions.push(Action::Encode);
    }
}

fn field_rows(ui: &mut Ui, item: &Item, record: &FieldRecord) {
    let architecture = record.field.architecture();
    row(ui, "Network", &format::architecture(architecture), "Hidden and last layers of the small network");
    row(ui, "Encoding", &format::encoding(&architecture.encoding), "What is done to a coordinate first");
    let params = (architecture.num_params() * record.fields().count()) as u64;
    row(ui, "Parameters", &format::count(params), "Weights and biases of all its networks");
    if let Some(layout) = record.sound() {
        let text = format!("{} of {:.1} ms", record.fields().count(), layout.window_secs() * 1e3);
        row(
            ui,
            "Windows",
            &text,
            "Each stretch of the sound has a network of its own; neighbours fade into one another",
        );
    }
    if item.shown_kind() != SignalKind::Image {
        row(ui, "Size", &format::bytes(params * WEIGHT_BYTES), "In 32 bits");
        if let Some(model) = &record.model {
            row(ui, "Written by", &model.name, &format!("sha256 {}", model.sha256));
        }
        return;
    }
    let (width, height) = item.size_px();
    let (field, picture) = (params * WEIGHT_BYTES, u64::from(width) * u64::from(height) * PIXEL_BYTES);
    let ratio = field as f64 / picture.max(1) as f64;
    let text = format!("{}, {} of the pixels'", format::bytes(field), format::percent(ratio));
    let meaning = format!("In 32 bits; the framed picture is {} in 8 bits", format::bytes(picture));
    row(ui, "Size", &text, &meaning);
    if let Some(model) = &record.model {
        row(ui, "Written by", &model.name, &format!("sha256 {}", model.sha256));
    }
}

fn model(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let kind = state.shown_kind();
    match state.model(kind) {
        ModelState::Loading => {
            row(ui, "Model", "Loading…", "The hypernetwork is being read");
        }
        ModelState::Absent(why) => {
            ui.add(Label::new(RichText::new(why).color(palette(ui).error)).wrap());
        }
        ModelState::Ready(info) => {
            row(ui, "File", &info.identity.name, &format!("sha256 {}", info.identity.sha256));
            row(
                ui,
                "Parameters",
                &format::count(info.num_params as u64),
                "Backbone and hypernetwork together",
            );
            if kind == SignalKind::Sound {
                row(ui, "Reads", &format!("{} samples", info.input_side_px), "A window of the sound");
            } else {
                let side = info.input_side_px;
                row(
                    ui,
                    "Reads",
                    &format::size((side, side)),
                    "What the picture is resized to for the backbone",
                );
            }
            CollapsingHeader::new("What it is").show(ui, |ui| {
                ui.add(Label::new(RichText::new(&info.summary).color(palette(ui).text_weak)).wrap());
            });
        }
    }
    ui.add_space(space::XS);
    ui.horizontal(|ui| {
        let load = ui.add(Button::new("Load another…"));
        if load
            .on_hover_text("Use another checkpoint, a .safetensors file; or drop one on the window")
            .clicked()
        {
            actions.push(Action::AskFile(FilePurpose::Model));
        }
        let is_other = match kind {
            SignalKind::Image => state.settings.model.is_some(),
            SignalKind::Object => state.settings.object_model.is_some(),
            SignalKind::Sound => state.settings.sound_model.is_some(),
        };
        let bundled = ui.add_enabled(is_other, Button::new("Use the bundled one"));
        let tip = "Go back to the model that comes with the program";
        if bundled.on_hover_text(tip).on_disabled_hover_text("It is in use").clicked() {
            actions.push(Action::UseBundledModel(kind));
        }
    });
}
