//! The sessions of the README and the tour, run with the real program.
//!
//! Each section begins with a fresh copy of `examples/`. A `diff` block is an
//! edit of a file, a `toml` block with a `[stack]` a whole project. A `console` block is a session: `$ rekon ...` is run, with
//! `> FILE` for a redirection, and what follows is all that a terminal would
//! show; `$ aws ...` is done to the service that the minimal example plays; `$ echo $?` shows the exit code, which is 0 where it is not shown. A
//! line `...` stands for any lines. What is quoted in the README is a comment in Markdown, as it is rendered.
//!
//! `REKON_UPDATE_CASES=1` writes what the program says into the pages, for
//! review.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use aws_sdk_rekognition::config::{Credentials, Region};
use aws_sdk_rekognition::types::StreamProcessorDataSharingPreference;
use rekon::emulator::{Emulator, Options};
use serde_json::Value;
use similar::TextDiff;
use snapbox::IntoData as _;
use snapbox::filter::NormalizeToExpected;
use tempfile::TempDir;

use crate::support::{copy, rekon, run};

/// The pages that are about using rekon.
const PAGES: [&str; 12] = [
    "README.md",
    "docs/existing-fleet.md",
    "docs/tour.md",
    "docs/configuration.md",
    "docs/changes.md",
    "docs/import.md",
    "docs/drift.md",
    "docs/review.md",
    "docs/commands.md",
    "docs/formats.md",
    "docs/aws.md",
    "docs/performance.md",
];

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn the_pages_show_what_the_program_says() {
    let sessions: Vec<usize> = PAGES.into_iter().map(replay).collect();
    assert!(sessions[0] > 0 && sessions[1] > 0, "{sessions:?}");
}

/// Runs a page's sessions, and says how many there are.
fn replay(name: &str) -> usize {
    let readme = page(name);
    let mut replayed = String::new();
    let mut sessions = 0;
    let mut place = Place::new();
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        replayed.push_str(line);
        replayed.push('\n');
        if line.starts_with('#') {
            place = Place::new();
        } else if let Some(language) = line.strip_prefix("```").filter(|rest| !rest.is_empty()) {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            match language {
                "console" => {
                    replayed.push_str(&place.replay(&block));
                    sessions += 1;
                }
                _ => {
                    match language {
                        "diff" if block[0].starts_with("--- ") => place.edit(&block),
                        "toml" if block.contains(&"[stack]") => place.validate(&block),
                        _ => {}
                    }
                    block.iter().for_each(|line| replayed.extend([line, "\n"]));
                }
            }
            replayed.push_str("```\n");
        }
    }
    if replayed != readme && std::env::var_os("REKON_UPDATE_CASES").is_some() {
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(name), &replayed).unwrap();
        return sessions;
    }
    let diff = TextDiff::from_lines(&readme, &replayed);
    let diff = diff.unified_diff().header(name, "what the program says").to_string();
    assert!(replayed == readme, "REKON_UPDATE_CASES=1 accepts this:\n{diff}");
    sessions
}

#[test]
fn the_comment_that_the_readme_shows_is_one_that_the_program_makes() {
    let readme = page("README.md");
    let command = readme.lines().find_map(|line| line.strip_prefix("<!-- rekon ")).unwrap();
    let args: Vec<&str> = command.strip_suffix(" -->").unwrap().split(' ').collect();
    let root = env!("CARGO_MANIFEST_DIR");
    let made = String::from_utf8(rekon(&args).current_dir(root).output().unwrap().stdout).unwrap();
    let shown = readme.lines().filter_map(|line| line.strip_prefix('>')).map(str::trim_start);
    let shown: Vec<&str> = shown.filter(|line| !line.is_empty()).collect();
    assert!(shown.len() > 10, "{shown:?}");
    let mut rest = made.lines();
    for line in shown {
        assert!(rest.any(|made| made == line), "not made, or not in this order: {line}\n{made}");
    }
}

#[test]
fn the_readme_is_short_and_every_link_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(page("README.md").lines().count() < 350);
    let others = ["docs/emulator.md", "docs/diagnostics.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];
    for name in PAGES.into_iter().chain(others) {
        let (text, folder) = (page(name), root.join(name).parent().unwrap().to_owned());
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { root.join(name) } else { folder.join(file) };
            assert!(path.exists(), "{name}: there is no {target}");
            if !anchor.is_empty() {
                let text = fs::read_to_string(&path).unwrap();
                let headings = text.lines().filter(|line| line.starts_with('#')).map(slug);
                assert!(headings.into_iter().any(|it| it == anchor), "{name}: no {target}");
            }
        }
    }
}

/// The anchor of a heading.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|char| char.is_alphanumeric() || "-_ ".contains(*char));
    kept.map(|char| if char == ' ' { '-' } else { char }).collect()
}

#[test]
fn the_pages_name_every_command_option_and_key() {
    let pages = PAGES.map(page).concat();
    let said: BTreeSet<&str> = words(&pages).collect();
    let mut names = BTreeSet::from(["rekon".to_owned()]);
    let help = run(&["--help"]).stdout;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    for command in commands.map_while(|line| line.split_whitespace().next()) {
        // The emulator's own options are its own page's business.
        if !["emulator", "help"].contains(&command) {
            let help = run(&[command, "--help"]).stdout;
            let options = words(&help).filter(|word| word.starts_with("--") && word.len() > 2);
            names.extend(options.filter(|option| *option != "--help").map(str::to_owned));
        }
        names.insert(command.to_owned());
    }
    keys(&serde_json::from_str(&run(&["schema"]).stdout).unwrap(), &mut names);
    assert!(names.contains("--emulator") && names.contains("min_confidence"), "{names:?}");
    let missing: Vec<&String> = names.iter().filter(|name| !said.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "no page says what these are: {missing:?}");
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !(char.is_alphanumeric() || "-_".contains(char)))
}

/// Every key that a JSON Schema names.
fn keys(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                found.extend(properties.keys().cloned());
            }
            members.values().for_each(|member| keys(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

/// A folder with a copy of the examples, in which a section's commands run.
struct Place {
    folder: TempDir,
    last_code: i32,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        copy(&examples, &folder.path().join("examples"));
        Place { folder, last_code: 0 }
    }

    /// Does to a file what a unified diff of one hunk says.
    fn edit(&self, diff: &[&str]) {
        let path = self.folder.path().join(diff[0].trim_start_matches("--- "));
        let side = |other: char| -> String {
            let lines = diff
                .iter()
                .filter(|line| !["--- ", "+++ ", "@@"].iter().any(|head| line.starts_with(head)));
            let lines = lines.filter(|line| !line.starts_with(other));
            lines.map(|line| format!("{}\n", line.get(1..).unwrap_or_default())).collect()
        };
        let (before, after) = (side('+'), side('-'));
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(&before).count(), 1, "{} once in {}", before, path.display());
        fs::write(&path, text.replace(&before, &after)).unwrap();
    }

    /// Checks that a project has no errors.
    fn validate(&mut self, project: &[&str]) {
        let folder = self.folder.path().join("project");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("rekon.toml"), project.join("\n")).unwrap();
        let said = self.run("rekon validate project");
        assert_eq!(self.last_code, 0, "{said}");
    }

    /// Runs a session's commands; gives the session as it really goes.
    fn replay(&mut self, session: &[&str]) -> String {
        let mut replayed = String::new();
        let mut rest = session;
        while let Some((line, after)) = rest.split_first() {
            let command = line.strip_prefix("$ ").unwrap_or_else(|| panic!("no command: {line}"));
            let end = after.iter().position(|line| line.starts_with("$ ")).unwrap_or(after.len());
            let (shown, next) = after.split_at(end);
            let shown: String = shown.iter().flat_map(|line| [line, "\n"]).collect();
            let said = match command {
                "echo $?" => format!("{}\n", std::mem::take(&mut self.last_code)),
                _ if command.starts_with("aws ") => self.console(command),
                _ => self.run(command),
            };
            if next.first().is_none_or(|line| *line != "$ echo $?") {
                assert_eq!(self.last_code, 0, "`{command}` fails: {said}");
            }
            replayed.extend([*line, "\n", &as_shown(said, &shown)]);
            rest = next;
        }
        replayed
    }

    /// Does to the state of the minimal example what the one command of the AWS CLI that the
    /// pages show does to a service.
    fn console(&mut self, command: &str) -> String {
        let words: Vec<&str> = command.split(' ').collect();
        let ["aws", "rekognition", "update-stream-processor", "--name", name, option, value] =
            *words
        else {
            panic!("{command}")
        };
        assert_eq!(option, "--data-sharing-preference-for-update");
        let opt_in = value == "OptIn=true";
        let state = self.folder.path().join("examples/minimal/.rekon/emulator.json");
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let emulator = Emulator::open(Options::default(), None, Some(&state)).unwrap();
            let config = aws_sdk_rekognition::Config::builder()
                .behavior_version_latest()
                .region(Region::new("us-east-1"))
                .credentials_provider(Credentials::new("console", "secret", None, None, "test"))
                .http_client(emulator.http_client())
                .build();
            let update = aws_sdk_rekognition::Client::from_conf(config).update_stream_processor();
            let sharing = StreamProcessorDataSharingPreference::builder().opt_in(opt_in).build();
            let update = update.name(name).data_sharing_preference_for_update(sharing);
            // It is busy for a moment after the last one.
            while let Err(error) = update.clone().send().await {
                assert!(error.into_service_error().is_resource_in_use_exception());
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            emulator.flush().await.unwrap();
        });
        String::new()
    }

    /// Runs a command; gives what a terminal would show.
    fn run(&mut self, command: &str) -> String {
        let (command, file) = match command.split_once(" > ") {
            Some((command, file)) => (command, Some(file)),
            None => (command, None),
        };
        let args: Vec<&str> = command.split(' ').map(|arg| arg.trim_matches('\'')).collect();
        assert_eq!(args[0], "rekon", "only rekon's own sessions can be replayed: {command}");
        let (mut reader, writer) = std::io::pipe().unwrap();
        let mut child = {
            let mut command = rekon(&args[1..]);
            command.current_dir(self.folder.path()).stderr(writer.try_clone().unwrap());
            match file {
                Some(file) => {
                    command.stdout(fs::File::create(self.folder.path().join(file)).unwrap())
                }
                None => command.stdout(writer),
            };
            command.spawn().unwrap()
        };
        let mut said = String::new();
        reader.read_to_string(&mut said).unwrap();
        self.last_code = child.wait().unwrap().code().unwrap_or(-1);
        said
    }
}

/// What was said, in the README's words where they may differ: processors end in
/// any order, runs and plans have any time, and `...` stands for any lines.
fn as_shown(said: String, shown: &str) -> String {
    let mut lines: Vec<&str> = said.lines().collect();
    let ended = |line: &&&str| line.starts_with("✓ ") && !line.starts_with("✓ done");
    let order: Vec<&str> = shown.lines().collect();
    let order: Vec<&str> = order.iter().filter(ended).copied().collect();
    if let Some(first) = lines.iter().position(|line| ended(&line)) {
        let count = lines[first..].iter().take_while(|line| ended(line)).count();
        let place = |line: &&str| order.iter().position(|shown| shown == line);
        lines[first..first + count].sort_by_key(place);
    }
    let cost = |line: &str| line.find(" write").filter(|_| line.starts_with("Applied"));
    let settled = |line: &str| {
        let dated = [" · made 20", " · taken 20", ", UpdateStreamProcessor, 20"]
            .into_iter()
            .find_map(|mark| line.find(mark));
        cost(line).or(dated)
    };
    for line in &mut lines {
        let Some(end) = settled(line) else { continue };
        let same =
            shown.lines().find(|shown| settled(shown) == Some(end) && shown[..end] == line[..end]);
        *line = same.unwrap_or(line);
    }
    let said: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    let normalize = NormalizeToExpected::new().redact();
    let settled = normalize.normalize(said.into_data(), &shown.into_data().raw());
    settled.render().unwrap_or_default()
}
