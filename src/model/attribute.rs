//! The attributes of a definition, named by their dotted TOML paths.

use std::fmt;
use std::str::FromStr;

/// One attribute that a plan can show as changed.
///
/// The order is the one in which reports list them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    RoleArn,
    Input,
    OutputBucket,
    OutputKeyPrefix,
    OutputDataStream,
    NotificationChannel,
    KmsKeyId,
    Labels,
    MinConfidence,
    CollectionId,
    FaceMatchThreshold,
    RegionsOfInterest,
    DataSharing,
    DesiredStatus,
    /// One tag, by its key.
    Tag(String),
}

/// No attribute, nor a group of them, has this path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no attribute {0:?}")]
pub struct UnknownAttribute(pub String);

impl Attribute {
    /// Every attribute but the tags, whose keys are open.
    pub const FIXED: [Attribute; 14] = [
        Attribute::RoleArn,
        Attribute::Input,
        Attribute::OutputBucket,
        Attribute::OutputKeyPrefix,
        Attribute::OutputDataStream,
        Attribute::NotificationChannel,
        Attribute::KmsKeyId,
        Attribute::Labels,
        Attribute::MinConfidence,
        Attribute::CollectionId,
        Attribute::FaceMatchThreshold,
        Attribute::RegionsOfInterest,
        Attribute::DataSharing,
        Attribute::DesiredStatus,
    ];

    /// The path's segments, as the TOML nests them.
    pub fn segments(&self) -> Vec<&str> {
        match self {
            Attribute::RoleArn => vec!["role_arn"],
            Attribute::Input => vec!["input", "kinesis_video_stream", "arn"],
            Attribute::OutputBucket => vec!["output", "s3_destination", "bucket"],
            Attribute::OutputKeyPrefix => vec!["output", "s3_destination", "key_prefix"],
            Attribute::OutputDataStream => vec!["output", "kinesis_data_stream", "arn"],
            Attribute::NotificationChannel => vec!["notification_channel", "sns_topic_arn"],
            Attribute::KmsKeyId => vec!["kms_key_id"],
            Attribute::Labels => vec!["settings", "connected_home", "labels"],
            Attribute::MinConfidence => vec!["settings", "connected_home", "min_confidence"],
            Attribute::CollectionId => vec!["settings", "face_search", "collection_id"],
            Attribute::FaceMatchThreshold => {
                vec!["settings", "face_search", "face_match_threshold"]
            }
            Attribute::RegionsOfInterest => vec!["regions_of_interest"],
            Attribute::DataSharing => vec!["data_sharing_preference", "opt_in"],
            Attribute::DesiredStatus => vec!["desired_status"],
            Attribute::Tag(key) => vec!["tags", key],
        }
    }

    /// Whether a path, given by its segments, is this attribute or a table
    /// that holds it.
    pub fn is_covered_by(&self, prefix: &[String]) -> bool {
        let segments = self.segments();
        prefix.len() <= segments.len() && prefix.iter().zip(&segments).all(|(a, b)| a == b)
    }

    /// Whether the path names some attribute or a table that could hold one.
    pub fn is_known_path(path: &[String]) -> bool {
        match path {
            [] => false,
            [tags, ..] if tags == "tags" => path.len() <= 2,
            _ => Attribute::FIXED.iter().any(|attribute| attribute.is_covered_by(path)),
        }
    }

    /// Splits a dotted path into segments, which may be quoted as TOML quotes
    /// keys.
    ///
    /// Everything behind `tags.` is one key, quoted or not, because tag keys
    /// hold dots and colons themselves.
    pub fn split_path(path: &str) -> Vec<String> {
        let mut segments =
            quoted_segments(path).unwrap_or_else(|| path.split('.').map(str::to_owned).collect());
        if segments.len() > 2 && segments[0] == "tags" {
            segments = vec!["tags".to_owned(), segments[1..].join(".")];
        }
        segments
    }
}

/// The segments of a path that has quotes, if it is a dotted key of TOML.
fn quoted_segments(path: &str) -> Option<Vec<String>> {
    if !path.contains(['"', '\'']) || path.contains('\n') {
        return None;
    }
    let mut line = format!("{path} = ");
    let value_starts = line.len();
    line.push('0');
    let document = toml::de::DeTable::parse(&line).ok()?;
    let mut segments = Vec::new();
    let mut table = document.get_ref();
    while let Some((key, value)) = table.iter().next() {
        segments.push(key.get_ref().clone().into_owned());
        match value.get_ref() {
            toml::de::DeValue::Table(inner) => table = inner,
            _ => return (value.span().start == value_starts).then_some(segments),
        }
    }
    None
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.segments().join("."))
    }
}

impl FromStr for Attribute {
    type Err = UnknownAttribute;

    fn from_str(path: &str) -> Result<Attribute, UnknownAttribute> {
        if let Some(key) = path.strip_prefix("tags.") {
            return Ok(Attribute::Tag(key.to_owned()));
        }
        Attribute::FIXED
            .into_iter()
            .find(|attribute| attribute.to_string() == path)
            .ok_or_else(|| UnknownAttribute(path.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Vec<String> {
        Attribute::split_path(text)
    }

    #[test]
    fn every_path_is_read_back_as_its_attribute() {
        let tag = Attribute::Tag("cost.center:a".into());
        for attribute in Attribute::FIXED.into_iter().chain([tag]) {
            assert_eq!(attribute.to_string().parse(), Ok(attribute));
        }
        assert!("output".parse::<Attribute>().is_err());
    }

    #[test]
    fn a_prefix_covers_its_children_by_whole_segments() {
        assert!(Attribute::OutputBucket.is_covered_by(&path("output")));
        assert!(Attribute::OutputBucket.is_covered_by(&path("output.s3_destination")));
        assert!(!Attribute::OutputBucket.is_covered_by(&path("out")));
        assert!(!Attribute::OutputBucket.is_covered_by(&path("output.s3_destination.key_prefix")));
        assert!(Attribute::Tag("site".into()).is_covered_by(&path("tags")));
        assert!(Attribute::Tag("a.b".into()).is_covered_by(&path("tags.a.b")));
        assert!(Attribute::Tag("a.b".into()).is_covered_by(&path("tags.\"a.b\"")));
    }

    #[test]
    fn segments_may_be_quoted_as_toml_quotes_keys() {
        for quoted in ["tags.'a.b=c'", "tags.\"a.b=c\"", "'tags' . 'a.b=c'", "tags.\"a\\u002eb=c\""]
        {
            assert_eq!(path(quoted), ["tags", "a.b=c"], "{quoted}");
            assert!(Attribute::is_known_path(&path(quoted)), "{quoted}");
        }
        assert_eq!(path("tags.a.b=c"), ["tags", "a.b=c"]);
        assert_eq!(path("tags.a.'b'"), ["tags", "a.b"]);
        assert_eq!(
            path("output.\"s3_destination\".bucket"),
            ["output", "s3_destination", "bucket"]
        );
        for broken in ["tags.'a", "a = 1 #'", "'a' = 1 # x", "'a'\n'b'", "'a'b"] {
            assert!(!Attribute::is_known_path(&path(broken)) || broken == "tags.'a", "{broken}");
        }
        assert_eq!(path("tags.it's"), ["tags", "it's"]);
    }

    #[test]
    fn unknown_paths_are_told_from_known_ones() {
        for known in ["settings", "settings.connected_home", "tags", "tags.x.y", "kms_key_id"] {
            assert!(Attribute::is_known_path(&path(known)), "{known}");
        }
        for unknown in ["", "setting", "settings.label", "role_arn.x", "lifecycle"] {
            assert!(!Attribute::is_known_path(&path(unknown)), "{unknown}");
        }
    }
}
