//! GetCallerIdentity of STS.

use serde_json::{Map, json};

use crate::emulator::options::Options;
use crate::emulator::random;
use crate::emulator::state::State;
use crate::emulator::validate::Object;

pub(super) fn get_caller_identity(state: &State, options: &Options) -> Object {
    let arn = caller_arn(state, options);
    let user_id = format!("AIDA{:016X}", random::hash(&arn));
    Map::from_iter([
        ("Account".to_owned(), json!(state.account_id())),
        ("Arn".to_owned(), json!(arn)),
        ("UserId".to_owned(), json!(user_id)),
    ])
}

/// The ARN of whoever calls: everybody is the same to the emulator.
pub(crate) fn caller_arn(state: &State, options: &Options) -> String {
    if options.identity.starts_with("arn:") {
        options.identity.clone()
    } else {
        format!("arn:aws:iam::{}:user/{}", state.account_id(), options.identity)
    }
}
