//! Posed views against a Python reader of the same files, meshes against exact silhouettes, and what is refused.

#![expect(clippy::unwrap_used, reason = "helpers of tests are not in test functions")]

#[path = "../common/mod.rs"]
mod common;
mod forge;
mod meshes;
mod objects;
mod views;

use std::path::Path;

fn write(path: &Path, bytes: &[u8]) {
    hyperscope::storage::write_atomically(path, |out| out.write_all(bytes)).unwrap();
}
