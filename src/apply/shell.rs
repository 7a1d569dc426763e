//! Commands that can be copied from a report into any POSIX shell.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::report;

/// The command that applies a recovery folder, and nothing but this processor.
pub(super) fn restore(folder: &Path, name: &str) -> String {
    // A folder whose name begins with a dash would be taken for an option.
    let dashed = folder.as_os_str().as_bytes().starts_with(b"-");
    let folder = if dashed { Path::new(".").join(folder) } else { folder.to_owned() };
    format!("rekon apply {} {}", word(folder.as_os_str().as_bytes()), option("--only", name))
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

    #[test]
    fn plain_words_stay_as_they_are() {
        assert_eq!(
            restore(Path::new(".rekon/removed/x"), "front-door"),
            "rekon apply .rekon/removed/x --only=front-door"
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
                let command = restore(Path::new(OsStr::from_bytes(folder)), name);
                assert_eq!(report::escape(&command), command, "printed as it is");
                let script = format!("rekon() {{ printf '%s\\0' \"$@\"; }}\n{command}");
                let output = Command::new("sh").arg("-c").arg(&script).output().unwrap();
                let words: Vec<&[u8]> = output.stdout.split(|byte| *byte == 0).collect();
                let expected = if folder[0] == b'-' { b"./-x/y" } else { folder };
                let only = format!("--only={name}");
                assert_eq!(words, [b"apply", expected, only.as_bytes(), b""], "{command}");
            }
        }
    }
}
