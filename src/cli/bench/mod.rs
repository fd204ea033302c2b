//! Every part measured on this machine: medians, beside the operations and the bytes that they cannot do
//! without and what the machine's own matrix product reaches in the same run.

mod curves;
mod field;
mod measure;
mod model;
mod modes;
mod objects;
mod passes;
mod peer;
mod report;
mod samples;
mod sounds;
mod tuning;

pub(super) use report::run;
