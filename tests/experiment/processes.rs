use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use hyperscope::media::png_bytes;
use serde_json::Value;

use crate::common::{put, waves};

/// Longest that a run of a few steps may take, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_mins(5);

const FILE: &str = r#"
title = "Tiny"

[data]
pictures = "pictures"

[measure]
shown = 1

[run]
kind = "image"
mode = "scratch"
budget.steps = 120
depth = 1
input_size = 16
groups = 4
batch_size = 2
pixels_per_picture = 64
warm_up_steps = 2
evaluate_every = 20
checkpoint_every = 10

[run.field]
inputs = 2
outputs = 3
layers = 3
hidden = 16
encoding = { kind = "fourier", count = 8, min = 1.0, max = 16.0 }
activation = { kind = "relu" }
output_offset = 0.5
spread = false

[[axis]]
name = "composer"
values = ["trans-inr", "residual"]

[[axis]]
name = "seed"
values = [0, 1]
"#;

fn workplace(file: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    std::fs::create_dir(&pictures).unwrap();
    for index in 0..24 {
        let picture = waves(24, 20, index as f32);
        put(&pictures.join(format!("{index:02}.png")), &png_bytes(&picture).unwrap());
    }
    put(&folder.path().join("tiny.toml"), file.as_bytes());
    folder
}

fn program(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hyperscope"));
    command.current_dir(folder).args(args).stdin(Stdio::null()).env_remove("RUST_LOG");
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    program(folder, args).output().unwrap()
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a command that must succeed reports.
fn json(folder: &Path, args: &[&str]) -> Value {
    let output = run(folder, args);
    assert!(output.status.success(), "{args:?}: {}", complaint(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn lines(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("metrics.jsonl")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Folders of the runs in the order of the matrix.
fn folders(here: &Path, out: &str) -> Vec<PathBuf> {
    let planned = json(here, &["experiment", "tiny.toml", "--dry-run", "--json"]);
    let ids = planned.as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap().to_owned());
    ids.map(|id| here.join(out).join("runs").join(id)).collect()
}

#[test]
fn a_killed_experiment_goes_on_and_ends_as_one_that_was_not() {
    let folder = workplace(FILE);
    let here = folder.path();
    let whole = json(here, &["experiment", "tiny.toml", "--out", "whole", "--json"]);
    assert_eq!(whole.as_array().unwrap().len(), 4);

    let runs = folders(here, "killed");
    let args = ["experiment", "tiny.toml", "--out", "killed"];
    let mut killed = program(here, &args).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    // In the second run, some steps after a checkpoint.
    while lines(&runs[1]).len() < 15 {
        assert!(begun.elapsed() < PATIENCE && killed.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(2));
    }
    // SIGKILL: nothing can be put in order.
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(runs[0].join("evaluation.json").exists() && !runs[1].join("evaluation.json").exists());
    // Its worker ends with it, and lets go of the run.
    let lock = std::fs::File::options().append(true).open(runs[1].join("lock")).unwrap();
    while lock.try_lock().is_err() {
        assert!(begun.elapsed() < PATIENCE, "a worker outlives its parent");
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(lock);
    let done = lines(&runs[1]).len();
    let whole_len = lines(&folders(here, "whole")[1]).len();
    assert!(done < whole_len, "it was killed in the middle: {done} of {whole_len} lines");

    let again = json(here, &["experiment", "tiny.toml", "--out", "killed", "--json"]);
    let is_before: Vec<&Value> = again.as_array().unwrap().iter().map(|row| &row["before"]).collect();
    assert_eq!(is_before, [true, false, false, false]);
    for (run, other) in runs.iter().zip(folders(here, "whole")) {
        let (own, expected) = (read(&run.join("evaluation.json")), read(&other.join("evaluation.json")));
        assert_eq!(own["steps"], 120);
        assert_eq!(own["items"], expected["items"], "{}", run.display());
        assert!(own["items"].as_array().unwrap().iter().all(|item| item["figures"]["psnr_db"].is_f64()));
        let losses = |folder: &Path| -> Vec<(Value, Value, Value)> {
            let parts = |line: &Value| (line["step"].clone(), line["loss"].clone(), line["psnr_db"].clone());
            lines(folder).iter().map(parts).collect()
        };
        assert_eq!(losses(run), losses(&other));
        assert!(!run.join("state.safetensors").exists());
        assert!(run.join("shown").join(own["shown"][0]["field"].as_str().unwrap()).exists());
    }
    report_is_whole(here, "killed");
}

/// Of a real experiment: the page is well-formed, has all pictures in itself, and refers to nothing else.
fn report_is_whole(here: &Path, out: &str) {
    let written = json(here, &["report", out, "--json"]);
    assert_eq!((&written["done"], &written["waiting"]), (&4.into(), &0.into()));
    let page = std::fs::read_to_string(here.join(out).join("report.html")).unwrap();
    super::report::is_well_formed(&page);
    super::report::refers_to_nothing(&page);
    assert_eq!(page.matches("data:image/png;base64,").count(), 3, "the picture, and one of each arm");
    assert_eq!(page.matches("<svg").count(), 2);
    let text = std::fs::read_to_string(here.join(out).join("report.md")).unwrap();
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let links: Vec<&str> = links.collect();
    assert!(links.len() == 3 && links.iter().all(|link| here.join(out).join(link).is_file()), "{links:?}");
}

/// One run that cannot go on and one that is refused: the others are done, and the exit status says it.
#[test]
fn a_run_that_fails_stops_no_other() {
    let file = FILE
        .replace("values = [\"trans-inr\", \"residual\"]", "values = [\"residual\"]")
        .replace("values = [0, 1]", "values = [0, 1, 2]")
        .replace("budget.steps = 120", "budget.steps = 4");
    let axis = "\n[[axis]]\nname = \"mode\"\nvalues = [\"scratch\", \"finetune\"]\n";
    let folder = workplace(&format!("{file}{axis}"));
    let here = folder.path();
    let runs = folders(here, "out");
    assert_eq!(runs.len(), 6);
    // A state without the run that it is of.
    std::fs::create_dir_all(&runs[2]).unwrap();
    put(&runs[2].join("state.safetensors"), b"rubbish");
    let output = run(here, &["experiment", "tiny.toml", "--out", "out", "--json"]);
    let said = complaint(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.lines().last().unwrap().starts_with("hyperscope: 1 of 6 runs failed"), "{said}");
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    let states: Vec<&str> =
        rows.as_array().unwrap().iter().map(|row| row["state"].as_str().unwrap()).collect();
    assert_eq!(states.iter().filter(|state| **state == "done").count(), 2);
    assert_eq!(states.iter().filter(|state| **state == "failed").count(), 1);
    let refused: Vec<&Value> =
        rows.as_array().unwrap().iter().filter(|row| row["state"] == "refused").collect();
    assert_eq!(refused.len(), 3);
    assert!(refused[0]["why"].as_str().unwrap().contains("pretrained backbone"));

    // What is in the way is taken away, and two parts of the runs are done side by side.
    std::fs::remove_file(runs[2].join("state.safetensors")).unwrap();
    let parts = ["1/2", "2/2"]
        .map(|part| json(here, &["experiment", "tiny.toml", "--out", "parts", "--shard", part, "--json"]));
    assert_eq!(parts.map(|part| part.as_array().unwrap().len()), [3, 3]);
    let rows = json(here, &["experiment", "tiny.toml", "--out", "out", "--jobs", "2", "--json"]);
    assert!(rows.as_array().unwrap().iter().all(|row| row["state"] != "failed"));
    // The seed of each part gives the same, whoever did it.
    for (run, other) in runs.iter().step_by(2).zip(folders(here, "parts").iter().step_by(2)) {
        let items = |folder: &Path| read(&folder.join("evaluation.json"))["items"].clone();
        assert_eq!(items(run), items(other));
    }
    // Another measure is taken of the models that are there.
    let refined = ["experiment", "tiny.toml", "--out", "out", "--set", "measure.refine_steps=2", "--json"];
    let rows = json(here, &refined);
    assert!(rows.as_array().unwrap().iter().all(|row| row["state"] == "refused" || row["before"] == false));
    assert!(read(&runs[0].join("evaluation.json"))["items"][0]["figures"]["refined_psnr_db"].is_f64());
    assert_eq!(
        lines(&runs[0]).iter().filter(|line| line["what"] == "step").count(),
        4,
        "nothing was trained"
    );
}

#[test]
fn budgets_are_equal_and_files_that_make_no_sense_are_named() {
    let folder = workplace(FILE);
    let here = folder.path();
    let plan = |set: &str| run(here, &["experiment", "tiny.toml", "--dry-run", "--json", "--set", set]);
    // As many steps as the operations of one go into the budget.
    let counted: Value = serde_json::from_slice(&plan("run.seed=7").stdout).unwrap();
    let flops = counted[0]["outcome"]["accepted"]["flops_per_step"].as_u64().unwrap();
    let set = format!("run.budget={{ flops = {} }}", 3 * flops + flops / 2);
    let args = ["experiment", "tiny.toml", "--out", "flops", "--set", &set, "--shard", "1/4", "--json"];
    json(here, &args);
    let id =
        serde_json::from_slice::<Value>(&plan(&set).stdout).unwrap()[0]["id"].as_str().unwrap().to_owned();
    let done = read(&here.join("flops/runs").join(id).join("evaluation.json"));
    assert_eq!(done["steps"], 3);
    // In a second, some.
    let set = "run.budget={ seconds = 1.0 }";
    json(here, &["experiment", "tiny.toml", "--out", "secs", "--set", set, "--shard", "1/4", "--json"]);
    let id =
        serde_json::from_slice::<Value>(&plan(set).stdout).unwrap()[0]["id"].as_str().unwrap().to_owned();
    assert!(read(&here.join("secs/runs").join(id).join("evaluation.json"))["steps"].as_u64().unwrap() > 3);
    for (set, expected) in [
        ("run.steps=3", "budget.steps"),
        ("run.mode=magic", "magic"),
        ("run.data=others", "data.others"),
        ("run.no_such_key=1", "no_such_key"),
        ("no_such_key=1", "no_such_key"),
        ("run.budget={ flops = 1.0 }", "less than one step"),
        ("data.pictures=nowhere", "nowhere"),
        ("data.pictures", "KEY=VALUE"),
    ] {
        let output = run(here, &["experiment", "tiny.toml", "--out", "refused", "--set", set]);
        let said = complaint(&output);
        assert_eq!(output.status.code(), Some(1), "{set}: {said}");
        assert!(said.contains(expected), "{set}: {said}");
    }
    let output = run(here, &["experiment", "tiny.toml", "--out", "x", "--shard", "3/2"]);
    assert_eq!(output.status.code(), Some(2));
    let output = run(here, &["report", "nowhere"]);
    assert!(output.status.code() == Some(1) && complaint(&output).contains("experiment.json"));
}
