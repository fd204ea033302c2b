use serde::Serialize;

use super::args::CompareArgs;
use super::{output, source};
use crate::train::Quality;

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    quality: Quality,
    width: u32,
    height: u32,
}

pub(super) fn run(args: &CompareArgs) -> anyhow::Result<()> {
    let record = source::field(&args.field)?;
    let reference = source::reference(&record, &args.input, &args.framing, usize::MAX)?;
    let (quality, (width, height)) = source::compare(&record, &reference);
    if args.json {
        return output::json(&Report { quality, width, height });
    }
    let Quality { psnr_db, ssim } = quality;
    output::line(format_args!("PSNR {psnr_db:.2} dB, SSIM {ssim:.4} at {width}x{height} px"));
    Ok(())
}
