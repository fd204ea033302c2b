//! The program as a shell sees it: real files, exit statuses, and what is left behind.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are not in test functions")]

#[path = "../common/mod.rs"]
mod common;
mod training;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use hyperscope::field::{Architecture, FieldKind, FieldRecord, SoundChannels, SoundLayout, Synthesizer};
use hyperscope::media::{decode, decode_sound, png_bytes, resize};
use hyperscope::storage::Precision;
use hyperscope::train::si_sdr_db;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use common::{put, random_field, wav, waves};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hyperscope"));
    command.stdin(Stdio::null()).env_remove("RUST_LOG");
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    program().current_dir(folder).args(args).output().unwrap()
}

/// What a verb that must succeed reports.
fn json(folder: &Path, args: &[&str]) -> Value {
    let output = run(folder, args);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {complaint}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|err| panic!("{args:?}: {err}"))
}

/// Fails with this status and one line that says what to do.
fn refuses(folder: &Path, args: &[&str], status: i32, expected: &str) {
    let output = run(folder, args);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{args:?}: {complaint}");
    assert!(complaint.contains(expected), "{args:?}: {complaint}");
    if status == 1 {
        let own = complaint.lines().filter(|line| line.starts_with("hyperscope: ")).count();
        assert_eq!(own, 1, "{args:?}: {complaint}");
    }
}

/// The bytes of a note like "about 1.2 MB".
fn bytes_told(notes: &str) -> Option<f64> {
    let (number, rest) = notes.split_once("about ")?.1.split_once(' ')?;
    let unit = if rest.starts_with("kB") { 1e3 } else { 1e6 };
    Some(number.parse::<f64>().ok()? * unit)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A folder with `a.png`, and a small model in `m.safetensors`.
fn workplace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("a.png"), &png_bytes(&waves(96, 80, 0.0)).unwrap());
    std::fs::copy(common::golden("model_residual.safetensors"), folder.path().join("m.safetensors")).unwrap();
    folder
}

#[test]
fn encode_refine_compare_render_inspect() {
    let folder = workplace();
    let here = folder.path();
    let encoded = json(here, &["encode", "a.png", "--model", "m.safetensors", "-o", "f.st", "--json"]);
    let direct = encoded[0]["psnr_db"].as_f64().unwrap();
    assert_eq!(encoded[0]["size"], "80x80 px");
    let compared = json(here, &["compare", "f.st", "a.png", "--json"]);
    assert!((compared["psnr_db"].as_f64().unwrap() - direct).abs() < 1e-9);
    let refined = json(here, &["refine", "f.st", "a.png", "--steps", "200", "-o", "r.st", "--json"]);
    let after = refined["after"]["psnr_db"].as_f64().unwrap();
    assert!(after > direct + 3.0, "{direct} {after}");
    let by_adam =
        ["refine", "f.st", "a.png", "--steps", "20", "--optimizer", "adam", "-o", "adam.st", "--json"];
    assert_ne!(json(here, &by_adam)["after"], refined["after"]);
    let notes = json(here, &["inspect", "adam.st", "--json"])["notes"]["refined"].to_string();
    assert!(notes.contains("adam") && notes.contains("4096"), "{notes}");
    let compared = json(here, &["compare", "r.st", "a.png", "--json"]);
    assert!((compared["psnr_db"].as_f64().unwrap() - after).abs() < 1e-9);
    // What PSNR says is seen in the rendered picture too.
    json(here, &["render", "r.st", "--size", "80x80", "-o", "r.png", "--json"]);
    let picture = decode(&std::fs::read(here.join("r.png")).unwrap(), [0; 3]).unwrap();
    let cropped = waves(96, 80, 0.0);
    let whole = resize(&cropped, 96, 80);
    let mut square = Vec::new();
    for row in 0..80 {
        square.extend_from_slice(&whole.to_f32()[(row * 96 + 8) * 3..][..80 * 3]);
    }
    let found = hyperscope::train::psnr_db(&picture.to_f32(), &square);
    assert!((found - after).abs() < 0.5, "{found}, not {after}");
    for (name, region) in [("part.jpg", "0.5,0.5,1,1"), ("part.webp", "0,0,0.1,0.1"), ("part.exr", "0,0,1,1")]
    {
        json(here, &["render", "r.st", "--size", "20x10", "--region", region, "-o", name, "--json"]);
        let part = decode(&std::fs::read(here.join(name)).unwrap(), [0; 3]).unwrap();
        assert_eq!((part.width(), part.height()), (20, 10));
    }
    let inspected = json(here, &["inspect", "r.st", "--json"]);
    assert_eq!(inspected["kind"], "field");
    assert!(inspected["source"].as_str().unwrap().starts_with("a.png sha256:"));
    assert!(inspected["notes"]["refined"].as_str().unwrap().contains("\"steps\":200"));
    assert_eq!(json(here, &["inspect", "m.safetensors", "--json"])["kind"], "checkpoint");
    assert_eq!(json(here, &["inspect", "a.png", "--json"])["width"], 96);
    assert_eq!(FieldRecord::read(&here.join("r.st")).unwrap().model.unwrap().name, "m.safetensors");
}

/// An object by the model that comes with the program: from its picture to a film and a mesh.
#[test]
fn objects_from_a_picture_to_files() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/samples/armchair.png");
    std::fs::copy(sample, here.join("a.png")).unwrap();
    let encoded = json(here, &["encode", "a.png", "--kind", "object", "-o", "f.st", "--json"]);
    let direct = encoded[0]["psnr_db"].as_f64().unwrap();
    assert!(direct > 15.0, "{direct}");
    let compared = json(here, &["compare", "f.st", "a.png", "--json"]);
    assert!((compared["psnr_db"].as_f64().unwrap() - direct).abs() < 1e-6);
    let refined = json(here, &["refine", "f.st", "a.png", "--steps", "40", "-o", "r.st", "--json"]);
    assert!(refined["after"]["psnr_db"].as_f64().unwrap() > direct);
    let view =
        ["render", "f.st", "--size", "48x32", "--view", "30,10", "--behind", "none", "-o", "v.png", "--json"];
    json(here, &view);
    // What is said before the work is about what the file has.
    for (name, args) in [
        ("l.png", &["render", "f.st", "--size", "128x128", "-o", "l.png"][..]),
        ("l.ply", &["mesh", "f.st", "--grid", "50", "-o", "l.ply", "--json"]),
        ("l.obj", &["mesh", "f.st", "--grid", "64", "-o", "l.obj"]),
    ] {
        let output = run(here, args);
        let notes = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(notes.contains("rounded up from 50 to 64 nodes"), name == "l.ply", "{notes}");
        let told = bytes_told(&notes).unwrap_or_else(|| panic!("{name}: {notes}"));
        let factor = std::fs::metadata(here.join(name)).unwrap().len() as f64 / told;
        assert!((0.4..2.5).contains(&factor), "{name}: {factor} times what was told, {notes}");
    }
    let picture = image::open(here.join("v.png")).unwrap().to_rgba8();
    assert!(picture.pixels().any(|pixel| pixel.0[3] > 128) && picture.get_pixel(0, 0).0[3] < 64);
    json(here, &["turntable", "f.st", "-o", "t.gif", "--size", "24x24", "--frames", "4", "--json"]);
    let mesh = json(here, &["mesh", "f.st", "-o", "m.glb", "--grid", "64", "--threshold", "1", "--json"]);
    assert!(mesh["triangles"].as_u64().unwrap() > 100);
    assert!(gltf::Gltf::open(here.join("m.glb")).is_ok());
    let volume = json(here, &["mesh", "f.st", "-o", "m.npy", "--grid", "12", "--json"]);
    assert_eq!((&volume["grid"], &volume["output"]), (&12.into(), &"m.npy".into()));
    refuses(here, &["mesh", "f.st", "-o", "m.stl"], 1, ".glb, .ply or .obj");
    refuses(here, &["turntable", "f.st", "-o", "t.mp4"], 1, ".gif or .apng");
    refuses(here, &["render", "f.st", "--size", "8x8", "--view", "left", "-o", "x.png"], 2, "AZIMUTH");
    refuses(
        here,
        &["render", "f.st", "--size", "8x8", "--crop", "1,0,0,1,0,1", "-o", "x.png"],
        2,
        "from and to",
    );
}

/// Two sines by the model that comes with the program: to a field, and back to a WAV file of another rate.
#[test]
fn a_sound_goes_all_the_way() {
    if common::asset("sound.safetensors").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let sines = |rate_hz: u32| -> Vec<f32> {
        let angle = |index: u32| std::f64::consts::TAU * (f64::from(index) + 0.5) / f64::from(rate_hz);
        let value = |angle: f64| 0.3 * (330.0 * angle).sin() + 0.2 * (880.0 * angle).cos();
        (0..rate_hz / 2).map(|index| value(angle(index)) as f32).collect()
    };
    let data: Vec<u8> =
        sines(22_050).iter().flat_map(|value| ((value * 32_767.0).round() as i16).to_le_bytes()).collect();
    put(&here.join("x.wav"), &wav(1, 22_050, 1, 16, &data));
    let encoded = json(here, &["encode", "x.wav", "-o", "f.safetensors", "--json"]);
    let direct = encoded[0]["si_sdr_db"].as_f64().unwrap();
    assert!(direct > 10.0, "{direct}");
    let compared = json(here, &["compare", "f.safetensors", "x.wav", "--json"]);
    assert!((compared["si_sdr_db"].as_f64().unwrap() - direct).abs() < 1e-6);
    let inspected = json(here, &["inspect", "f.safetensors", "--json"]);
    assert_eq!((&inspected["kind"], &inspected["signal"]), (&"field".into(), &"sound".into()));
    assert_eq!((&inspected["length"], &inspected["channels"]), (&8_000.into(), &"mono".into()));
    json(here, &["synth", "f.safetensors", "--rate", "48000", "-o", "y.wav", "--json"]);
    let inspected = json(here, &["inspect", "y.wav", "--json"]);
    assert_eq!((&inspected["kind"], &inspected["sample_rate"]), (&"sound".into(), &48_000.into()));
    let heard = decode_sound(&std::fs::read(here.join("y.wav")).unwrap()).unwrap();
    assert_eq!((heard.channels().len(), heard.len()), (1, 24_000));
    let found = si_sdr_db(&heard.channels()[0], &sines(48_000));
    assert!(found > 10.0, "{found}");
}

/// Two windows of random numbers: a WAV file of what they are, and nothing that they are not.
#[test]
fn the_field_of_a_sound_is_heard_and_not_drawn() {
    let folder = workplace();
    let here = folder.path();
    let channels = SoundChannels::Mono;
    let layout = SoundLayout { sample_rate_hz: 16_000, length: 1_500, window: 800, hop: 700, channels };
    let field = |seed| random_field(&Architecture::live_sound(), seed);
    let record = FieldRecord {
        field: field(1),
        others: vec![field(2)],
        kind: FieldKind::Sound(layout),
        source: None,
        model: None,
        extra: BTreeMap::new(),
    };
    record.write(&here.join("f.st"), Precision::F32).unwrap();
    json(here, &["synth", "f.st", "--rate", "24000", "-o", "y.wav", "--json"]);
    let heard = decode_sound(&std::fs::read(here.join("y.wav")).unwrap()).unwrap();
    let expected = Synthesizer::new(&record).unwrap().samples(24_000, 0, 2_250);
    assert_eq!((heard.rate_hz(), heard.channels()), (24_000, &[expected][..]));
    let before = names(here);
    refuses(here, &["synth", "f.st", "-o", "z.mp3"], 1, ".wav");
    refuses(here, &["synth", "f.st", "--rate", "7", "-o", "z.wav"], 2, "--rate");
    refuses(here, &["synth", "a.png", "-o", "z.wav"], 1, "a.png");
    refuses(here, &["compare", "f.st", "a.png"], 1, "a.png");
    refuses(here, &["mesh", "f.st", "-o", "z.glb"], 1, "f.st");
    refuses(here, &["render", "f.st", "--size", "8x8", "-o", "z.png"], 1, "f.st");
    assert_eq!(names(here), before);
}

#[test]
fn several_pictures_go_into_a_folder_and_one_bad_one_spoils_nothing() {
    let folder = workplace();
    let here = folder.path();
    put(&here.join("b.png"), &png_bytes(&waves(30, 60, 1.0)).unwrap());
    put(&here.join("c.png"), b"%PDF-1.4 is not a picture");
    let args = ["encode", "a.png", "c.png", "b.png", "--model", "m.safetensors", "-o", "out", "--half"];
    let output = run(here, &args);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("PDF"));
    assert_eq!(names(&here.join("out")), ["a.field.safetensors", "b.field.safetensors"]);
}

/// Fields that would replace one another are not written at all; views of objects are told apart by their folders.
#[test]
fn no_input_takes_the_place_of_another() {
    let folder = workplace();
    let here = folder.path();
    for name in ["x", "y"] {
        std::fs::create_dir(here.join(name)).unwrap();
        std::fs::copy(here.join("a.png"), here.join(name).join("a.png")).unwrap();
        put(&here.join(name).join("transforms.json"), b"{}");
    }
    let before = names(here);
    let twice = ["encode", "x/a.png", "y/a.png", "--model", "m.safetensors", "-o", "out"];
    refuses(here, &twice, 1, "x/a.png and y/a.png would both be written to out/a.field.safetensors");
    refuses(here, &["encode", "a.png", "x/a.png", "--model", "none.st"], 1, "a.png and x/a.png would both");
    let nameless = ["encode", "x/transforms.json", "x", "--kind", "object", "-o", "out"];
    refuses(here, &nameless, 1, "x/transforms.json and x would both be written to out/x.field.safetensors");
    assert_eq!(names(here), before, "nothing is done before they are told apart");
    // These two are not views of anything: it is each of them that is refused, and not their names.
    let views = ["encode", "x/transforms.json", "y/transforms.json", "--kind", "object", "-o", "out"];
    let output = run(here, &views);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(complaint.contains("2 of 2 inputs") && !complaint.contains("both"), "{complaint}");
}

#[test]
fn bad_input_is_refused_in_one_line_and_leaves_nothing() {
    let folder = workplace();
    let here = folder.path();
    json(here, &["encode", "a.png", "--model", "m.safetensors", "-o", "f.st", "--json"]);
    let before = names(here);
    refuses(here, &["encode", "none.png"], 1, "none.png");
    refuses(here, &["encode", "a.png", "--model", "a.png"], 1, "a.png");
    refuses(here, &["encode", "a.png", "--model", "m.safetensors", "-o", "none/f.st"], 1, "none/f.st");
    refuses(here, &["encode", "m.safetensors"], 1, "m.safetensors");
    refuses(here, &["render", "f.st", "--size", "8x8", "-o", "p.gif"], 1, "png");
    refuses(here, &["render", "a.png", "--size", "8x8", "-o", "p.png"], 1, "a.png: this is a picture");
    refuses(here, &["refine", "f.st", "a.png", "--lr", "7", "-o", "r.st"], 1, "learning rate");
    refuses(here, &["compare", "f.st", "f.st"], 1, "f.st");
    refuses(here, &["train", "--data", ".", "--mode", "prompt", "--out", "run"], 1, "--backbone");
    refuses(here, &["evaluate", "m.safetensors", "--data", "none"], 1, "none");
    refuses(here, &["encode"], 2, "Usage");
    refuses(here, &["render", "f.st", "--size", "0x8", "-o", "p.png"], 2, "size");
    refuses(here, &["render", "f.st", "--size", "8x8", "--region", "1,1,0,0", "-o", "p.png"], 2, "region");
    refuses(here, &["train", "--mode", "magic"], 2, "magic");
    std::fs::remove_dir_all(here.join("run")).ok();
    assert_eq!(names(here), before);
}

#[test]
fn every_verb_has_help_and_doctor_knows_the_limits() {
    let folder = tempfile::tempdir().unwrap();
    for verb in [
        "encode", "render", "refine", "compare", "train", "evaluate", "convert", "inspect", "doctor", "bench",
    ] {
        let output = run(folder.path(), &[verb, "--help"]);
        assert!(output.status.success() && output.stdout.len() > 100, "{verb}");
    }
    let report = json(folder.path(), &["doctor", "--json"]);
    assert!(report["limits"].as_array().unwrap().len() > 8);
    assert!(report["adapters"].is_array() && report["device"].is_string());
}

/// Wait for the child, and say how much memory it had at most, in bytes; killed if it takes too long.
fn watched(mut child: std::process::Child, patience: Duration) -> (Option<i32>, u64, Duration) {
    let begun = Instant::now();
    let mut peak = 0;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        peak = peak.max(kib.unwrap_or(0) << 10);
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code(), peak, begun.elapsed());
        }
        if begun.elapsed() > patience {
            child.kill().unwrap();
            return (None, peak, begun.elapsed());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Headers that promise far more than the file has, and rubbish under every name.
fn hostile(random: &mut ChaCha8Rng) -> Vec<(String, Vec<u8>)> {
    let png = |width: u32, height: u32| {
        let mut bytes = png_bytes(&waves(8, 8, 0.0)).unwrap();
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        // The header's own checksum is made right again.
        let mut crc = !0_u32;
        for byte in &bytes[12..29] {
            crc ^= u32::from(*byte);
            (0..8).for_each(|_| crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 });
        }
        bytes[29..33].copy_from_slice(&(!crc).to_be_bytes());
        bytes
    };
    let mut bmp = b"BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00".to_vec();
    bmp.extend([16_000_i32.to_le_bytes(), 16_000_i32.to_le_bytes()].concat());
    bmp.extend([1, 0, 24, 0]);
    bmp.extend([0; 40]);
    let mut qoi = b"qoif".to_vec();
    qoi.extend([60_000_u32.to_be_bytes(), 60_000_u32.to_be_bytes()].concat());
    qoi.extend([3, 0, 0xFF]);
    let header = format!(r#"{{"a":{{"dtype":"F32","shape":[{},{}],"data_offsets":[0,16]}}}}"#, u64::MAX, 9);
    let mut tensors = (header.len() as u64).to_le_bytes().to_vec();
    tensors.extend(header.bytes());
    tensors.extend([0; 16]);
    let mut endless = (15_000_000_u64).to_le_bytes().to_vec();
    endless.extend(std::iter::repeat_n(b'[', 15_000_000));
    let field = std::fs::read(common::golden("field_relu.safetensors")).unwrap();
    let mut all = vec![
        ("huge.png".into(), png(60_000, 60_000)),
        ("wide.png".into(), png(16_384, 16_384)),
        ("huge.bmp".into(), bmp),
        ("huge.qoi".into(), qoi),
        ("shape.safetensors".into(), tensors),
        ("deep.safetensors".into(), endless),
        ("half.safetensors".into(), field[..field.len() / 2].to_vec()),
        ("picture.png".into(), field),
        ("none.jpg".into(), Vec::new()),
    ];
    for name in ["noise.png", "noise.tiff", "noise.exr", "noise.safetensors"] {
        all.push((name.into(), (0..4_000).map(|_| random.random()).collect()));
    }
    all
}

#[test]
fn hostile_files_are_answered_within_two_seconds_and_512_megabytes() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in hostile(&mut ChaCha8Rng::seed_from_u64(2)) {
        let path = folder.path().join(&name);
        put(&path, &bytes);
        let mut command = program();
        command.arg("inspect").arg(&path).stdout(Stdio::null()).stderr(Stdio::null());
        let (status, peak, time) = watched(command.spawn().unwrap(), Duration::from_secs(20));
        println!("{name}: status {status:?}, {} MB, {time:?}", peak >> 20);
        // A field under a picture's name is a field; everything else is refused.
        assert_eq!(status, Some(i32::from(name != "picture.png")), "{name}");
        assert!(peak < 512 << 20, "{name} took {} MB", peak >> 20);
        assert!(time < Duration::from_secs(2), "{name} took {time:?}");
    }
}
