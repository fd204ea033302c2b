//! The table in `src/lib.rs` is the architecture: every import that it does not allow fails here.

#![expect(clippy::unwrap_used, reason = "helpers of tests are not in test functions")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A row of the table.
struct Module {
    may_use: BTreeSet<String>,
    may_name: BTreeSet<String>,
}

fn source_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

fn words(cell: &str) -> BTreeSet<String> {
    let is_word = |word: &&str| !word.is_empty() && *word != "-";
    cell.split(',').map(|word| word.trim().trim_matches('`')).filter(is_word).map(Into::into).collect()
}

/// The rows of the module table, by module.
fn table(text: &str) -> BTreeMap<String, Module> {
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip_while(|line| !line.starts_with("//! | module |"))
        .skip(2)
        .take_while(|line| line.starts_with("//! |"))
        .map(|line| {
            line.trim_start_matches("//! |").trim_end_matches('|').split('|').map(str::trim).collect()
        })
        .collect();
    let names: BTreeSet<String> = rows.iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    rows.iter()
        .map(|row| {
            let name = row[0].trim_matches('`').to_owned();
            let may_use = match row[2].strip_prefix("all but ") {
                Some(other) => names.iter().filter(|module| module.as_str() != other).cloned().collect(),
                None => words(row[2]),
            };
            (name, Module { may_use, may_name: words(row[3]) })
        })
        .collect()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The code without its line comments.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// First segments of the paths that begin with `prefix`: of `crate::media::Picture`, `media`; and of
/// `crate::{field, media::Picture}`, both.
fn uses_of_crate(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(identifier(rest));
            continue;
        };
        let mut depth = 0;
        let mut at_start = true;
        for (index, symbol) in group.char_indices() {
            match symbol {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => at_start = true,
                symbol if symbol.is_whitespace() => {}
                _ if at_start => {
                    found.insert(identifier(&group[index..]));
                    at_start = false;
                }
                _ => {}
            }
        }
    }
    found
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|symbol| symbol.is_alphanumeric() || *symbol == '_').collect()
}

/// Whether the code names this crate at the start of a path.
fn names_crate(code: &str, name: &str) -> bool {
    let path = format!("{name}::");
    code.match_indices(&path).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|symbol| symbol.is_alphanumeric() || symbol == '_' || symbol == ':')
    })
}

#[test]
fn imports_go_where_the_table_allows() {
    let root = source_root();
    let modules = table(&read(&root.join("lib.rs")));
    assert!(modules.len() >= 10, "the table in src/lib.rs could not be read");
    let reserved: BTreeSet<&String> = modules.values().flat_map(|module| &module.may_name).collect();
    let mut broken = Vec::new();
    for (name, module) in &modules {
        let mut files = Vec::new();
        let folder = root.join(name);
        if folder.is_dir() {
            rust_files(&folder, &mut files);
        } else {
            files.push(root.join(format!("{name}.rs")));
        }
        for file in files {
            let code = code(&read(&file));
            for used in uses_of_crate(&code) {
                if modules.contains_key(&used) && used != *name && !module.may_use.contains(&used) {
                    broken.push(format!("{} uses crate::{used}", file.display()));
                }
            }
            // Tests of their own files read golden files, by whatever crate reads those.
            let is_of_tests = file.to_string_lossy().ends_with("_tests.rs");
            for external in reserved.iter().filter(|_| !is_of_tests) {
                if names_crate(&code, external) && !module.may_name.contains(*external) {
                    broken.push(format!("{} names {external}", file.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "not allowed by the table in src/lib.rs:\n{}", broken.join("\n"));
}

#[test]
fn every_folder_has_its_row_and_every_row_its_folder() {
    let root = source_root();
    let rows: BTreeSet<String> = table(&read(&root.join("lib.rs"))).into_keys().collect();
    let folders: BTreeSet<String> = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "lib" && name != "main")
        .collect();
    assert_eq!(rows, folders);
}

#[test]
fn files_stay_short_and_faces_hold_no_logic() {
    let mut files = Vec::new();
    rust_files(&source_root(), &mut files);
    for file in files {
        let text = read(&file);
        assert!(text.lines().count() <= 400, "{} is over 400 lines", file.display());
        if file.ends_with("mod.rs") {
            assert!(!code(&text).contains("fn "), "{} has logic", file.display());
        }
    }
}

#[test]
fn the_reader_of_imports_sees_what_it_should() {
    let code = "use crate::{field::{Field, Layer}, media};\nlet x = crate::model::load(my_burn::x, burn::y);";
    let expected = ["field", "media", "model"].map(String::from).into();
    assert_eq!(uses_of_crate(code), expected);
    assert!(names_crate(code, "burn") && !names_crate(code, "wgpu") && !names_crate("a::burn::b", "burn"));
}
