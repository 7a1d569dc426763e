//! Dotted paths, as `unset` and `ignore_changes` name attributes and tables.

use std::fmt;

use super::Attribute;

/// A path to an attribute or to a table that holds some, segment by segment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(Vec<String>);

impl Path {
    /// Splits a dotted path, whose segments may be quoted as TOML quotes keys.
    ///
    /// Everything behind `tags.` is one key, quoted or not, because tag keys
    /// hold dots and colons themselves.
    pub fn parse(text: &str) -> Path {
        let mut segments =
            quoted_segments(text).unwrap_or_else(|| text.split('.').map(str::to_owned).collect());
        if segments.len() > 2 && segments[0] == "tags" {
            segments = vec!["tags".to_owned(), segments[1..].join(".")];
        }
        Path(segments)
    }

    /// Whether the path is the attribute's own or that of a table around it.
    pub fn covers(&self, attribute: &Attribute) -> bool {
        let mut segments = attribute.segments();
        self.0.iter().all(|segment| segments.next() == Some(segment))
    }

    /// Whether the path names some attribute or a table that could hold one.
    pub fn is_known(&self) -> bool {
        match self.0.as_slice() {
            [] => false,
            [tags, ..] if tags == "tags" => self.0.len() <= 2,
            _ => Attribute::FIXED.iter().any(|attribute| self.covers(attribute)),
        }
    }

    /// The path's segments.
    pub fn segments(&self) -> &[String] {
        &self.0
    }

    /// The attribute, where the path is that of one tag.
    pub fn tag(&self) -> Option<Attribute> {
        match self.0.as_slice() {
            [tags, key] if tags == "tags" => Some(Attribute::Tag(key.as_str().into())),
            _ => None,
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(text: &str) -> Vec<String> {
        Path::parse(text).0
    }

    #[test]
    fn a_prefix_covers_its_children_by_whole_segments() {
        let bucket = |path: &str| Path::parse(path).covers(&Attribute::OutputBucket);
        assert!(bucket("output"));
        assert!(bucket("output.s3_destination"));
        assert!(!bucket("out"));
        assert!(!bucket("output.s3_destination.key_prefix"));
        assert!(Path::parse("tags").covers(&Attribute::Tag("site".into())));
        let dotted = Attribute::Tag("a.b".into());
        assert!(Path::parse("tags.a.b").covers(&dotted));
        assert!(Path::parse("tags.\"a.b\"").covers(&dotted));
    }

    #[test]
    fn segments_may_be_quoted_as_toml_quotes_keys() {
        for quoted in ["tags.'a.b=c'", "tags.\"a.b=c\"", "'tags' . 'a.b=c'", "tags.\"a\\u002eb=c\""]
        {
            assert_eq!(segments(quoted), ["tags", "a.b=c"], "{quoted}");
            assert!(Path::parse(quoted).is_known(), "{quoted}");
        }
        assert_eq!(segments("tags.a.b=c"), ["tags", "a.b=c"]);
        assert_eq!(segments("tags.a.'b'"), ["tags", "a.b"]);
        assert_eq!(
            segments("output.\"s3_destination\".bucket"),
            ["output", "s3_destination", "bucket"]
        );
        for broken in ["tags.'a", "a = 1 #'", "'a' = 1 # x", "'a'\n'b'", "'a'b"] {
            assert!(!Path::parse(broken).is_known() || broken == "tags.'a", "{broken}");
        }
        assert_eq!(segments("tags.it's"), ["tags", "it's"]);
    }

    #[test]
    fn unknown_paths_are_told_from_known_ones() {
        for known in ["settings", "settings.connected_home", "tags", "tags.x.y", "kms_key_id"] {
            assert!(Path::parse(known).is_known(), "{known}");
        }
        for unknown in ["", "setting", "settings.label", "role_arn.x", "lifecycle"] {
            assert!(!Path::parse(unknown).is_known(), "{unknown}");
        }
    }
}
