//! Small files whose headers say what they are told to.

use std::io::Cursor;

use image::codecs::hdr::HdrEncoder;
use image::codecs::openexr::OpenExrEncoder;
use image::codecs::qoi::QoiEncoder;
use image::{ExtendedColorType, ImageEncoder, Rgb};

use crate::{file, ramp};

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|window| window == what).unwrap()
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

/// The checksum of PNG's chunks.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    let update = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc));
    !bytes.iter().fold(u32::MAX, update)
}

pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = file("grey.png");
    put(&mut bytes, 16, &width.to_be_bytes());
    put(&mut bytes, 20, &height.to_be_bytes());
    let crc = crc32(&bytes[12..29]);
    put(&mut bytes, 29, &crc.to_be_bytes());
    bytes
}

/// The screen and the frame alike.
pub(crate) fn gif(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = file("palette.gif");
    let size = [(width as u16).to_le_bytes(), (height as u16).to_le_bytes()].concat();
    let old = bytes[6..10].to_vec();
    let frame = 10 + find(&bytes[10..], &old);
    put(&mut bytes, 6, &size);
    put(&mut bytes, frame, &size);
    bytes
}

pub(crate) fn bmp(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = file("rgb.bmp");
    put(&mut bytes, 18, &width.to_le_bytes());
    put(&mut bytes, 22, &height.to_le_bytes());
    bytes
}

pub(crate) fn tiff(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = file("lzw.tif");
    let directory = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    let num_entries = usize::from(u16::from_le_bytes(bytes[directory..directory + 2].try_into().unwrap()));
    for entry in (0..num_entries).map(|index| directory + 2 + 12 * index) {
        // Width, height, and rows in a strip, as 32-bit numbers.
        let value = match u16::from_le_bytes(bytes[entry..entry + 2].try_into().unwrap()) {
            256 => width,
            257 | 278 => height,
            _ => continue,
        };
        put(&mut bytes, entry + 2, &[4, 0, 1, 0, 0, 0]);
        put(&mut bytes, entry + 8, &value.to_le_bytes());
    }
    bytes
}

pub(crate) fn tga(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = file("run_length_alpha.tga");
    put(&mut bytes, 12, &(width as u16).to_le_bytes());
    put(&mut bytes, 14, &(height as u16).to_le_bytes());
    bytes
}

pub(crate) fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = file("orientation_1.jpg");
    let frame = find(&bytes, &[0xff, 0xc0]);
    put(&mut bytes, frame + 5, &(height as u16).to_be_bytes());
    put(&mut bytes, frame + 7, &(width as u16).to_be_bytes());
    bytes
}

/// A lossless WebP with hardly any data.
pub(crate) fn webp_lossless(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"RIFF\0\0\0\0WEBPVP8L\x1e\0\0\0\x2f".to_vec();
    bytes.extend(((width - 1) | ((height - 1) << 14)).to_le_bytes());
    bytes.resize(20 + 30, 0x5a);
    let len = bytes.len() as u32 - 8;
    put(&mut bytes, 4, &len.to_le_bytes());
    bytes
}

/// A WebP whose second chunk, a colour profile, claims this length.
pub(crate) fn webp_chunk(len: u32) -> Vec<u8> {
    let mut bytes = file("adobe.webp");
    let chunk = find(&bytes, b"ICCP");
    put(&mut bytes, chunk + 4, &len.to_le_bytes());
    bytes
}

pub(crate) fn qoi(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let rgb = ramp(width, height).to_rgb8();
    QoiEncoder::new(&mut bytes).write_image(&rgb, width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

pub(crate) fn hdr(width: u32, height: u32) -> Vec<u8> {
    let values = ramp(width, height).to_f32();
    let pixels: Vec<Rgb<f32>> = values.as_chunks().0.iter().map(|&pixel| Rgb(pixel)).collect();
    let mut bytes = Vec::new();
    HdrEncoder::new(&mut bytes).encode(&pixels, width as usize, height as usize).unwrap();
    bytes
}

/// An EXR of 19 by 11 pixels, whose windows claim another size if there is one.
pub(crate) fn exr(claimed: Option<[u32; 2]>) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let values = ramp(19, 11).to_f32();
    OpenExrEncoder::new(&mut out)
        .write_image(bytemuck::cast_slice(&values), 19, 11, ExtendedColorType::Rgb32F)
        .unwrap();
    let mut bytes = out.into_inner();
    if let Some([width, height]) = claimed {
        for window in [&b"dataWindow\0box2i\0"[..], b"displayWindow\0box2i\0"] {
            let at = find(&bytes, window) + window.len() + 4;
            put(&mut bytes, at, &[0; 8]);
            put(&mut bytes, at + 8, &(width - 1).to_le_bytes());
            put(&mut bytes, at + 12, &(height - 1).to_le_bytes());
        }
    }
    bytes
}
