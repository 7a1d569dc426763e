//! `unset`: taking back what a lower layer gave.

use super::layer::{Layer, OneOf};
use crate::model::Path;

/// The paths that `unset` may name beside those of attributes.
pub(super) const LIFECYCLE: [&str; 3] =
    ["lifecycle", "lifecycle.prevent_destroy", "lifecycle.ignore_changes"];

/// Whether `unset` may name a path.
pub(super) fn is_known(path: &str) -> bool {
    let path = Path::parse(path);
    LIFECYCLE.contains(&path.to_string().as_str()) || path.is_known()
}

impl Layer<'_> {
    /// Takes back what is at a path and below it; whether there was anything.
    pub(super) fn unset(&mut self, path: &str) -> bool {
        let path = Path::parse(path);
        let segments: Vec<&str> = path.segments().iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["role_arn"] => self.role_arn.clear(),
            ["input"] | ["input", "kinesis_video_stream"] => self.video_stream.clear(),
            ["input", "kinesis_video_stream", "arn"] => self.video_stream.clear(),
            ["output", rest @ ..] => match (&mut self.output, rest) {
                (OneOf::Absent, _) => false,
                (OneOf::First(_, table), ["s3_destination", "bucket"]) => table.bucket.clear(),
                (OneOf::First(_, table), ["s3_destination", "key_prefix"]) => {
                    table.key_prefix.clear()
                }
                (OneOf::Second(_, table), ["kinesis_data_stream", "arn"]) => table.arn.clear(),
                (output, []) => clear(output),
                (output @ OneOf::First(..), ["s3_destination"]) => clear(output),
                (output @ OneOf::Second(..), ["kinesis_data_stream"]) => clear(output),
                (OneOf::Reported, _) => true,
                _ => false,
            },
            ["settings", rest @ ..] => match (&mut self.settings, rest) {
                (OneOf::Absent, _) => false,
                (OneOf::First(_, table), ["connected_home", "labels"]) => table.labels.clear(),
                (OneOf::First(_, table), ["connected_home", "min_confidence"]) => {
                    table.min_confidence.clear()
                }
                (OneOf::Second(_, table), ["face_search", "collection_id"]) => {
                    table.collection_id.clear()
                }
                (OneOf::Second(_, table), ["face_search", "face_match_threshold"]) => {
                    table.face_match_threshold.clear()
                }
                (settings, []) => clear(settings),
                (settings @ OneOf::First(..), ["connected_home"]) => clear(settings),
                (settings @ OneOf::Second(..), ["face_search"]) => clear(settings),
                (OneOf::Reported, _) => true,
                _ => false,
            },
            ["notification_channel"] | ["notification_channel", "sns_topic_arn"] => {
                self.sns_topic.clear()
            }
            ["kms_key_id"] => self.kms_key_id.clear(),
            ["regions_of_interest"] => self.regions_of_interest.clear(),
            ["data_sharing_preference"] | ["data_sharing_preference", "opt_in"] => {
                self.opt_in.clear()
            }
            ["desired_status"] => self.desired_status.clear(),
            ["tags"] => !std::mem::take(&mut self.tags).is_empty(),
            ["tags", key] => self.tags.remove::<str>(key).is_some(),
            ["lifecycle"] => {
                let ignored = self.ignore_changes.clear();
                self.prevent_destroy.clear() || ignored
            }
            ["lifecycle", "prevent_destroy"] => self.prevent_destroy.clear(),
            ["lifecycle", "ignore_changes"] => self.ignore_changes.clear(),
            _ => false,
        }
    }
}

fn clear<A, B>(table: &mut OneOf<A, B>) -> bool {
    *table = OneOf::Absent;
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Attribute;
    use crate::config::Loaded;

    #[test]
    fn every_known_path_takes_back_its_attribute() {
        const HOME: &str = "[defaults]\nrole_arn='r'\ninput.kinesis_video_stream.arn='v'\n\
            output.s3_destination={bucket='b',key_prefix='k'}\nkms_key_id='k'\n\
            settings.connected_home={labels=['PET'],min_confidence=1}\n\
            notification_channel.sns_topic_arn='n'\nregions_of_interest=[]\n\
            data_sharing_preference.opt_in=true\ntags={a='b'}\ndesired_status='running'\n\
            lifecycle={prevent_destroy=true,ignore_changes=[]}\n";
        const FACE: &str = "[defaults]\noutput.kinesis_data_stream.arn='d'\n\
            settings.face_search={collection_id='c',face_match_threshold=90}\n";
        let loaded = [HOME, FACE].map(|text| Loaded::from_texts([("rekon.toml", text)]));
        let layers = loaded
            .each_ref()
            .map(|loaded| Layer::new(&loaded.files[0].tables.defaults.get().unwrap().attributes));
        let mut paths: Vec<String> = LIFECYCLE.map(str::to_owned).to_vec();
        for attribute in Attribute::FIXED.iter().cloned().chain([Attribute::Tag("a".into())]) {
            let segments: Vec<&str> = attribute.segments().collect();
            paths.extend((1..=segments.len()).map(|length| segments[..length].join(".")));
        }
        for path in paths {
            assert!(is_known(&path), "{path}");
            let taken = layers.each_ref().map(|layer| {
                let mut layer = layer.clone();
                let taken = layer.unset(&path);
                assert!(!layer.unset(&path), "{path} is taken back once");
                taken
            });
            assert!(taken.contains(&true), "{path}");
        }
        assert!(!layers[0].clone().unset("settings.face_search"));
    }
}
