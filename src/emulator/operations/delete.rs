//! DeleteStreamProcessor.

use serde_json::json;

use super::{Answer, Context, Object, ServiceError, State};
use crate::emulator::quirks::{DeleteWhileStarting, DeleteWhileUpdating};
use crate::emulator::state::{StaleTags, Status};

pub(super) fn delete(state: &mut State, input: &Object, context: &Context<'_>) -> Answer {
    let Context { now, options, lag, .. } = *context;
    let (name, processor) = super::found(state, input, now)?;
    let possible = match processor.status {
        Status::Stopped | Status::Failed => true,
        Status::Running | Status::Stopping => false,
        Status::Starting => options.quirks.delete_while_starting == DeleteWhileStarting::Accept,
        Status::Updating => options.quirks.delete_while_updating == DeleteWhileUpdating::Accept,
    };
    if !possible {
        return Err(ServiceError::in_use("Cannot delete stream processor."));
    }
    let removed = state.remove(name);
    state.hold_name(name, now.after(options.settle.name), now);
    if let Some(removed) = removed.filter(|_| !lag.deleted.is_zero()) {
        let tags = removed.tags_in_index(now).clone();
        state.linger(name, StaleTags { until: now.after(lag.deleted), tags }, now);
    }
    Ok(json!({}))
}

#[cfg(test)]
mod tests {
    use crate::emulator::operation::Operation;
    use crate::emulator::operations::testing::{Service, code, face_search, label_detection};

    const DELETE: Operation = Operation::DeleteStreamProcessor;

    #[test]
    fn a_deleted_processor_is_gone() {
        let mut service = Service::new();
        service.create(label_detection("a"));
        service.on(DELETE, "a").unwrap();
        assert_eq!(code(service.on(DELETE, "a")), "ResourceNotFoundException");
        assert_eq!(
            code(service.on(Operation::DescribeStreamProcessor, "a")),
            "ResourceNotFoundException"
        );
    }

    #[test]
    fn what_is_at_work_cannot_be_deleted() {
        let mut service = Service::new();
        service.create(face_search("a"));
        service.on(Operation::StartStreamProcessor, "a").unwrap();
        service.wait(10);
        assert_eq!(service.status("a"), "RUNNING");
        let refused = service.on(DELETE, "a").unwrap_err();
        assert_eq!(
            (refused.code.as_str(), refused.message.as_str()),
            ("ResourceInUseException", "Cannot delete stream processor.")
        );
        service.on(Operation::StopStreamProcessor, "a").unwrap();
        assert_eq!(code(service.on(DELETE, "a")), "ResourceInUseException");
        service.wait(10);
        service.on(DELETE, "a").unwrap();
    }

    #[test]
    fn quirks_decide_while_starting_and_updating() {
        for accept in [false, true] {
            let quirks = ["delete-while-starting=accept", "delete-while-updating=accept"];
            let mut service = Service::with_quirks(if accept { &quirks } else { &[] });
            service.create(face_search("a"));
            service.on(Operation::StartStreamProcessor, "a").unwrap();
            assert_eq!(service.on(DELETE, "a").is_ok(), accept);
            service.create(label_detection("b"));
            service
                .call(
                    Operation::UpdateStreamProcessor,
                    serde_json::json!({
                        "Name": "b", "DataSharingPreferenceForUpdate": {"OptIn": true}
                    }),
                )
                .unwrap();
            assert_eq!(service.on(DELETE, "b").is_ok(), accept);
        }
    }
}
