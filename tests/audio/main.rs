//! The player's parts, driven by hand: no device, no thread, no clock but in the last tests.
#![cfg(feature = "sound")]

mod deck;
mod mixer;
mod rig;
mod transport;

use assert_no_alloc::AllocDisabler;

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;
