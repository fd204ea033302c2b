use eframe::egui::{Align2, Context, CornerRadius, FontId, Id, LayerId, Order, Stroke, StrokeKind};

use crate::app::theme::{letter, palette_of, radius, size, space};

/// While something is held over the window, say that it can be let go anywhere.
pub(crate) fn show(ctx: &Context) {
    let count = ctx.input(|input| input.raw.hovered_files.len());
    if count == 0 {
        return;
    }
    let palette = palette_of(ctx.global_style().visuals.dark_mode);
    let painter = ctx.layer_painter(LayerId::new(Order::Foreground, Id::unique("drop hint")));
    let rect = ctx.content_rect();
    painter.rect_filled(rect, CornerRadius::ZERO, palette.scrim);
    let frame = rect.shrink(space::XL);
    let stroke = Stroke::new(size::SPLIT_LINE, palette.accent);
    painter.rect_stroke(frame, CornerRadius::same(radius::LARGE), stroke, StrokeKind::Inside);
    let text = if count == 1 { "Drop to look into it".into() } else { format!("Drop to open {count} files") };
    painter.text(
        rect.center(),
        Align2::CENTER_CENTER,
        text,
        FontId::proportional(letter::FIGURE),
        palette.on_chip,
    );
}
