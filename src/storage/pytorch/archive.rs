//! ZIP as far as `torch.save` goes (PKWARE's APPNOTE 6.3.10): the directory at the file's end tells where each entry
//! lies; what is read is stored as it is, and compressed entries are none of the weights.

use std::collections::BTreeMap;

use crate::limits;

/// Signatures of the parts of an archive.
const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const LOCATOR_64: &[u8] = b"PK\x06\x07";
const ENTRY: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";
/// Bytes of the end record, and of the longest comment after it.
const END_BYTES: usize = 22;
const COMMENT_BYTES: usize = 1 << 16;
const LOCATOR_BYTES: usize = 20;
/// Of an entry of the directory and of a local header, before names.
const ENTRY_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
/// Stands in 32 bits for a number that is in the extra field of 64 bits.
const IN_EXTRA: u64 = 0xffff_ffff;
const EXTRA_64: u64 = 1;

/// Entries by name; what is compressed is not there.
pub(super) type Archive<'data> = BTreeMap<&'data str, &'data [u8]>;

/// A little-endian number of so many bytes.
pub(super) fn number<const BYTES: usize>(bytes: &[u8], at: usize) -> Option<u64> {
    let chunk = bytes.get(at..)?.first_chunk::<BYTES>()?;
    Some(chunk.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
}

/// The stored entries of an archive; what is wrong with it if it is none.
pub(super) fn entries(bytes: &[u8]) -> Result<Archive<'_>, String> {
    let cut = || "its archive is damaged or cut short; copy or download it again".to_owned();
    let (count, mut at) = directory(bytes).ok_or_else(cut)?;
    // One for each tensor, and a few besides.
    if count > 2 * limits::SAFETENSORS_TENSORS as u64 {
        return Err(format!("its archive has {count} entries"));
    }
    let mut archive = Archive::new();
    for _ in 0..count {
        let (entry, next) = entry(bytes, at).ok_or_else(cut)?;
        archive.extend(entry);
        at = next;
    }
    Ok(archive)
}

/// How many entries the directory has, and where it begins.
fn directory(bytes: &[u8]) -> Option<(u64, usize)> {
    let last = bytes.len().checked_sub(END_BYTES)?;
    let end = (last.saturating_sub(COMMENT_BYTES)..=last).rev().find(|at| bytes[*at..].starts_with(END))?;
    let locator = end.checked_sub(LOCATOR_BYTES).filter(|at| bytes[*at..].starts_with(LOCATOR_64));
    let (count, start) = match locator {
        Some(locator) => {
            let end_64 = usize::try_from(number::<8>(bytes, locator + 8)?).ok()?;
            bytes.get(end_64..)?.starts_with(END_64).then_some(())?;
            (number::<8>(bytes, end_64 + 32)?, number::<8>(bytes, end_64 + 48)?)
        }
        None => (number::<2>(bytes, end + 10)?, number::<4>(bytes, end + 16)?),
    };
    Some((count, usize::try_from(start).ok()?))
}

/// A name and what it holds.
type Entry<'bytes> = (&'bytes str, &'bytes [u8]);

/// An entry of the directory, unless it is compressed, and where the next one begins.
fn entry(bytes: &[u8], at: usize) -> Option<(Option<Entry<'_>>, usize)> {
    let header = bytes.get(at..).filter(|rest| rest.starts_with(ENTRY))?;
    let field = |at| number::<2>(header, at).map(|len| len as usize);
    let (method, name_len, extra_len, comment_len) = (field(10)?, field(28)?, field(30)?, field(32)?);
    let name = std::str::from_utf8(header.get(ENTRY_BYTES..)?.get(..name_len)?).ok()?;
    let extra = header.get(ENTRY_BYTES + name_len..)?.get(..extra_len)?;
    let mut wide = wide_numbers(extra).into_iter();
    let mut whole = |short: u64| if short == IN_EXTRA { wide.next() } else { Some(short) };
    // In this order in the extra field: the size as it was, as it is stored, and where.
    let (size, stored) = (whole(number::<4>(header, 24)?)?, whole(number::<4>(header, 20)?)?);
    let local = usize::try_from(whole(number::<4>(header, 42)?)?).ok()?;
    let next = at + ENTRY_BYTES + name_len + extra_len + comment_len;
    if method != 0 || size != stored {
        return Some((None, next));
    }
    let local = bytes.get(local..).filter(|rest| rest.starts_with(LOCAL))?;
    let before = LOCAL_BYTES + number::<2>(local, 26)? as usize + number::<2>(local, 28)? as usize;
    let data = local.get(before..)?.get(..usize::try_from(size).ok()?)?;
    Some((Some((name, data)), next))
}

/// The numbers of the extra field of 64 bits, if it is there.
fn wide_numbers(mut extra: &[u8]) -> Vec<u64> {
    while let (Some(kind), Some(len)) = (number::<2>(extra, 0), number::<2>(extra, 2)) {
        let Some(field) = extra.get(4..).and_then(|rest| rest.get(..len as usize)) else { break };
        if kind == EXTRA_64 {
            return field.as_chunks::<8>().0.iter().map(|eight| u64::from_le_bytes(*eight)).collect();
        }
        extra = &extra[4 + field.len()..];
    }
    Vec::new()
}
