use hyperscope::field::{Activation, Architecture, Encoding, Region};
use hyperscope::render::{RenderError, adapters, render_gpu};
use wgpu::util::DeviceExt;

use super::support::{Numbers, assert_close, device, random_field, read};

/// Whether there is an adapter; says so where there is none.
fn has_adapter() -> bool {
    let has = !adapters().is_empty();
    if !has {
        println!("skipped: there is no graphics adapter on this machine");
    }
    has
}

#[test]
fn the_kernel_agrees_with_its_cpu_twin_on_every_preset() {
    if !has_adapter() {
        return;
    }
    for (name, architecture) in Architecture::presets() {
        let record = random_field(&architecture, 7);
        let expected = record.render(24, 16, Region::WHOLE);
        let spread = expected.iter().fold((1.0_f32, 0.0_f32), |(low, high), v| (low.min(*v), high.max(*v)));
        assert!(spread.1 - spread.0 > 0.2, "{name} is too flat to tell anything: {spread:?}");
        let found = render_gpu(&record, 24, 16, Region::WHOLE).unwrap();
        let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        println!("{name}: differs by at most {worst:.2e}");
        assert_close(&found, &expected, 2e-3);
    }
}

#[test]
fn odd_widths_two_layers_and_parts_of_a_picture_agree_too() {
    if !has_adapter() {
        return;
    }
    let architecture = Architecture {
        hidden: 37,
        layers: 2,
        encoding: Encoding::Fourier { count: 5, min: 1.0, max: 300.0 },
        activation: Activation::Sine { omega0: 6.0, omega0_first: 3.0 },
        ..Architecture::reference_image()
    };
    // With a spread it is the outputs that are drawn, not their deviations.
    for spread in [false, true] {
        let record = random_field(&Architecture { spread, ..architecture.clone() }, 11);
        let region = Region { x0: 0.25, y0: 0.5, x1: 0.625, y1: 0.9 };
        assert_close(&render_gpu(&record, 19, 9, region).unwrap(), &record.render(19, 9, region), 2e-3);
    }
}

#[test]
fn a_picture_larger_than_one_part_has_no_seams() {
    if !has_adapter() {
        return;
    }
    let record = random_field(&Architecture { hidden: 8, layers: 3, ..Architecture::siren_image() }, 5);
    let found = render_gpu(&record, 530, 3, Region::WHOLE).unwrap();
    assert_close(&found, &record.render(530, 3, Region::WHOLE), 2e-3);
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    let record = random_field(&Architecture { hidden: 8, ..Architecture::siren_image() }, 5);
    for (width, height) in [(0, 4), (4, 0), (20_000, 4)] {
        assert!(matches!(render_gpu(&record, width, height, Region::WHOLE), Err(RenderError::Size { .. })));
    }
}

/// The reduced sine and cosine over all angles that fields reach, against f64.
#[test]
fn sines_of_large_angles_are_those_of_libm() {
    let Some((device, queue)) = device() else { return };
    let mut numbers = Numbers(3);
    let mut angles: Vec<f32> = (0..65_536).map(|_| 4000.0 * numbers.next()).collect();
    // The worst places: multiples of half pi, and their neighbours.
    let multiples = (-2540..2540).map(|k| (f64::from(k) * std::f64::consts::FRAC_PI_2) as f32);
    angles.extend(multiples.flat_map(|angle| [angle, angle.next_up(), angle.next_down()]));
    angles.resize(angles.len().next_multiple_of(256), 0.0);

    let library = include_str!("../../shaders/common/sine.wgsl");
    let pass = "@group(0) @binding(0) var<storage, read_write> values: array<vec4f>;
        @compute @workgroup_size(64) fn both(@builtin(global_invocation_id) id: vec3u) {
            let half = arrayLength(&values) / 2u;
            let angle = values[id.x];
            values[id.x] = reduced_sin(angle, vec4f(0.0));
            values[half + id.x] = reduced_cos(angle, vec4f(0.0));
        }";
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: None,
        source: wgpu::ShaderSource::Wgsl(format!("{library}\n{pass}").into()),
    });
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: None,
        layout: None,
        module: &module,
        entry_point: None,
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    });
    let contents: Vec<f32> = angles.iter().copied().chain(std::iter::repeat_n(0.0, angles.len())).collect();
    let values = device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
        label: None,
        contents: bytemuck::cast_slice(&contents),
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
    });
    let readback = device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: values.size(),
        usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
        mapped_at_creation: false,
    });
    let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: None,
        layout: &pipeline.get_bind_group_layout(0),
        entries: &[wgpu::BindGroupEntry { binding: 0, resource: values.as_entire_binding() }],
    });
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_pipeline(&pipeline);
        pass.set_bind_group(0, &bindings, &[]);
        pass.dispatch_workgroups(angles.len() as u32 / 256, 1, 1);
    }
    encoder.copy_buffer_to_buffer(&values, 0, &readback, 0, values.size());
    queue.submit([encoder.finish()]);

    let found: Vec<f32> = bytemuck::pod_collect_to_vec(&read(&device, &readback));
    let (sines, cosines) = found.split_at(angles.len());
    let mut worst = 0.0_f64;
    for ((angle, sine), cosine) in angles.iter().zip(sines).zip(cosines) {
        let (exact_sine, exact_cosine) = f64::from(*angle).sin_cos();
        worst = worst.max((f64::from(*sine) - exact_sine).abs());
        worst = worst.max((f64::from(*cosine) - exact_cosine).abs());
    }
    println!("sines and cosines differ by at most {worst:.2e}");
    assert!(worst < 4e-7, "{worst:e}");
}
