use super::Content;
use crate::limits;

/// Bytes at fixed places, and what they prove. The first that fits counts.
const SIGNATURES: &[(usize, &[u8], Content)] = &[
    (0, b"\x89PNG\r\n\x1a\n", Content::Png),
    (0, b"\xff\xd8\xff", Content::Jpeg),
    (0, b"GIF87a", Content::Gif),
    (0, b"GIF89a", Content::Gif),
    (0, b"II\x2a\x00\x10\x00\x00\x00CR", Content::CameraRaw),
    (0, b"II\x2a\x00", Content::Tiff),
    (0, b"MM\x00\x2a", Content::Tiff),
    (0, b"II\x2b\x00", Content::Tiff),
    (0, b"MM\x00\x2b", Content::Tiff),
    (0, b"qoif", Content::Qoi),
    (0, b"\x76\x2f\x31\x01", Content::Exr),
    (0, b"#?RADIANCE", Content::Hdr),
    (0, b"#?RGBE", Content::Hdr),
    (0, b"\xff\x0a", Content::JpegXl),
    (0, b"\x00\x00\x00\x0cJXL \r\n\x87\n", Content::JpegXl),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", Content::Jpeg2000),
    (0, b"\xff\x4f\xff\x51", Content::Jpeg2000),
    (0, b"8BPS", Content::Photoshop),
    (0, b"FUJIFILMCCD-RAW", Content::CameraRaw),
    (0, b"IIRO", Content::CameraRaw),
    (0, b"IIU\x00", Content::CameraRaw),
    (0, b"\x1a\x45\xdf\xa3", Content::Video),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Content::Video),
    (0, b"\x00\x00\x01\xba", Content::Video),
    (0, b"\x00\x00\x01\xb3", Content::Video),
    (0, b"FLV\x01", Content::Video),
    (0, b"fLaC", Content::Sound),
    (28, b"OpusHead", Content::Opus),
    (28, b"Speex   ", Content::OtherSound),
    (0, b"OggS", Content::Sound),
    (0, b"ID3", Content::Sound),
    (0, b"caff", Content::Sound),
    (0, b"wvpk", Content::OtherSound),
    (0, b"MAC ", Content::OtherSound),
    (0, b"DSD ", Content::OtherSound),
    (0, b"#!AMR", Content::OtherSound),
    (0, b"MThd", Content::Midi),
    (0, b"PK\x03\x04", Content::Zip),
    (0, b"PK\x05\x06", Content::Zip),
    (0, b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", Content::PyTorch),
    (0, b"\x1f\x8b\x08", Content::Archive),
    (0, b"7z\xbc\xaf\x27\x1c", Content::Archive),
    (0, b"Rar!\x1a\x07", Content::Archive),
    (0, b"\xfd7zXZ\x00", Content::Archive),
    (0, b"\x28\xb5\x2f\xfd", Content::Archive),
    (0, b"BZh", Content::Archive),
    (257, b"ustar", Content::Archive),
    (0, b"\x7fELF", Content::Program),
    (0, b"\xcf\xfa\xed\xfe", Content::Program),
    (0, b"\xca\xfe\xba\xbe", Content::Program),
    (0, b"MZ", Content::Program),
    (0, b"\0asm", Content::Program),
];

impl Content {
    /// How much of a file [`of`](Self::of) looks at, in bytes.
    pub const HEAD_BYTES: usize = 4096;

    /// What these bytes are. The first [`HEAD_BYTES`](Self::HEAD_BYTES) of a file are enough.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let head = bytes.get(..Self::HEAD_BYTES).unwrap_or(bytes);
        if head.is_empty() {
            return Self::Empty;
        }
        let signature = SIGNATURES.iter().find(|(at, magic, _)| has(head, *at, magic));
        signature
            .map(|(_, _, content)| if is_torch_archive(head) { Content::PyTorch } else { *content })
            .or_else(|| riff(head))
            .or_else(|| base_media(head))
            .or_else(|| is_bitmap(head).then_some(Self::Bmp))
            .or_else(|| is_safetensors(head).then_some(Self::Safetensors))
            .or_else(|| is_icon(head).then_some(Self::Icon))
            .or_else(|| is_mpeg_audio(head).then_some(Self::Sound))
            .or_else(|| text(head))
            .or_else(|| is_targa(head).then_some(Self::Tga))
            .unwrap_or(Self::Unknown)
    }
}

fn has(bytes: &[u8], at: usize, magic: &[u8]) -> bool {
    bytes.get(at..).is_some_and(|rest| rest.starts_with(magic))
}

fn u16_le(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|two| u16::from_le_bytes(*two))
}

/// ZIP whose first entry is the pickle of `torch.save`, or is padded as `torch` pads.
fn is_torch_archive(head: &[u8]) -> bool {
    let Some(name_len) = u16_le(head, 26).filter(|_| has(head, 0, b"PK\x03\x04")) else { return false };
    let after = head.get(30..).unwrap_or_default();
    let name = after.get(..usize::from(name_len)).unwrap_or_default();
    name.ends_with(b"/data.pkl") || has(after, usize::from(name_len), b"FB")
}

fn riff(head: &[u8]) -> Option<Content> {
    if has(head, 0, b"FORM") {
        return (has(head, 8, b"AIFF") || has(head, 8, b"AIFC")).then_some(Content::Sound);
    }
    match head.get(8..12).filter(|_| has(head, 0, b"RIFF"))? {
        b"WEBP" => Some(Content::WebP),
        b"AVI " => Some(Content::Video),
        b"WAVE" => Some(Content::Sound),
        _ => None,
    }
}

/// ISO base media files differ by their brands: the major one, then the compatible ones.
fn base_media(head: &[u8]) -> Option<Content> {
    if has(head, 4, b"moov") || has(head, 4, b"mdat") || has(head, 4, b"wide") {
        return Some(Content::Video);
    }
    if !has(head, 4, b"ftyp") {
        return None;
    }
    let size = u32::from_be_bytes(*head.first_chunk()?) as usize;
    let brands = head.get(8..size.min(head.len())).unwrap_or_default();
    let is_listed = |brand: &[u8]| brands.chunks_exact(4).any(|found| found == brand);
    Some(if is_listed(b"avif") || is_listed(b"avis") {
        Content::Avif
    } else if [b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"].iter().any(|b| is_listed(*b)) {
        Content::Heic
    } else if has(brands, 0, b"crx ") {
        Content::CameraRaw
    } else if has(brands, 0, b"M4A ") || has(brands, 0, b"M4B ") {
        Content::Sound
    } else {
        Content::Video
    })
}

/// `BM` begins many a text: the size of the second header decides.
fn is_bitmap(head: &[u8]) -> bool {
    has(head, 0, b"BM")
        && u16_le(head, 14).is_some_and(|size| matches!(size, 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124))
}

/// The length of a JSON header, and its brace.
fn is_safetensors(head: &[u8]) -> bool {
    let len = head.first_chunk().map(|eight| u64::from_le_bytes(*eight));
    head.get(8) == Some(&b'{') && len.is_some_and(|len| (2..=limits::SAFETENSORS_HEADER_BYTES).contains(&len))
}

fn is_icon(head: &[u8]) -> bool {
    // The reserved byte of the first entry is 0.
    let is_directory = has(head, 0, &[0, 0, 1, 0]) || has(head, 0, &[0, 0, 2, 0]);
    is_directory && u16_le(head, 4).is_some_and(|count| (1..=64).contains(&count)) && head.get(9) == Some(&0)
}

/// A frame header of MPEG audio layer III, or of AAC.
fn is_mpeg_audio(head: &[u8]) -> bool {
    let &[0xff, second, third, ..] = head else { return false };
    let is_layer_three = second & 0xe6 == 0xe2 && third & 0xf0 != 0xf0 && third & 0x0c != 0x0c;
    is_layer_three || second & 0xf6 == 0xf0
}

fn text(head: &[u8]) -> Option<Content> {
    if has(head, 0, b"\xff\xfe") || has(head, 0, b"\xfe\xff") {
        return Some(Content::Text);
    }
    if head.windows(5).take(1024).any(|window| window == b"%PDF-") {
        return Some(Content::Pdf);
    }
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The last character may be cut.
        Err(err) if err.error_len().is_none() => std::str::from_utf8(&head[..err.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    if text.chars().any(|symbol| symbol.is_control() && !"\t\n\r\u{c}\u{1b}".contains(symbol)) {
        return None;
    }
    let lower = text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    Some(if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        Content::Html
    } else if lower.starts_with('<') && lower.contains("<svg") {
        Content::Svg
    } else {
        Content::Text
    })
}

/// TGA has no signature: every field of its header must make sense, and fit the others.
fn is_targa(head: &[u8]) -> bool {
    let Some(&[_, map_kind, kind, m0, m1, m2, m3, map_bits, _, _, _, _, w0, w1, h0, h1, depth, descriptor]) =
        head.first_chunk::<18>()
    else {
        return false;
    };
    let has_size = (w0 | w1) != 0 && (h0 | h1) != 0;
    let alpha_bits = descriptor & 0x0f;
    let is_map_sound = match map_kind {
        0 => [m0, m1, m2, m3, map_bits] == [0; 5],
        1 => (m2 | m3) != 0 && matches!(map_bits, 15 | 16 | 24 | 32),
        _ => false,
    };
    let is_depth_sound = match kind {
        1 | 9 => map_kind == 1 && matches!(depth, 8 | 16) && matches!(alpha_bits, 0 | 1 | 8),
        2 | 10 => matches!((depth, alpha_bits), (15 | 16, 0 | 1) | (24, 0) | (32, 0 | 8)),
        3 | 11 => matches!((depth, alpha_bits), (8, 0 | 8) | (16, 8)),
        _ => false,
    };
    has_size && is_map_sound && is_depth_sound && descriptor & 0xc0 == 0
}
