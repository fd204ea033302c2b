//! What the form says of data, backbone and cost.

use eframe::egui::{
    Align, Button, CollapsingHeader, Image, Label, Layout, RichText, Role, ScrollArea, TextEdit, Ui,
    WidgetInfo, vec2,
};

use super::panel::act;
use crate::app::action::Action;
use crate::app::files::FilePurpose;
use crate::app::format;
use crate::app::panels::layout::Panels;
use crate::app::panels::widgets::name_cell;
use crate::app::state::State;
use crate::app::theme::{palette, size, space};
use crate::app::training::{Answer, Budget, TrainForm, TrainingAction, TrainingFile};
use crate::model::{Contents, SignalKind};

/// A path to type or to choose.
pub(super) fn path(
    ui: &mut Ui,
    state: &State,
    (name, tip): (&str, &str),
    text: &mut String,
    file: TrainingFile,
    actions: &mut Vec<Action>,
) {
    ui.horizontal(|ui| {
        let label = name_cell(ui, name, size::DIALOG_NAME);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if !state.lacks_file_dialogs {
                let browse = ui.button("Browse…");
                let spoken = format!("Browse for {name}");
                browse.widget_info(|| WidgetInfo::labeled(Role::Button, true, &spoken));
                if browse.on_hover_text("Choose with the platform's dialog").clicked() {
                    actions.push(Action::AskFile(FilePurpose::Training(file)));
                }
            }
            let edit = TextEdit::singleline(text).desired_width(f32::INFINITY).hint_text("/path/to/it");
            // While it is being typed it names other places.
            if ui.add(edit).labelled_by(label.id).on_hover_text(tip).lost_focus() {
                act(actions, TrainingAction::Ask);
            }
        });
    });
}

/// A line below a path.
fn remark(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        ui.add_space(size::DIALOG_NAME + space::S);
        ui.vertical(content);
    });
}

fn said(ui: &mut Ui, text: &str, is_obstacle: bool) {
    let color = if is_obstacle { palette(ui).error } else { palette(ui).text_weak };
    ui.add(Label::new(RichText::new(text).color(color)).wrap());
}

/// What is in the folder of the data.
pub(super) fn data(ui: &mut Ui, form: &TrainForm, panels: &mut Panels) {
    let look = match &form.data_look {
        Answer::None => return,
        Answer::Waiting(_) => return remark(ui, |ui| said(ui, "Looking into the folder…", false)),
        Answer::Failed(why) => return remark(ui, |ui| said(ui, why, true)),
        Answer::Ready(look) => look,
    };
    remark(ui, |ui| {
        let [learned, held_out] = look.counts;
        let noun = match look.kind {
            SignalKind::Image => "pictures",
            SignalKind::Object => "objects",
            SignalKind::Sound => "sounds",
        };
        let text = format!(
            "{} {noun} to learn from, {} held out",
            format::count(learned as u64),
            format::count(held_out as u64)
        );
        said(ui, &text, false);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            for picture in &look.thumbnails {
                let texture = panels.textures.of(ui.ctx(), picture);
                let longest = picture.width().max(picture.height()).max(1) as f32;
                let scale = size::THUMBNAIL / longest;
                let size = vec2(picture.width() as f32 * scale, picture.height() as f32 * scale);
                ui.add(Image::new((texture.id(), size)));
            }
        });
        if !look.rejected.is_empty() {
            let title = match look.rejected.len() {
                1 => "1 file is left out".to_owned(),
                count => format!("{} files are left out", format::count(count as u64)),
            };
            CollapsingHeader::new(title).show(ui, |ui| {
                ScrollArea::vertical().id_salt("rejected").max_height(size::REJECTED_HEIGHT).show(ui, |ui| {
                    for (file, why) in &look.rejected {
                        ui.add(Label::new(format!("{}: {why}", file.display())).wrap());
                    }
                });
            });
        }
    });
}

/// What the backbone's file is.
pub(super) fn backbone(ui: &mut Ui, form: &TrainForm) {
    let look = match &form.backbone_look {
        Answer::None => return,
        Answer::Waiting(_) => return remark(ui, |ui| said(ui, "Reading the file…", false)),
        Answer::Failed(why) => return remark(ui, |ui| said(ui, why, true)),
        Answer::Ready(look) => look,
    };
    remark(ui, |ui| {
        let tensors = &look.inspection.tensors;
        match &look.inspection.contents {
            Contents::Backbone { name, config, .. } => {
                let used = form.config.depth.min(config.depth);
                let text =
                    format!("{name}: {used} of its {} blocks in use, {} wide", config.depth, config.dim);
                said(ui, &text, false);
                let is_wrong = !tensors.is_complete();
                said(ui, &format!("Tensors: {tensors}"), is_wrong);
                if is_wrong {
                    said(ui, &tensors.complaint(), true);
                }
            }
            Contents::Checkpoint { .. } => {
                said(ui, "This is a trained model: name it as the one to start from", true);
            }
            Contents::Unknown { nearest } => said(ui, nearest, true),
        }
    });
}

/// Sizes, which are known, and time and memory, which are measured when asked.
pub(super) fn cost(ui: &mut Ui, form: &TrainForm, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        name_cell(ui, "Size", size::DIALOG_NAME);
        let text = form.model().map_or("known once the backbone is".into(), |model| {
            let counts = model.parameters();
            format!(
                "{} of {} parameters learn; {} data tokens and {} weight tokens; a field of {} parameters",
                format::count(counts.trainable(form.mode) as u64),
                format::count(counts.total() as u64),
                model.num_data_tokens(),
                model.num_weight_tokens(),
                format::count(model.field.num_params() as u64),
            )
        });
        ui.add(Label::new(RichText::new(text).color(palette(ui).text)).wrap());
    });
    ui.horizontal(|ui| {
        name_cell(ui, "Cost", size::DIALOG_NAME);
        let is_asked = matches!(form.trial, Answer::Waiting(_));
        let attempt = ui.add_enabled(!is_asked && form.sources().is_ok(), Button::new("Try a few steps"));
        let tip = "A few steps of this run, thrown away: how long a step takes, and how much memory";
        if attempt.on_hover_text(tip).on_disabled_hover_text(tip).clicked() {
            act(actions, TrainingAction::Try);
        }
        match &form.trial {
            Answer::None => said(ui, "Not measured", false),
            Answer::Waiting(_) => said(ui, "Measuring…", false),
            Answer::Failed(why) => said(ui, why, true),
            Answer::Ready(trial) => {
                let (steps, whole) = match form.budget {
                    Budget::Steps => (form.config.steps, trial.step * form.config.steps),
                    Budget::Time(within) => (trial.steps_within(within), within),
                };
                let memory = trial
                    .grown_bytes
                    .map_or(String::new(), |bytes| format!(", {} of memory", format::bytes(bytes)));
                let text = format!(
                    "{} a step: {} steps in {}{memory}",
                    format::duration(trial.step),
                    format::count(steps.into()),
                    format::duration(whole),
                );
                said(ui, &text, false);
            }
        }
    });
}
