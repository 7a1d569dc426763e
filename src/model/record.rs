//! The marks that rekon leaves on what it manages, and what the record among them says.
//!
//! A record is the value of one tag, so it has 256 characters: a version, a digest of the
//! ARN, flags, and a short digest of each attribute as it was last applied.
//!
//! ```text
//! 1:Xo3kPz0Q:p:r5QfZi8aM1...:Kq0Z9aBc...
//! ```
//!
//! Of the attributes, each has its letter (`Shape::letter`) and four characters; a capital
//! letter stands alone and says that the attribute was not managed. One that is not there
//! was absent. Of the tags, each has four characters for its key and four for its value.

use std::collections::BTreeMap;
use std::fmt;

use sha2::{Digest as _, Sha256};

use super::{Attribute, Dialect, Value};

/// The tag that says which stack manages a processor.
pub const STACK_TAG: &str = "rekon:stack";
/// The tag that holds the record.
pub const RECORD_TAG: &str = "rekon:applied";

const VERSION: &str = "1";
/// How long the value of a tag may be, in characters.
const LONGEST: usize = 255;

/// What was last applied to a processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    arn: Digest<8>,
    /// Whether `lifecycle.prevent_destroy` protected it: that outlives its table.
    pub protected: bool,
    /// `None`: attributes are not recorded (`stack.record = "none"`).
    applied: Option<Applied>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Applied {
    /// By letter; `None`: it was not managed.
    fixed: BTreeMap<char, Option<Digest<4>>>,
    /// By the digest of the key.
    tags: BTreeMap<Digest<4>, Digest<4>>,
    /// More tags were applied than there is room for.
    cut: bool,
}

/// What is recorded of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// Nothing.
    Unknown,
    /// It was not managed.
    Unmanaged,
    /// It was absent.
    Absent,
    /// It had the value with this digest.
    Value(Digest<4>),
}

/// The beginning of a SHA-256, six bits a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest<const LENGTH: usize>([u8; LENGTH]);

impl<const LENGTH: usize> Digest<LENGTH> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    fn of(text: &str) -> Digest<LENGTH> {
        let hash = Sha256::digest(text);
        let bits = hash.iter().take(8).fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        Digest(std::array::from_fn(|at| {
            Self::LETTERS[usize::try_from(bits >> (58 - 6 * at) & 63).unwrap_or(0)]
        }))
    }

    fn parse(text: &str) -> Option<Digest<LENGTH>> {
        let bytes: [u8; LENGTH] = text.as_bytes().try_into().ok()?;
        bytes.iter().all(|byte| Self::LETTERS.contains(byte)).then_some(Digest(bytes))
    }
}

impl<const LENGTH: usize> fmt::Display for Digest<LENGTH> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{}", char::from(*byte)))
    }
}

fn digest(attribute: &Attribute, value: &Value) -> Digest<4> {
    // The path keeps equal values of different attributes apart.
    Digest::of(&format!("{}\n{}", attribute.shape().path, value.to_json(Dialect::Toml)))
}

/// An ARN without its partition, which nobody knows before the processor is there.
fn unpartitioned(arn: &str) -> &str {
    arn.splitn(3, ':').nth(2).unwrap_or(arn)
}

impl Recorded {
    /// Whether this is what is recorded.
    pub fn is(self, attribute: &Attribute, value: Option<&Value>) -> bool {
        match (self, value) {
            (Recorded::Absent, None) => true,
            (Recorded::Value(recorded), Some(value)) => recorded == digest(attribute, value),
            _ => false,
        }
    }
}

impl Record {
    /// A record that binds its processor to its stack and says nothing of attributes.
    pub fn new(arn: &str, protected: bool) -> Record {
        Record { arn: Digest::of(unpartitioned(arn)), protected, applied: None }
    }

    /// Reads the value of the tag; what this version did not write is no record.
    pub fn parse(text: &str) -> Option<Record> {
        let mut parts = text.split(':');
        if parts.next()? != VERSION {
            return None;
        }
        let arn = Digest::parse(parts.next()?)?;
        let flags = parts.next()?;
        let applied = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => None,
            (Some(fixed), Some(tags), None) => Some(Applied {
                fixed: parse_fixed(fixed)?,
                tags: parse_tags(tags)?,
                cut: flags.contains('t'),
            }),
            _ => return None,
        };
        Some(Record { arn, protected: flags.contains('p'), applied })
    }

    /// Whether it was written for the processor with this ARN; a copied one proves nothing.
    pub fn binds(&self, arn: &str) -> bool {
        self.arn == Digest::of(unpartitioned(arn))
    }

    /// Has it say something of attributes.
    pub fn begin(&mut self) {
        self.applied = Some(Applied::default());
    }

    /// Notes what is applied. Of tags only those that are there can be noted.
    pub fn note(&mut self, attribute: &Attribute, value: Option<&Value>) {
        let recorded =
            value.map_or(Recorded::Absent, |value| Recorded::Value(digest(attribute, value)));
        self.keep(attribute, recorded);
    }

    /// Notes what was recorded before, or that an attribute is not managed.
    pub fn keep(&mut self, attribute: &Attribute, recorded: Recorded) {
        let Some(applied) = &mut self.applied else { return };
        match (attribute.tag(), recorded) {
            (Some(key), Recorded::Value(value)) => {
                applied.tags.insert(Digest::of(key), value);
            }
            (None, Recorded::Value(value)) => {
                applied.fixed.insert(attribute.shape().letter, Some(value));
            }
            (None, Recorded::Unmanaged) => {
                applied.fixed.insert(attribute.shape().letter, None);
            }
            _ => {}
        }
    }

    /// What is recorded of an attribute. Of a tag that is not there nobody can say whether
    /// it was absent or not managed.
    pub fn recorded(&self, attribute: &Attribute) -> Recorded {
        let Some(applied) = &self.applied else { return Recorded::Unknown };
        match attribute.tag() {
            None => match applied.fixed.get(&attribute.shape().letter) {
                None => Recorded::Absent,
                Some(None) => Recorded::Unmanaged,
                Some(Some(digest)) => Recorded::Value(*digest),
            },
            Some(key) => match applied.tags.get(&Digest::of(key)) {
                Some(digest) => Recorded::Value(*digest),
                None if applied.cut => Recorded::Unknown,
                None => Recorded::Absent,
            },
        }
    }

    /// Whether rekon set the tag of this key.
    pub fn set_tag(&self, key: &str) -> bool {
        self.applied.as_ref().is_some_and(|applied| applied.tags.contains_key(&Digest::of(key)))
    }

    /// Whether it says something of attributes.
    pub fn tells_attributes(&self) -> bool {
        self.applied.is_some()
    }

    /// As it is read back: without the tags for which there is no room.
    pub fn settled(&self) -> Record {
        Record::parse(&self.to_string()).unwrap_or_else(|| self.clone())
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut flags = String::new();
        if self.protected {
            flags.push('p');
        }
        let Some(Applied { fixed, tags, cut }) = &self.applied else {
            return write!(f, "{VERSION}:{}:{flags}", self.arn);
        };
        let fixed: String = fixed
            .iter()
            .map(|(letter, digest)| match digest {
                Some(digest) => format!("{letter}{digest}"),
                None => letter.to_ascii_uppercase().to_string(),
            })
            .collect();
        let beside = VERSION.len() + 1 + 8 + 1 + flags.len() + 1 + 1 + fixed.len() + 1;
        let room = LONGEST.saturating_sub(beside) / 8;
        if *cut || tags.len() > room {
            flags.push('t');
        }
        write!(f, "{VERSION}:{}:{flags}:{fixed}:", self.arn)?;
        tags.iter().take(room).try_for_each(|(key, value)| write!(f, "{key}{value}"))
    }
}

fn parse_fixed(text: &str) -> Option<BTreeMap<char, Option<Digest<4>>>> {
    let (mut fixed, mut rest) = (BTreeMap::new(), text);
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        if letter.is_ascii_uppercase() {
            fixed.insert(letter.to_ascii_lowercase(), None);
        } else if letter.is_ascii_lowercase() {
            fixed.insert(letter, Some(Digest::parse(rest.get(..4)?)?));
            rest = &rest[4..];
        } else {
            return None;
        }
    }
    Some(fixed)
}

fn parse_tags(text: &str) -> Option<BTreeMap<Digest<4>, Digest<4>>> {
    let entry = |chunk: &[u8]| {
        let chunk = std::str::from_utf8(chunk).ok()?;
        Some((Digest::parse(chunk.get(..4)?)?, Digest::parse(chunk.get(4..)?)?))
    };
    text.as_bytes().chunks(8).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Float32, RunState};

    const ARN: &str = "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/front-door";

    fn sample() -> Record {
        let mut record = Record::new(ARN, true);
        record.begin();
        record.note(&Attribute::RoleArn, Some(&Value::text("role")));
        record.note(&Attribute::MinConfidence, Some(&Value::Number(Float32::whole(50))));
        record.keep(&Attribute::DesiredStatus, Recorded::Unmanaged);
        record.note(&Attribute::Tag("site".into()), Some(&Value::text("north")));
        record
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let record = sample();
        assert_eq!(Record::parse(&record.to_string()), Some(record.clone()), "{record}");
        let bare = Record::new(ARN, false);
        assert_eq!(Record::parse(&bare.to_string()), Some(bare.clone()), "{bare}");
        assert!(bare.binds(ARN) && !bare.binds(&ARN.replace("front", "back")));
        assert!(!bare.tells_attributes());
        assert_eq!(bare.recorded(&Attribute::RoleArn), Recorded::Unknown);
    }

    #[test]
    fn it_tells_values_absence_and_what_was_not_managed_apart() {
        let record = sample();
        let confidence = |number| Value::Number(Float32::whole(number));
        let recorded = record.recorded(&Attribute::MinConfidence);
        assert!(recorded.is(&Attribute::MinConfidence, Some(&confidence(50))));
        assert!(!recorded.is(&Attribute::MinConfidence, Some(&confidence(51))));
        assert!(!recorded.is(&Attribute::MinConfidence, None));
        assert!(record.recorded(&Attribute::KmsKeyId).is(&Attribute::KmsKeyId, None));
        assert_eq!(record.recorded(&Attribute::DesiredStatus), Recorded::Unmanaged);
        let running = Value::RunState(RunState::Running);
        assert!(!Recorded::Unmanaged.is(&Attribute::DesiredStatus, Some(&running)));
        assert!(record.set_tag("site") && !record.set_tag("team"));
    }

    #[test]
    fn equal_values_of_two_attributes_have_two_digests() {
        let text = Value::text("same");
        assert_ne!(digest(&Attribute::RoleArn, &text), digest(&Attribute::KmsKeyId, &text));
    }

    #[test]
    fn it_fits_into_a_tag_and_says_what_did_not() {
        let mut record = sample();
        for attribute in Attribute::FIXED {
            record.note(attribute, Some(&Value::text("x")));
        }
        for key in 0..200 {
            record.note(
                &Attribute::Tag(format!("key-{key}").as_str().into()),
                Some(&Value::text("v")),
            );
        }
        let text = record.to_string();
        assert!(text.len() <= LONGEST, "{}", text.len());
        assert!(text.chars().all(|char| char.is_ascii_alphanumeric() || ":-_".contains(char)));
        let again = Record::parse(&text).unwrap();
        let keys = (0..200).map(|key| Attribute::Tag(format!("key-{key}").as_str().into()));
        let cut = keys.filter(|key| again.recorded(key) == Recorded::Unknown).count();
        assert!((170..=180).contains(&cut), "{cut}");
        assert_eq!(record.settled(), again);
        assert_eq!(again.to_string(), text, "writing it again changes nothing");
    }

    #[test]
    fn what_is_no_record_of_this_version_is_none() {
        let good = sample().to_string();
        for bad in [
            "",
            "1",
            "1:",
            "1:short:",
            "2:Xo3kPz0Q:",
            "1:Xo3kPz0Q::r12",
            "1:Xo3kPz0Q::é:",
            "1:Xo3kPz0Q:::123",
            "1:Xo3kPz0Q::::",
            &format!("{good}x"),
        ] {
            assert_eq!(Record::parse(bad), None, "{bad}");
        }
    }
}
