//! Weights as PyTorch's `torch.save` and `torch.jit.save` write them (`.pth`, `.pt`, `.bin`): a pickle that says which
//! tensors there are, beside their numbers, in a ZIP archive (since PyTorch 1.6) or one after another.
//!
//! A pickle is a program for Python's unpickler, which calls whatever it names. Nothing is called here: the few names
//! that weights are made of are known, and a file with any other is refused with that name. This is why the pickle
//! reader that burn brings is not used: it passes unknown names over.

mod archive;
mod machine;
mod read;
mod value;

pub(crate) use read::is_pytorch;
pub(super) use read::tensors;
