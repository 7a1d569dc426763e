//! Quirks: the points on which public evidence about the service is silent or contradicts itself.
//!
//! Each is a switch that plays the point one way or another. The first variant of each is the default: what the
//! documentation suggests, and where it suggests nothing, the stricter reading, so that a client that works here does
//! not rely on luck. A client is right if it works under every combination.

use std::fmt::{self, Display};

use super::setting::{self, BadSetting};

/// One quirk: its name, what it decides, and its variants, the default first.
#[derive(Debug)]
pub struct Quirk {
    /// As it is set on the command line.
    pub name: &'static str,
    /// The question, in a sentence.
    pub about: &'static str,
    /// The answers, the default first.
    pub variants: &'static [Variant],
}

/// One way in which a quirk can play out.
#[derive(Debug)]
pub struct Variant {
    /// As it is set on the command line.
    pub name: &'static str,
    /// The answer, in a sentence.
    pub about: &'static str,
}

macro_rules! quirks {
    ($($field:ident: $type:ident = $name:literal, $about:literal,
        $($variant:ident = $value:literal: $effect:literal),+;)+) => {
        $(
            #[doc = $about]
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
            pub enum $type {
                #[default]
                $(#[doc = $effect] $variant,)+
            }
        )+

        /// A choice for every quirk.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct Quirks {
            $(#[doc = $about] pub $field: $type,)+
        }

        impl Quirks {
            /// Every quirk with all its variants.
            pub const ALL: &'static [Quirk] = &[$(Quirk {
                name: $name,
                about: $about,
                variants: &[$(Variant { name: $value, about: $effect },)+],
            },)+];

            /// Chooses a variant by the names of quirk and variant.
            pub fn set(&mut self, quirk: &str, variant: &str) -> Result<(), BadSetting> {
                match quirk {
                    $($name => self.$field = match variant {
                        $($value => $type::$variant,)+
                        _ => {
                            let (given, known) = (variant.to_owned(), [$($value),+].join(", "));
                            return Err(BadSetting::Variant { quirk: $name, given, known });
                        }
                    },)+
                    _ => {
                        let known = setting::list(Quirks::ALL.iter().map(|known| known.name));
                        return Err(BadSetting::unknown("quirk", quirk, known));
                    }
                }
                Ok(())
            }

            /// The chosen variant of each quirk, by name, in the order of [`Quirks::ALL`].
            pub fn chosen(&self) -> Vec<(&'static str, &'static str)> {
                vec![$(($name, match self.$field { $($type::$variant => $value,)+ }),)+]
            }
        }
    };
}

// The `#[default]` above attaches to the first variant only, as the repetition starts after it.
quirks! {
    unset_min_confidence: UnsetMinConfidence = "unset-min-confidence",
        "What DescribeStreamProcessor shows for a MinConfidence that was never set.",
        Absent = "absent": "Nothing.",
        Shown = "shown": "50, the default.";
    deleted_min_confidence: DeletedMinConfidence = "deleted-min-confidence",
        "What DescribeStreamProcessor shows for a MinConfidence that was deleted by an update.",
        Absent = "absent": "Nothing.",
        Shown = "shown": "50, the default.";
    unset_data_sharing: UnsetDataSharing = "unset-data-sharing",
        "What DescribeStreamProcessor shows for a DataSharingPreference that was never set.",
        Absent = "absent": "Nothing.",
        Shown = "shown": "OptIn false.";
    no_regions: NoRegions = "no-regions",
        "What DescribeStreamProcessor shows for a label detection processor without regions of interest.",
        Absent = "absent": "Nothing.",
        Empty = "empty": "An empty list.";
    kms_key: KmsKey = "kms-key",
        "How a KmsKeyId comes back.",
        AsSent = "as-sent": "As it was sent.",
        Arn = "arn": "As an ARN: a key id as the key's, an alias as the alias's.",
        KeyArn = "key-arn": "As the key's ARN, also when an alias was sent.";
    floats: Floats = "floats",
        "How float32 numbers come back.",
        Widened = "widened": "Widened to double: 80.1 as 80.0999984741211.",
        Shortest = "shortest": "As the shortest number that means the same float32: 80.1.";
    label_order: LabelOrder = "label-order",
        "The order in which labels come back.",
        Kept = "kept": "As sent.",
        Shuffled = "shuffled": "Another order.";
    region_order: RegionOrder = "region-order",
        "The order in which regions of interest come back.",
        Kept = "kept": "As sent.",
        Shuffled = "shuffled": "Another order.";
    polygon_start: PolygonStart = "polygon-start",
        "The point with which a polygon comes back.",
        Kept = "kept": "As sent.",
        Rotated = "rotated": "Another point first, the other way around: the same outline.";
    labels_update: LabelsUpdate = "labels-update",
        "What an update does to the labels that it does not name.",
        Replace = "replace": "Removes them.",
        Merge = "merge": "Leaves them: labels can only be added, so that no client can take one away in place.";
    empty_regions_update: EmptyRegionsUpdate = "empty-regions-update",
        "What an empty RegionsOfInterestForUpdate does.",
        Refuse = "refuse": "InvalidParameterException.",
        Clear = "clear": "Removes all regions.",
        Ignore = "ignore": "Nothing, as if it were absent.";
    set_and_delete: SetAndDelete = "set-and-delete",
        "What an update does that sets a parameter and deletes it too.",
        Refuse = "refuse": "InvalidParameterException.",
        SetWins = "set-wins": "Sets it.",
        DeleteWins = "delete-wins": "Deletes it.";
    empty_update: EmptyUpdate = "empty-update",
        "What an update that changes nothing (a Name alone) gets.",
        Refuse = "refuse": "InvalidParameterException.",
        Accept = "accept": "A success.";
    update_while_busy: UpdateWhileBusy = "update-while-busy",
        "What an update gets while the status is neither STOPPED nor FAILED.",
        Refuse = "refuse": "ResourceInUseException.",
        Accept = "accept": "A success; the status stays.";
    stop_while_starting: StopWhileStarting = "stop-while-starting",
        "What StopStreamProcessor gets while the status is STARTING.",
        Refuse = "refuse": "ResourceInUseException.",
        Accept = "accept": "A success: the processor stops.";
    delete_while_starting: DeleteWhileStarting = "delete-while-starting",
        "What DeleteStreamProcessor gets while the status is STARTING.",
        Refuse = "refuse": "ResourceInUseException.",
        Accept = "accept": "A success: the processor is gone.";
    delete_while_updating: DeleteWhileUpdating = "delete-while-updating",
        "What DeleteStreamProcessor gets while the status is UPDATING.",
        Refuse = "refuse": "ResourceInUseException.",
        Accept = "accept": "A success: the processor is gone.";
    notification_channel: NotificationChannel = "notification-channel",
        "Whether a label detection processor needs a NotificationChannel.",
        Optional = "optional": "No.",
        Required = "required": "Yes: creating one without is an InvalidParameterException.";
    face_search_limit: FaceSearchLimit = "face-search-limit",
        "What happens to a face search that starts while as many run as the account may.",
        Refuse = "refuse": "StartStreamProcessor answers LimitExceededException.",
        Fail = "fail": "StartStreamProcessor succeeds, and the processor ends up FAILED.";
    trail_resources: TrailResources = "trail-resources",
        "Whether LookupEvents names the processor among the Resources of an event.",
        Absent = "absent": "No: it stands in the requestParameters of the CloudTrailEvent only.",
        Named = "named": "Yes, and an event can be looked up by its ResourceName.";
    tagging: Tagging = "tagging",
        "Whether GetResources of the Resource Groups Tagging API covers stream processors.",
        Covered = "covered": "Yes.",
        Absent = "absent": "No: it never lists one.";
    untagged_resources: UntaggedResources = "untagged-resources",
        "Whether GetResources lists a stream processor that had tags once and has none now.",
        Absent = "absent": "No.",
        Listed = "listed": "Yes, with an empty list of tags.";
    unsupported_region: UnsupportedRegion = "unsupported-region",
        "What a creation gets in a region in which the service does not offer its kind of stream processor.",
        Refuse = "refuse": "InvalidParameterException.",
        Accept = "accept": "A success.";
}

impl Quirks {
    /// Chooses a variant written as `NAME=VALUE`.
    pub fn apply(&mut self, setting: &str) -> Result<(), BadSetting> {
        let (name, value) = setting::assignment(setting)?;
        self.set(name, value)
    }
}

impl Display for Quirks {
    /// The choices that differ from the default, as `NAME=VALUE` separated by spaces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chosen = self.chosen().into_iter().zip(Quirks::default().chosen());
        let differing: Vec<String> = chosen
            .filter(|(chosen, default)| chosen != default)
            .map(|((name, value), _)| format!("{name}={value}"))
            .collect();
        f.write_str(&differing.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_can_be_chosen_and_the_first_is_the_default() {
        for (position, quirk) in Quirks::ALL.iter().enumerate() {
            assert!(quirk.variants.len() > 1, "{}", quirk.name);
            assert_eq!(Quirks::default().chosen()[position], (quirk.name, quirk.variants[0].name));
            for variant in quirk.variants {
                let mut quirks = Quirks::default();
                quirks.apply(&format!("{}={}", quirk.name, variant.name)).unwrap();
                assert_eq!(quirks.chosen()[position], (quirk.name, variant.name));
            }
        }
    }

    #[test]
    fn mistakes_are_answered_with_what_there_is() {
        let complain = |setting| Quirks::default().apply(setting).unwrap_err().to_string();
        assert!(complain("flaots=shortest").contains("they are unset-min-confidence, "));
        assert_eq!(complain("floats=long"), "quirk floats has no `long`: it is widened, shortest");
        assert_eq!(complain("floats"), "`floats` is not of the form NAME=VALUE");
    }

    #[test]
    fn shows_what_was_chosen() {
        let mut quirks = Quirks::default();
        quirks.apply("floats=shortest").unwrap();
        quirks.apply("kms-key=as-sent").unwrap();
        assert_eq!(quirks.to_string(), "floats=shortest");
    }
}
