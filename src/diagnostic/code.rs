//! The stable names of all diagnostics, in one place.

use super::Severity;

/// Declares the codes: variant, kebab-case name, severity, one sentence.
macro_rules! codes {
    ($($variant:ident $name:literal $severity:ident $about:literal;)*) => {
        /// What kind of complaint a diagnostic is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $about] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// The stable name.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// How much a diagnostic of this code weighs.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)* }
            }

            /// What it means, in one sentence.
            pub fn about(self) -> &'static str {
                match self { $(Code::$variant => $about,)* }
            }
        }
    };
}

codes! {
    // Reading the files.
    MissingProject "missing-project" Error "There is no `rekon.toml` where the project should be.";
    UnreadableFile "unreadable-file" Error "A file of the project cannot be read.";
    FileTooLarge "file-too-large" Error "A file is larger than any configuration should be.";
    NotUtf8 "not-utf8" Error "A file is not UTF-8, which TOML must be.";
    InvalidInclude "invalid-include" Error "A pattern of `stack.include` is no glob relative to the project.";
    UnmatchedInclude "unmatched-include" Warning "A pattern of `stack.include` matches no file.";

    // TOML and its shape.
    Syntax "syntax" Error "The text is not TOML.";
    DuplicateKey "duplicate-key" Error "A key or table is written twice in one file.";
    NestingTooDeep "nesting-too-deep" Error "Arrays or tables are nested beyond reason.";
    UnknownTable "unknown-table" Error "No top-level table has this name.";
    UnknownKey "unknown-key" Error "The table has no such key.";
    WrongType "wrong-type" Error "A value is of the wrong type.";
    UnknownWord "unknown-word" Error "The attribute takes one of a few words, and this is none of them.";
    ReservedSyntax "reserved-syntax" Error "`${` is reserved, so that it can mean something later.";
    UnquotedDot "unquoted-dot" Error "A name with a dot stands in a table header without quotes.";
    MisplacedTable "misplaced-table" Error "`[stack]`, `[guard]` or `[defaults]` stands in an included file.";

    // The stack.
    MissingStackKey "missing-stack-key" Error "`[stack]` lacks a name, an account or a region.";
    InvalidStackName "invalid-stack-name" Error "The stack's name cannot be the value of a tag.";
    InvalidAccountId "invalid-account-id" Error "An account id is twelve digits.";
    InvalidRegion "invalid-region" Error "The text is no AWS region.";

    // Names and references.
    InvalidName "invalid-name" Error "The service takes no processor of this name.";
    DuplicateName "duplicate-name" Error "Two files give a processor, template or zone the same name.";
    UnknownTemplate "unknown-template" Error "`extends` names a template that does not exist.";
    UnknownZone "unknown-zone" Error "A region of interest names a zone that does not exist.";
    ExtendsCycle "extends-cycle" Error "Templates extend each other in a circle.";
    RepeatedTemplate "repeated-template" Warning "`extends` names a template twice.";
    UnusedTemplate "unused-template" Warning "Nothing extends the template.";
    InvalidDriftIgnore "invalid-drift-ignore" Error "An entry of `[[drift.ignore]]` is incomplete, or names no attribute or value of one.";
    InvalidHandOver "invalid-hand-over" Error "An entry of `[[removed]]` or `[[moved]]` contradicts the files or is incomplete.";
    UnusedZone "unused-zone" Warning "No region of interest names the zone.";
    UnknownPath "unknown-path" Error "`ignore_changes` or `unset` names no attribute.";
    UnsetNothing "unset-nothing" Warning "`unset` takes back what no lower layer gave.";

    // A processor as a whole.
    EmptyProcessor "empty-processor" Error "A processor's table is empty, and what lies under it is not enough.";
    MissingAttribute "missing-attribute" Error "A processor lacks an attribute that the service requires.";
    MissingKind "missing-kind" Error "A processor's settings name neither label detection nor face search.";
    TwoKinds "two-kinds" Error "One table names both label detection and face search.";
    TwoOutputs "two-outputs" Error "One table names both an S3 destination and a data stream.";
    WrongKindDefaults "wrong-kind-defaults" Error "The defaults of one kind hold the settings of the other.";
    OutputMismatch "output-mismatch" Error "The output does not fit the kind of processor.";
    DesiredStatusOnLabelDetection "desired-status-on-label-detection" Error "Only face search processors have a run state to manage.";
    StreamUsedTwice "stream-used-twice" Error "Two processors use one Kinesis video or data stream.";
    KmsKeyOnFaceSearch "kms-key-on-face-search" Error "Face search takes no KMS key.";
    NotForFaceSearch "not-for-face-search" Warning "Face search makes no use of the attribute.";
    MissingNotificationChannel "missing-notification-channel" Warning "Label detection has nowhere to announce its results.";
    UnsupportedRegion "unsupported-region" Warning "The kind of processor is not offered in the stack's region.";

    // Values.
    OutOfRange "out-of-range" Error "A number is outside its range.";
    FractionForPercent "fraction-for-percent" Warning "A percentage is under 1, as a fraction would be.";
    NotFinite "not-finite" Error "A number is NaN, infinite or too large for a float32.";
    ThresholdTooLow "threshold-too-low" Error "The service raises a face match threshold under 80 to 80.";
    InvalidString "invalid-string" Error "A string breaks the service's length or pattern.";
    InvalidArn "invalid-arn" Error "The text is no ARN of the kind that is needed.";
    WrongService "wrong-service" Error "The ARN is one of another service.";
    WrongRegion "wrong-region" Error "The video stream is in another region than the stack.";
    OtherRegion "other-region" Warning "The ARN is of another region than the stack.";
    OtherAccount "other-account" Warning "The ARN is of another account than the stack.";
    OddKmsKey "odd-kms-key" Warning "The KMS key is an ARN, but not one of KMS.";
    NoLabels "no-labels" Error "The list of labels is empty.";
    TooManyLabels "too-many-labels" Error "There are more labels than the service takes.";
    UnknownLabel "unknown-label" Warning "Label detection is not known to find the label.";
    RepeatedLabel "repeated-label" Warning "A label is listed twice.";
    AllBesideOthers "all-beside-others" Warning "`ALL` makes the other labels redundant.";

    // Regions of interest.
    TooManyRegions "too-many-regions" Error "There are more regions of interest than the service takes.";
    RegionShape "region-shape" Error "A region has two shapes or none.";
    IncompleteBox "incomplete-box" Error "A bounding box lacks a side.";
    PolygonSize "polygon-size" Error "A polygon has fewer or more points than the service takes.";
    LeavesFrame "leaves-frame" Warning "A region reaches outside the frame.";
    OutsideFrame "outside-frame" Error "A region lies wholly outside the frame.";
    NoArea "no-area" Warning "A region encloses nothing.";
    CrossesItself "crosses-itself" Warning "A polygon's outline crosses or touches itself.";
    RepeatedCorner "repeated-corner" Warning "A corner of a polygon repeats the one before it.";
    DuplicateRegion "duplicate-region" Warning "Two regions of a processor are the same.";

    InvalidFrame "invalid-frame" Error "`frame` names no path within the project.";
    UnusableFrame "unusable-frame" Warning "The picture that `frame` names is not there, or is none that can be shown.";

    // Tags.
    ReservedTag "reserved-tag" Error "Tag keys that begin with `aws:` or `rekon:` are not for files.";
    InvalidTag "invalid-tag" Error "A tag's key or value breaks the service's length or pattern.";
    TooManyTags "too-many-tags" Error "There are more tags than the service takes.";
    IgnoredTag "ignored-tag" Warning "A tag is declared, but `stack.ignore_tags` has it ignored.";

    // Beside the files.
    Usage "usage" Error "What was typed is no command of rekon.";
    Failed "failed" Error "A command could not do what was asked, for a reason outside the files.";
    Declined "declined" Error "The plan was shown, and not agreed to.";
    Interrupted "interrupted" Error "A signal ended the command before there was a result; nothing was changed.";
    ForeignFile "foreign-file" Error "A file of another tool is not what it was given for.";
    ForeignValue "foreign-value" Error "A file of another tool has a stream processor that rekon cannot take as it is.";
    UnresolvedValue "unresolved-value" Error "A file of another tool has a value that only that tool or AWS knows.";
    IncompleteRead "incomplete-read" Error "A part of the live state could not be read, so the plan cannot be applied.";
    UndeclaredUnread "undeclared-unread" Warning "A processor that no file declares could not be read, which this plan does not depend on.";
    MembersUnknown "members-unknown" Note "The service shows members of a processor that this version does not know.";
    KmsKeyUnclear "kms-key-unclear" Warning "One side names a KMS alias and the other a key, and only KMS could tell whether they are the same.";
    TagsUnknown "tags-unknown" Warning "Tags are managed, but nobody has read the live ones, so that no difference in them is known.";
    Adopts "adopts" Note "Processors get rekon's own tags, which the consumers of their notifications see too.";
    LeftAlone "left-alone" Note "Attributes differ and are left as they live, as the plan was asked to.";
    SettingsDiffer "settings-differ" Note "The files differ in settings, whose effect depends on what lives.";
    IdleDriftIgnore "idle-drift-ignore" Warning "An entry of `[[drift.ignore]]` is over, or ignores nothing.";
    UnboundMark "unbound-mark" Warning "A processor that no file declares carries this stack's mark, but no record that was written for it.";
    UnfinishedRun "unfinished-run" Warning "An earlier run never ended, or did not bring back what it took away.";
    ProcessorFailed "processor-failed" Note "The service reports that the processor failed.";
}
