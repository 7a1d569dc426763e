//! DescribeStreamProcessor and ListStreamProcessors.

use serde_json::{Value, json};

use super::{Answer, Context, Object, Output, ServiceError, State};
use crate::emulator::describe;
use crate::emulator::token;

/// What the tokens of this operation are good for.
const TOKENS: &str = "ListStreamProcessors";

pub(super) fn describe(
    state: &State,
    input: &Object,
    context: &Context<'_>,
) -> Result<Output, ServiceError> {
    let (name, processor) = super::found(state, input, context.now)?;
    Ok(Output::Text(describe::shown(state, name, processor, context.options)))
}

/// Lists by name. A page goes on after the last name of the one before, so that a processor that is there all the time
/// is listed exactly once, whatever comes and goes meanwhile.
pub(super) fn list(state: &State, input: &Object, context: &Context<'_>) -> Answer {
    let most = input.get("MaxResults").and_then(Value::as_u64).unwrap_or(u64::MAX);
    let size = context.options.limits.page.min(usize::try_from(most).unwrap_or(usize::MAX));
    let after = input.get("NextToken").and_then(Value::as_str).map(|token| {
        let bad_token = || {
            let message = "The pagination token is not valid.";
            ServiceError::new("InvalidPaginationTokenException", 400, message)
        };
        token::read(TOKENS, token).ok_or_else(bad_token)
    });
    let after = after.transpose()?;
    let mut rest = state.visible_after(after.as_deref(), context.now);
    let page: Vec<_> = rest.by_ref().take(size).collect();
    let summaries: Vec<Value> = page
        .iter()
        .map(|(name, processor)| json!({"Name": name, "Status": processor.status}))
        .collect();
    let mut output = json!({"StreamProcessors": summaries});
    if let (Some((last, _)), Some(_)) = (page.last(), rest.next()) {
        output["NextToken"] = json!(token::write(TOKENS, last));
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::operation::Operation;
    use crate::emulator::operations::testing::{Service, code, label_detection};

    const LIST: Operation = Operation::ListStreamProcessors;

    fn names(page: &Value) -> Vec<&str> {
        page["StreamProcessors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|listed| listed["Name"].as_str().unwrap())
            .collect()
    }

    #[test]
    fn pages_hold_names_and_statuses_and_lead_to_the_end() {
        let mut service = Service::new();
        for name in ["b", "a", "c"] {
            service.create(label_detection(name));
        }
        let first = service.call(LIST, json!({"MaxResults": 2})).unwrap();
        assert_eq!(first["StreamProcessors"][0], json!({"Name": "a", "Status": "STOPPED"}));
        assert_eq!(names(&first), ["a", "b"]);
        let second =
            service.call(LIST, json!({"MaxResults": 2, "NextToken": first["NextToken"]})).unwrap();
        assert_eq!(names(&second), ["c"]);
        assert_eq!(second.get("NextToken"), None);
        let exact = service.call(LIST, json!({"MaxResults": 3})).unwrap();
        assert_eq!(exact.get("NextToken"), None);
        service.options.limits.page = 2;
        assert_eq!(names(&service.call(LIST, json!({})).unwrap()), ["a", "b"]);
    }

    #[test]
    fn paging_survives_what_comes_and_goes() {
        let mut service = Service::new();
        for name in ["b", "d", "f"] {
            service.create(label_detection(name));
        }
        let first = service.call(LIST, json!({"MaxResults": 2})).unwrap();
        assert_eq!(names(&first), ["b", "d"]);
        service.on(Operation::DeleteStreamProcessor, "d").unwrap();
        service.create(label_detection("a"));
        service.create(label_detection("e"));
        let rest = service.call(LIST, json!({"NextToken": first["NextToken"]})).unwrap();
        assert_eq!(names(&rest), ["e", "f"]);
    }

    #[test]
    fn a_token_must_be_one() {
        let mut service = Service::new();
        for token in ["", "nonsense", "bm9uc2Vuc2U"] {
            let refused = service.call(LIST, json!({ "NextToken": token }));
            assert_eq!(code(refused), "InvalidPaginationTokenException", "{token}");
        }
    }

    #[test]
    fn the_longest_name_fits_a_token() {
        let mut service = Service::new();
        let name = "n".repeat(128);
        service.create(label_detection(&name));
        service.create(label_detection("z"));
        let first = service.call(LIST, json!({"MaxResults": 1})).unwrap();
        let second =
            service.call(LIST, json!({"MaxResults": 1, "NextToken": first["NextToken"]})).unwrap();
        assert_eq!(names(&second), ["z"]);
    }
}
