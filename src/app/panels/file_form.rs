use eframe::egui::{Align, Button, Checkbox, Context, DragValue, Key, Layout, RichText, TextEdit, Ui};

use super::widgets::{Choice, modal, name_cell, segments};
use crate::app::action::Action;
use crate::app::files::{FileForm, FilePurpose, Film};
use crate::app::format;
use crate::app::item::Item;
use crate::app::reducer::film_config;
use crate::app::shortcuts::{KEEP_PLACE, hint};
use crate::app::state::State;
use crate::app::theme::{palette, size, space};
use crate::app::training::TrainingFile;
use crate::export::{
    FILM_ENDINGS, check_film, check_film_size, check_mesh, check_still, check_wav, density_bytes, film_bytes,
    mesh_bytes, still_bytes, typical_mesh_bytes,
};
use crate::limits;
use crate::media::{SampleDepth, check_extension};
use crate::train::LogFormat;

/// A film along kept places needs so many.
const PLACES_LEAST: usize = 2;

/// A path, and for a picture its size.
pub(crate) fn show(ctx: &Context, state: &State, form: &FileForm, actions: &mut Vec<Action>) {
    modal(ctx, "file form", size::DIALOG_WIDTH, actions, |ui, actions| {
        let is_sound = form.purpose == FilePurpose::Export && form.is_sound;
        let title = if is_sound { "Export sound" } else { form.purpose.title() };
        ui.label(RichText::new(title).heading().color(palette(ui).text_strong));
        ui.add_space(space::M);
        if is_sound {
            sound(ui, form, actions);
            ui.add_space(space::S);
        } else if matches!(form.purpose, FilePurpose::Export | FilePurpose::Film) {
            export_size(ui, form, actions);
            ui.add_space(space::S);
        }
        if form.purpose == FilePurpose::Film {
            film(ui, state, form, actions);
            ui.add_space(space::S);
        }
        path(ui, state, form, actions);
        let remark = remark(form, state);
        let color = if remark.is_obstacle { palette(ui).error } else { palette(ui).text_weak };
        ui.label(RichText::new(&remark.text).small().color(color));
        ui.add_space(space::S);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let name = match (form.purpose, form.is_taken) {
                (FilePurpose::Open | FilePurpose::Model, _) => "Open",
                (_, Some(true)) => "Replace",
                (FilePurpose::Training(file), _) => file.verb(),
                (FilePurpose::SaveField, _) => "Save",
                (FilePurpose::Export | FilePurpose::Film | FilePurpose::Mesh, _) => "Export",
            };
            let confirm = ui.add_enabled(!remark.is_obstacle, Button::new(name));
            let is_entered = ui.input(|input| input.key_pressed(Key::Enter)) && !remark.is_obstacle;
            if confirm.on_hover_text("Enter does the same").clicked() || is_entered {
                actions.push(Action::ConfirmFile);
            }
            if ui.button("Cancel").on_hover_text("Close without doing anything (Esc)").clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
}

fn export_size(ui: &mut Ui, form: &FileForm, actions: &mut Vec<Action>) {
    let (mut width, mut height) = form.size_px;
    ui.horizontal(|ui| {
        let number = |value| DragValue::new(value).range(1..=limits::EXPORT_SIDE_PX).speed(2.0).suffix(" px");
        let size = [size::NUMBER_WIDTH, size::CONTROL_HEIGHT];
        let label = ui.label("Width");
        ui.add_sized(size, number(&mut width))
            .labelled_by(label.id)
            .on_hover_text("The field has no pixels of its own: any size is evaluated exactly");
        let label = ui.label("Height");
        ui.add_sized(size, number(&mut height)).labelled_by(label.id).on_hover_text("Height of the picture");
        let mut keeps_shape = form.keeps_shape;
        let check = ui.add(Checkbox::new(&mut keeps_shape, "Keep shape"));
        if check.on_hover_text("Width and height go together").changed() {
            actions.push(Action::KeepShape(keeps_shape));
        }
    });
    if (width, height) != form.size_px {
        actions.push(Action::SetExportSize(width, height));
    }
}

fn sound(ui: &mut Ui, form: &FileForm, actions: &mut Vec<Action>) {
    let (mut rate_hz, mut depth) = form.sound;
    ui.horizontal(|ui| {
        let label = ui.label("Rate");
        let number = DragValue::new(&mut rate_hz).range(limits::SOUND_RATES_HZ).speed(50.0).suffix(" Hz");
        ui.add_sized([size::NUMBER_WIDTH, size::CONTROL_HEIGHT], number)
            .labelled_by(label.id)
            .on_hover_text("The field has no rate of its own: any is evaluated exactly");
        let choices = [
            (SampleDepth::Int16, "16 bits", "Whole numbers of 16 bits"),
            (SampleDepth::Int24, "24 bits", "Whole numbers of 24 bits"),
            (SampleDepth::Float32, "32-bit float", "As they are, beyond full scale too"),
        ]
        .map(|(value, name, tip)| Choice { value, name, tip: tip.into(), is_possible: true });
        if let Some(chosen) = segments(ui, depth, &choices) {
            depth = chosen;
        }
    });
    if (rate_hz, depth) != form.sound {
        actions.push(Action::SetSound(rate_hz, depth));
    }
}

fn film(ui: &mut Ui, state: &State, form: &FileForm, actions: &mut Vec<Action>) {
    let Film { mut frames, mut per_sec, mut visits_places } = form.film;
    let kept = state.current().map_or(0, |item| item.places.len());
    ui.horizontal(|ui| {
        let tip = "From one kept place to the next, evenly";
        let tip = if kept < PLACES_LEAST {
            hint(ui.ctx(), "Keep two places first", KEEP_PLACE)
        } else {
            tip.into()
        };
        let choices = [
            (false, "Once around", "From where it is seen now, about the upright axis".into(), true),
            (true, "Along kept places", tip, kept >= PLACES_LEAST),
        ]
        .map(|(value, name, tip, is_possible)| Choice { value, name, tip, is_possible });
        if let Some(chosen) = segments(ui, visits_places, &choices) {
            visits_places = chosen;
        }
    });
    ui.add_space(space::XS);
    ui.horizontal(|ui| {
        let size = [size::NUMBER_WIDTH, size::CONTROL_HEIGHT];
        let label = ui.label("Pictures");
        ui.add_sized(size, DragValue::new(&mut frames).range(2..=720))
            .labelled_by(label.id)
            .on_hover_text("The whole film in so many pictures");
        let label = ui.label("In a second");
        ui.add_sized(size, DragValue::new(&mut per_sec).range(1..=50))
            .labelled_by(label.id)
            .on_hover_text("Pictures in a second");
    });
    let film = Film { frames, per_sec, visits_places };
    if film != form.film {
        actions.push(Action::SetFilm(film));
    }
}

fn path(ui: &mut Ui, state: &State, form: &FileForm, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let label = name_cell(ui, "Path", size::DIALOG_NAME / 2.0);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if !state.lacks_file_dialogs {
                let browse = ui.button("Browse…").on_hover_text("Choose with the platform's dialog");
                if browse.clicked() {
                    actions.push(Action::AskFile(form.purpose));
                }
            }
            let mut text = form.path.clone();
            let edit =
                TextEdit::singleline(&mut text).desired_width(f32::INFINITY).hint_text("/path/to/a/file");
            let response = ui.add(edit).labelled_by(label.id);
            if form.is_suggested && ui.memory(|memory| memory.focused().is_none()) && !response.lost_focus() {
                response.request_focus();
            }
            if response.on_hover_text("~ is your home folder").changed() {
                actions.push(Action::TypePath(text));
            }
        });
    });
}

struct Remark {
    text: String,
    is_obstacle: bool,
}

/// What there is to say of the path.
fn remark(form: &FileForm, state: &State) -> Remark {
    let item = state.current();
    let about = |bytes: u64| format!(", about {}", format::bytes(bytes));
    let (text, is_obstacle) = match form.target() {
        None => ("Type a path".into(), true),
        Some(path) if form.purpose == FilePurpose::Film => {
            let bytes = about(film_bytes(&path, &film_config(&path, form, state), form.film.frames));
            let fits = check_film_size(&path, form.size_px, form.film.frames);
            let is_there = form.is_taken == Some(true);
            let names = if is_there {
                format!("There is a file of this name; it will be replaced{bytes}")
            } else {
                format!("The name ends in {FILM_ENDINGS}{bytes}")
            };
            let lacks_places =
                form.film.visits_places && item.is_none_or(|item| item.places.len() < PLACES_LEAST);
            match check_film(&path, is_there).and(fits) {
                Err(err) => (err.to_string(), true),
                Ok(()) if lacks_places => ("Two places are to be kept first".into(), true),
                Ok(()) => (names, false),
            }
        }
        Some(path) if form.purpose == FilePurpose::Mesh => {
            let surface = item.map(|item| &item.surface);
            let is_density = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npy"));
            let bytes = match surface {
                Some(surface) if is_density => about(density_bytes(surface.grid)),
                Some(surface) => about(match &surface.mesh {
                    Some(mesh) => mesh_bytes(&path, mesh),
                    None => typical_mesh_bytes(&path, surface.grid),
                }),
                None => String::new(),
            };
            match check_mesh(&path) {
                Err(err) if !is_density => (err.to_string(), true),
                _ => (format!("glb, ply, obj or npy, by the name{bytes}"), false),
            }
        }
        Some(path) if form.purpose == FilePurpose::Export && item.is_some_and(Item::is_object) => {
            let bytes = about(still_bytes(&path, form.size_px.0, form.size_px.1));
            match check_still(&path) {
                Err(err) if path.extension().is_some() => (err.to_string(), true),
                _ if form.is_taken == Some(true) => {
                    (format!("There is a file of this name; it will be replaced{bytes}"), false)
                }
                _ => (format!("png, jpg, webp or exr, by the name{bytes}"), false),
            }
        }
        Some(path) if form.purpose == FilePurpose::Export && form.is_sound => {
            match check_wav(&path, form.sound.0) {
                Err(err) if path.extension().is_some() => (err.to_string(), true),
                _ if form.is_taken == Some(true) => {
                    ("There is a file of this name; it will be replaced".into(), false)
                }
                _ => ("wav".into(), false),
            }
        }
        Some(path) if form.purpose == FilePurpose::Training(TrainingFile::ExportLog) => {
            match LogFormat::of(&path) {
                Err(err) => (err.to_string(), true),
                Ok(_) if form.is_taken == Some(true) => {
                    ("There is a file of this name; it will be replaced".into(), false)
                }
                Ok(_) => (TrainingFile::ExportLog.remark().into(), false),
            }
        }
        Some(path) => match (form.purpose, check_extension(&path)) {
            (FilePurpose::Export, Err(err)) if path.extension().is_some() => (err.to_string(), true),
            (FilePurpose::Open, _) => ("A picture, a field, a model, or a folder of them".into(), false),
            (FilePurpose::Model, _) => ("A checkpoint in the safetensors format".into(), false),
            _ if form.is_taken == Some(true) => {
                ("There is a file of this name; it will be replaced".into(), false)
            }
            (FilePurpose::Training(file), _) => (file.remark().into(), false),
            (FilePurpose::SaveField, _) => {
                ("A safetensors file that this program and others can read".into(), false)
            }
            _ => ("png, jpg, webp or exr, by the name".into(), false),
        },
    };
    Remark { text, is_obstacle }
}
