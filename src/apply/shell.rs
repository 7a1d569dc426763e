//! Commands that can be copied from a report into any POSIX shell.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::{Options, RecoveryRoot};
use crate::report;

/// The command that brings a processor back from the trace of its run.
pub(super) fn restore(options: &Options<'_>, name: &str) -> String {
    let (project, elsewhere) = match &options.recovery {
        RecoveryRoot::Beside(project) => (project.as_path(), None),
        RecoveryRoot::Folder(folder) => (Path::new("."), Some(folder)),
    };
    let mut command = format!("rekon restore {}", path(project));
    if let Some(folder) = elsewhere {
        let option = [b"--recovery-dir=", folder.as_os_str().as_bytes()].concat();
        command.push_str(&format!(" {}", word(&option)));
    }
    command.push_str(&options.reconnect);
    if name.starts_with('-') {
        command.push_str(" --");
    }
    format!("{command} {}", word(name.as_bytes()))
}

/// A path that is an argument of its own.
pub fn path(path: &Path) -> String {
    // What begins with a dash would be taken for an option.
    let dashed = path.as_os_str().as_bytes().starts_with(b"-");
    let path = if dashed { Path::new(".").join(path) } else { path.to_owned() };
    word(path.as_os_str().as_bytes())
}

/// An option with a value, which may begin with a dash.
pub fn option(option: &str, value: &str) -> String {
    word(format!("{option}={value}").as_bytes())
}

/// Bytes as one word of a shell.
///
/// What cannot be printed as it is, because it is no text or because reports
/// spell it out, is left to `printf`, which every shell has; `$'...'` is not
/// known to all of them. No word of a command ends in a line break, which the
/// shell would take away.
fn word(bytes: &[u8]) -> String {
    let Some(text) = std::str::from_utf8(bytes).ok().filter(|text| report::escape(text) == *text)
    else {
        return format!("\"$(printf '{}')\"", bytes.iter().map(octal).collect::<String>());
    };
    let plain = |char: char| char.is_ascii_alphanumeric() || "_./-+=@%,:".contains(char);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A byte as the format of `printf` takes it.
fn octal(byte: &u8) -> String {
    match byte {
        b'%' => "%%".to_owned(),
        b'\\' | b'\'' | 0..=0x1f | 0x7f.. => format!("\\{byte:03o}"),
        _ => char::from(*byte).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::process::Command;

    use super::*;

    fn options(recovery: RecoveryRoot) -> Options<'static> {
        Options {
            identity: crate::aws::Identity { account_id: "1".into(), arn: String::new() },
            parallelism: 1,
            settle_timeout: std::time::Duration::ZERO,
            recovery,
            now: jiff::Timestamp::UNIX_EPOCH,
            service: None,
            reconnect: " --profile=x".into(),
            known: None,
        }
    }

    #[test]
    fn plain_words_stay_as_they_are() {
        let beside = options(RecoveryRoot::Beside("cameras".into()));
        assert_eq!(restore(&beside, "front-door"), "rekon restore cameras --profile=x front-door");
        let elsewhere = options(RecoveryRoot::Folder("/safe".into()));
        assert_eq!(
            restore(&elsewhere, "front-door"),
            "rekon restore . --recovery-dir=/safe --profile=x front-door"
        );
        assert_eq!(word(b"it's here"), "'it'\\''s here'");
    }

    #[test]
    fn a_shell_takes_every_folder_and_name_for_what_they_are() {
        let folders: [&[u8]; 8] = [
            b"/tmp/with space/x",
            b"-x/y",
            b"/it's \"quoted\" $HOME `id` \\ 100%/x",
            b"/two\nlines\tand '%d' \\n/x",
            b"~/x",
            b"/\xff\xfe/x",
            "/a\u{a0}b\u{202e}/x".as_bytes(),
            "/T\u{fc}r/*?[a]/x".as_bytes(),
        ];
        for folder in folders {
            for name in ["a", "-x", "--help"] {
                let project = Path::new(OsStr::from_bytes(folder)).to_owned();
                let command = restore(&options(RecoveryRoot::Beside(project)), name);
                assert_eq!(report::escape(&command), command, "printed as it is");
                let script = format!("rekon() {{ printf '%s\\0' \"$@\"; }}\n{command}");
                let output = Command::new("sh").arg("-c").arg(&script).output().unwrap();
                let words: Vec<&[u8]> =
                    output.stdout.split(|byte| *byte == 0).filter(|word| *word != b"--").collect();
                let expected = if folder[0] == b'-' { b"./-x/y" } else { folder };
                let profile: &[u8] = b"--profile=x";
                assert_eq!(
                    words,
                    [b"restore", expected, profile, name.as_bytes(), b""],
                    "{command}"
                );
            }
        }
    }
}
