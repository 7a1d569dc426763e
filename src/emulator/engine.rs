//! One call after another: from a request and a point in time to what the client gets to see.
//!
//! Everything that has a memory (the state, quotas, faults, the journal) is here and changes here only; the edges around
//! it add a clock, a lock, a file and a socket.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::clock::Time;
use super::delivery::Delivery;
use super::error::ServiceError;
use super::faults::{Fault, FaultPlan};
use super::identity::{Identities, Identity};
use super::incoming::Incoming;
use super::journal::{Call, Journal};
use super::operations::{self, Context, Output};
use super::options::{Lag, Options};
use super::quotas::Quotas;
use super::state::{Named, State};
use super::trail::Event;

/// The service with its memory.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) state: State,
    pub(crate) journal: Journal,
    options: Arc<Options>,
    identities: Identities,
    quotas: Quotas,
    faults: FaultPlan,
}

/// A call that has been carried out and that nobody has been told of: a change may still come to nothing.
#[derive(Debug)]
pub(crate) struct Pending {
    call: Call,
    parameters: Option<Value>,
    answer: Result<Output, ServiceError>,
    identity: Arc<Identity>,
    event: Event,
    /// All that hung on the processor's name before the call, if the call changed it.
    before: Option<Named>,
}

/// What becomes of one call.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) outcome: Result<Output, ServiceError>,
    /// How long the answer is held back.
    pub(crate) delay: Duration,
    pub(crate) delivery: Delivery,
}

impl Pending {
    pub(crate) fn took_effect(&self) -> bool {
        self.before.is_some()
    }
}

impl Engine {
    pub(crate) fn new(options: Arc<Options>, mut state: State, now: Time) -> Engine {
        state.resume(now, &options.settle);
        Engine {
            identities: Identities::new(&options, state.account_id()),
            state,
            journal: Journal::new(options.journal_capacity),
            quotas: Quotas::new(options.rates.clone()),
            faults: FaultPlan::new(options.faults.clone()),
            options,
        }
    }

    /// Carries out one call.
    pub(crate) fn begin(&mut self, incoming: Incoming, now: Time) -> Pending {
        let Incoming { operation, request_id, request, parameters, input, processor, caller } =
            incoming;
        self.state.advance(now);
        let named = processor.as_deref().unwrap_or_default();
        let pages = input.as_ref().is_ok_and(operations::has_page_token);
        let fault = self.faults.strike(operation, named, pages);
        let identity = self.identities.of(caller.access_key_id.as_deref());
        let resource =
            || processor.as_deref().map_or_else(|| "*".to_owned(), |name| self.state.arn(name));
        let prevented =
            fault.as_ref().and_then(|fault| fault.prevents(operation, identity.arn(), resource));
        let mut before = operation.writes().then(|| self.state.named(named));
        let answer = match prevented {
            Some(error) => Err(error),
            None if !self.quotas.allow(operation, now) => {
                Err(ServiceError::rate_exceeded(operation))
            }
            None => input.and_then(|input| {
                let lag = lag(self.options.lag, fault.as_ref());
                let (options, identity, request_id) = (&*self.options, &identity, &request_id);
                let context = Context { now, options, lag, identity, request_id };
                operations::perform(operation, &mut self.state, &input, &context)
            }),
        };
        before.take_if(|_| answer.is_err());
        let call = Call {
            time: now,
            operation,
            request,
            request_id,
            caller,
            processor,
            outcome: answer.as_ref().map(|_| ()).map_err(ServiceError::clone),
            fault,
            took_effect: before.is_some(),
        };
        let event = event(&self.state, &call, parameters.as_ref(), &answer, &identity);
        Pending { call, parameters, answer, identity, event, before }
    }

    /// Carries out one call that needs not be kept.
    #[cfg(test)]
    pub(crate) fn call(&mut self, incoming: Incoming, now: Time) -> Reply {
        let pending = self.begin(incoming, now);
        self.conclude(pending, Ok(()))
    }

    /// What the call changed, as a file must know it before anybody is told.
    pub(crate) fn change(&self, pending: &Pending) -> String {
        let Pending { call, event, .. } = pending;
        self.state.render_change(call.processor.as_deref().unwrap_or_default(), event, call.time)
    }

    /// Writes the whole state with what the call made of it.
    pub(crate) fn write(&self, pending: &Pending, to: &mut dyn io::Write) -> io::Result<()> {
        self.state.write(Some(&pending.event), pending.call.time, to)
    }

    /// Tells the journal and the trail of the call, and undoes it if it could not be `kept`.
    pub(crate) fn conclude(&mut self, pending: Pending, kept: Result<(), String>) -> Reply {
        let Pending { mut call, parameters, mut answer, identity, mut event, before } = pending;
        if let (Some(before), Err(problem)) = (before, kept) {
            self.state.put_back(call.processor.as_deref().unwrap_or_default(), before);
            let message = format!("The emulator cannot keep its state: {problem}.");
            let error = ServiceError::internal(call.operation, message);
            call.outcome = Err(error.clone());
            call.took_effect = false;
            answer = Err(error);
            event = self::event(&self.state, &call, parameters.as_ref(), &answer, &identity);
        }
        let fault = call.fault.as_ref();
        let delay = if let Some(Fault::Slow(delay)) = fault { *delay } else { Duration::ZERO };
        let delivery = fault.map_or(Delivery::Whole, Fault::delivery);
        // What never arrived is nothing that the service could have logged.
        if fault != Some(&Fault::ResetBefore) {
            self.state.trail.record(event);
        }
        if call.took_effect {
            self.state.trail.mark_saved();
        }
        self.journal.record(call);
        Reply { outcome: answer, delay, delivery }
    }
}

fn event(
    state: &State,
    call: &Call,
    parameters: Option<&Value>,
    answer: &Result<Output, ServiceError>,
    identity: &Identity,
) -> Event {
    Event::new(
        call,
        parameters,
        answer.as_ref().ok().and_then(Output::tree),
        identity,
        state.region(),
    )
}

/// The lag that holds for a call that this fault strikes.
fn lag(general: Lag, fault: Option<&Fault>) -> Lag {
    match fault {
        Some(Fault::HideCreated(created)) => Lag { created: *created, ..general },
        Some(Fault::LagTags(tags)) => Lag { tags: *tags, ..general },
        Some(Fault::LingerDeleted(deleted)) => Lag { deleted: *deleted, ..general },
        _ => general,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::operation::Operation;
    use crate::emulator::operations::testing::{face_search, label_detection};
    use serde_json::json;

    const NOW: Time = Time::since_epoch(Duration::from_secs(1_700_000_000));

    fn engine(faults: &[&str]) -> Engine {
        let mut options = Options { journal_capacity: 10, ..Options::default() };
        options.faults.scripted = faults.iter().map(|fault| fault.parse().unwrap()).collect();
        Engine::new(Arc::new(options), State::new("111122223333", "us-east-1"), NOW)
    }

    fn call(engine: &mut Engine, operation: Operation, body: Value) -> Reply {
        engine.call(Incoming::of(operation, body), NOW)
    }

    fn create(engine: &mut Engine) -> Reply {
        call(engine, Operation::CreateStreamProcessor, label_detection("a"))
    }

    fn exists(engine: &Engine) -> bool {
        engine.state.processors().contains_key("a")
    }

    #[test]
    fn faults_before_the_operation_leave_nothing_behind() {
        for (fault, code, status) in [
            ("throttle", "ThrottlingException", 500),
            ("rate", "ProvisionedThroughputExceededException", 400),
            ("internal", "InternalServerError", 500),
            ("deny", "AccessDeniedException", 400),
            ("error:LimitExceededException:no more", "LimitExceededException", 400),
        ] {
            let mut engine = engine(&[&format!("Create:1={fault}")]);
            let reply = create(&mut engine);
            let error = reply.outcome.unwrap_err();
            assert_eq!(
                (error.code.as_str(), error.status, reply.delivery),
                (code, status, Delivery::Whole)
            );
            assert!(!exists(&engine));
            assert!(create(&mut engine).outcome.is_ok() && exists(&engine));
        }
        let mut engine = engine(&["Create:1=reset-before"]);
        assert_eq!(create(&mut engine).delivery, Delivery::Reset);
        assert!(!exists(&engine));
    }

    #[test]
    fn faults_after_the_operation_leave_it_done() {
        for (fault, delivery) in [
            ("reset-after", Delivery::Reset),
            ("hang", Delivery::Endless),
            ("truncate", Delivery::Cut),
            ("slow:3s", Delivery::Whole),
        ] {
            let mut engine = engine(&[&format!("Create={fault}")]);
            let reply = create(&mut engine);
            assert_eq!((reply.delivery, exists(&engine)), (delivery, true));
            assert_eq!(reply.delay.as_secs(), if fault == "slow:3s" { 3 } else { 0 });
            assert_eq!(engine.journal.calls().next().map(|call| call.took_effect), Some(true));
        }
    }

    #[test]
    fn a_denial_says_who_may_not_do_what() {
        let mut engine = engine(&["*=deny"]);
        assert_eq!(
            create(&mut engine).outcome.unwrap_err().message,
            "User: arn:aws:iam::111122223333:user/emulator is not authorized to perform: \
             rekognition:CreateStreamProcessor on resource: \
             arn:aws:rekognition:us-east-1:111122223333:streamprocessor/a"
        );
    }

    #[test]
    fn lag_can_strike_single_processors() {
        let mut engine = engine(&["Create/a=hide:5s", "Create/b=lag:5s", "Delete/b=linger:1h"]);
        create(&mut engine);
        let mut tagged = face_search("b");
        tagged["Tags"] = json!({"site": "north"});
        call(&mut engine, Operation::CreateStreamProcessor, tagged);
        let describe = call(&mut engine, Operation::DescribeStreamProcessor, json!({"Name": "a"}));
        assert_eq!(describe.outcome.unwrap_err().code, "ResourceNotFoundException");
        let listed = |engine: &mut Engine, seconds: u64| {
            let incoming = Incoming::of(Operation::GetResources, json!({}));
            let reply = engine.call(incoming, NOW.after(Duration::from_secs(seconds)));
            let outcome = reply.outcome.unwrap();
            outcome.tree().unwrap()["ResourceTagMappingList"].as_array().unwrap().len()
        };
        assert_eq!((listed(&mut engine, 0), listed(&mut engine, 5)), (0, 1));
        let delete = Incoming::of(Operation::DeleteStreamProcessor, json!({"Name": "b"}));
        engine.call(delete, NOW.after(Duration::from_secs(10)));
        assert_eq!((listed(&mut engine, 3600), listed(&mut engine, 3610)), (1, 0));
    }

    #[test]
    fn quotas_are_enforced_with_the_services_own_errors() {
        let mut engine = engine(&[]);
        engine.quotas = Quotas::new("StopStreamProcessor=1,GetResources=1".parse().unwrap());
        let mut code = |operation| {
            call(&mut engine, operation, json!({"Name": "a"}));
            let error = call(&mut engine, operation, json!({"Name": "a"})).outcome.unwrap_err();
            (error.code, error.status)
        };
        assert_eq!(
            code(Operation::StopStreamProcessor),
            ("ProvisionedThroughputExceededException".to_owned(), 400)
        );
        assert_eq!(code(Operation::GetResources), ("ThrottledException".to_owned(), 400));
    }

    #[test]
    fn the_journal_tells_what_happened() {
        let mut engine = engine(&["Describe:2=throttle"]);
        create(&mut engine);
        for _ in 0..2 {
            call(&mut engine, Operation::DescribeStreamProcessor, json!({"Name": "a"}));
        }
        let journal: Vec<_> = engine
            .journal
            .calls()
            .map(|call| {
                (
                    call.operation.name(),
                    call.processor.as_deref(),
                    call.outcome.is_ok(),
                    call.took_effect,
                )
            })
            .collect();
        assert_eq!(
            journal,
            [
                ("CreateStreamProcessor", Some("a"), true, true),
                ("DescribeStreamProcessor", Some("a"), true, false),
                ("DescribeStreamProcessor", Some("a"), false, false),
            ]
        );
    }

    #[test]
    fn a_change_that_could_not_be_kept_is_undone_and_told_so() {
        for (operation, body) in [
            (Operation::CreateStreamProcessor, label_detection("b")),
            (Operation::DeleteStreamProcessor, json!({"Name": "a"})),
            (Operation::StartStreamProcessor, json!({"Name": "a"})),
            (
                Operation::TagResource,
                // A member that the operation does not have must not be taken for the processor.
                json!({"ResourceArn": "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/a",
                    "Tags": {"site": "north"}, "Name": "b"}),
            ),
        ] {
            let mut engine = engine(&[]);
            call(&mut engine, Operation::CreateStreamProcessor, face_search("a"));
            let shown = |engine: &Engine| {
                let state: Value = serde_json::from_str(&engine.state.render(NOW)).unwrap();
                state["processors"].clone()
            };
            let before = shown(&engine);
            let pending = engine.begin(Incoming::of(operation, body), NOW);
            assert!(pending.took_effect(), "{operation}");
            assert_ne!(shown(&engine), before, "{operation}");
            let reply = engine.conclude(pending, Err("the disk is full".to_owned()));
            let error = reply.outcome.unwrap_err();
            assert_eq!((error.code.as_str(), error.status), ("InternalServerError", 500));
            assert!(error.message.contains("the disk is full"));
            assert_eq!(shown(&engine), before, "{operation}");
            let told = engine.journal.calls().last().unwrap();
            assert!(!told.took_effect && told.outcome.is_err());
            let trail = engine.state.trail.changes().last().unwrap().text();
            assert!(trail.contains("the disk is full"), "{trail}");
        }
    }
}
