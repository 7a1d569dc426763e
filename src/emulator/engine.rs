//! One call after another: from a request and a point in time to what the client gets to see.
//!
//! Everything that has a memory (the state, quotas, faults, the journal) is here and changes here only; the edges around
//! it add a clock, a lock, a file and a socket.

use std::time::Duration;

use serde_json::Value;

use super::clock::Time;
use super::delivery::Delivery;
use super::error::ServiceError;
use super::faults::{Fault, FaultPlan};
use super::journal::{Call, Journal};
use super::operations::{self, Context};
use super::options::{Lag, Options};
use super::protocol::Incoming;
use super::quotas::Quotas;
use super::random;
use super::state::State;
use super::trail::Event;
use super::validate::Object;

/// The service with its memory.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) state: State,
    pub(crate) options: Options,
    pub(crate) journal: Journal,
    quotas: Quotas,
    faults: FaultPlan,
    requests: u64,
    /// How many calls have changed the state.
    pub(crate) generation: u64,
    started: Time,
}

/// What becomes of one call.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) outcome: Result<Value, ServiceError>,
    pub(crate) request_id: String,
    /// How long the answer is held back.
    pub(crate) delay: Duration,
    pub(crate) delivery: Delivery,
    /// Whether the call changed the state.
    pub(crate) took_effect: bool,
}

impl Engine {
    pub(crate) fn new(options: Options, mut state: State, now: Time) -> Engine {
        state.resume(now, &options.settle);
        Engine {
            state,
            journal: Journal::new(options.journal_capacity),
            quotas: Quotas::new(options.rates.clone()),
            faults: FaultPlan::new(options.faults.clone()),
            options,
            requests: 0,
            generation: 0,
            started: now,
        }
    }

    /// An identifier for the next request, in the form of a UUID.
    pub(crate) fn next_request_id(&mut self) -> String {
        self.requests += 1;
        let started = random::hash(&self.started.iso());
        random::uuid(random::mix(&[self.options.faults.seed, started, self.requests]))
    }

    /// Carries out one call.
    pub(crate) fn call(&mut self, incoming: Incoming, now: Time) -> Reply {
        let Incoming { operation, body, caller } = incoming;
        let request_id = self.next_request_id();
        self.state.advance(now);
        let processor = operations::processor_named(&self.state, &body).map(str::to_owned);
        let named = processor.as_deref().unwrap_or_default();
        let fault = self.faults.strike(operation, named, has_page_token(&body));
        let identity =
            self.options.identity_of(caller.access_key_id.as_deref(), self.state.account_id());
        let resource =
            || processor.as_deref().map_or_else(|| "*".to_owned(), |name| self.state.arn(name));
        let prevented =
            fault.as_ref().and_then(|fault| fault.prevents(operation, identity.arn(), resource));
        let outcome = match prevented {
            Some(error) => Err(error),
            None if !self.quotas.allow(operation, now) => {
                Err(ServiceError::rate_exceeded(operation))
            }
            None => {
                let lag = lag(self.options.lag, fault.as_ref());
                let (options, identity, request_id) = (&self.options, &identity, &request_id);
                let context = Context { now, options, lag, identity, request_id };
                operations::perform(operation, &mut self.state, &body, &context)
            }
        };
        let took_effect = outcome.is_ok() && operation.writes();
        if took_effect {
            self.generation += 1;
        }
        let delay = if let Some(Fault::Slow(delay)) = fault { delay } else { Duration::ZERO };
        let delivery = fault.as_ref().map_or(Delivery::Whole, Fault::delivery);
        let call = Call {
            time: now,
            operation,
            request: body,
            request_id: request_id.clone(),
            caller,
            processor,
            outcome: outcome.as_ref().map(|_| ()).map_err(ServiceError::clone),
            fault,
            took_effect,
        };
        // What never arrived is nothing that the service could have logged.
        if call.fault != Some(Fault::ResetBefore) {
            let answer = outcome.as_ref().ok();
            self.state.trail.record(Event::new(&call, answer, &identity, self.state.region()));
        }
        self.journal.record(call);
        Reply { outcome, request_id, delay, delivery, took_effect }
    }
}

/// Whether the request asks for a further page.
fn has_page_token(body: &Object) -> bool {
    let tokens = ["NextToken", "PaginationToken"].map(|member| body.get(member));
    tokens.into_iter().flatten().filter_map(Value::as_str).any(|token| !token.is_empty())
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
    use crate::emulator::journal::Caller;
    use crate::emulator::operation::Operation;
    use crate::emulator::operations::testing::{face_search, label_detection};
    use serde_json::json;

    const NOW: Time = Time::since_epoch(Duration::from_secs(1_700_000_000));

    fn engine(faults: &[&str]) -> Engine {
        let mut options = Options::default();
        options.faults.scripted = faults.iter().map(|fault| fault.parse().unwrap()).collect();
        Engine::new(options, State::new("111122223333", "us-east-1"), NOW)
    }

    fn call(engine: &mut Engine, operation: Operation, body: Value) -> Reply {
        let Value::Object(body) = body else { panic!("{body} is no object") };
        engine.call(Incoming { operation, body, caller: Caller::default() }, NOW)
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
            assert!(!exists(&engine) && !reply.took_effect && engine.generation == 0);
            assert!(create(&mut engine).took_effect);
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
            assert_eq!(
                (reply.delivery, reply.took_effect, exists(&engine)),
                (delivery, true, true)
            );
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
            let incoming = Incoming {
                operation: Operation::GetResources,
                body: Object::new(),
                caller: Caller::default(),
            };
            let reply = engine.call(incoming, NOW.after(Duration::from_secs(seconds)));
            reply.outcome.unwrap()["ResourceTagMappingList"].as_array().unwrap().len()
        };
        assert_eq!((listed(&mut engine, 0), listed(&mut engine, 5)), (0, 1));
        let body = Object::from_iter([("Name".to_owned(), json!("b"))]);
        let delete = Incoming {
            operation: Operation::DeleteStreamProcessor,
            body,
            caller: Caller::default(),
        };
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
    fn every_request_has_an_id_of_its_own() {
        let mut engine = engine(&[]);
        let ids: std::collections::BTreeSet<String> =
            (0..100).map(|_| engine.next_request_id()).collect();
        assert_eq!(ids.len(), 100);
    }
}
