//! Who may know whom: a module names only modules to its left.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules in order of dependence, core then edges.
const ORDER: [&str; 13] = [
    "model",
    "diagnostic",
    "config",
    "desired",
    "diff",
    "plan",
    "report",
    "import",
    "accept",
    "aws",
    "live",
    "apply",
    "cli",
];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The modules of the crate that a file names outside its comments.
fn named(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap();
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let group = rest.strip_prefix('{').and_then(|rest| rest.split_once(";"));
        match group {
            Some((group, _)) => names.extend(
                group
                    .split(|char: char| !char.is_alphanumeric() && char != '_')
                    .filter(|word| ORDER.contains(word) || *word == "emulator")
                    .map(str::to_owned),
            ),
            None => {
                let word: String = rest
                    .chars()
                    .take_while(|char| char.is_alphanumeric() || *char == '_')
                    .collect();
                names.insert(word);
            }
        }
    }
    names
}

#[test]
fn a_module_names_only_modules_to_its_left() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&root).unwrap();
        let room = relative.components().next().unwrap().as_os_str().to_string_lossy();
        let room = room.trim_end_matches(".rs").to_owned();
        let position = |name: &str| ORDER.iter().position(|room| *room == name);
        for other in named(&file) {
            let allowed = match (room.as_str(), other.as_str()) {
                ("main" | "lib", _) => true,
                (room, other) if room == other => true,
                ("emulator", _) => false,
                (room, "emulator") => room == "cli",
                (room, other) => match (position(room), position(other)) {
                    (Some(here), Some(there)) => there < here,
                    _ => true,
                },
            };
            if !allowed {
                wrong.push(format!("{} names {other}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_the_aws_module_names_the_sdk_and_only_report_draws() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    for file in files {
        let room = file.strip_prefix(&root).unwrap().components().next().unwrap();
        let room = room.as_os_str().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).unwrap();
        let names = |word: &str| {
            text.lines().any(|line| line.contains(word) && !line.trim_start().starts_with("//"))
        };
        assert!(room == "aws" || !names("aws_sdk_"), "{} names the SDK", file.display());
        for word in ["miette::", "similar::"] {
            assert!(room == "report" || !names(word), "{} names {word}", file.display());
        }
        let writer = names(".writer()") || names("aws::Writer") || names("Writer,");
        assert!(
            matches!(room.as_str(), "aws" | "apply" | "report" | "emulator")
                || file.ends_with("cli/carry_out.rs")
                || !writer,
            "{} reaches for a writer",
            file.display()
        );
    }
}
