//! Help, manual pages and completion, as a shell and its user meet them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use rekon::emulator::{Emulator, Faults, Options};

use crate::support::{Run, copy, copy_of, git, rekon, run};
use crate::world::served::{Served, Verdict};

/// The commands that `--help` lists.
fn commands() -> Vec<String> {
    let help = run(&["--help"]).stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = listed.map_while(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn every_example_of_every_help_runs() {
    let mut lines = 0;
    for command in commands() {
        let help = run(&[&command, "--help"]).stdout;
        let (_, end) = help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{help}"));
        let examples = end.split("\n\n").next().unwrap().lines().step_by(2).map(str::trim);
        // It serves until it is told to stop; its examples are parsed in another test.
        for line in examples.filter(|_| command != "emulator") {
            let (folder, dir) = copy_of("doorbells");
            copy(dir.as_ref(), &folder.path().join("before"));
            git(dir.as_ref(), &["init", "-q", "-b", "main"]);
            git(dir.as_ref(), &["add", "."]);
            git(dir.as_ref(), &["commit", "-q", "-m", "all"]);
            git(dir.as_ref(), &["update-ref", "refs/remotes/origin/main", "HEAD"]);
            fs::create_dir(Path::new(&dir).join("fleet")).unwrap();
            fs::copy(format!("{dir}/rekon.toml"), format!("{dir}/fleet/rekon.toml")).unwrap();
            let saved = format!("{dir}/plan.json");
            assert_eq!(run(&["plan", &dir, "--emulator", "--out", &saved]).code, 0);
            let line = line.split(" > ").next().unwrap().replace("~/", "home/");
            let args: Vec<&str> = line.split(' ').map(|arg| arg.trim_matches('\'')).collect();
            let run: Run = rekon(&args[1..]).current_dir(&dir).output().unwrap().into();
            let said = &run.stderr;
            let expected = match line.as_str() {
                // No run left anything, nobody has the profile, and half a project is none.
                "rekon restore . garage" => (1, "no run took garage away"),
                line if line.contains("--profile audit") => (1, "there is no profile audit"),
                line if line.starts_with("rekon init") => (1, "is there already"),
                line if line.contains("stack.yaml") => (1, "cannot read stack.yaml"),
                line if line.starts_with("rekon import") && !line.contains("--live") => {
                    (1, "no credentials")
                }
                line if line.starts_with("rekon import") => (0, ""),
                line if line.starts_with("rekon iam-policy") => (0, ""),
                line if line.contains("fleet") => (1, "matches no file"),
                line if line.contains("--live") || line.contains("--emulator") => (0, ""),
                // They come as far as asking for credentials.
                _ if ["plan", "apply", "drift", "accept", "snapshot"].contains(&args[1]) => {
                    (1, "no credentials")
                }
                _ => (0, ""),
            };
            assert!(run.code == expected.0 && said.contains(expected.1), "{line}: {said}");
            assert!(!said.contains("Usage:"), "{line}: {said}");
            lines += 1;
        }
    }
    assert!(lines > 20, "{lines}");
}

#[test]
fn each_command_has_a_page_with_its_options_examples_codes_and_variables() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("share/man1");
    let written = run(&["man", dir.to_str().unwrap()]);
    assert_eq!((written.code, written.stdout.as_str()), (0, ""), "{}", written.stderr);
    let mut names: Vec<String> = commands().iter().map(|name| format!("rekon-{name}.1")).collect();
    names.push("rekon.1".to_owned());
    let mut found: Vec<String> = fs::read_dir(&dir)
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    found.sort();
    assert_eq!(found, names);
    for name in &names {
        let page = fs::read_to_string(dir.join(name)).unwrap();
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "ENVIRONMENT"] {
            assert!(page.contains(&format!("\n.SH {section}\n")), "{name}: {section}");
        }
        assert!(page.contains("\n.SH \"EXIT STATUS\"\n"), "{name}");
        assert!(page.contains("129, 130, 143"), "{name}");
        assert!(!page.contains('\u{1b}'), "{name}");
    }
    let plan = fs::read_to_string(dir.join("rekon-plan.1")).unwrap();
    for words in ["\\-\\-detailed\\-exitcode", "rekon plan \\-\\-out plan.json", "REKON_LOG"] {
        assert!(plan.contains(words), "{words}: {plan}");
    }
    let validate = fs::read_to_string(dir.join("rekon-validate.1")).unwrap();
    assert!(!validate.contains("REKON_LOG") && validate.contains("NO_COLOR"));
    let emulator = fs::read_to_string(dir.join("rekon-emulator.1")).unwrap();
    assert!(emulator.contains("Quirks, the default first"));
    // Pages are written again over themselves, and never over a file.
    assert_eq!(run(&["man", dir.to_str().unwrap(), "--quiet"]).stderr, "");
    let page = dir.join("rekon.1");
    assert_eq!(run(&["man", page.to_str().unwrap()]).code, 1);
}

/// What a shell is told that the last of these words may become.
fn completed(shell: &str, here: &Path, words: &[&str]) -> Vec<String> {
    let mut command = rekon(&[&["--", "rekon"], words].concat());
    command
        .current_dir(here)
        .env("REKON_COMPLETE", shell)
        .env("_CLAP_COMPLETE_INDEX", words.len().to_string())
        .env("_CLAP_IFS", "\n");
    let run: Run = command.output().unwrap().into();
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{words:?}");
    run.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn names_come_from_the_project_of_the_command_line() {
    let (folder, dir) = copy_of("doorbells");
    let (here, above) = (Path::new(&dir), folder.path());
    for shell in ["bash", "zsh", "fish"] {
        let of = |here: &Path, words: &[&str]| completed(shell, here, words);
        assert_eq!(of(here, &["plan", "--only", "ga"]), ["garage", "garden"], "{shell}");
        assert_eq!(of(here, &["plan", "--only", "garage", "--exclude", "fr"]), ["front-door"]);
        assert_eq!(of(above, &["plan", "doorbells", "--only", "ga"]), ["garage", "garden"]);
        assert_eq!(of(above, &["apply", "doorbells", "--only=gara"]), ["--only=garage"]);
        assert_eq!(
            of(above, &["plan", "doorbells", "--tag", ""]),
            ["site=north", "team=home-security"]
        );
        // There is no project, and a folder is a folder.
        assert_eq!(of(above, &["plan", "--only", ""]), [""; 0]);
        assert_eq!(of(above, &["plan", "/nonexistent", "--only", ""]), [""; 0]);
        assert_eq!(of(above, &["validate", "do"]), ["doorbells/"]);
        let commands: Vec<String> = of(above, &["va"]);
        assert!(commands.len() == 1 && commands[0].starts_with("validate"), "{commands:?}");
    }
}

#[test]
fn what_is_half_written_or_broken_is_completed_silently() {
    let (_folder, dir) = copy_of("doorbells");
    let here = Path::new(&dir);
    let rekon_toml = here.join("rekon.toml");
    let text = fs::read_to_string(&rekon_toml).unwrap();
    fs::write(&rekon_toml, format!("{text}\n[processor.cellar]\nlabels = \n[[")).unwrap();
    // The other files are found by what the first one includes, which may be unknown.
    completed("bash", here, &["plan", "--only", ""]);
    fs::write(&rekon_toml, format!("{text}\n[processor.cellar]\nlabels = 3\n")).unwrap();
    assert_eq!(completed("bash", here, &["plan", "--only", "ce"]), ["cellar"]);
    fs::remove_file(&rekon_toml).unwrap();
    assert_eq!(completed("bash", here, &["plan", "--only", ""]), [""; 0]);
    for words in [&["nosuch", ""][..], &["plan", "--nosuch", ""], &["plan", "--limit", "x", ""]] {
        completed("bash", here, words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_took_away_is_what_can_be_restored() {
    let (_folder, dir) = copy_of("doorbells");
    let scripted = vec!["Create/garage=deny".parse().unwrap()];
    let options =
        Options { faults: Faults { scripted, ..Faults::default() }, ..Options::default() };
    let state = Path::new(&dir).join("live.json");
    let emulator = Emulator::open(options, Some(&state), None).unwrap();
    let served = Served::new(emulator, |_| Verdict::Answer).await;
    let run: Run = served.rekon(&["apply", &dir, "--auto-approve"]).output().unwrap().into();
    assert_eq!(run.code, 5, "{}", run.stderr);
    assert_eq!(completed("bash", Path::new(&dir), &["restore", ".", "g"]), ["garage"]);
    assert_eq!(completed("bash", Path::new("/"), &["restore", &dir, ""])[0], "garage");
}

/// Bash, with the script and the program, completing the last of these words.
fn in_bash(here: &Path, words: &[&str]) -> Vec<String> {
    let program = Path::new(env!("CARGO_BIN_EXE_rekon")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "source <(rekon completions bash); COMP_WORDS=(rekon {}); COMP_CWORD={}; \
         _clap_complete_rekon rekon '{}' x; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        words.len(),
        words[words.len() - 1],
    );
    let mut command = Command::new("bash");
    command.args(["--norc", "-c", &script]).current_dir(here).env_clear().env("PATH", path);
    let run: Run = command.output().unwrap().into();
    assert_eq!(run.stderr, "", "{words:?}");
    run.stdout.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn names_that_a_shell_might_obey_are_not_offered() {
    let (_folder, dir) = copy_of("minimal");
    let here = Path::new(&dir);
    let rekon_toml = here.join("rekon.toml");
    let text = fs::read_to_string(&rekon_toml).unwrap();
    let mean = "\n[processor.\"$(touch pwned)\"]\n[processor.\"f;touch pwned\"]\n\
                [processor.\"f\\nfive\"]\n[processor.\"f \u{202e}oor\"]\n[processor.f-o_o.2]\n\
                [template.t]\ntags = { ok = \"a:b/c@d\", \"f`touch pwned`\" = \"x\", f = \"a b\" }\n";
    let mean = mean.replace("f-o_o.2", "\"f-o_o.2\"");
    fs::write(&rekon_toml, format!("{text}{mean}")).unwrap();
    fs::create_dir(here.join("f$(touch pwned)")).unwrap();
    fs::create_dir(here.join("fleet")).unwrap();
    fs::set_permissions(here.join("fleet"), fs::Permissions::from_mode(0o000)).unwrap();
    assert_eq!(in_bash(here, &["plan", "--only", ""]), ["f-o_o.2", "front-door"]);
    assert_eq!(in_bash(here, &["plan", "--tag", "o"]), ["ok=a:b/c@d"]);
    assert_eq!(in_bash(here, &["plan", "f"]), ["fleet/"]);
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell]);
        assert!(script.code == 0 && script.stdout.contains("REKON_COMPLETE"), "{shell}");
    }
    assert_eq!(completed("fish", here, &["plan", "--only", "f"]), ["f-o_o.2", "front-door"]);
    assert!(!here.join("pwned").exists());
}

#[test]
fn a_variable_that_names_no_shell_changes_nothing() {
    let (_folder, dir) = copy_of("minimal");
    for value in ["", "0", "1", "nosuch"] {
        let run: Run =
            rekon(&["validate", &dir]).env("REKON_COMPLETE", value).output().unwrap().into();
        assert!(run.code == 0 && run.stdout.starts_with("Valid: "), "{value}: {}", run.stdout);
    }
}
