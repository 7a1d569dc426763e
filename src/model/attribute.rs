//! The attributes of a definition: one table says all that is known of each.
//!
//! Layers, `unset`, `ignore_changes`, differences, the TOML, the wire's JSON and
//! the calls that change a value all follow from this table. Adding an
//! attribute is an entry here, its rule in `desired::rules`, and its row in the
//! documentation.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{Float32, Kind};

/// What is known of an attribute.
#[derive(Debug)]
pub struct Shape {
    /// Its dotted path in TOML; of the tags, that of the table which holds them.
    pub path: &'static str,
    /// Its dotted place in a description and in CreateStreamProcessor; empty
    /// where it has none.
    pub wire: &'static str,
    /// A lower case letter of its own, by which a record names it for ever. Tags, which
    /// a record names by their keys, have none.
    pub letter: char,
    /// What type of value it has.
    pub value: Type,
    /// The kind that alone has a use for it; `None`: both have.
    pub kind: Option<Kind>,
    /// Where it has to be.
    pub required: Required,
    /// What its absence means.
    pub default: Default,
    /// What a change of it takes.
    pub change: Change,
}

/// The labels that the documentation of ConnectedHomeSettings names. The API model leaves
/// them open.
pub const KNOWN_LABELS: [&str; 4] = ["PERSON", "PET", "PACKAGE", "ALL"];

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Type {
    /// Characters, by the API model's length and by its pattern, which matches
    /// the whole value and takes `\d` for ASCII.
    Text {
        /// The least number of characters.
        shortest: usize,
        /// The greatest number of characters.
        longest: usize,
        /// What the whole value has to match.
        pattern: &'static str,
    },
    /// Percent as a float32, from 0 to 100.
    Percent,
    /// True or false.
    Flag,
    /// A set of 1 to 128 labels.
    Labels,
    /// A multiset of up to 10 boxes and polygons.
    Regions,
    /// Running or stopped.
    RunState,
}

/// Where a value has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Required {
    /// Nowhere.
    No,
    /// In the files, once their layers are merged.
    Declared,
    /// In the files, and in what the service shows.
    Always,
}

/// What the absence of a value means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Default {
    /// That there is none.
    None,
    /// The same as an empty value: no text, no regions, false. Canonical form
    /// leaves an empty value out.
    Empty,
    /// This number. Canonical form writes it out.
    Written(Float32),
    /// This number, which the service may show or leave out, as it likes.
    Shown(Float32),
}

/// What a change of a live processor's value takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is fixed at creation.
    Replace,
    /// UpdateStreamProcessor carries it at `member`; `removal` is its name in
    /// ParametersToDelete, where it has one. Label detection only.
    Update {
        /// Its dotted place in UpdateStreamProcessor.
        member: &'static str,
        /// Its name in ParametersToDelete.
        removal: Option<&'static str>,
    },
    /// TagResource and UntagResource.
    Tag,
    /// StartStreamProcessor and StopStreamProcessor. Face search only.
    Run,
}

impl Shape {
    const TEXT: Shape = Shape {
        path: "",
        wire: "",
        letter: ' ',
        value: Type::Text { shortest: 0, longest: usize::MAX, pattern: "" },
        kind: None,
        required: Required::No,
        default: Default::None,
        change: Change::Replace,
    };
}

/// Declares the attributes, in the order in which reports list them.
macro_rules! attributes {
    ($( $name:ident: $shape:expr, )*) => {
        /// One attribute of a definition; the order is that of reports.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Attribute {
            $( #[doc = concat!("See [`Shape`] for all that is known of `", stringify!($name), "`.")] $name, )*
            /// One tag, by its key.
            Tag(Arc<str>),
        }

        impl Attribute {
            /// Every attribute but the tags, whose keys are open.
            pub const FIXED: &'static [Attribute] = &[ $( Attribute::$name, )* ];

            /// What is known of the attribute.
            pub fn shape(&self) -> &'static Shape {
                static TAGS: Shape = Shape { path: "tags", wire: "Tags", change: Change::Tag, ..Shape::TEXT };
                match self {
                    $( Attribute::$name => {
                        static SHAPE: Shape = $shape;
                        &SHAPE
                    } )*
                    Attribute::Tag(_) => &TAGS,
                }
            }
        }
    };
}

attributes! {
    RoleArn: Shape {
        path: "role_arn",
        wire: "RoleArn",
        letter: 'r',
        value: Type::Text {
            shortest: 0,
            longest: usize::MAX,
            pattern: r"arn:aws:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+",
        },
        required: Required::Always,
        ..Shape::TEXT
    },
    Input: Shape {
        path: "input.kinesis_video_stream.arn",
        wire: "Input.KinesisVideoStream.Arn",
        letter: 'i',
        value: Type::Text {
            shortest: 0,
            longest: usize::MAX,
            pattern: r"arn:([a-z\d-]+):kinesisvideo:([a-z\d-]+):\d{12}:.+",
        },
        required: Required::Always,
        ..Shape::TEXT
    },
    OutputBucket: Shape {
        path: "output.s3_destination.bucket",
        wire: "Output.S3Destination.Bucket",
        letter: 'b',
        value: Type::Text { shortest: 3, longest: 255, pattern: r"[0-9A-Za-z\.\-_]*" },
        kind: Some(Kind::LabelDetection),
        required: Required::Declared,
        ..Shape::TEXT
    },
    OutputKeyPrefix: Shape {
        path: "output.s3_destination.key_prefix",
        wire: "Output.S3Destination.KeyPrefix",
        letter: 'p',
        value: Type::Text { shortest: 0, longest: 1024, pattern: "" },
        kind: Some(Kind::LabelDetection),
        default: Default::Empty,
        ..Shape::TEXT
    },
    OutputDataStream: Shape {
        path: "output.kinesis_data_stream.arn",
        wire: "Output.KinesisDataStream.Arn",
        letter: 'o',
        value: Type::Text {
            shortest: 0,
            longest: usize::MAX,
            pattern: r"arn:([a-z\d-]+):kinesis:([a-z\d-]+):\d{12}:.+",
        },
        kind: Some(Kind::FaceSearch),
        required: Required::Declared,
        ..Shape::TEXT
    },
    NotificationChannel: Shape {
        path: "notification_channel.sns_topic_arn",
        wire: "NotificationChannel.SNSTopicArn",
        letter: 'n',
        value: Type::Text {
            shortest: 0,
            longest: usize::MAX,
            pattern: r"arn:aws:sns:.*:\w{12}:.+",
        },
        kind: Some(Kind::LabelDetection),
        ..Shape::TEXT
    },
    KmsKeyId: Shape {
        path: "kms_key_id",
        wire: "KmsKeyId",
        letter: 'k',
        value: Type::Text {
            shortest: 1,
            longest: 2048,
            pattern: r"[A-Za-z0-9][A-Za-z0-9:_/+=,@.-]{0,2048}",
        },
        kind: Some(Kind::LabelDetection),
        ..Shape::TEXT
    },
    Labels: Shape {
        path: "settings.connected_home.labels",
        wire: "Settings.ConnectedHome.Labels",
        letter: 'l',
        value: Type::Labels,
        kind: Some(Kind::LabelDetection),
        required: Required::Always,
        change: Change::Update {
            member: "SettingsForUpdate.ConnectedHomeForUpdate.Labels",
            removal: None,
        },
        ..Shape::TEXT
    },
    MinConfidence: Shape {
        path: "settings.connected_home.min_confidence",
        wire: "Settings.ConnectedHome.MinConfidence",
        letter: 'm',
        value: Type::Percent,
        kind: Some(Kind::LabelDetection),
        default: Default::Shown(Float32::whole(50)),
        change: Change::Update {
            member: "SettingsForUpdate.ConnectedHomeForUpdate.MinConfidence",
            removal: Some("ConnectedHomeMinConfidence"),
        },
        ..Shape::TEXT
    },
    CollectionId: Shape {
        path: "settings.face_search.collection_id",
        wire: "Settings.FaceSearch.CollectionId",
        letter: 'c',
        value: Type::Text { shortest: 1, longest: 255, pattern: r"[a-zA-Z0-9_.\-]+" },
        kind: Some(Kind::FaceSearch),
        required: Required::Declared,
        ..Shape::TEXT
    },
    FaceMatchThreshold: Shape {
        path: "settings.face_search.face_match_threshold",
        wire: "Settings.FaceSearch.FaceMatchThreshold",
        letter: 'f',
        value: Type::Percent,
        kind: Some(Kind::FaceSearch),
        default: Default::Written(Float32::whole(80)),
        ..Shape::TEXT
    },
    RegionsOfInterest: Shape {
        path: "regions_of_interest",
        wire: "RegionsOfInterest",
        letter: 'g',
        value: Type::Regions,
        kind: Some(Kind::LabelDetection),
        default: Default::Empty,
        change: Change::Update {
            member: "RegionsOfInterestForUpdate",
            removal: Some("RegionsOfInterest"),
        },
        ..Shape::TEXT
    },
    DataSharing: Shape {
        path: "data_sharing_preference.opt_in",
        wire: "DataSharingPreference.OptIn",
        letter: 'd',
        value: Type::Flag,
        kind: Some(Kind::LabelDetection),
        default: Default::Empty,
        change: Change::Update {
            member: "DataSharingPreferenceForUpdate.OptIn",
            removal: None,
        },
        ..Shape::TEXT
    },
    DesiredStatus: Shape {
        path: "desired_status",
        letter: 's',
        value: Type::RunState,
        kind: Some(Kind::FaceSearch),
        change: Change::Run,
        ..Shape::TEXT
    },
}

/// No attribute has this path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no attribute {0:?}")]
pub struct UnknownAttribute(pub String);

impl Attribute {
    /// The path's segments, as the TOML nests them.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        let key = match self {
            Attribute::Tag(key) => Some(&**key),
            _ => None,
        };
        self.shape().path.split('.').chain(key)
    }

    /// The key, of a tag.
    pub fn tag(&self) -> Option<&str> {
        match self {
            Attribute::Tag(key) => Some(key),
            _ => None,
        }
    }

    /// The one-of table that the attribute is part of, and the variant of it:
    /// `settings` and `connected_home`. Naming another variant replaces this one.
    pub fn variant(&self) -> Option<(&'static str, &'static str)> {
        let mut segments = self.shape().path.split('.');
        let table = segments.next().filter(|table| matches!(*table, "settings" | "output"))?;
        Some((table, segments.next()?))
    }

    /// Whether a change of a live processor of this kind takes its replacement.
    ///
    /// UpdateStreamProcessor rejects face search processors, and label detection
    /// is neither started nor stopped.
    pub fn replaces(&self, kind: Kind) -> bool {
        match self.shape().change {
            Change::Replace => true,
            Change::Update { .. } => kind != Kind::LabelDetection,
            Change::Run => kind != Kind::FaceSearch,
            Change::Tag => false,
        }
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shape().path)?;
        match self.tag() {
            Some(key) => write!(f, ".{key}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Attribute {
    type Err = UnknownAttribute;

    fn from_str(path: &str) -> Result<Attribute, UnknownAttribute> {
        if let Some(key) = path.strip_prefix("tags.") {
            return Ok(Attribute::Tag(key.into()));
        }
        let found = Attribute::FIXED.iter().find(|attribute| attribute.shape().path == path);
        found.cloned().ok_or_else(|| UnknownAttribute(path.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_read_back_as_its_attribute() {
        let tag = Attribute::Tag("cost.center:a".into());
        for attribute in Attribute::FIXED.iter().cloned().chain([tag]) {
            assert_eq!(attribute.to_string().parse(), Ok(attribute));
        }
        assert!("output".parse::<Attribute>().is_err());
    }

    #[test]
    fn every_attribute_has_a_letter_of_its_own() {
        let letters: std::collections::BTreeSet<char> =
            Attribute::FIXED.iter().map(|attribute| attribute.shape().letter).collect();
        assert_eq!(letters.len(), Attribute::FIXED.len());
        assert!(letters.iter().all(char::is_ascii_lowercase), "{letters:?}");
    }

    #[test]
    fn what_changes_in_place_depends_on_the_kind() {
        let in_place = |kind| -> Vec<String> {
            let all = Attribute::FIXED.iter().filter(|attribute| !attribute.replaces(kind));
            all.map(ToString::to_string).collect()
        };
        assert_eq!(
            in_place(Kind::LabelDetection),
            [
                "settings.connected_home.labels",
                "settings.connected_home.min_confidence",
                "regions_of_interest",
                "data_sharing_preference.opt_in",
            ]
        );
        assert_eq!(in_place(Kind::FaceSearch), ["desired_status"]);
    }
}
