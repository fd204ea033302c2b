use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Write a file so that a reader, or a crash at any moment, finds the old bytes or the new ones and
/// never a mixture: into a temporary file of the same folder, flushed to disk, then renamed.
///
/// # Errors
/// What the file system says; nothing is left behind then.
pub fn write_atomically(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = folder_of(path);
    let mut file = tempfile::Builder::new().prefix(".hyperscope-").tempfile_in(folder)?;
    {
        let mut writer = io::BufWriter::new(file.as_file_mut());
        fill(&mut writer)?;
        writer.flush()?;
    }
    // A temporary file is private to its owner; a document is as readable as any other.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).map_or(0o644, |old| old.permissions().mode());
        file.as_file().set_permissions(std::fs::Permissions::from_mode(mode))?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|err| err.error)?;
    // The rename itself must survive a power cut; not every platform can open a folder.
    if let Ok(folder) = std::fs::File::open(folder) {
        folder.sync_all().ok();
    }
    Ok(())
}

/// Write a folder of files so that it is there with all of them or not at all: into a temporary folder beside it, then
/// renamed. `files` are names in the folder, with their bytes.
///
/// # Errors
/// What the file system says, and if there is something at `path` already; nothing is left behind then.
pub fn write_folder_atomically(path: &Path, files: &[(PathBuf, Vec<u8>)]) -> io::Result<()> {
    if path.exists() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let temporary = tempfile::Builder::new().prefix(".hyperscope-").tempdir_in(folder_of(path))?;
    for (name, bytes) in files {
        write_atomically(&temporary.path().join(name), |file| file.write_all(bytes))?;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(temporary.path(), std::fs::Permissions::from_mode(0o755))?;
    }
    std::fs::rename(temporary.path(), path)?;
    // It has moved away: there is nothing left to be removed.
    let _ = temporary.keep();
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
