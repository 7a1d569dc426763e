//! The tables of a configuration file, as they are written.
//!
//! The comments on tables and keys are the schema's descriptions, which editors
//! show; they are written for the person who writes the file. Ranges, lengths
//! and patterns are those of the Rekognition API model. Nothing is required
//! here: what must be there is known only after the layers have been merged,
//! and included files hold parts.

use serde_json::{Value, json};

use super::leaf::{Extends, List, Map, Point};
use super::reader::{Entry, Read, Reader, Table};
use super::table::{tables, words};
use super::value::{Reported, Slot};
use crate::model::{RunState, TagScope};

/// The path of every key below a key of a processor, for guesses at where a
/// misplaced key belongs.
pub(super) const PATHS: &[&str] = &[
    "input.kinesis_video_stream",
    "output.s3_destination",
    "output.s3_destination.bucket",
    "output.s3_destination.key_prefix",
    "output.kinesis_data_stream",
    "notification_channel.sns_topic_arn",
    "settings.connected_home",
    "settings.connected_home.labels",
    "settings.connected_home.min_confidence",
    "settings.face_search",
    "settings.face_search.collection_id",
    "settings.face_search.face_match_threshold",
    "data_sharing_preference.opt_in",
    "lifecycle.prevent_destroy",
    "lifecycle.ignore_changes",
];

tables! {
    /// A rekon project: `rekon.toml`, or a file that its `stack.include` names.
    File "a configuration file" {
        /// Whose fleet this is and where: one account, one region. In `rekon.toml` only.
        stack: Stack,
        /// How many changes of a kind a plan may hold. In `rekon.toml` only.
        guard: Guard,
        /// What lies under every processor. In `rekon.toml` only.
        defaults: Defaults,
        /// Templates by name; a processor takes them up with `extends`.
        template: Map<Template>,
        /// Named regions of interest, usable by every processor as `{ zone = "NAME" }`.
        zone: Map<Zone>,
        /// Stream processors. The table's name is the processor's name: 1 to 128 letters, digits, `_`, `.` and `-`. A name with a dot needs quotes.
        #[schemars(extend("propertyNames" = { "pattern": "^[a-zA-Z0-9_.-]{1,128}$" }))]
        processor: Map<Processor>,
    }

    /// Whose fleet this is and where: one account, one region.
    #[schemars(extend("required" = ["name", "account_id", "region"]))]
    Stack "`[stack]`" {
        /// The stack's name, the owner's mark on everything that this project manages. Required; 1 to 256 characters that a tag value may have.
        #[schemars(length(min = 1, max = 256))]
        name: String,
        /// The AWS account, twelve digits in quotes. Required; rekon refuses to touch any other account.
        #[schemars(regex(pattern = "^[0-9]{12}$"))]
        account_id: String,
        /// The AWS region, such as `us-east-1`. Required.
        #[schemars(regex(pattern = "^[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}$"))]
        region: String,
        /// Globs of further files, relative to the project's folder: `*`, `?`, `[a-z]`, `{a,b}` and `**` for any folders. Default: none.
        #[schemars(inner(regex(pattern = "^[^/]")))]
        include: List<String>,
        /// Which tags rekon manages: `declared`, the keys that the file declares (the default), or `exclusive`, every key.
        #[schemars(with = "TagScopeWord")]
        tags: TagScope,
        /// Tag keys that rekon never touches; `*` stands for any text.
        ignore_tags: List<String>,
    }

    /// How many changes of a kind a plan may hold. A plan that goes over is refused unless the exact number is allowed on the command line.
    Guard "`[guard]`" {
        /// The most processors that a plan may delete. A count from 0; default 5.
        max_deletes: u64,
        /// The most processors that a plan may replace. A count from 0; default 0.
        max_replacements: u64,
        /// The most processors that a plan may update. A count from 0; default: no limit.
        max_updates: u64,
        /// The most processors that a plan may create. A count from 0; default: no limit.
        max_creates: u64,
    }

    /// What lies under every processor, the lowest of the layers.
    Defaults "`[defaults]`" {
        /// What lies under every label detection processor, over `[defaults]`.
        #[schemars(extend("not" = naming("settings", "face_search")))]
        label_detection: KindDefaults,
        /// What lies under every face search processor, over `[defaults]`.
        #[schemars(extend("not" = naming("settings", "connected_home")))]
        face_search: KindDefaults,
        ..attributes: Attributes,
    }

    /// What lies under every processor of a kind, over `[defaults]`.
    KindDefaults "the defaults of a kind" {
        /// Dotted paths of attributes that `[defaults]` gives and this table takes back.
        unset: List<String>,
        ..attributes: Attributes,
    }

    /// Attributes for several processors, over the defaults.
    Template "a template" {
        /// The template under this one, or a list of them, later ones over earlier ones.
        extends: Extends,
        /// Dotted paths of attributes that lower layers give and this table takes back.
        unset: List<String>,
        ..attributes: Attributes,
    }

    /// A stream processor.
    #[schemars(extend("allOf" = own_contradictions()))]
    Processor "a processor" {
        /// The template under this processor, or a list of them, later ones over earlier ones.
        extends: Extends,
        /// Dotted paths of attributes that lower layers give and this table takes back.
        unset: List<String>,
        ..attributes: Attributes,
    }

    /// The attributes of a stream processor, named as the API names them.
    Attributes "a processor" {
        /// The IAM role that the service takes on to read the stream and write results: `arn:aws:iam::ACCOUNT:role/NAME`. Required once merged; a change replaces the processor.
        #[schemars(regex(pattern = "^arn:aws:iam::[0-9]{12}:role/?[a-zA-Z_0-9+=,.@/-]+$"))]
        role_arn: String,
        /// Where the video comes from. Required once merged; a change replaces the processor.
        input: Input,
        /// Where results go: an S3 destination for label detection, a Kinesis data stream for face search. Required once merged; a change replaces the processor.
        output: Output,
        /// What is looked for, which makes the kind of processor: label detection (`connected_home`) or face search (`face_search`). Required once merged.
        settings: Settings,
        /// Where label detection announces its results. A change replaces the processor.
        notification_channel: NotificationChannel,
        /// The KMS key that encrypts label detection's results: a key id, an alias or an ARN, 1 to 2048 characters. A change replaces the processor.
        #[schemars(length(min = 1, max = 2048), regex(pattern = "^[A-Za-z0-9][A-Za-z0-9:_/+=,@.-]{0,2048}$"))]
        kms_key_id: String,
        /// Where in the frame label detection looks, 0 to 10 regions. Left out: everywhere. Changed in place.
        #[schemars(length(max = 10))]
        regions_of_interest: List<Region>,
        /// Whether AWS may use the video to improve its models.
        data_sharing_preference: DataSharingPreference,
        /// Tags, at most 200. Keys have 1 to 128 characters and begin with neither `aws:` nor `rekon:`; values have up to 256.
        #[schemars(extend("propertyNames" = tag_keys(), "additionalProperties" = tag_values()))]
        tags: Map<String>,
        /// How rekon treats the processor.
        lifecycle: Lifecycle,
        /// Whether a face search processor should run: `running` or `stopped`. Left out: not managed, and kept over a replacement. Face search only.
        #[schemars(with = "RunStateWord")]
        desired_status: RunState,
    }

    /// Where the video comes from.
    Input "`input`" {
        /// A Kinesis video stream, which one processor at most may use.
        kinesis_video_stream: KinesisVideoStream,
    }

    /// A Kinesis video stream.
    KinesisVideoStream "`kinesis_video_stream`" {
        /// The stream's ARN, in the stack's region: `arn:aws:kinesisvideo:REGION:ACCOUNT:stream/NAME/CREATED`.
        #[schemars(regex(pattern = "^arn:[a-z0-9-]+:kinesisvideo:[a-z0-9-]+:[0-9]{12}:.+$"))]
        arn: String,
    }

    /// Where results go: one of the two.
    #[schemars(extend("maxProperties" = 1))]
    Output "`output`" {
        /// Results of label detection go to S3.
        s3_destination: S3Destination,
        /// Results of face search go to a Kinesis data stream, which one processor at most may use.
        kinesis_data_stream: KinesisDataStream,
    }

    /// A place in S3.
    S3Destination "`s3_destination`" {
        /// The bucket's name, 3 to 255 characters. Required once merged.
        #[schemars(length(min = 3, max = 255), regex(pattern = "^[0-9A-Za-z._-]*$"))]
        bucket: String,
        /// What the keys of results begin with, up to 1024 characters. Default: nothing.
        #[schemars(length(max = 1024))]
        key_prefix: String,
    }

    /// A Kinesis data stream.
    KinesisDataStream "`kinesis_data_stream`" {
        /// The stream's ARN: `arn:aws:kinesis:REGION:ACCOUNT:stream/NAME`.
        #[schemars(regex(pattern = "^arn:[a-z0-9-]+:kinesis:[a-z0-9-]+:[0-9]{12}:.+$"))]
        arn: String,
    }

    /// What is looked for: one of the two.
    #[schemars(extend("maxProperties" = 1))]
    Settings "`settings`" {
        /// Label detection.
        connected_home: ConnectedHome,
        /// Face search.
        face_search: FaceSearch,
    }

    /// Label detection.
    ConnectedHome "`connected_home`" {
        /// What to look for: `PERSON`, `PET`, `PACKAGE` or `ALL`; 1 to 128 labels. Required once merged. Changed in place.
        #[schemars(length(min = 1, max = 128))]
        labels: List<String>,
        /// The least confidence, in percent, that a detection must have: 0 to 100. Default: 50. Changed in place.
        #[schemars(range(min = 0, max = 100))]
        min_confidence: f64,
    }

    /// Face search. Every change replaces the processor.
    FaceSearch "`face_search`" {
        /// The face collection to search, 1 to 255 letters, digits, `_`, `.` and `-`. Required once merged.
        #[schemars(length(min = 1, max = 255), regex(pattern = "^[a-zA-Z0-9_.-]+$"))]
        collection_id: String,
        /// The least similarity, in percent, that a match must have: 80 to 100, since the service raises less to 80. Default: 80.
        #[schemars(range(min = 80, max = 100))]
        face_match_threshold: f64,
    }

    /// Where label detection announces its results.
    NotificationChannel "`notification_channel`" {
        /// The SNS topic's ARN: `arn:aws:sns:REGION:ACCOUNT:NAME`.
        #[schemars(regex(pattern = "^arn:aws:sns:.*:[0-9A-Za-z_]{12}:.+$"))]
        sns_topic_arn: String,
    }

    /// Whether AWS may use the video to improve its models.
    DataSharingPreference "`data_sharing_preference`" {
        /// True if it may. Default: false. Changed in place, on label detection.
        opt_in: bool,
    }

    /// How rekon treats the processor.
    Lifecycle "`lifecycle`" {
        /// True refuses every plan that would delete or replace the processor. Default: false.
        prevent_destroy: bool,
        /// Dotted paths of attributes that are used at creation and ignored afterwards, such as `tags.site`; a path covers all below it.
        ignore_changes: List<String>,
    }

    /// A region of interest: a zone, a box or a polygon.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
    Region "a region of interest" {
        /// The name of a `[zone.NAME]`.
        zone: String,
        /// A box.
        bounding_box: BoundingBox,
        /// An outline of 3 to 10 points, each `[x, y]` in fractions of the frame from its upper left corner, 0 to 1.
        #[schemars(length(min = 3, max = 10))]
        polygon: List<Point>,
    }

    /// A named region of interest: a box or a polygon.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
    Zone "a zone" {
        /// A box.
        bounding_box: BoundingBox,
        /// An outline of 3 to 10 points, each `[x, y]` in fractions of the frame from its upper left corner, 0 to 1.
        #[schemars(length(min = 3, max = 10))]
        polygon: List<Point>,
    }

    /// A box, in fractions of the frame from its upper left corner.
    #[schemars(extend("required" = ["left", "top", "width", "height"]))]
    BoundingBox "`bounding_box`" {
        /// The left edge, as a fraction of the frame's width: 0 to 1. Required.
        left: f64,
        /// The upper edge, as a fraction of the frame's height: 0 to 1. Required.
        top: f64,
        /// The width, as a fraction of the frame's width: 0 to 1. Required.
        width: f64,
        /// The height, as a fraction of the frame's height: 0 to 1. Required.
        height: f64,
    }
}

/// A table that names one of its variants: `settings.face_search`.
fn naming(table: &str, variant: &str) -> Value {
    json!({ "required": [table], "properties": { table: { "required": [variant] } } })
}

/// What contradicts itself within the table of a processor, whatever lies under
/// it. In lower layers the same may be right, as higher ones can replace a part.
fn own_contradictions() -> Value {
    let label_detection = naming("settings", "connected_home");
    let face_search = naming("settings", "face_search");
    json!([
        { "not": { "allOf": [label_detection, { "required": ["desired_status"] }] } },
        { "not": { "allOf": [label_detection, naming("output", "kinesis_data_stream")] } },
        { "not": { "allOf": [face_search, naming("output", "s3_destination")] } },
        { "properties": { "tags": { "maxProperties": 200 } } },
    ])
}

fn tag_keys() -> Value {
    json!({ "minLength": 1, "maxLength": 128, "not": { "pattern": "^(aws|rekon):" } })
}

fn tag_values() -> Value {
    json!({ "type": "string", "maxLength": 256 })
}

words! {
    TagScope {
        "declared" => TagScope::Declared,
        "exclusive" => TagScope::Exclusive,
    } as TagScopeWord
    RunState {
        "running" => RunState::Running,
        "stopped" => RunState::Stopped,
    } as RunStateWord
}
