//! Every shader, for every preset, is valid WGSL, and reads its uniforms where the program writes them.

#![expect(clippy::unwrap_used, reason = "helpers of tests are not in test functions")]

use std::collections::BTreeMap;

use hyperscope::field::{Activation, Architecture, Encoding};
use hyperscope::render::{Pass, StructLayout, shader_source, struct_layouts};
use naga::valid::{Capabilities, ValidationFlags, Validator};

/// The presets, and shapes that no preset has.
fn architectures() -> Vec<(String, Architecture)> {
    let odd = Architecture {
        hidden: 37,
        layers: 2,
        encoding: Encoding::Fourier { count: 5, min: 1.0, max: 50.0 },
        activation: Activation::Sine { omega0: 6.0, omega0_first: 30.0 },
        ..Architecture::reference_image()
    };
    let narrow =
        Architecture { hidden: 3, layers: 2, encoding: Encoding::Identity, ..Architecture::live_object() };
    let presets = [Architecture::presets(), Architecture::object_presets()].concat();
    let mut all: Vec<(String, Architecture)> =
        presets.into_iter().map(|(name, architecture)| (name.to_owned(), architecture)).collect();
    all.push(("sine and fourier, odd width".into(), odd));
    all.push(("an object without an encoding, narrow".into(), narrow));
    all
}

/// The passes that an architecture is drawn by.
fn passes(architecture: &Architecture) -> Vec<Pass> {
    let is_used = |pass: &Pass| match pass {
        Pass::ProjectAxes | Pass::EvaluateTiles => architecture.inputs == 2,
        Pass::TraceRays => architecture.inputs == 3,
        Pass::Screen | Pass::VolumeBaked | Pass::VolumeScreen => true,
    };
    Pass::ALL.into_iter().filter(is_used).collect()
}

fn parsed(pass: Pass, architecture: &Architecture) -> (String, naga::Module) {
    let source = shader_source(pass, architecture).unwrap();
    let module = naga::front::wgsl::parse_str(&source)
        .unwrap_or_else(|err| panic!("{}:\n{}", pass.path(), err.emit_to_string(&source)));
    (source, module)
}

#[test]
fn every_pass_is_valid_for_every_preset() {
    for (name, architecture) in architectures() {
        for pass in passes(&architecture) {
            let (source, module) = parsed(pass, &architecture);
            let mut validator = Validator::new(ValidationFlags::all(), Capabilities::empty());
            if let Err(err) = validator.validate(&module) {
                panic!("{} for {name}:\n{}", pass.path(), err.emit_to_string(&source));
            }
            assert!(!module.entry_points.is_empty(), "{} has no entry point", pass.path());
        }
    }
}

#[test]
fn structures_lie_in_memory_as_the_program_writes_them() {
    let mirrors: BTreeMap<&str, StructLayout> =
        struct_layouts().into_iter().map(|layout| (layout.name, layout)).collect();
    let mut seen = Vec::new();
    let of_picture = Architecture::reference_image();
    let pairs = passes(&of_picture).into_iter().map(|pass| (pass, of_picture.clone()));
    for (pass, architecture) in pairs.chain([(Pass::TraceRays, Architecture::reference_object())]) {
        let (_, module) = parsed(pass, &architecture);
        for (_, kind) in module.types.iter() {
            let naga::TypeInner::Struct { members, span } = &kind.inner else { continue };
            let name = kind.name.as_deref().unwrap_or("");
            let Some(mirror) = mirrors.get(name) else { continue };
            let members: Vec<(&str, usize)> = members
                .iter()
                .map(|member| (member.name.as_deref().unwrap_or(""), member.offset as usize))
                .collect();
            assert_eq!(members, mirror.members, "members of {name}");
            assert_eq!(*span as usize, mirror.size, "size of {name}");
            seen.push(mirror.name);
        }
    }
    for name in mirrors.keys() {
        assert!(seen.contains(name), "no shader has {name}");
    }
}

/// Libraries have no entry points, passes have some: never both in one file.
#[test]
fn libraries_and_passes_are_apart() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders");
    let mut num_files = 0;
    for kind in ["common", "field", "pass"] {
        for entry in std::fs::read_dir(folder.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let has_entry = ["@compute", "@vertex", "@fragment"].iter().any(|stage| text.contains(stage));
            assert_eq!(has_entry, kind == "pass", "{}", path.display());
            num_files += 1;
        }
    }
    assert!(num_files > Pass::ALL.len());
}

#[test]
fn workgroups_fit_the_default_limits() {
    for (name, architecture) in architectures() {
        let is_kernel = |pass: &Pass| matches!(pass, Pass::EvaluateTiles | Pass::TraceRays);
        for pass in passes(&architecture).into_iter().filter(is_kernel) {
            let (_, module) = parsed(pass, &architecture);
            let limits = wgpu::Limits::default();
            let threads: u32 = module.entry_points[0].workgroup_size.iter().product();
            assert!(threads <= limits.max_compute_invocations_per_workgroup, "{name}: {threads} threads");
            let mut layouter = naga::proc::Layouter::default();
            layouter.update(module.to_ctx()).unwrap();
            let memory: u32 = module
                .global_variables
                .iter()
                .filter(|(_, variable)| variable.space == naga::AddressSpace::WorkGroup)
                .map(|(_, variable)| layouter[variable.ty].size)
                .sum();
            assert!(memory <= limits.max_compute_workgroup_storage_size, "{name}: {memory} bytes");
        }
    }
}
