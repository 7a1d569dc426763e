//! Mistakes of the command line and around it, and the words that are found for them.

use std::path::Path;
use std::process::Command;

use crate::support::{Run, copy_of, rekon, run};

fn output(command: &mut Command) -> Run {
    command.output().unwrap().into()
}

#[test]
fn a_profile_that_is_not_there_is_told_with_those_that_are() {
    let (folder, dir) = copy_of("minimal");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let config = file("config", "[default]\n[profile dev]\n[sso-session it]\n");
    let credentials = file("credentials", "[prod]\naws_access_key_id = A\n");
    let there =
        format!("{} has default, dev; {} has prod", config.display(), credentials.display());
    for (args, variable, origin) in [
        (&["plan", &dir, "--profile", "nope"][..], None, "--profile"),
        (&["snapshot", &dir][..], Some(("AWS_PROFILE", "nope")), "AWS_PROFILE"),
    ] {
        let mut command = rekon(args);
        command
            .envs(variable)
            .env("AWS_CONFIG_FILE", &config)
            .env("AWS_SHARED_CREDENTIALS_FILE", &credentials);
        let run = output(&mut command);
        let expected = format!("there is no profile nope, as {origin} asks for: {there}");
        assert_eq!(run.code, 1);
        assert!(run.stderr.contains(&expected), "{}", run.stderr);
    }
    // One that is there, and of no use, is another matter.
    let mut command = rekon(&["plan", &dir, "--profile", "dev"]);
    let run = output(command.env("AWS_CONFIG_FILE", &config));
    assert!(run.code == 1 && !run.stderr.contains("there is no profile"), "{}", run.stderr);
}

#[test]
fn what_was_typed_wrongly_is_told_with_what_was_meant() {
    let (_folder, dir) = copy_of("minimal");
    let (file, below) = (format!("{dir}/rekon.toml"), format!("{dir}/rekon.toml/man"));
    let url = "\"localhost:4742\" is no endpoint: it must be an http:// or https:// URL";
    for (args, words) in [
        (&["plan", &dir, "--emulator", "--limit", "0"][..], "must be a whole number from 1"),
        (&["plan", "--emulator", "nofile.json"], "given as `--emulator=nofile.json`"),
        (&["plan", &dir, "--endpoint-url", "localhost:4742"], url),
        (&["refresh"], "Instead: there is no state to keep: each `rekon plan` reads what exists"),
        (&["state", "list"], "Instead: there is no state to keep"),
        (&["destroy", &dir], "Instead: take its table away"),
        (&["fmt"], "Instead: any formatter of TOML does it"),
        (&["login"], "Instead: credentials are the AWS SDK's: `aws sso login`"),
        (&["pln"], "a similar subcommand exists: 'plan'"),
        (&["valdate"], "a similar subcommand exists: 'validate'"),
        (&["plan", "--onyl", "x"], "a similar argument exists: '--only'"),
        (&["plan", "--emulater"], "a similar argument exists: '--emulator'"),
        (&["plan", "--format", "jsn"], "a similar value exists: 'json'"),
        (&["plan", "--stck"], "unexpected argument '--stck' found"),
        (&["man", &file], "rekon.toml is no folder"),
        (&["man", &below], "cannot make "),
        (&["init", &dir], "rekon.toml is there already"),
        (&["import", &dir, "--split", "site"], "must be name, or tag: and a tag's key"),
    ] {
        let run = run(args);
        assert_eq!(run.code, 1, "{args:?}");
        assert!(run.stderr.contains(words), "{args:?}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{args:?}");
    }
}

#[test]
fn ten_thousand_equal_mistakes_fit_on_a_screen() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from(
        "[stack]\nname = \"s\"\naccount_id = \"111122223333\"\nregion = \"us-east-1\"\n\
         [defaults]\nrole_arn = \"arn:aws:iam::111122223333:role/R\"\n\
         output.s3_destination.bucket = \"results\"\n\
         settings.connected_home.labels = [\"PERSON\"]\n\
         notification_channel.sns_topic_arn = \"arn:aws:sns:us-east-1:111122223333:AmazonRekognition\"\n",
    );
    for at in 0..10_000 {
        let stream = format!("arn:aws:kinesisvideo:us-east-1:111122223333:stream/c{at}/1");
        text.push_str(&format!(
            "[processor.c{at}]\ninput.kinesis_video_stream.arn = \"{stream}\"\nkms_key_id = 5\n"
        ));
    }
    std::fs::write(folder.path().join("rekon.toml"), text).unwrap();
    let run = run(&["validate", folder.path().to_str().unwrap()]);
    assert_eq!(run.code, 1);
    assert_eq!(run.stderr.matches("error[wrong-type]").count(), 1, "{}", run.stderr);
    assert!(run.stderr.contains("10000 errors"), "counted: {}", run.stderr);
    assert!(run.stderr.lines().count() <= 24, "{}", run.stderr);
}

#[test]
fn from_a_folder_of_the_project_the_project_is_pointed_to() {
    let (_folder, dir) = copy_of("doorbells");
    let cameras = Path::new(&dir).join("cameras");
    for (dir, here, words) in [
        (".", cameras.as_path(), "the project is in `..`"),
        ("cameras", Path::new(&dir), "the project is in `.`"),
        (cameras.to_str().unwrap(), Path::new("/"), &format!("the project is in `{dir}`")),
    ] {
        let run = output(rekon(&["validate", dir]).current_dir(here));
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
}

#[test]
fn paths_in_text_are_as_seen_from_where_the_user_stands_and_in_json_from_the_project() {
    let (folder, dir) = copy_of("doorbells");
    let garage = Path::new(&dir).join("cameras/garage.toml");
    let here = folder.path().canonicalize().unwrap();
    let project = here.join("doorbells");
    let said = |dir: &str, here: &Path, args: &[&str]| {
        let run =
            output(rekon(&[&["plan", dir, "--emulator"][..], args].concat()).current_dir(here));
        format!("{}{}", run.stdout, run.stderr)
    };
    assert!(said("doorbells", &here, &[]).contains(" doorbells/cameras/garage.toml:3"));
    assert!(said(".", &project, &[]).contains(" cameras/garage.toml:3"));
    let absolute = format!(" {}/cameras/garage.toml:3", project.display());
    assert!(said("..", &project.join("cameras"), &[]).contains(" garage.toml:3"));
    assert!(
        said("../doorbells", &project.join("cameras/.."), &[]).contains(" cameras/garage.toml:3")
    );
    std::fs::create_dir(here.join("elsewhere")).unwrap();
    assert!(said("../doorbells", &here.join("elsewhere"), &[]).contains(&absolute));
    let json = said("doorbells", &here, &["--format", "json"]);
    assert!(json.contains("\"file\": \"cameras/garage.toml\""));
    // Complaints likewise.
    let text = std::fs::read_to_string(&garage).unwrap();
    std::fs::write(&garage, format!("{text}\nlabels = 3\n")).unwrap();
    assert!(said("doorbells", &here, &[]).contains("[doorbells/cameras/garage.toml:"));
    let outside = said("../doorbells", &here.join("elsewhere"), &[]);
    assert!(outside.contains(&format!("[{}/cameras/garage.toml:", project.display())), "{outside}");
    let json = said("doorbells", &here, &["--format", "json"]);
    assert!(json.contains("\"file\": \"cameras/garage.toml\""));
}
