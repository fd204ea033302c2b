//! What the inspector has for objects alone.

use std::sync::{Arc, Weak};

use eframe::egui::{Checkbox, DragValue, Id, Image, RichText, Slider, Ui, vec2};

use super::layout::Panels;
use super::widgets::{Choice, name_cell, row, segments, wide_button};
use crate::app::action::Action;
use crate::app::files::FilePurpose;
use crate::app::format;
use crate::app::item::Item;
use crate::app::object_look::{Behind, ObjectLook, OrbitChange};
use crate::app::shortcuts::hint;
use crate::app::state::{ModelState, State};
use crate::app::theme::{palette, size, space};
use crate::camera::Orbit;
use crate::field::CropBox;
use crate::limits;
use crate::media::{ObjectFraming, ObjectSignal, Picture, ViewsSignal};
use crate::model::SignalKind;

/// Densities that a surface can be looked for at, in opacity per unit of depth.
const THRESHOLDS: std::ops::RangeInclusive<f32> = 0.1..=100.0;
/// The crop box reaches so far from the middle.
const CROP_REACH: f32 = 1.2;
/// An object can be moved so far in its square, in percent.
const SHIFTS: std::ops::RangeInclusive<f64> = -50.0..=50.0;

/// More files than a picture has.
pub(super) fn keep(ui: &mut Ui, actions: &mut Vec<Action>) {
    ui.add_space(space::XS);
    ui.columns(2, |columns| {
        let all = [
            (
                FilePurpose::Film,
                "Turntable…",
                "Look at it once around, or along the places that you keep: GIF, animated PNG, a PNG sheet or a folder of pictures",
            ),
            (FilePurpose::Mesh, "Mesh…", "Its surface as GLB, PLY or OBJ, or its density as a NumPy array"),
        ];
        for (column, (purpose, name, meaning)) in columns.iter_mut().zip(all) {
            let tip = hint(column.ctx(), meaning, name);
            if wide_button(column, name).on_hover_text(tip).clicked() {
                actions.push(Action::AskFile(purpose));
            }
        }
    });
}

/// How wide it is looked at, and what is behind it.
pub(super) fn view(ui: &mut Ui, state: &State, item: &Item, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let label = name_cell(ui, "Angle", size::ROW_NAME);
        let (least, most) = Orbit::FOVS_DEG;
        let mut fov_deg = item.orbit.fov_deg;
        // Rounded for the eye alone: a slider of fewer decimals would round the angle itself, and so move it.
        let slider = Slider::new(&mut fov_deg, least..=most)
            .logarithmic(true)
            .custom_formatter(|degrees, _| format!("{degrees:.0}"))
            .suffix("°");
        let tip = hint(ui.ctx(), "Angle of view across the shorter side", "Narrower or wider");
        if ui.add(slider).labelled_by(label.id).on_hover_text(tip).changed() {
            actions.push(Action::Orbit(OrbitChange::Hand(item.orbit.with_fov(fov_deg))));
        }
    });
    let look = state.look.object;
    let (mut behind, mut color) = (look.behind, look.color);
    ui.label(RichText::new("Behind it").color(palette(ui).text_weak));
    ui.horizontal(|ui| {
        let choices = [
            (Behind::Window, "Window", "The window's own canvas; what is exported is transparent there, or white where its format cannot be"),
            (Behind::Checker, "Squares", "Squares of two greys; what is exported is transparent there, or white where its format cannot be"),
            (Behind::Color, "Own colour", "A colour of your own, in what is exported too"),
        ]
        .map(|(value, name, tip)| Choice { value, name, tip: tip.into(), is_possible: true });
        behind = segments(ui, behind, &choices).unwrap_or(behind);
        let button = ui.color_edit_button_srgb(&mut color);
        if button.on_hover_text("The colour behind it").changed() {
            behind = Behind::Color;
        }
    });
    if (behind, color) != (look.behind, look.color) {
        actions.push(Action::LookAtObjects(ObjectLook { behind, color, ..look }));
    }
}

/// The surface that would be saved, over the field.
pub(super) fn surface(ui: &mut Ui, item: &Item, actions: &mut Vec<Action>) {
    let own = &item.surface;
    let (mut is_shown, mut threshold, mut grid) = (own.is_shown, own.threshold, own.grid);
    let tip = hint(ui.ctx(), "Draw it over the field", "Show the surface");
    ui.add(Checkbox::new(&mut is_shown, "Show the surface")).on_hover_text(tip);
    ui.horizontal(|ui| {
        let label = name_cell(ui, "Density", size::ROW_NAME);
        let slider = Slider::new(&mut threshold, THRESHOLDS).logarithmic(true).max_decimals(1);
        ui.add(slider)
            .labelled_by(label.id)
            .on_hover_text("Density on the surface, in opacity per unit of depth: lower is fuller");
    });
    ui.horizontal(|ui| {
        let label = name_cell(ui, "Grid", size::ROW_NAME);
        let drag = DragValue::new(&mut grid).range(16..=limits::MESH_GRID_SIDE).speed(1.0);
        ui.add_sized([size::NUMBER_WIDTH, size::CONTROL_HEIGHT], drag)
            .labelled_by(label.id)
            .on_hover_text("Nodes along a side of the cube that holds the object");
    });
    if (is_shown, threshold, grid) != (own.is_shown, own.threshold, own.grid) {
        actions.push(Action::SetSurface { is_shown, threshold, grid });
    }
    if let Some(mesh) = own.mesh.as_ref().filter(|_| own.is_shown) {
        let text = format!(
            "{} corners, {} triangles",
            format::count(mesh.positions.len() as u64),
            format::count(mesh.triangles.len() as u64)
        );
        row(ui, "Found", &text, "");
    }
}

/// What alone is drawn.
pub(super) fn crop(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let look = state.look.object;
    let mut crop = look.crop;
    for (axis, name) in ["Left, right", "Down, up", "Back, front"].into_iter().enumerate() {
        ui.horizontal(|ui| {
            let label = name_cell(ui, name, size::ROW_NAME);
            let [mut low, mut high] = [crop.low[axis].max(-CROP_REACH), crop.high[axis].min(CROP_REACH)];
            let width = [size::NUMBER_WIDTH * 0.8, size::CONTROL_HEIGHT];
            let drag = DragValue::new(&mut low).range(-CROP_REACH..=high).speed(0.01).max_decimals(2);
            let from = ui.add_sized(width, drag).labelled_by(label.id).on_hover_text("From here");
            let drag = DragValue::new(&mut high).range(low..=CROP_REACH).speed(0.01).max_decimals(2);
            let to = ui.add_sized(width, drag).labelled_by(label.id).on_hover_text("To here");
            // At its end a side crops nothing.
            if from.changed() {
                crop.low[axis] = if low <= -CROP_REACH { f32::NEG_INFINITY } else { low };
            }
            if to.changed() {
                crop.high[axis] = if high >= CROP_REACH { f32::INFINITY } else { high };
            }
        });
    }
    let is_cropped = crop != CropBox::ALL;
    let reset = ui.add_enabled_ui(is_cropped, |ui| wide_button(ui, "Show everything")).inner;
    let tip = "Crop nothing";
    if reset.on_hover_text(tip).on_disabled_hover_text("Nothing is cropped").clicked() {
        crop = CropBox::ALL;
    }
    if crop != look.crop {
        actions.push(Action::LookAtObjects(ObjectLook { crop, ..look }));
    }
}

/// Exactly what the model reads, and how that is changed.
pub(super) fn input(
    ui: &mut Ui,
    item: &Item,
    signal: &Arc<ObjectSignal>,
    state: &State,
    panels: &mut Panels,
    actions: &mut Vec<Action>,
) {
    row(ui, "Object", signal.foreground.described(), "How it was told from what is behind it");
    ui.add_space(space::XS);
    let id = Id::unique(("object framing in progress", item.id));
    let present = item.object_framing;
    let mut framing: ObjectFraming = ui.data(|data| data.get_temp(id)).unwrap_or(present);
    ui.horizontal(|ui| {
        let side_px = match state.model(SignalKind::Object) {
            ModelState::Ready(info) => info.input_side_px,
            _ => limits::OBJECT_SIDE_PX,
        };
        let read = picture_read(ui, item, signal, side_px);
        let texture = panels.textures.of(ui.ctx(), &read);
        let image = Image::new(&texture).fit_to_exact_size(vec2(size::INPUT_PICTURE, size::INPUT_PICTURE));
        let text = format!("What the network reads, {}", format::size((side_px, side_px)));
        ui.add(image.alt_text(&text)).on_hover_text(text);
        ui.vertical(|ui| {
            let (least, most) = ObjectFraming::SCALES;
            let mut percent = [framing.scale, framing.shift[0], framing.shift[1]].map(|part| part * 100.0);
            let scales = least * 100.0..=most * 100.0;
            let is_dragged = [
                ("Size", "Larger than it was found", scales),
                ("Right", "Moved to the right", SHIFTS),
                ("Down", "Moved down", SHIFTS),
            ]
            .into_iter()
            .zip(&mut percent)
            .map(|((name, tip, range), value)| part(ui, name, tip, value, range))
            .fold(false, |any, is_dragged| any | is_dragged);
            let [scale, right, down] = percent.map(|percent| percent / 100.0);
            (framing.scale, framing.shift) = (scale, [right, down]);
            let mut cuts = framing.cuts_background;
            ui.add(Checkbox::new(&mut cuts, "Cut out"))
                .on_hover_text("Take a plain background away; alpha always counts");
            framing.cuts_background = cuts;
            let label = ui.label(RichText::new("Behind it").color(palette(ui).text_weak));
            ui.color_edit_button_srgb(&mut framing.background)
                .labelled_by(label.id)
                .on_hover_text("What it is laid on; models are trained on white");
            // What is still being dragged or picked would encode with every frame: it counts once it is let go.
            let is_held = is_dragged || (ui.ctx().any_popup_open() && framing != present);
            if is_held {
                ui.data_mut(|data| data.insert_temp(id, framing));
            } else {
                ui.data_mut(|data| data.remove::<ObjectFraming>(id));
                if framing != present {
                    actions.push(Action::FrameObject(framing));
                }
            }
        });
    });
}

/// The views that were given, and the one that the model reads.
pub(super) fn views(ui: &mut Ui, signal: &ViewsSignal, panels: &mut Panels) {
    let text = match (signal.views.len(), signal.given) {
        (used, given) if used == given => format!("{given}"),
        (used, given) => format!("{used} of {given}"),
    };
    row(
        ui,
        "Views",
        &text,
        "What the field is compared with and refined towards; the network reads the first. Their cameras are drawn \
         around the object: click one to go there",
    );
    row(ui, "Size", &format::size(signal.original_size), "Of the first one, as it was read");
    ui.add_space(space::XS);
    let texture = panels.textures.of(ui.ctx(), &signal.reference);
    let image = Image::new(&texture).fit_to_exact_size(vec2(size::INPUT_PICTURE, size::INPUT_PICTURE));
    ui.add(image.alt_text("The first view")).on_hover_text("The first view, which the network reads");
}

/// The picture as a model of this size reads it, made once.
fn picture_read(ui: &Ui, item: &Item, signal: &Arc<ObjectSignal>, side_px: u32) -> Arc<Picture> {
    // Weak, so that what was taken out of the library is not kept.
    type Made = (Weak<ObjectSignal>, Arc<Picture>);
    if signal.reference.width() == side_px {
        return Arc::clone(&signal.reference);
    }
    let id = Id::unique(("what the network reads", item.id));
    let known: Option<Made> = ui.data(|data| data.get_temp(id));
    if let Some((_, picture)) =
        known.filter(|(of, picture)| of.as_ptr() == Arc::as_ptr(signal) && picture.width() == side_px)
    {
        return picture;
    }
    let picture = Arc::new(signal.input(side_px));
    ui.data_mut(|data| data.insert_temp::<Made>(id, (Arc::downgrade(signal), Arc::clone(&picture))));
    picture
}

/// A number in percent; whether it is being dragged.
fn part(ui: &mut Ui, name: &str, tip: &str, percent: &mut f64, range: std::ops::RangeInclusive<f64>) -> bool {
    ui.horizontal(|ui| {
        let label = ui.label(RichText::new(name).color(palette(ui).text_weak));
        let drag = DragValue::new(percent).range(range).speed(0.5).max_decimals(0).suffix(" %");
        ui.add(drag).labelled_by(label.id).on_hover_text(tip).dragged()
    })
    .inner
}
