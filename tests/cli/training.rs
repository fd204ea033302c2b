//! Training, and experiments, from a shell.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use hyperscope::media::png_bytes;
use hyperscope::storage::{Identity, Precision};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::SafeTensors;
use serde_json::Value;

use crate::common::{self, put, waves};
use crate::{json, program, refuses};

fn training_data(folder: &Path) {
    std::fs::create_dir(folder.join("data")).unwrap();
    for index in 0..12 {
        let picture = waves(40, 36, index as f32);
        put(&folder.join(format!("data/{index}.png")), &png_bytes(&picture).unwrap());
    }
    let config = "steps = 100000\nbatch_size = 1\npixels_per_picture = 16\ninput_size = 16\ngroups = 2\n\
                  evaluate_every = 100000\ncheckpoint_every = 1\ndepth = 1\n[field]\ninputs = 2\noutputs = 3\n\
                  layers = 2\nhidden = 8\noutput_offset = 0.5\n[field.encoding]\nkind = \"fourier\"\ncount = 4\n\
                  min = 3.0\nmax = 20.0\n[field.activation]\nkind = \"relu\"\n";
    put(&folder.join("run.toml"), config.as_bytes());
}

/// Killed at random moments while it writes a checkpoint after every step: what is there can always be read,
/// and gone on from.
#[test]
fn killing_it_while_it_saves_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let here: PathBuf = folder.path().into();
    training_data(&here);
    let start = ["train", "--data", "data", "--mode", "scratch", "--config", "run.toml", "--out", "run"];
    let resume = ["train", "--data", "data", "--mode", "scratch", "--out", "run", "--resume"];
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let mut steps = 0;
    for round in 0..4 {
        let mut command = program();
        command.current_dir(&here).args(if round == 0 { &start[..] } else { &resume[..] });
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        while !here.join("run/state.safetensors").exists() && begun.elapsed() < Duration::from_mins(1) {
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_millis(random.random_range(300..1_200)));
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        child.kill().unwrap();
        child.wait().unwrap();
        let bytes = std::fs::read(here.join("run/state.safetensors")).unwrap();
        let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
        safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let now: u64 = header.metadata().as_ref().unwrap()["step"].parse().unwrap();
        assert!(now >= steps, "{now} steps after {steps}");
        steps = now;
        assert_eq!(json(&here, &["inspect", "run/model.safetensors", "--json"])["kind"], "checkpoint");
    }
    assert!(steps > 0, "no step was done");
}

/// A run that starts from a model is for that model's network without being told; and it may go on for longer.
#[test]
fn a_run_goes_on_from_a_model_and_for_more_steps() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    training_data(here);
    let first =
        ["train", "--data", "data", "--mode", "scratch", "--config", "run.toml", "--out", "first", "--json"];
    json(here, &[&first[..], &["--steps", "2"]].concat());
    let model = "first/model.safetensors";
    let second =
        ["train", "--data", "data", "--mode", "finetune", "--from", model, "--out", "second", "--json"];
    refuses(here, &[&second[..], &["--kind", "sound"]].concat(), 1, "another kind");
    // Of its settings one is of the network: what it says is refused by its name.
    put(&here.join("other.toml"), b"groups = 1\n");
    refuses(here, &[&second[..], &["--config", "other.toml"]].concat(), 1, "they differ in groups;");
    put(&here.join("more.toml"), b"steps = 3\nbatch_size = 1\nevaluate_every = 100\n");
    let done = json(here, &[&second[..], &["--config", "more.toml"]].concat());
    assert_eq!(done["steps"], 3);
    let config = |name: &str| json(here, &["inspect", name, "--json"])["config"]["field"].clone();
    assert_eq!(config("second/model.safetensors"), config(model));
    let resumed = json(here, &[&second[..], &["--resume", "--steps", "5"]].concat());
    assert_eq!(
        (
            &resumed["steps"],
            json(here, &["inspect", "second/model.safetensors", "--json"])["notes"]["trained_steps"].as_str()
        ),
        (&5.into(), Some("5"))
    );
    refuses(here, &[&second[..], &["--resume", "--steps", "4"]].concat(), 1, "5 steps are done already");
}

/// What an experiment names and is not there is found before anything is trained; posed views are known by `inspect`.
#[test]
fn what_is_not_there_is_said_and_views_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let file = "title = \"t\"\n[data]\nphotos = \"none\"\n[run]\nkind = \"image\"\nmode = \"scratch\"\n\
                budget.steps = 2\n[[axis]]\nname = \"seed\"\nvalues = [0, 1]\n";
    put(&here.join("e.toml"), file.as_bytes());
    refuses(here, &["experiment", "e.toml", "--dry-run"], 1, "these are not there");
    std::fs::create_dir(here.join("none")).unwrap();
    assert_eq!(
        json(here, &["experiment", "e.toml", "--dry-run", "--json"]).as_array().map(Vec::len),
        Some(2)
    );
    let views = common::golden("views/blender");
    let found = json(here, &["inspect", views.to_str().unwrap(), "--json"]);
    assert_eq!((&found["kind"], &found["views"]), (&"views".into(), &3.into()), "{found}");
    // Of what lies where neither the model nor the field looks, nothing would be seen.
    std::fs::create_dir_all(here.join("beyond/train")).unwrap();
    for name in ["r_0.png", "r_1.png", "r_2.png"] {
        std::fs::copy(views.join("train").join(name), here.join("beyond/train").join(name)).unwrap();
    }
    let text = std::fs::read_to_string(views.join("transforms.json")).unwrap();
    let text = text.replacen('{', "{\"near\": 8, \"far\": 9,", 1);
    put(&here.join("beyond/transforms.json"), text.as_bytes());
    common::ball([0.0; 3], 0.0).write(&here.join("f.st"), Precision::F32).unwrap();
    let place = views.to_str().unwrap();
    json(here, &["compare", "f.st", place, "--json"]);
    let wanted = "correct its near and far";
    refuses(here, &["compare", "f.st", "beyond"], 1, wanted);
    refuses(here, &["refine", "f.st", "beyond", "--steps", "1", "-o", "r.st"], 1, wanted);
    refuses(here, &["encode", "beyond", "--kind", "object", "-o", "e.st"], 1, wanted);
}

/// What prompt tuning leaves out is put in, in 32 bits or 16: the model then works where its backbone is not.
#[test]
fn a_model_is_written_again_whole_and_in_sixteen_bits() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    training_data(here);
    let backbone = common::backbone(here);
    let train = ["train", "--data", "data", "--mode", "prompt", "--backbone", "backbone.safetensors"];
    json(here, &[&train[..], &["--config", "run.toml", "--out", "run", "--steps", "2", "--json"]].concat());
    std::fs::create_dir(here.join("alone")).unwrap();
    let model = "run/model.safetensors";
    refuses(here, &["convert", model, "--whole", "-o", "alone/whole.safetensors"], 1, "backbone");
    assert!(!here.join("alone/whole.safetensors").exists());
    std::fs::copy(backbone, here.join("run/backbone.safetensors")).unwrap();
    // Also from where both are, by the bare name.
    let beside = here.join("run");
    json(&beside, &["convert", "model.safetensors", "--whole", "-o", "../alone/whole.safetensors", "--json"]);
    refuses(here, &["convert", model, "--half", "-o", "x.st"], 1, "--whole puts it in");
    json(here, &["convert", model, "--whole", "--half", "-o", "alone/half.safetensors", "--json"]);
    let psnr_db = |model: &str, field: &str| {
        let encoded = json(here, &["encode", "data/0.png", "--model", model, "-o", field, "--json"]);
        encoded[0]["psnr_db"].as_f64().unwrap()
    };
    let before = psnr_db(model, "f.st");
    assert!((psnr_db("alone/whole.safetensors", "whole.st") - before).abs() < 1e-9);
    assert!((psnr_db("alone/half.safetensors", "half.st") - before).abs() < 0.05);
    let found = json(here, &["inspect", "alone/half.safetensors", "--json"]);
    assert_eq!((&found["number_kinds"][0], &found["backbone_sha256"]), (&"F16".into(), &Value::Null));
    assert!(found["notes"]["converted_from"].as_str().unwrap().starts_with("model.safetensors sha256:"));
    // A field too; of what is neither, and of a backbone for a field, it says so.
    json(here, &["convert", "f.st", "--half", "-o", "f16.st", "--json"]);
    let compared = json(here, &["compare", "f16.st", "data/0.png", "--json"]);
    assert!((compared["psnr_db"].as_f64().unwrap() - before).abs() < 0.05);
    refuses(here, &["convert", "f.st", "--whole", "-o", "x.st"], 1, "this is a field");
    refuses(here, &["convert", "data/0.png", "-o", "x.st"], 1, "neither a model nor a field");
    assert!(!here.join("x.st").exists());
}

/// Every number of a mean is the mean of theirs; of another network there is none.
#[test]
fn models_have_a_mean() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    training_data(here);
    let train =
        ["train", "--data", "data", "--mode", "scratch", "--config", "run.toml", "--steps", "2", "--json"];
    json(here, &[&train[..], &["--out", "one", "--seed", "1"]].concat());
    json(here, &[&train[..], &["--out", "two", "--seed", "2"]].concat());
    let (one, two) = ("one/model.safetensors", "two/model.safetensors");
    json(here, &["convert", one, "--mean", two, "--mean", two, "-o", "mean.st", "--json"]);
    let [one_bytes, two_bytes, mean] =
        [one, two, "mean.st"].map(|name| std::fs::read(here.join(name)).unwrap());
    let [one_file, two_file, mean] =
        [&one_bytes, &two_bytes, &mean].map(|bytes| SafeTensors::deserialize(bytes).unwrap());
    let numbers = |file: &SafeTensors<'_>, name: &str| -> Vec<f64> {
        let bytes = file.tensor(name).unwrap().data().to_vec();
        bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes).into()).collect()
    };
    assert_eq!(mean.names().len(), one_file.names().len());
    for name in mean.names() {
        let both = numbers(&one_file, name).into_iter().zip(numbers(&two_file, name));
        for (found, (one, two)) in numbers(&mean, name).into_iter().zip(both) {
            let expected = (one + 2.0 * two) / 3.0;
            assert!(
                (found - expected).abs() < 1e-6 * (1.0 + expected.abs()),
                "{name}: {found}, not {expected}"
            );
        }
    }
    let notes = json(here, &["inspect", "mean.st", "--json"])["notes"].clone();
    let [one, two] =
        [one_bytes, two_bytes].map(|bytes| Identity::of("model.safetensors", &bytes).to_string());
    assert_eq!(notes["mean_of"], format!("{one}, {two}, {two}"));
    let first = json(here, &["inspect", "one/model.safetensors", "--json"])["notes"].clone();
    assert_eq!(notes["trained_with"], first["trained_with"], "how the first one was trained");
    assert!(
        first["held_out_psnr_db"].is_string() && notes["held_out_psnr_db"].is_null(),
        "that is not its own"
    );
    let other = std::fs::read_to_string(here.join("run.toml")).unwrap().replace("groups = 2", "groups = 4");
    put(&here.join("other.toml"), other.as_bytes());
    let train = train.map(|word| if word == "run.toml" { "other.toml" } else { word });
    json(here, &[&train[..], &["--out", "other"]].concat());
    refuses(
        here,
        &["convert", "mean.st", "--mean", "other/model.safetensors", "-o", "x.st"],
        1,
        "the same network",
    );
    refuses(here, &["convert", "mean.st", "--mean", "data/0.png", "-o", "x.st"], 1, "0.png");
    assert!(!here.join("x.st").exists());
}
