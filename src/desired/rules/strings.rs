//! Lengths and patterns of strings that are no ARNs, as the API model has them:
//! `CollectionId`, `S3Bucket`, `S3KeyPrefix`, `KmsKeyId`.

use crate::config::{Attributes, Slot};
use crate::diagnostic::{Code, Diagnostic};

/// Checks every such string of a table.
pub(super) fn check(attributes: &Attributes, diagnostics: &mut Vec<Diagnostic>) {
    let mut text = |name: &str, slot: Option<&Slot<String>>, rule: &Rule| {
        if let Some(at) = slot.and_then(Slot::at)
            && let Some(text) = at.get()
            && let Some((fault, help)) = rule.fault(text)
        {
            diagnostics.push(
                Diagnostic::new(Code::InvalidString, format!("`{name}` {}", rule.about))
                    .label(at.span, fault)
                    .help(help),
            );
        }
    };
    let face_search = attributes.settings.get().and_then(|settings| settings.face_search.get());
    text("collection_id", face_search.map(|face| &face.collection_id), &COLLECTION);
    let destination = attributes.output.get().and_then(|output| output.s3_destination.get());
    text("bucket", destination.map(|destination| &destination.bucket), &BUCKET);
    text("key_prefix", destination.map(|destination| &destination.key_prefix), &KEY_PREFIX);
    text("kms_key_id", Some(&attributes.kms_key_id), &KMS_KEY);
}

struct Rule {
    about: &'static str,
    shortest: usize,
    longest: usize,
    allowed: fn(char) -> bool,
    /// The first character, where it is narrower.
    first: fn(char) -> bool,
    alphabet: &'static str,
}

const fn any(_: char) -> bool {
    true
}

fn is_id(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_.-".contains(letter)
}

const COLLECTION: Rule = Rule {
    about: "is no collection's id",
    shortest: 1,
    longest: 255,
    allowed: is_id,
    first: any,
    alphabet: "letters, digits, `_`, `.` and `-`",
};

const BUCKET: Rule = Rule { about: "is no bucket's name", shortest: 3, ..COLLECTION };

const KEY_PREFIX: Rule = Rule {
    about: "is too long",
    shortest: 0,
    longest: 1024,
    allowed: any,
    first: any,
    alphabet: "any characters",
};

const KMS_KEY: Rule = Rule {
    about: "is no KMS key",
    shortest: 1,
    longest: 2048,
    allowed: |letter| letter.is_ascii_alphanumeric() || ":_/+=,@.-".contains(letter),
    first: |letter| letter.is_ascii_alphanumeric(),
    alphabet: "letters, digits and `:_/+=,@.-`, and begins with a letter or digit",
};

impl Rule {
    /// What is wrong with a text, and how it should be.
    fn fault(&self, text: &str) -> Option<(String, String)> {
        let length = text.chars().count();
        let help = match self.shortest {
            0 => format!("it has up to {} characters", self.longest),
            least => format!("it has {least} to {} characters: {}", self.longest, self.alphabet),
        };
        if length < self.shortest || length > self.longest {
            let plural = if length == 1 { "" } else { "s" };
            return Some((format!("this has {length} character{plural}"), help));
        }
        let wrong = text
            .chars()
            .enumerate()
            .find(|(at, letter)| !(self.allowed)(*letter) || *at == 0 && !(self.first)(*letter));
        wrong.map(|(_, letter)| (format!("{letter:?} is not allowed here"), help))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_count_characters_and_bounds_are_included() {
        assert!(KEY_PREFIX.fault(&"ü".repeat(1024)).is_none());
        assert!(KEY_PREFIX.fault(&"ü".repeat(1025)).is_some());
        assert!(BUCKET.fault("ab").is_some());
        assert!(BUCKET.fault("abc").is_none());
        assert!(COLLECTION.fault("").is_some());
        assert!(COLLECTION.fault(&"a".repeat(255)).is_none());
        assert!(KMS_KEY.fault("alias/a").is_none());
        assert!(KMS_KEY.fault("/a").is_some());
        assert!(COLLECTION.fault("a\n").is_some());
    }
}
