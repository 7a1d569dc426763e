//! StartStreamProcessor: answers at once, and what becomes of it shows later.

use std::time::Duration;

use serde_json::json;

use super::{Answer, Context, Object, ServiceError, State};
use crate::emulator::quirks::FaceSearchLimit;
use crate::emulator::rules::{self, Kind};
use crate::emulator::state::{Next, Status};

pub(super) fn start(state: &mut State, input: &Object, context: &Context<'_>) -> Answer {
    let Context { now, options, .. } = *context;
    let (name, processor) = super::found(state, input, now)?;
    let kind = processor.kind();
    let session = rules::session_seconds(kind, input)?;
    if !matches!(processor.status, Status::Stopped | Status::Failed) {
        return Err(ServiceError::in_use("Specified resource is in use."));
    }
    let mut failure = options.failures.get(name).cloned();
    if kind == Kind::FaceSearch && running_face_searches(state) >= options.limits.face_searches {
        let message = format!(
            "Face search limit exceeded for account, limit - {}.",
            options.limits.face_searches
        );
        match options.quirks.face_search_limit {
            FaceSearchLimit::Refuse => return Err(ServiceError::limit_exceeded(message)),
            FaceSearchLimit::Fail => failure = failure.or(Some(message)),
        }
    }
    let settle = &options.settle;
    let (wait, status) = match (&failure, session) {
        (Some(_), _) => (settle.starting, Status::Failed),
        // Label detection is never RUNNING: it is STARTING for the whole session.
        (None, Some(seconds)) => {
            (settle.session.min(Duration::from_secs(seconds)), Status::Stopped)
        }
        (None, None) => (settle.starting, Status::Running),
    };
    state.change(name, |processor| {
        processor.enter(Status::Starting, now);
        processor.next = Some(Next { at: now.after(wait), status, message: failure });
    });
    Ok(match kind {
        Kind::FaceSearch => json!({}),
        Kind::LabelDetection => json!({"SessionId": context.request_id}),
    })
}

fn running_face_searches(state: &State) -> usize {
    let at_work = state.processors().values().filter(|processor| {
        processor.kind() == Kind::FaceSearch
            && matches!(processor.status, Status::Starting | Status::Running | Status::Stopping)
    });
    at_work.count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::operation::Operation;
    use crate::emulator::operations::testing::{Service, code, face_search, label_detection};

    const START: Operation = Operation::StartStreamProcessor;

    #[test]
    fn face_search_gets_to_run() {
        let mut service = Service::new();
        service.create(face_search("a"));
        assert_eq!(service.on(START, "a").unwrap(), json!({}));
        assert_eq!(service.status("a"), "STARTING");
        let refused = service.on(START, "a").unwrap_err();
        assert_eq!(
            (refused.code.as_str(), refused.message.as_str()),
            ("ResourceInUseException", "Specified resource is in use.")
        );
        service.wait(10);
        let shown = service.describe("a");
        assert_eq!(
            (&shown["Status"], &shown["LastUpdateTimestamp"]),
            (&json!("RUNNING"), &json!(1_700_000_010.0))
        );
        assert_eq!(code(service.on(START, "a")), "ResourceInUseException");
    }

    #[test]
    fn label_detection_is_starting_until_its_session_ends() {
        let mut service = Service::new();
        service.create(label_detection("a"));
        let answer = service.start_session("a", 30).unwrap();
        assert_eq!(answer, json!({"SessionId": "request-2"}));
        service.wait(29);
        assert_eq!(service.status("a"), "STARTING");
        service.wait(1);
        assert_eq!(service.status("a"), "STOPPED");
        service.options.settle.session = Duration::from_secs(2);
        service.start_session("a", 30).unwrap();
        service.wait(2);
        assert_eq!(service.status("a"), "STOPPED");
    }

    #[test]
    fn a_start_may_fail_later_and_be_tried_again() {
        let mut service = Service::new();
        service.options.failures.insert("a".to_owned(), "Collection not found".to_owned());
        service.create(face_search("a"));
        service.on(START, "a").unwrap();
        service.wait(10);
        let shown = service.describe("a");
        assert_eq!(
            (&shown["Status"], &shown["StatusMessage"]),
            (&json!("FAILED"), &json!("Collection not found"))
        );
        service.options.failures.clear();
        service.on(START, "a").unwrap();
        assert_eq!(service.describe("a").get("StatusMessage"), None);
        service.wait(10);
        assert_eq!(service.status("a"), "RUNNING");
    }

    #[test]
    fn only_so_many_faces_are_searched_at_once() {
        let mut service = Service::new();
        service.options.limits.face_searches = 1;
        service.create(face_search("a"));
        service.create(face_search("b"));
        service.create(label_detection("c"));
        service.on(START, "a").unwrap();
        assert_eq!(code(service.on(START, "b")), "LimitExceededException");
        service.start_session("c", 5).unwrap();
        service.options.quirks.apply("face-search-limit=fail").unwrap();
        service.on(START, "b").unwrap();
        service.wait(10);
        assert_eq!(service.status("b"), "FAILED");
    }

    #[test]
    fn selectors_are_for_label_detection() {
        let mut service = Service::new();
        service.create(face_search("a"));
        service.create(label_detection("b"));
        assert_eq!(code(service.start_session("a", 5)), "InvalidParameterException");
        assert_eq!(code(service.on(START, "b")), "InvalidParameterException");
        assert_eq!(code(service.start_session("b", 121)), "InvalidParameterException");
    }
}
