//! A project for those who have nothing yet.

use std::collections::BTreeMap;

use super::compose::{ComposeError, NewFile};
use super::prove::prove;
use super::text::schema_line;
use crate::config::{self, PROJECT_FILE};
use crate::desired::Stack;
use crate::report::toml;

/// The file that holds the configuration's JSON Schema, beside `rekon.toml`.
pub const SCHEMA_FILE: &str = "schema.json";

/// The files of a project that declares nothing, and says how to begin.
pub fn starter(stack: &Stack) -> Result<Vec<NewFile>, ComposeError> {
    let Stack { name, account_id, region } = stack;
    let [name, account_id, region] = [name, account_id, region].map(|text| toml::string(text));
    let text = format!(
        r#"{schema}
[stack]                              # one account and one region
name       = {name}
account_id = {account_id}          # yours: rekon refuses to touch any other account
region     = {region}
# include  = ["processors/*.toml"]   # more files, for everything but [stack], [guard], [defaults]

[guard]                              # how much one plan may do
max_deletes      = 0
max_replacements = 0                 # a replacement leaves the camera blind for a while

# What every processor has in common. Tables below lie over those above.
#
# [defaults]
# role_arn = "arn:aws:iam::{account}:role/RekognitionStreams"
#
# [defaults.label_detection]
# output.s3_destination.bucket = "results"
# notification_channel.sns_topic_arn = "arn:aws:sns:{place}:{account}:AmazonRekognitionEvents"
#
# [template.porch]                   # what a group has in common, taken up by `extends`
# settings.connected_home = {{ labels = ["PACKAGE", "PERSON"], min_confidence = 80 }}
#
# [processor.front-door]             # the table's name is the processor's
# extends = "porch"
# input.kinesis_video_stream.arn = "arn:aws:kinesisvideo:{place}:{account}:stream/front-door/CREATED"
# output.s3_destination.key_prefix = "front-door/"
#
# [processor.lobby]                  # one that searches faces
# input.kinesis_video_stream.arn = "arn:aws:kinesisvideo:{place}:{account}:stream/lobby/CREATED"
# output.kinesis_data_stream.arn = "arn:aws:kinesis:{place}:{account}:stream/AmazonRekognitionLobby"
# settings.face_search = {{ collection_id = "staff", face_match_threshold = 90 }}
"#,
        schema = schema_line(),
        account = stack.account_id,
        place = stack.region,
    );
    let main = [NewFile::new(PROJECT_FILE.to_owned(), text)];
    prove(None, &main, &BTreeMap::new()).map_err(ComposeError::from)?;
    Ok(main.into_iter().chain([schema_file()]).collect())
}

/// The file of the workflow, in a repository.
pub const WORKFLOW_FILE: &str = ".github/workflows/rekon.yml";

/// A workflow of GitHub Actions that plans, applies and watches the project of a folder,
/// which is named from the repository's root: the example, told for a stack.
pub fn workflow(stack: &Stack, folder: &str) -> NewFile {
    // Nothing in a folder's name is an expression of the workflow.
    let folder = serde_json::Value::from(folder).to_string().replace("${{", "${{ '${{' }}");
    let text = include_str!("../../examples/review/github/rekon.yml")
        .replace("111122223333", &stack.account_id)
        .replace("us-east-1", &stack.region)
        .replace("\"cameras\"", &folder);
    NewFile::new(WORKFLOW_FILE.to_owned(), text)
}

/// The configuration's JSON Schema, as `rekon schema` prints it.
pub(super) fn schema_file() -> NewFile {
    NewFile::new(SCHEMA_FILE.to_owned(), format!("{:#}\n", config::schema()))
}
