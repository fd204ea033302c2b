//! What a file is follows from its content, and what is not read is named.

use hyperscope::media::{Content, MediaError, content_of_file, decode, read_file};

use crate::{BACKGROUND, common, file};

/// Beginnings of files that are no pictures read here.
const OTHERS: &[(&[u8], Content)] = &[
    (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Content::Heic),
    (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", Content::Heic),
    (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", Content::Avif),
    (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", Content::Avif),
    (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", Content::Video),
    (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", Content::Video),
    (b"\0\0\0\x14ftypM4A \0\0\0\0M4A ", Content::Sound),
    (b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x23\x42\x86\x81\x01webm", Content::Video),
    (b"RIFF\x10\0\0\0AVI LIST", Content::Video),
    (b"RIFF\x10\0\0\0WAVEfmt ", Content::Sound),
    (b"ID3\x04\0\0\0\0\0\0", Content::Sound),
    (b"\xff\xfb\x90\x64\0\0\0\0", Content::Sound),
    (b"fLaC\0\0\0\x22", Content::Sound),
    (b"OggS\0\x02\0\0", Content::Sound),
    (b"<?xml version=\"1.0\"?>\n<!-- a drawing -->\n<svg width=\"10\">", Content::Svg),
    (b"  <svg xmlns=\"http://www.w3.org/2000/svg\"/>", Content::Svg),
    (b"\xef\xbb\xbf<!DOCTYPE html><html><body><svg/></body></html>", Content::Html),
    (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", Content::Pdf),
    (b"PK\x03\x04\x14\0\0\0", Content::Zip),
    (
        b"PK\x03\x04\0\0\x08\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0b\0\x18\0st/data.pklFB",
        Content::PyTorch,
    ),
    (b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.", Content::PyTorch),
    (b"\x1f\x8b\x08\0\0\0\0\0", Content::Archive),
    (b"\x10\0\0\0\0\0\0\0{\"a\":{\"dtype\":", Content::Safetensors),
    (b"\x7fELF\x02\x01\x01\0", Content::Program),
    (b"MZ\x90\0\x03\0\0\0", Content::Program),
    (b"8BPS\0\x01\0\0", Content::Photoshop),
    (b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0", Content::Icon),
    (b"\xff\x0a\xfa\x1f", Content::JpegXl),
    (b"# Notes\n\nBM is how a bitmap begins.\n", Content::Text),
    (b"BMW and other words that begin so", Content::Text),
    (b"name\tsha256\n\xc3\xbcber\t00\n", Content::Text),
    (b"\0\x01\x02\x03\x04\x05\x06\x07\x08\x09", Content::Unknown),
    (b"\x93NUMPY\x01\0v\0{'descr': '<f4'}", Content::Unknown),
    (b"x", Content::Text),
    (b"\xfe", Content::Unknown),
    (b"", Content::Empty),
];

#[test]
fn what_is_not_read_is_named_with_what_to_do() {
    for (bytes, expected) in OTHERS {
        assert_eq!(Content::of(bytes), *expected, "{:?}", String::from_utf8_lossy(bytes));
        let err = decode(bytes, BACKGROUND).unwrap_err();
        assert!(matches!(err, MediaError::Unsupported(found) if found == *expected));
        let text = err.to_string();
        assert!(text.contains(expected.name()) && text.contains(expected.advice()), "{text}");
        assert!(!text.contains('\n') && !text.ends_with('.'), "{text}");
    }
    let text = decode(OTHERS[0].0, BACKGROUND).unwrap_err().to_string();
    let expected = "this is a HEIC photo, which Hyperscope does not read here; export it as JPEG or PNG";
    assert_eq!(text, expected);
}

#[test]
fn pictures_are_recognised_by_content_whatever_they_are_called() {
    for (name, expected) in [
        ("rgb.png", Content::Png),
        ("grey.jpg", Content::Jpeg),
        ("animated.webp", Content::WebP),
        ("palette.gif", Content::Gif),
        ("rgb.bmp", Content::Bmp),
        ("lzw.tif", Content::Tiff),
        ("rgb.tga", Content::Tga),
        ("run_length_alpha.tga", Content::Tga),
        ("grey.tga", Content::Tga),
        ("palette.tga", Content::Tga),
    ] {
        let bytes = file(name);
        assert_eq!(Content::of(&bytes), expected, "{name}");
        let folder = tempfile::tempdir().unwrap();
        for extension in ["txt", "jpg", "exe", ""] {
            let path = folder.path().join("picture").with_extension(extension);
            hyperscope::storage::write_atomically(&path, |out| out.write_all(&bytes)).unwrap();
            assert_eq!(content_of_file(&path).unwrap(), expected);
            assert_eq!(read_file(&path).unwrap(), bytes);
        }
    }
}

/// The beginning of a `Content::of` is all that counts.
#[test]
fn the_head_decides() {
    let mut bytes = file("rgb.tga");
    let head = Content::of(&bytes);
    bytes.resize(Content::HEAD_BYTES * 3, 0xa5);
    assert_eq!(Content::of(&bytes), head);
    let cut = "ü".repeat(Content::HEAD_BYTES);
    assert_eq!(Content::of(&cut.as_bytes()[1..]), Content::Unknown);
    assert_eq!(Content::of(format!("x{cut}").as_bytes()), Content::Text);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let missing = common::golden("no such picture.png");
    for err in [read_file(&missing).unwrap_err(), content_of_file(&missing).unwrap_err()] {
        assert!(err.to_string().contains("no such picture.png"), "{err}");
    }
    assert!(read_file(&common::golden("media")).is_err());
}

#[test]
fn a_file_above_the_limit_is_refused_unread() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.png");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(hyperscope::limits::IMAGE_FILE_BYTES + 1).unwrap();
    let err = read_file(&path).unwrap_err();
    assert!(matches!(err, MediaError::FileTooLarge { .. }), "{err}");
}
