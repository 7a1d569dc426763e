//! Words that once misled, as the real program says them now.

use serde_json::{Value, json};

use crate::support::{copy_of, run};

#[test]
fn quiet_prints_nothing_where_nothing_is_wrong() {
    let (_folder, dir) = copy_of("doorbells");
    for command in [
        &["validate", &dir][..],
        &["plan", &dir, "--emulator"],
        &["apply", &dir, "--emulator", "--auto-approve"],
        &["plan", &dir, "--emulator"],
    ] {
        let run = run(&[command, &["--quiet"]].concat());
        assert_eq!((run.code, run.stdout, run.stderr), (0, String::new(), String::new()));
    }
}

#[test]
fn what_no_file_declares_can_be_forbidden() {
    let (folder, dir) = copy_of("doorbells");
    let plan = run(&["plan", &dir, "--emulator", "--deny-undeclared", "--format", "json"]);
    assert_eq!(plan.code, 3, "{}", plan.stderr);
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    assert_eq!(plan["undeclared"], json!(["legacy-cam"]));
    assert_eq!(plan["refusals"][0]["code"], "undeclared");
    let apply = run(&["apply", &dir, "--emulator", "--auto-approve", "--deny-undeclared"]);
    assert_eq!(apply.code, 3, "{}", apply.stderr);
    assert!(apply.stdout.contains("refused[undeclared]: 1 processor of this"), "{}", apply.stdout);
    assert!(!std::path::Path::new(&dir).join(".rekon").exists());

    let saved = folder.path().join("plan.json").display().to_string();
    assert_eq!(run(&["plan", &dir, "--emulator", "--out", &saved]).code, 0);
    let late = run(&["apply", &saved, "--emulator", "--auto-approve", "--deny-undeclared"]);
    assert_eq!(late.code, 1, "{}", late.stdout);
    assert!(late.stderr.contains("belong to the plan"), "{}", late.stderr);
}

#[test]
fn writes_and_reads_are_told_apart() {
    let (_folder, dir) = copy_of("minimal");
    let apply = run(&["apply", &dir, "--emulator", "--auto-approve", "--format", "json"]);
    let outcome: Value = serde_json::from_str(&apply.stdout).unwrap();
    let calls = &outcome["summary"]["calls"];
    assert_eq!((&calls["made"], &calls["reads"]), (&json!(2), &json!(2)));
    assert!(apply.stderr.contains(" unchanged. 2 writes, "), "{}", apply.stderr);
}

#[test]
fn an_edited_zone_is_blamed_and_not_the_lists_that_name_it() {
    let (_folder, dir) = copy_of("doorbells");
    assert_eq!(run(&["apply", &dir, "--emulator", "--auto-approve"]).code, 0);
    let edit = |file: &str, from: &str, to: &str| {
        let path = format!("{dir}/{file}");
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
        text.lines().position(|line| line.contains(from)).unwrap() + 1
    };
    let blamed = || {
        let plan = run(&["plan", &dir, "--emulator", "--format", "json"]);
        let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
        let changes = plan["changes"].as_array().unwrap();
        let blamed = changes.iter().map(|change| {
            let source = &change["attributes"][0]["source"];
            let name = change["name"].as_str().unwrap();
            format!("{name} {}:{}", source["file"].as_str().unwrap(), source["line"])
        });
        blamed.collect::<Vec<_>>()
    };
    let zone = edit("rekon.toml", "width = 0.5, height = 0.6", "width = 0.5, height = 0.5");
    assert_eq!(blamed(), ["driveway", "garage"].map(|name| format!("{name} rekon.toml:{zone}")));
    let verbose = run(&["plan", &dir, "--emulator", "--verbose"]).stdout;
    assert!(verbose.contains(&format!("/rekon.toml:{zone}")), "{verbose}");
    edit("rekon.toml", "width = 0.5, height = 0.5", "width = 0.5, height = 0.6");
    let (from, to) = ("[0.10, 0.55], [0.90, 0.55]", "[0.10, 0.5], [0.90, 0.55]");
    let zone = edit("rekon.toml", from, to);
    assert_eq!(
        blamed(),
        ["back-door", "side-door"].map(|name| format!("{name} rekon.toml:{zone}"))
    );
    edit("rekon.toml", to, from);
    // A list that names another zone, or one more, is edited itself.
    let yard = edit("cameras/yard.toml", "{ zone = \"driveway\" }", "{ zone = \"doorstep\" }");
    assert_eq!(blamed(), [format!("driveway cameras/yard.toml:{yard}")]);
    let both = "{ zone = \"driveway\" }, { zone = \"doorstep\" }";
    edit("cameras/yard.toml", "{ zone = \"doorstep\" }", both);
    assert_eq!(blamed(), [format!("driveway cameras/yard.toml:{yard}")]);
}

/// On a terminal, as `script` plays one.
#[cfg(target_os = "linux")]
mod asked {
    use std::io::{Read as _, Write as _};
    use std::process::{Command, Stdio};

    use serde_json::{Value, json};

    use crate::support::{copy_of, rekon};

    /// Asks, and answers with some keys: what the terminal showed, and the exit code.
    fn answered(options: &str, keys: &str) -> (String, Option<i32>) {
        let (_folder, dir) = copy_of("doorbells");
        let program = rekon(&[]).get_program().to_str().unwrap().to_owned();
        let line = format!("'{program}' apply '{dir}' --emulator --color never {options}");
        let mut script = Command::new("script")
            .args(["--quiet", "--return", "--command", &line, "/dev/null"])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut shown, mut byte) = (Vec::new(), [0]);
        let mut output = script.stdout.take().unwrap();
        while !shown.ends_with(b"will do: ") && output.read(&mut byte).unwrap() > 0 {
            shown.push(byte[0]);
        }
        // While its input is open, so is the terminal.
        let mut input = script.stdin.take().unwrap();
        input.write_all(keys.as_bytes()).unwrap();
        input.flush().unwrap();
        output.read_to_end(&mut shown).unwrap();
        let code = script.wait().unwrap().code();
        (String::from_utf8(shown).unwrap().replace('\r', ""), code)
    }

    #[test]
    fn an_interrupt_is_answered_on_a_line_of_its_own() {
        let (shown, code) = answered("", "\u{3}");
        assert!(shown.ends_with("will do: ^C\nInterrupted: nothing was changed.\n"), "{shown}");
        assert_eq!(code, Some(130));
    }

    #[test]
    fn the_end_of_the_input_is_a_no() {
        let (shown, code) = answered("", "\u{4}");
        assert!(
            shown.contains("will do: ") && shown.ends_with("\nNothing was changed.\n"),
            "{shown}"
        );
        assert_eq!(code, Some(1));
    }

    #[test]
    fn programs_are_told_too_that_a_plan_was_not_agreed_to() {
        for (keys, code, exit, message) in [
            ("no\n", "declined", 1, "the plan was not answered with \"yes\": nothing was changed"),
            (
                "\u{3}",
                "interrupted",
                130,
                "SIGINT came before there was a result: nothing was changed",
            ),
        ] {
            let (shown, ended) = answered("--format json", keys);
            assert_eq!(ended, Some(exit), "{shown}");
            let at = shown.rfind("\n{\n").unwrap_or_else(|| panic!("{shown}"));
            let document: Value = serde_json::from_str(&shown[at..]).unwrap();
            let told = &document["diagnostics"][0];
            assert_eq!((&told["code"], &told["message"]), (&json!(code), &json!(message)));
        }
    }

    #[test]
    fn nobody_is_asked_about_what_was_not_shown() {
        let (shown, code) = answered("--quiet", "no\n");
        assert!(shown.contains("± garage") && shown.contains("Plan: 1 to create"), "{shown}");
        assert!(shown.ends_with("\nNothing was changed.\n"), "{shown}");
        assert_eq!(code, Some(1));
    }
}
