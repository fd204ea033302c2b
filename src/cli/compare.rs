use serde::Serialize;

use super::args::CompareArgs;
use super::{output, source};
use crate::field::Region;
use crate::train::{Quality, quality};

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    quality: Quality,
    width: u32,
    height: u32,
}

pub(super) fn run(args: &CompareArgs) -> anyhow::Result<()> {
    let record = source::field(&args.field)?;
    let signal = source::signal_of(&record, &args.input, &args.framing)?;
    let (width, height) = (signal.reference.width(), signal.reference.height());
    let quality = quality(&record.render(width, height, Region::WHOLE), &signal.reference);
    if args.json {
        return output::json(&Report { quality, width, height });
    }
    let Quality { psnr_db, ssim } = quality;
    output::line(format_args!("PSNR {psnr_db:.2} dB, SSIM {ssim:.4} at {width}x{height} px"));
    Ok(())
}
