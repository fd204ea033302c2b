//! Design tokens: the only place with a colour, a size or a spacing.

use eframe::egui::{
    Color32, Context, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle, Theme,
    ThemePreference, Ui, Vec2, Visuals, style::HandleShape,
};

use super::settings::ThemeChoice;

/// Distances between things, in points.
pub(crate) mod space {
    pub(crate) const XXS: f32 = 2.0;
    pub(crate) const XS: f32 = 4.0;
    pub(crate) const S: f32 = 8.0;
    pub(crate) const M: f32 = 12.0;
    pub(crate) const L: f32 = 16.0;
    pub(crate) const XL: f32 = 24.0;
}

/// Sizes of things, in points.
pub(crate) mod size {
    /// Side of the picture that a network reads, in the inspector.
    pub(crate) const INPUT_PICTURE: f32 = 120.0;
    pub(crate) const WINDOW_WIDTH: f32 = 1280.0;
    pub(crate) const WINDOW_HEIGHT: f32 = 800.0;
    pub(crate) const WINDOW_SIDE_MIN: f32 = 400.0;
    pub(crate) const WINDOW_SIDE_MAX: f32 = 16_384.0;
    pub(crate) const LIBRARY_WIDTH: f32 = 212.0;
    pub(crate) const INSPECTOR_WIDTH: f32 = 316.0;
    pub(crate) const PANE_WIDTH_MIN: f32 = 150.0;
    pub(crate) const PANE_WIDTH_MAX: f32 = 600.0;
    pub(crate) const VIEWPORT_WIDTH_MIN: f32 = 240.0;
    pub(crate) const CONTROL_HEIGHT: f32 = 26.0;
    pub(crate) const STATUS_HEIGHT: f32 = 30.0;
    pub(crate) const TOOLBAR_HEIGHT: f32 = 40.0;
    pub(crate) const THUMBNAIL: f32 = 40.0;
    pub(crate) const ENTRY_HEIGHT: f32 = 52.0;
    pub(crate) const ROW_NAME: f32 = 88.0;
    pub(crate) const CURVE_HEIGHT: f32 = 132.0;
    pub(crate) const CURVE_LINE: f32 = 2.0;
    pub(crate) const CURVE_THIN_LINE: f32 = 1.0;
    pub(crate) const PROGRESS_WIDTH: f32 = 140.0;
    pub(crate) const PROGRESS_HEIGHT: f32 = 6.0;
    pub(crate) const PROGRESS_STRIPE: f32 = 3.0;
    pub(crate) const NOTICE_WIDTH: f32 = 380.0;
    pub(crate) const NOTICE_MARK: f32 = 4.0;
    pub(crate) const NOTICE_DETAILS_HEIGHT: f32 = 160.0;
    pub(crate) const DIALOG_WIDTH: f32 = 460.0;
    pub(crate) const DIALOG_NAME: f32 = 132.0;
    pub(crate) const CHEAT_SHEET_WIDTH: f32 = 980.0;
    pub(crate) const CHEAT_SHEET_KEYS: f32 = 116.0;
    pub(crate) const LEGEND_WIDTH: f32 = 180.0;
    pub(crate) const LEGEND_HEIGHT: f32 = 10.0;
    pub(crate) const SPLIT_LINE: f32 = 2.0;
    pub(crate) const SPLIT_GRAB: f32 = 16.0;
    pub(crate) const SPLIT_KNOB: f32 = 11.0;
    pub(crate) const TOOLTIP_WIDTH: f32 = 300.0;
    pub(crate) const EMPTY_WIDTH: f32 = 340.0;
    pub(crate) const NUMBER_WIDTH: f32 = 84.0;
    /// The strip that says how well each window of a sound is met.
    pub(crate) const WINDOW_STRIP: f32 = 6.0;
    /// The choice of a sound output.
    pub(crate) const OUTPUT_WIDTH: f32 = 180.0;
    /// A row of a weight matrix, and how high a matrix is at most.
    pub(crate) const WEIGHT_ROW: f32 = 6.0;
    pub(crate) const WEIGHTS_HEIGHT: f32 = 64.0;
    pub(crate) const AXIS_WIDTH: f32 = 44.0;
    pub(crate) const SAMPLE_NAME: f32 = 120.0;
    pub(crate) const SAMPLE_MIN: f32 = 48.0;
    pub(crate) const SAMPLE_MAX: f32 = 192.0;
    pub(crate) const RUN_NAME: f32 = 62.0;
    pub(crate) const FORM_NAME: f32 = 104.0;
    pub(crate) const FORM_REST: f32 = 170.0;
    pub(crate) const VIEWPORT_HEIGHT_MIN: f32 = 160.0;
    pub(crate) const SCRUBBER_REST: f32 = 190.0;
    pub(crate) const SCRUBBER_LEAST: f32 = 80.0;
    pub(crate) const TRAINING_HEIGHT: f32 = 350.0;
    pub(crate) const TRAINING_HEIGHT_MIN: f32 = 180.0;
    pub(crate) const TRAINING_HEIGHT_MAX: f32 = 900.0;
    pub(crate) const TRAINING_LIST: f32 = 250.0;
    pub(crate) const TRAINING_RUN: f32 = 300.0;
    pub(crate) const TRAINING_FORM: f32 = 760.0;
    pub(crate) const TRAINING_FORM_HEIGHT: f32 = 660.0;
    pub(crate) const REJECTED_HEIGHT: f32 = 110.0;
    pub(crate) const SETTINGS_VALUE: f32 = 150.0;
    pub(crate) const LINE: f32 = 1.0;
    pub(crate) const ICON_PX: u32 = 64;
}

/// Heights of letters, in points.
pub(crate) mod letter {
    pub(crate) const SMALL: f32 = 11.0;
    pub(crate) const BODY: f32 = 13.0;
    pub(crate) const HEADING: f32 = 17.0;
    pub(crate) const FIGURE: f32 = 22.0;
    pub(crate) const MONOSPACE: f32 = 12.0;
}

/// How round corners are, in points.
pub(crate) mod radius {
    pub(crate) const SMALL: u8 = 4;
    pub(crate) const MEDIUM: u8 = 6;
    pub(crate) const LARGE: u8 = 10;
}

/// How long things take, in seconds.
pub(crate) mod time {
    pub(crate) const NOTICE_SECS: f64 = 6.0;
    pub(crate) const ANIMATION_SECS: f32 = 0.1;
    pub(crate) const TOOLTIP_DELAY_SECS: f32 = 0.4;
}

/// The colours of one theme.
pub(crate) struct Palette {
    /// Behind the picture.
    pub(crate) canvas: Color32,
    /// Of the panes.
    pub(crate) panel: Color32,
    /// Of the bars at the edges.
    pub(crate) bar: Color32,
    /// Of what lies above a pane.
    pub(crate) raised: Color32,
    /// Of fields to type in, and of grooves.
    pub(crate) sunken: Color32,
    pub(crate) control: Color32,
    pub(crate) control_hovered: Color32,
    pub(crate) control_active: Color32,
    pub(crate) line: Color32,
    pub(crate) text: Color32,
    pub(crate) text_strong: Color32,
    pub(crate) text_weak: Color32,
    pub(crate) accent: Color32,
    pub(crate) accent_hovered: Color32,
    pub(crate) on_accent: Color32,
    /// Behind what is selected.
    pub(crate) accent_soft: Color32,
    pub(crate) warning: Color32,
    pub(crate) error: Color32,
    /// Of curves, that are told apart also by those who see few colours.
    pub(crate) series: [Color32; 6],
    /// Over the window, behind a dialog.
    pub(crate) scrim: Color32,
    /// Of the labels that lie on a picture, whatever is in it.
    pub(crate) chip: Color32,
    pub(crate) on_chip: Color32,
    pub(crate) shadow: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

const fn black(alpha: u8) -> Color32 {
    Color32::from_black_alpha(alpha)
}

static LIGHT: Palette = Palette {
    canvas: rgb(0x00D9_DBE0),
    panel: rgb(0x00F7_F8FA),
    bar: rgb(0x00ED_EEF2),
    raised: rgb(0x00FF_FFFF),
    sunken: rgb(0x00E6_E8ED),
    control: rgb(0x00E4_E6EC),
    control_hovered: rgb(0x00D8_DBE3),
    control_active: rgb(0x00CA_CED9),
    line: rgb(0x00D6_D9E0),
    text: rgb(0x002B_303B),
    text_strong: rgb(0x0012_151C),
    text_weak: rgb(0x0062_6A79),
    accent: rgb(0x002F_5FD0),
    accent_hovered: rgb(0x0024_4FB5),
    on_accent: rgb(0x00FF_FFFF),
    accent_soft: rgb(0x00D5_E1FB),
    warning: rgb(0x009A_5B00),
    error: rgb(0x00BA_2A2A),
    series: [
        rgb(0x002F_5FD0),
        rgb(0x00C4_5A00),
        rgb(0x0000_7F6A),
        rgb(0x00A6_3A8C),
        rgb(0x0074_6400),
        rgb(0x0055_5B66),
    ],
    scrim: black(90),
    chip: black(168),
    on_chip: rgb(0x00F4_F5F8),
    shadow: black(36),
};

static DARK: Palette = Palette {
    canvas: rgb(0x0011_1216),
    panel: rgb(0x001C_1E24),
    bar: rgb(0x0016_181D),
    raised: rgb(0x0026_2930),
    sunken: rgb(0x0012_1418),
    control: rgb(0x002E_323B),
    control_hovered: rgb(0x0039_3E4A),
    control_active: rgb(0x0045_4B59),
    line: rgb(0x0030_343D),
    text: rgb(0x00C9_CED8),
    text_strong: rgb(0x00F2_F4F8),
    text_weak: rgb(0x0091_99A8),
    accent: rgb(0x006F_9BFF),
    accent_hovered: rgb(0x0089_ADFF),
    on_accent: rgb(0x000B_1428),
    accent_soft: rgb(0x0029_3A5E),
    warning: rgb(0x00E8_B25A),
    error: rgb(0x00FF_7F78),
    series: [
        rgb(0x006F_9BFF),
        rgb(0x00FF_A04D),
        rgb(0x004C_CFB2),
        rgb(0x00E8_86CF),
        rgb(0x00E0_CE55),
        rgb(0x00A9_B1BF),
    ],
    scrim: black(150),
    chip: black(168),
    on_chip: rgb(0x00F4_F5F8),
    shadow: black(110),
};

/// The colours in use.
pub(crate) fn palette(ui: &Ui) -> &'static Palette {
    palette_of(ui.visuals().dark_mode)
}

/// The colours in use.
pub(crate) fn palette_of(is_dark: bool) -> &'static Palette {
    if is_dark { &DARK } else { &LIGHT }
}

/// Dress both themes.
pub(crate) fn install(ctx: &Context) {
    ctx.set_style_of(Theme::Light, style(&LIGHT, Visuals::light()));
    ctx.set_style_of(Theme::Dark, style(&DARK, Visuals::dark()));
}

/// Wear the chosen theme.
pub(crate) fn wear(ctx: &Context, choice: ThemeChoice) {
    ctx.set_theme(match choice {
        ThemeChoice::System => ThemePreference::System,
        ThemeChoice::Light => ThemePreference::Light,
        ThemeChoice::Dark => ThemePreference::Dark,
    });
}

fn style(palette: &Palette, visuals: Visuals) -> Style {
    let mut style = Style { visuals: dressed(palette, visuals), ..Style::default() };
    let proportional = |size| FontId::new(size, FontFamily::Proportional);
    style.text_styles = [
        (TextStyle::Small, proportional(letter::SMALL)),
        (TextStyle::Body, proportional(letter::BODY)),
        (TextStyle::Button, proportional(letter::BODY)),
        (TextStyle::Heading, proportional(letter::HEADING)),
        (TextStyle::Monospace, FontId::new(letter::MONOSPACE, FontFamily::Monospace)),
    ]
    .into();
    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::new(space::S, space::XS);
    spacing.button_padding = Vec2::new(space::S, space::XS);
    spacing.interact_size.y = size::CONTROL_HEIGHT;
    spacing.window_margin = Margin::same(space::L as i8);
    spacing.menu_margin = Margin::same(space::S as i8);
    spacing.tooltip_width = size::TOOLTIP_WIDTH;
    spacing.scroll.floating_allocated_width = 0.0;
    style.interaction.tooltip_delay = time::TOOLTIP_DELAY_SECS;
    style.interaction.selectable_labels = false;
    style.animation_time = time::ANIMATION_SECS;
    style
}

fn dressed(palette: &Palette, mut visuals: Visuals) -> Visuals {
    let line = |color| Stroke::new(size::LINE, color);
    let shadow = Shadow { offset: [0, 6], blur: 24, spread: 0, color: palette.shadow };
    visuals.panel_fill = palette.panel;
    visuals.window_fill = palette.raised;
    visuals.window_stroke = line(palette.line);
    visuals.window_corner_radius = CornerRadius::same(radius::LARGE);
    visuals.menu_corner_radius = CornerRadius::same(radius::MEDIUM);
    (visuals.window_shadow, visuals.popup_shadow) = (shadow, shadow);
    visuals.extreme_bg_color = palette.sunken;
    visuals.faint_bg_color = palette.sunken;
    visuals.code_bg_color = palette.sunken;
    visuals.hyperlink_color = palette.accent;
    visuals.warn_fg_color = palette.warning;
    visuals.error_fg_color = palette.error;
    visuals.weak_text_color = Some(palette.text_weak);
    visuals.selection.bg_fill = palette.accent_soft;
    visuals.selection.stroke = Stroke::new(size::LINE, palette.text_strong);
    visuals.text_cursor.stroke = Stroke::new(size::SPLIT_LINE, palette.accent);
    visuals.slider_trailing_fill = true;
    visuals.handle_shape = HandleShape::Circle;
    let corner = CornerRadius::same(radius::MEDIUM);
    let widgets = &mut visuals.widgets;
    for (widget, fill, text, stroke) in [
        (&mut widgets.noninteractive, palette.panel, palette.text, line(palette.line)),
        (&mut widgets.inactive, palette.control, palette.text, Stroke::NONE),
        (&mut widgets.hovered, palette.control_hovered, palette.text_strong, line(palette.line)),
        (&mut widgets.active, palette.control_active, palette.text_strong, line(palette.accent)),
        (&mut widgets.open, palette.control_hovered, palette.text_strong, line(palette.line)),
    ] {
        (widget.bg_fill, widget.weak_bg_fill) = (fill, fill);
        widget.bg_stroke = stroke;
        widget.fg_stroke = Stroke::new(size::LINE, text);
        widget.corner_radius = corner;
        widget.expansion = 0.0;
    }
    visuals
}
