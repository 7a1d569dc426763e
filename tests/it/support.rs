//! Running the real program on copies of real projects.

use std::path::Path;
use std::process::{Command, Output};

use rekon::emulator::Options;
use tempfile::TempDir;

/// What a run of the program left behind.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A command of the program, away from the machine's own configuration.
pub fn rekon(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rekon"));
    command
        .args(args)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/nonexistent")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
    command
}

/// Runs the program to its end.
pub fn run(args: &[&str]) -> Run {
    rekon(args).output().unwrap().into()
}

/// Runs git in a folder, as somebody.
pub fn git(folder: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=t", "-c", "user.email=t@t.invalid"]);
    let output = command.args(["-c", "commit.gpgsign=false"]).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The options with a memory for every call of a test: the service has none of its own.
pub fn remembering(options: Options) -> Options {
    Options { journal_capacity: 100_000, ..options }
}

/// The projects among the examples that the repository ships.
pub fn examples() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.path().join("rekon.toml").exists())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A copy of an example that a test may write to.
pub fn copy_of(example: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join(example);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
    copy(&source, &target);
    let path = target.to_str().unwrap().to_owned();
    (folder, path)
}

/// Copies a folder, without what runs of the program left in it.
pub fn copy(source: &Path, target: &Path) {
    std::fs::create_dir_all(target).unwrap();
    for entry in std::fs::read_dir(source).unwrap() {
        let entry = entry.unwrap();
        // What someone's own run left there is not part of the example.
        if entry.file_name() == ".rekon" {
            continue;
        }
        let (from, to) = (entry.path(), target.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            std::fs::copy(from, to).unwrap();
        }
    }
}
