//! The system's clipboard, on a thread of its own: another program may be slow to answer, and what is
//! copied must be served for as long as this one runs.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use arboard::{Clipboard, Error, ImageData};

use super::action::Action;
use super::errands::Answers;
use super::files::path_from_text;
use crate::engine::Origin;
use crate::media::{Picture, png_bytes};

/// What is wanted of the clipboard.
pub(crate) enum Request {
    /// Open the picture or the files that it has.
    Open,
    /// Put this text in it.
    Copy(String),
    /// Give its text to this receiver's owner, for a field to type in.
    Text(std::sync::mpsc::Sender<String>),
}

pub(crate) fn serve(requests: &Receiver<Request>, answers: &Answers) {
    let mut clipboard = None;
    for request in requests {
        if clipboard.is_none() {
            clipboard = Clipboard::new().map_err(|err| trouble(&err, answers)).ok();
        }
        let Some(clipboard) = &mut clipboard else { continue };
        match request {
            Request::Open => open(clipboard, answers),
            Request::Copy(text) => {
                if let Err(err) = clipboard.set_text(text) {
                    trouble(&err, answers);
                }
            }
            Request::Text(sender) => {
                if let Ok(text) = clipboard.get_text() {
                    sender.send(text).ok();
                    answers.wake();
                }
            }
        }
    }
}

fn trouble(err: &Error, answers: &Answers) {
    let message = "The clipboard cannot be used here: drop the file on the window instead".into();
    answers.send(Action::Trouble { message, details: err.to_string() });
}

fn open(clipboard: &mut Clipboard, answers: &Answers) {
    if let Some(paths) = files(clipboard) {
        answers.send(Action::OpenPaths(paths));
        return;
    }
    match clipboard.get_image() {
        Ok(image) => open_image(&image, answers),
        Err(Error::ContentNotAvailable) => {
            let what = "The clipboard has no picture: copy one, or drop a file on the window";
            answers.send(Action::Inform(what.into()));
        }
        Err(err) => trouble(&err, answers),
    }
}

/// Files that were copied in a file manager, or a path that was copied as text.
fn files(clipboard: &mut Clipboard) -> Option<Vec<PathBuf>> {
    if let Ok(paths) = clipboard.get().file_list()
        && !paths.is_empty()
    {
        return Some(paths);
    }
    let path = path_from_text(&clipboard.get_text().ok()?)?;
    (path.is_absolute() && path.exists()).then(|| vec![path])
}

fn open_image(image: &ImageData<'_>, answers: &Answers) {
    let wide = |value: u8| u16::from(value) * 257;
    let rgb = image.bytes.chunks_exact(4).flat_map(|rgba| [wide(rgba[0]), wide(rgba[1]), wide(rgba[2])]);
    let picture = Picture::new(image.width as u32, image.height as u32, rgb.collect());
    let bytes = picture.map(|picture| png_bytes(&picture));
    match bytes {
        Some(Ok(bytes)) => {
            let name = format!("Pasted {}x{}.png", image.width, image.height);
            answers.send(Action::Open(vec![Origin::Bytes { name, bytes: Arc::from(bytes) }]));
        }
        Some(Err(err)) => answers.send(Action::Trouble {
            message: "The picture in the clipboard cannot be read".into(),
            details: err.to_string(),
        }),
        None => answers.send(Action::Inform("The picture in the clipboard is empty".into())),
    }
}
