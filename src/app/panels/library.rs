use std::path::Path;
use std::sync::Arc;

use eframe::egui::{
    Align, Button, CornerRadius, Image, Label, Layout, Rect, Response, RichText, Role, ScrollArea, Sense,
    TextStyle, TextWrapMode, Ui, WidgetInfo, WidgetText, pos2, vec2,
};

use super::layout::Panels;
use super::widgets::paint_progress;
use crate::app::action::Action;
use crate::app::files::FilePurpose;
use crate::app::format;
use crate::app::item::Item;
use crate::app::samples::SAMPLES;
use crate::app::shortcuts::hint;
use crate::app::state::{ShelfKey, State};
use crate::app::theme::{palette, radius, size, space};
use crate::dataset::ViewSet;
use crate::engine::{Origin, Stage};
use crate::media::Picture;

/// What was opened, and what can be.
pub(crate) fn show(ui: &mut Ui, state: &State, panels: &mut Panels, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        ui.set_min_height(size::TOOLBAR_HEIGHT - space::S);
        ui.add_space(space::XS);
        ui.label(RichText::new("Library").heading().color(palette(ui).text_strong));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let tip = hint(ui.ctx(), "Open pictures, fields or a model", "Open files…");
            if ui.button("Open…").on_hover_text(tip).clicked() {
                actions.push(Action::AskFile(FilePurpose::Open));
            }
        });
    });
    ui.add_space(space::XS);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::XXS;
        if state.items.is_empty() {
            ui.add_space(space::S);
            let text = "Nothing is open. Drop a photo anywhere on this window.";
            ui.add(Label::new(RichText::new(text).color(palette(ui).text_weak)).wrap());
        }
        for item in &state.items {
            show_item(ui, state, item, panels, actions);
        }
        show_shelf(ui, state, panels, actions);
    });
}

fn show_item(ui: &mut Ui, state: &State, item: &Item, panels: &mut Panels, actions: &mut Vec<Action>) {
    let is_selected = state.selected == Some(item.id);
    let (status, fraction) = status_of(state, item);
    let picture = item.thumbnail.as_ref().or_else(|| shelf_picture(state, item));
    let entry = Entry { name: &item.name, status: &status, is_selected, picture, fraction };
    let response = ui.push_id(item.id, |ui| entry.show(ui, panels)).inner;
    if is_selected && response.gained_focus() {
        response.scroll_to_me(None);
    }
    let place = match &item.origin {
        Origin::Path(path) => path.display().to_string(),
        Origin::Bytes { name, .. } => name.clone(),
    };
    let response = response.on_hover_text(place);
    if response.clicked() {
        actions.push(Action::Select(item.id));
    }
    if response.middle_clicked() || is_close_clicked(ui, &response, &item.name, "Take out of the library") {
        actions.push(Action::Remove(item.id));
    }
}

fn shelf_picture<'a>(state: &'a State, item: &Item) -> Option<&'a Arc<Picture>> {
    let key = match (&item.origin, item.sample) {
        (_, Some(index)) => ShelfKey::Sample(index),
        (Origin::Path(path), None) => ShelfKey::Recent(path.clone()),
        _ => return None,
    };
    state.thumbnails.get(&key)
}

/// What an item is doing or worth, and how far it is.
fn status_of(state: &State, item: &Item) -> (String, Option<f32>) {
    let refining = item.refinement.as_ref().map(|refinement| refinement.job);
    if let Some(job) = item.opening.or(refining).and_then(|id| state.job(id)) {
        let text = match (job.stage, item.psnr_db()) {
            (Stage::Refining, Some(psnr_db)) => format!("Refining, {}", format::decibel(psnr_db)),
            (stage, _) => stage_name(stage).into(),
        };
        return (text, Some(job.fraction.unwrap_or(0.0)));
    }
    let text = match (item.psnr_db(), &item.encoded, &item.failure) {
        (Some(psnr_db), _, _) => format::decibel(psnr_db),
        (None, Some(_), _) => "Field, no picture".into(),
        (None, None, Some(_)) => "No field".into(),
        (None, None, None) => String::new(),
    };
    (text, None)
}

/// A stage, for people.
pub(crate) fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Queued => "Waiting",
        Stage::Decoding => "Decoding",
        Stage::Encoding => "Encoding",
        Stage::Refining => "Refining",
        Stage::Exporting => "Exporting",
        Stage::Meshing => "Finding the surface",
        Stage::Saving => "Saving",
        Stage::LoadingModel => "Loading the model",
    }
}

/// Samples and recent files that are not open.
fn show_shelf(ui: &mut Ui, state: &State, panels: &mut Panels, actions: &mut Vec<Action>) {
    let is_open = |path: &Path| {
        state.items.iter().any(|item| matches!(&item.origin, Origin::Path(known) if known == path))
    };
    let recent: Vec<_> = state.settings.recent.iter().filter(|path| !is_open(path)).collect();
    if !recent.is_empty() {
        shelf_title(ui, "Recent");
    }
    for path in recent {
        let key = ShelfKey::Recent(path.clone());
        let name = ViewSet::name_at(path).to_string_lossy().into_owned();
        let folder = path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
        let response = show_shelf_entry(ui, state, panels, &key, &name, &folder);
        let response = response.on_hover_text(format!("Open {}", path.display()));
        if response.clicked() {
            actions.push(Action::OpenShelf(key));
        }
        if is_close_clicked(ui, &response, &name, "Forget this file") {
            actions.push(Action::ForgetRecent(path.clone()));
        }
    }
    let is_shown = |index: usize| state.items.iter().any(|item| item.sample == Some(index));
    let samples: Vec<_> = SAMPLES.iter().enumerate().filter(|(index, _)| !is_shown(*index)).collect();
    if !samples.is_empty() {
        shelf_title(ui, "Samples");
    }
    for (index, sample) in samples {
        let key = ShelfKey::Sample(index);
        let response = show_shelf_entry(ui, state, panels, &key, sample.title, "Comes with the program");
        if response.on_hover_text(format!("Open the sample {}", sample.title)).clicked() {
            actions.push(Action::OpenShelf(key));
        }
    }
}

fn shelf_title(ui: &mut Ui, title: &str) {
    ui.add_space(space::M);
    ui.horizontal(|ui| {
        ui.add_space(space::XS);
        ui.label(RichText::new(title).small().color(palette(ui).text_weak));
    });
}

fn show_shelf_entry(
    ui: &mut Ui,
    state: &State,
    panels: &mut Panels,
    key: &ShelfKey,
    name: &str,
    status: &str,
) -> Response {
    let picture = state.thumbnails.get(key);
    let entry = Entry { name, status, is_selected: false, picture, fraction: None };
    ui.push_id(key, |ui| entry.show(ui, panels)).inner
}

/// A row of the library.
struct Entry<'a> {
    name: &'a str,
    status: &'a str,
    is_selected: bool,
    picture: Option<&'a Arc<Picture>>,
    fraction: Option<f32>,
}

impl Entry<'_> {
    fn show(&self, ui: &mut Ui, panels: &mut Panels) -> Response {
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), size::ENTRY_HEIGHT), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, self.is_selected, self.name));
        if !ui.is_rect_visible(rect) {
            return response;
        }
        let palette = palette(ui);
        let corner = CornerRadius::same(radius::MEDIUM);
        if self.is_selected {
            ui.painter().rect_filled(rect, corner, palette.accent_soft);
        } else if response.hovered() || response.has_focus() {
            ui.painter().rect_filled(rect, corner, palette.control);
        }
        let pad = (size::ENTRY_HEIGHT - size::THUMBNAIL) / 2.0;
        let frame = Rect::from_min_size(rect.min + vec2(pad, pad), vec2(size::THUMBNAIL, size::THUMBNAIL));
        self.paint_picture(ui, frame, panels);
        let left = frame.right() + space::S;
        let width = rect.right() - left - size::CONTROL_HEIGHT;
        let text = |text: &str, style, color| {
            let text = WidgetText::from(RichText::new(text).color(color));
            text.into_galley(ui, Some(TextWrapMode::Truncate), width.max(1.0), style)
        };
        let name = text(self.name, TextStyle::Body, palette.text_strong);
        let status = text(self.status, TextStyle::Small, palette.text_weak);
        let height = name.size().y + space::XXS + status.size().y;
        let top = rect.center().y - height / 2.0;
        let below = top + name.size().y + space::XXS;
        ui.painter().galley(pos2(left, top), name, palette.text_strong);
        ui.painter().galley(pos2(left, below), status, palette.text_weak);
        if let Some(fraction) = self.fraction {
            let bar = Rect::from_min_size(
                pos2(left, rect.bottom() - space::XS - size::PROGRESS_STRIPE),
                vec2(width.max(1.0), size::PROGRESS_STRIPE),
            );
            paint_progress(ui, bar, Some(fraction));
        }
        response
    }

    /// The picture fills its square, its middle in the middle.
    fn paint_picture(&self, ui: &Ui, frame: Rect, panels: &mut Panels) {
        let corner = CornerRadius::same(radius::SMALL);
        let Some(picture) = self.picture else {
            ui.painter().rect_filled(frame, corner, palette(ui).control);
            return;
        };
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        let side = width.min(height);
        let part = vec2(side / width, side / height);
        let uv = Rect::from_center_size(pos2(0.5, 0.5), part);
        let texture = panels.textures.of(ui.ctx(), picture);
        Image::from_texture(&texture).uv(uv).corner_radius(corner).paint_at(ui, frame);
    }
}

/// The small cross at the end of a row, while the row is pointed at.
fn is_close_clicked(ui: &mut Ui, row: &Response, name: &str, what: &str) -> bool {
    if !row.hovered() && !ui.rect_contains_pointer(row.rect) {
        return false;
    }
    let side = size::CONTROL_HEIGHT;
    let center = pos2(row.rect.right() - side / 2.0 - space::XXS, row.rect.center().y);
    let rect = Rect::from_center_size(center, vec2(side, side));
    let response = ui.place(rect, Button::new("×").frame_when_inactive(false));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{what}: {name}")));
    response.on_hover_text(what).clicked()
}
