//! StopStreamProcessor.

use serde_json::json;

use super::{Answer, Context, Object, ServiceError, State};
use crate::emulator::quirks::StopWhileStarting;
use crate::emulator::state::{Next, Status};

pub(super) fn stop(state: &mut State, input: &Object, context: &Context<'_>) -> Answer {
    let Context { now, options, .. } = *context;
    let (name, processor) = super::found(state, input, now)?;
    let possible = match processor.status {
        Status::Running => true,
        Status::Starting => options.quirks.stop_while_starting == StopWhileStarting::Accept,
        Status::Stopped | Status::Failed | Status::Stopping | Status::Updating => false,
    };
    if !possible {
        return Err(ServiceError::in_use("Processor not available for stopping stream."));
    }
    state.change(name, |processor| {
        processor.enter(Status::Stopping, now);
        processor.next = Some(Next {
            at: now.after(options.settle.stopping),
            status: Status::Stopped,
            message: None,
        });
    });
    Ok(json!({}))
}

#[cfg(test)]
mod tests {
    use crate::emulator::operation::Operation;
    use crate::emulator::operations::testing::{Service, code, face_search, label_detection};

    const STOP: Operation = Operation::StopStreamProcessor;

    #[test]
    fn a_running_processor_stops_after_a_while() {
        let mut service = Service::new();
        service.create(face_search("a"));
        let refused = service.on(STOP, "a").unwrap_err();
        assert_eq!(
            (refused.code.as_str(), refused.message.as_str()),
            ("ResourceInUseException", "Processor not available for stopping stream.")
        );
        service.on(Operation::StartStreamProcessor, "a").unwrap();
        service.wait(10);
        service.on(STOP, "a").unwrap();
        assert_eq!(service.status("a"), "STOPPING");
        assert_eq!(code(service.on(STOP, "a")), "ResourceInUseException");
        service.wait(10);
        assert_eq!(service.status("a"), "STOPPED");
        assert_eq!(code(service.on(STOP, "b")), "ResourceNotFoundException");
    }

    #[test]
    fn a_quirk_decides_while_starting() {
        let mut strict = Service::new();
        strict.create(label_detection("a"));
        strict.start_session("a", 60).unwrap();
        assert_eq!(code(strict.on(STOP, "a")), "ResourceInUseException");
        let mut lenient = Service::with_quirks(&["stop-while-starting=accept"]);
        lenient.create(label_detection("a"));
        lenient.start_session("a", 60).unwrap();
        lenient.on(STOP, "a").unwrap();
        lenient.wait(10);
        assert_eq!(lenient.status("a"), "STOPPED");
        lenient.wait(60);
        assert_eq!(lenient.status("a"), "STOPPED");
    }
}
