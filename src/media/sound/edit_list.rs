//! Which part of an MP4 file's sound is to be heard: encoders put samples of their own before the first one, and the
//! file's edit list says how many (ISO/IEC 14496-12, 8.6.6). The decoder does not read it.

/// What is heard of a track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Edit {
    /// Where it begins, in seconds of what is decoded.
    pub(super) begin_secs: f64,
    /// How long it is.
    pub(super) length_secs: f64,
}

/// Of the first sound track of an MP4 file; `None` of any other file, and of a track that is not one piece.
pub(super) fn edit(file: &[u8]) -> Option<Edit> {
    let moov = inner(file, *b"moov")?;
    let track = boxes(moov).filter(|(name, _)| *name == b"trak").map(|(_, own)| own).find(|track| {
        let handler = inner(track, *b"mdia").and_then(|media| inner(media, *b"hdlr"));
        handler.and_then(|own| own.get(8..12)) == Some(b"soun")
    })?;
    let movie_scale = time_scale(inner(moov, *b"mvhd")?)?;
    let media_scale = time_scale(inner(inner(track, *b"mdia")?, *b"mdhd")?)?;
    let list = inner(inner(track, *b"edts")?, *b"elst")?;
    // One edit, or an empty one would be silence before it.
    if number(list, 4, 4)? != 1 {
        return None;
    }
    let (length, begin) = match list.first()? {
        0 => (number(list, 8, 4)?, number(list, 12, 4)?),
        1 => (number(list, 8, 8)?, number(list, 16, 8)?),
        _ => return None,
    };
    Some(Edit { begin_secs: begin as f64 / media_scale, length_secs: length as f64 / movie_scale })
}

/// The boxes in some bytes, each with its name and what is in it, as far as they are whole.
fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    std::iter::from_fn(move || {
        let name = bytes.get(4..8)?;
        let (head, size) = match number(bytes, 0, 4)? {
            0 => (8, bytes.len()),
            1 => (16, usize::try_from(number(bytes, 8, 8)?).ok()?),
            size => (8, usize::try_from(size).ok()?),
        };
        let content = bytes.get(head..size)?;
        bytes = &bytes[size..];
        Some((name, content))
    })
}

/// What is in the first box of a name.
fn inner(bytes: &[u8], wanted: [u8; 4]) -> Option<&[u8]> {
    boxes(bytes).find(|(name, _)| **name == wanted).map(|(_, content)| content)
}

/// Units in a second, of a movie's or a track's header.
fn time_scale(header: &[u8]) -> Option<f64> {
    let place = if *header.first()? == 0 { 12 } else { 20 };
    number(header, place, 4).filter(|scale| *scale > 0).map(|scale| scale as f64)
}

/// A whole number at a place, the highest byte first.
fn number(bytes: &[u8], at: usize, count: usize) -> Option<u64> {
    let own = bytes.get(at..at + count)?;
    Some(own.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}
