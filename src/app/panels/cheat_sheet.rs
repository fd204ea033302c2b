use eframe::egui::{Align, Context, Label, Layout, RichText, Ui};

use super::widgets::{modal, name_cell};
use crate::app::action::Action;
use crate::app::shortcuts::{GESTURES, GROUPS, Group, format_keys};
use crate::app::theme::{palette, size, space};

/// Which groups of keys stand below one another.
const COLUMNS: [&[&str]; 3] = [&["Files", "Field"], &["Look", "Window"], &["Object"]];

/// The keys, over the window.
pub(crate) fn show(ctx: &Context, actions: &mut Vec<Action>) {
    modal(ctx, "cheat sheet", size::CHEAT_SHEET_WIDTH, actions, |ui, actions| {
        ui.label(RichText::new("Keys and gestures").heading().color(palette(ui).text_strong));
        ui.columns(COLUMNS.len(), |columns| {
            for (column, titles) in columns.iter_mut().zip(COLUMNS) {
                for group in GROUPS.iter().filter(|group| titles.contains(&group.title)) {
                    show_group(column, group);
                }
            }
            title(&mut columns[0], "Mouse");
            for (gesture, what) in GESTURES {
                line(&mut columns[0], gesture, what);
            }
        });
        ui.add_space(space::M);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button("Close").on_hover_text("Close the cheat sheet (Esc)").clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
}

fn title(ui: &mut Ui, text: &str) {
    ui.add_space(space::M);
    ui.label(RichText::new(text).strong().color(palette(ui).text_strong));
    ui.add_space(space::XXS);
}

fn show_group(ui: &mut Ui, group: &Group) {
    title(ui, group.title);
    let mut rest = group.shortcuts;
    // Keys that do the same share a line.
    while let Some(first) = rest.first() {
        let alike = rest.iter().take_while(|shortcut| shortcut.what == first.what).count();
        let (these, others) = rest.split_at(alike);
        let keys: Vec<String> = these.iter().map(|shortcut| format_keys(ui.ctx(), shortcut.keys)).collect();
        let is_long = keys.len() > 2;
        let text = if is_long { keys.join(" ").replace(" Shift+", " ") } else { keys.join(" or ") };
        line(ui, &text, first.what);
        rest = others;
    }
}

fn line(ui: &mut Ui, keys: &str, what: &str) {
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = space::L;
        name_cell(ui, keys, size::CHEAT_SHEET_KEYS);
        ui.add(Label::new(what).wrap());
    });
}
