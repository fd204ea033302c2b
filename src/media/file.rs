use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{Content, MediaError};
use crate::limits;

/// A file's bytes, if they may be a picture's, a sound's or those of weights.
///
/// # Errors
/// [`MediaError::Io`] by the file system, [`MediaError::FileTooLarge`] above the limit.
pub fn read_file(path: &Path) -> Result<Vec<u8>, MediaError> {
    let failed = |source| MediaError::Io { path: path.into(), source };
    let file = File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    let most = if bytes > limits::IMAGE_FILE_BYTES && content_of_file(path)?.is_tensors() {
        limits::SAFETENSORS_BYTES
    } else {
        limits::IMAGE_FILE_BYTES
    };
    if bytes > most {
        return Err(MediaError::FileTooLarge { bytes, most });
    }
    let mut contents = Vec::with_capacity(bytes as usize);
    // A file can grow while it is read, and a device has no length.
    let mut bounded = file.take(most + 1);
    let read = bounded.read_to_end(&mut contents).map_err(failed)? as u64;
    if read > most {
        return Err(MediaError::FileTooLarge { bytes: read, most });
    }
    Ok(contents)
}

/// What a file is, without reading more than its beginning.
///
/// # Errors
/// [`MediaError::Io`] by the file system.
pub fn content_of_file(path: &Path) -> Result<Content, MediaError> {
    let failed = |source| MediaError::Io { path: path.into(), source };
    let mut head = Vec::with_capacity(Content::HEAD_BYTES);
    let file = File::open(path).map_err(failed)?;
    file.take(Content::HEAD_BYTES as u64).read_to_end(&mut head).map_err(failed)?;
    Ok(Content::of(&head))
}
