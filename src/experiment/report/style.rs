//! How the page looks.

/// Colours that people who confuse some can tell apart (Okabe and Ito 2008), without the yellow, which is too pale on
/// white.
const COLORS: [[u8; 3]; 7] = [
    [0, 114, 178],
    [213, 94, 0],
    [0, 158, 115],
    [204, 121, 167],
    [230, 159, 0],
    [86, 180, 233],
    [60, 60, 60],
];

/// The colour of an arm; where there are more arms than colours, these come again, half as bright each time.
pub(super) fn color(index: usize) -> [u8; 3] {
    COLORS[index % COLORS.len()].map(|value| value >> (index / COLORS.len()).min(2))
}

pub(super) const CSS: &str = "\
:root{color-scheme:light;--ink:#1c2128;--soft:#606670;--line:#e2e5ea;--paper:#fff;--wash:#f6f7f9;--best:#0b6e4f}
*{box-sizing:border-box}
body{margin:0;background:var(--wash);color:var(--ink);font:15px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}
main{max-width:1180px;margin:0 auto;padding:32px 24px 64px}
h1{font-size:26px;line-height:1.25;margin:0 0 8px}
h2{font-size:19px;margin:0 0 4px}
h3{font-size:15px;margin:24px 0 8px}
p{margin:0 0 10px;max-width:80ch}
section{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:22px 24px;margin-top:22px}
.soft{color:var(--soft);font-size:13px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:6px 14px 6px 0;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap;vertical-align:bottom}
th{color:var(--soft);font-weight:600;white-space:normal;min-width:5em;max-width:10em}
th:first-child,td:first-child{text-align:left;white-space:normal;min-width:9em;max-width:24em}
td.best{font-weight:700;color:var(--best)}
.hashes td,.hashes th{text-align:left;font-family:ui-monospace,monospace;font-size:12px;max-width:none}
.chip{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:7px}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;margin:6px 0 4px;font-size:13px}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));gap:16px}
figure{margin:0}
.charts svg{width:100%;height:auto;display:block}
figcaption{color:var(--soft);font-size:12px;line-height:1.35;margin-top:3px}
.sheet{display:flex;flex-wrap:wrap;gap:14px;margin:4px 0 20px}
.sheet figure{max-width:392px}
.sheet img{display:block;border:1px solid var(--line);border-radius:4px;image-rendering:pixelated}
.sheet img.small{width:176px;height:auto}
.sheet audio{width:260px;height:34px;display:block}
details{margin-top:16px}
summary{cursor:pointer;color:var(--soft);font-size:14px}
pre{background:var(--wash);border:1px solid var(--line);border-radius:6px;padding:12px;overflow-x:auto;font-size:12px;line-height:1.45}
ul{margin:6px 0;padding-left:20px}
@media print{body{background:#fff}section{break-inside:avoid;border:0;padding:0}}
";

#[cfg(test)]
mod tests {
    use super::*;

    /// The eight arms of `assets/experiments/data-fractions.toml` and more.
    #[test]
    fn arms_have_colours_of_their_own() {
        let colors: std::collections::BTreeSet<[u8; 3]> = (0..3 * COLORS.len()).map(color).collect();
        assert_eq!(colors.len(), 3 * COLORS.len());
    }
}
