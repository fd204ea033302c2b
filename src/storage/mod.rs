//! Files written whole or not at all, and named by what is in them.

mod atomic;
mod identity;
mod pytorch;
mod tensors;

pub use atomic::{write_atomically, write_folder_atomically};
pub use identity::{Identity, sha256_hex};
pub(crate) use tensors::{HostTensor, TensorFile, read_metadata, tensor_file_bytes};
pub use tensors::{Precision, TensorFileError};
