use std::path::Path;

use hyperscope::experiment::{read_results, sections, write_report};
use serde_json::{Value, json};

use crate::common::put;

/// Elements of HTML that have no end.
const VOID: [&str; 4] = ["meta", "img", "br", "hr"];

/// Every element that begins ends, in the right order, and no text has a sign of its own in it. Elements of SVG may end
/// in themselves.
pub(crate) fn is_well_formed(page: &str) {
    let page = page.strip_prefix("<!DOCTYPE html>").unwrap();
    let mut open: Vec<String> = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        let text = &rest[..at];
        let is_style = open.last().is_some_and(|name| name == "style");
        assert!(is_style || !text.contains('>'), "{text}");
        for entity in text.split('&').skip(1) {
            assert!(entity.find(';').is_some_and(|end| end < 8), "a bare & in {text}");
        }
        // An attribute may hold what looks like an end.
        let mut is_quoted = false;
        let end = rest[at..].find(|symbol| {
            is_quoted ^= symbol == '"';
            symbol == '>' && !is_quoted
        });
        let tag = &rest[at + 1..at + end.unwrap()];
        rest = &rest[at + end.unwrap() + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
        } else {
            let name = tag.split([' ', '/', '\n']).next().unwrap();
            assert!(name.chars().all(|symbol| symbol.is_ascii_alphanumeric()), "{tag}");
            if !tag.ends_with('/') && !VOID.contains(&name) {
                open.push(name.to_owned());
            }
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

/// Sources are in the page itself, and nothing is linked, imported or fetched.
pub(crate) fn refers_to_nothing(page: &str) {
    for source in page.split("src=\"").skip(1) {
        assert!(source.starts_with("data:"), "{}", &source[..40.min(source.len())]);
    }
    // The name of SVG's language is no reference.
    let page = page.replace("http://www.w3.org/2000/svg", "");
    for word in
        ["http:", "https:", "href", "url(", "@import", "<script", "<link", "<iframe", "<object", "<base"]
    {
        assert!(!page.contains(word), "{word}");
    }
}

fn write(path: &Path, value: &Value) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    put(path, value.to_string().as_bytes());
}

fn planned(id: &str, mode: &str, seed: u32) -> Value {
    let size = json!({"trainable": 1_234_567, "frozen": 89, "field": 42, "weight_tokens": 3, "flops_per_step": 2_500_000_000_u64});
    json!({
        "id": id, "choices": [["mode", mode], ["learning_rate_new", "0.001"], ["seed", seed.to_string()]],
        "kind": "image", "mode": mode, "data": "photos", "backbone": null, "seed": seed,
        "budget": {"steps": 2}, "outcome": {"accepted": size},
    })
}

/// A run whose two held-out pictures have these figures, and two steps, the second of 1.5 s.
fn done(out: &Path, id: &str, psnr_db: [f64; 2], unseen_db: Option<f64>) {
    let item = |(index, psnr_db): (usize, f64)| {
        json!({"item": format!("{index} <&>.png"), "is_unseen": false,
               "figures": {"psnr_db": psnr_db, "ssim": psnr_db / 100.0, "si_sdr_db": null}})
    };
    let mut items: Vec<Value> = psnr_db.into_iter().enumerate().map(item).collect();
    items.extend(
        unseen_db.map(|own| json!({"item": "new.png", "is_unseen": true, "figures": {"psnr_db": own}})),
    );
    let evaluation = json!({
        "measure": {"items": 24, "views": 6, "refine_steps": 0, "shown": 0}, "steps": 2, "learned_from": 17,
        "model_sha256": format!("model of {id}"), "data_sha256": "data", "started_from": "vit sha256:0", "items": items,
        "shown": [],
    });
    let folder = out.join("runs").join(id);
    write(&folder.join("evaluation.json"), &evaluation);
    put(&folder.join("run.toml"), b"steps = 2\n");
    let step = |step: u32, seconds: f64| {
        json!({"what": "step", "seconds": seconds, "step": step, "loss": 0.1, "psnr_db": 10.0,
               "learning_rate": 0.1, "gradient_norm": 1.0})
    };
    let held_out =
        json!({"what": "held-out", "seconds": 9.0, "step": 2, "psnr_db": 11.0, "ssim": 0.5, "each": {}});
    let torn = r#"{"what": "step", "sec"#;
    let text =
        [step(1, 4.0).to_string(), step(2, 5.5).to_string(), held_out.to_string(), torn.into()].join("\n");
    put(&folder.join("metrics.jsonl"), text.as_bytes());
}

/// Means of items, then mean and standard deviation of seeds, worked out by hand.
#[test]
fn the_tables_are_what_one_works_out_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    let mut refused = planned("c0", "prompt", 0);
    refused["outcome"] = json!({"refused": "it has no backbone & more"});
    let runs = [
        planned("a0", "scratch", 0),
        planned("a1", "scratch", 1),
        planned("a2", "scratch", 2),
        planned("b0", "finetune", 0),
        refused,
    ];
    let measure = json!({"items": 24, "views": 6, "refine_steps": 0, "shown": 0});
    let experiment =
        json!({"title": "Scratch | <others>", "about": "Why & how", "measure": measure, "runs": runs});
    write(&out.join("experiment.json"), &experiment);
    // Means 21, 24 and, of one that is not done, nothing: 22.5, deviation sqrt((1.5^2 + 1.5^2) / 1) = 2.1213.
    done(out, "a0", [20.0, 22.0], Some(15.0));
    done(out, "a1", [23.0, 25.0], Some(16.0));
    done(out, "b0", [30.0, 31.0], Some(12.0));

    let written = write_report(out).unwrap();
    assert_eq!((written.done, written.waiting, written.refused), (3, 1, 1));
    let text = std::fs::read_to_string(&written.markdown).unwrap();
    for expected in [
        "# Scratch | <others>",
        "3 of 4 runs done, 1 refused",
        "| arm | seeds | PSNR, dB | SSIM | SI-SDR, dB |",
        "| scratch | 2 of 3 | 22.50 ± 2.12 | 0.225 ± 0.021 | - |",
        "| finetune | 1 of 1 | **30.50** | **0.305** | - |",
        // Of what training left out: 15 and 16 are 15.5, deviation sqrt(0.5).
        "| scratch | 2 of 3 | **15.50 ± 0.71** |",
        "| finetune | 1 of 1 | 12.00 |",
        "6 figures of single items",
        // Two steps of 1.5 s in each run.
        "| scratch | 1,234,567 | 89 | 42 | 17 | 2 | 3 ± 0 | 2.5 |",
        "| a0 | data | vit sha256:0 | model of a0 |",
        "- prompt, 0.001, 0: it has no backbone & more",
        "## Not done yet\n\n- scratch, 0.001, 2\n",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    let page = std::fs::read_to_string(&written.html).unwrap();
    is_well_formed(&page);
    refers_to_nothing(&page);
    for expected in
        ["Scratch | &lt;others&gt;", "22.50 ± 2.12", "<td class=\"best\">30.50</td>", "0 &lt;&amp;&gt;.png"]
    {
        assert!(page.contains(expected), "{expected}");
    }
    let (_, results) = read_results(out).unwrap();
    let all = sections(&results);
    let spread = all[0].arms[0].figure("psnr_db", false).unwrap();
    assert!((spread.mean - 22.5).abs() < 1e-12 && (spread.deviation.unwrap() - 4.5_f64.sqrt()).abs() < 1e-12);
    assert_eq!((results[0].curve.steps.len(), results[0].curve.held_out.len()), (2, 1));
    assert!((results[0].curve.step_secs - 3.0).abs() < 1e-12);
}
