//! Hyperscope: drop a picture or a sound, and look into the network that was written for it, or listen to it.
//!
//! A *hypernetwork*, whose backbone is a pretrained foundation model, reads a signal and writes the
//! weights of a small neural network, the *field*, in one forward pass. The field is then what is
//! looked into, rendered by custom WGSL shaders or by a SIMD evaluator on the CPU, or listened to.
//!
//! ```text
//!    bytes              Signal                 Field  (plain value: architecture + f32 weights)
//!  ┌──────┐  decode ┌──────────┐  infer   ┌─────────┐ ──► render ──► pixels   (wgpu, WGSL)
//!  │ file │ ──────► │  media   │ ───────► │  field  │ ──► audio  ──► speakers (cpal)
//!  └──────┘         └──────────┘  model   └─────────┘ ──► disk    (safetensors)
//!                         ▲          ▲         │
//!                         │        train ◄─────┘  a loss compares a field with its signal
//!                         └── engine: threads that decode, infer, refine and train;
//!                             app and cli send commands and read events, and know nothing else
//! ```
//!
//! A plain value stands in the middle. [`field::Field`] is small (tens of KB to a few MB), and it is
//! all that crosses from the model to the screen, the speaker or the disk.
//!
//! # Modules
//!
//! `tests/architecture.rs` reads this table and fails on an import that it does not allow.
//!
//! Crates that no row names (serde, thiserror, rayon, tracing, rand) are everyone's.
//!
//! | module | one line | may use | may name |
//! |---|---|---|---|
//! | `limits` | what is refused, in one place | - | - |
//! | `storage` | files written whole or not at all, files of tensors within limits, hashes | limits | tempfile, sha2, safetensors |
//! | `field` | what a neural field is: architecture, layout of weights, CPU evaluation, the file | limits, storage | safetensors, gemm, pulp |
//! | `camera` | where one looks from, as pure mathematics | - | glam |
//! | `media` | pictures and sounds: files into plain buffers, with limits, and back; says what is unsupported | camera, limits, storage | image, moxcms, fast_image_resize, bytemuck, symphonia, realfft, hound |
//! | `dataset` | many signals for training: picture folders, posed views, meshes rendered to views, sound folders | media, camera, limits, storage | gltf, glam |
//! | `export` | files out: an object's stills, turntables, meshes, volumes; a sound's WAV | field, media, camera, limits, storage | image, gif, png, exr, `fast_surface_nets`, openh264, muxide |
//! | `model` | the hypernetwork: backbones, weight tokens, heads, composers; `Signal -> Field` | field, media, camera, limits, storage | burn, pulp, safetensors, wgpu, glam |
//! | `train` | tuning modes, objectives, metrics, one `step`, refine, checkpoints, runs | field, media, dataset, camera, model, limits, storage | burn, pulp, glam, realfft, tempfile |
//! | `experiment` | many runs that differ in a few settings, by processes of their own, and the report of what they come to | train, dataset, media, export, model, limits, storage | plotters, maud, base64 |
//! | `engine` | worker threads: commands in, events and latest values out, cancel, panic policy | field, camera, media, dataset, export, model, train, experiment, limits, storage | rustix |
//! | `render` | draw a field with WGSL: composition of shaders, passes, progressive refinement, readback | field, camera, media, limits | wgpu, glam, bytemuck |
//! | `audio` | play a field: synthesis ahead of time, ring buffer, device stream | field, media | cpal, rtrb |
//! | `cli` | the headless verbs | all but app | clap, anyhow, indicatif, glam |
//! | `app` | the window: state, reducer, panels, theme, notices, viewport bridge | all but cli | eframe, egui_plot, egui_tiles, rfd, arboard, anyhow, glam, wgpu |
//!
//! # Glossary
//!
//! | word | meaning |
//! |---|---|
//! | signal | the thing that a field is written for: an image, one or more posed views of an object, or a sound |
//! | field | the implicit neural representation (INR): a small MLP from a coordinate to a value |
//! | backbone | the transformer encoder that reads the signal: a foundation model, or the same architecture with random weights |
//! | data token / weight token | a token that comes from the signal / a learned token whose output becomes weights |
//! | head | LayerNorm + Linear that turns weight-token outputs into modulation for one field layer |
//! | base | the shared, learned weights and biases that the modulation multiplies |
//! | hypernetwork | backbone + weight tokens + heads + base |
//! | deep prompt | a learned token that one block of the backbone reads, and no other |
//! | update | a change of low rank to a Linear of a frozen backbone |
//! | tuning mode | which of these learn: `scratch`, `finetune`, `prompt`, `lora` |
//! | composer | how tokens become weights: `trans-inr`, `ipc` or `residual` |
//! | objective | what training minimises: `mse`, or `nll`, with which a field also has a standard deviation, its spread |
//! | refine | test-time optimisation: gradient steps on one field's own weights |
//! | reference | the framed picture, or the sound at the model's rate, that a field is compared with and refined towards |
//! | window | a stretch of a sound that has a field of its own |
//! | experiment | runs for every combination of some settings, with the same budget |
//! | arm | the runs of an experiment that differ in nothing but the seed |
//!
//! Sources: hypernetworks with foundation models, arXiv 2503.00838; Trans-INR, arXiv 2208.02801;
//! SIREN, arXiv 2006.09661.

#[cfg(feature = "gui")]
pub mod app;
#[cfg(feature = "sound")]
pub mod audio;
pub mod camera;
pub mod cli;
pub mod dataset;
pub mod engine;
pub mod experiment;
pub mod export;
pub mod field;
pub mod limits;
pub mod media;
pub mod model;
pub mod render;
pub mod storage;
pub mod train;
