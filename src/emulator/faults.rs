//! Faults: what goes wrong between a client and a service that works.
//!
//! A fault is either scripted (this operation, this processor, this time) or random with a probability. Random ones
//! hang on a seed and on how often the same operation was called for the same processor, not on the order in which
//! calls arrive: a run with many calls at once repeats.

use std::collections::HashMap;
use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::delivery::Delivery;
use super::error::ServiceError;
use super::operation::Operation;
use super::random;
use super::setting::{self, BadSetting};

/// Something that goes wrong with one call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The service asks to slow down; nothing happened.
    Throttle,
    /// The operation's quota is used up, by others; nothing happened.
    #[serde(rename = "rate")]
    RateExceeded,
    /// The service failed; nothing happened.
    Internal,
    /// The caller lacks the permission; nothing happened.
    #[serde(rename = "deny")]
    Denied,
    /// Any other error of the service; nothing happened.
    Error {
        /// The error's type.
        code: String,
        /// In words.
        message: String,
    },
    /// The page token is too old. Touches only requests that carry one.
    ExpiredToken,
    /// The connection breaks before the service sees the request.
    ResetBefore,
    /// The operation is done, and the connection breaks before the answer.
    ResetAfter,
    /// The operation is done, and its answer begins but never ends.
    Hang,
    /// The operation is done, and the connection breaks in the middle of the answer.
    Truncate,
    /// The operation is done, and the answer comes this much later.
    Slow(Duration),
    /// The processor that the call creates is not found for this long.
    #[serde(rename = "hide")]
    HideCreated(Duration),
    /// GetResources shows the tags from before the call for this long.
    #[serde(rename = "lag")]
    LagTags(Duration),
    /// GetResources goes on listing the processor that the call deletes for this long.
    #[serde(rename = "linger")]
    LingerDeleted(Duration),
}

impl Fault {
    /// Whether the fault means anything to a call of this operation.
    fn concerns(&self, operation: Operation, has_page_token: bool) -> bool {
        match self {
            Fault::ExpiredToken => has_page_token,
            Fault::HideCreated(_) => operation == Operation::CreateStreamProcessor,
            Fault::LagTags(_) => matches!(
                operation,
                Operation::CreateStreamProcessor
                    | Operation::TagResource
                    | Operation::UntagResource
            ),
            Fault::LingerDeleted(_) => operation == Operation::DeleteStreamProcessor,
            _ => true,
        }
    }

    /// The error of a fault that keeps the operation from happening, for this caller and this resource.
    pub(crate) fn prevents(
        &self,
        operation: Operation,
        caller: &str,
        resource: impl FnOnce() -> String,
    ) -> Option<ServiceError> {
        let internal = |message: &str| ServiceError::internal(operation, message);
        Some(match self {
            Fault::Throttle => ServiceError::throttled(operation),
            Fault::RateExceeded => ServiceError::rate_exceeded(operation),
            Fault::Internal => internal("The service failed. Try your call again."),
            Fault::Denied => ServiceError::denied(operation, caller, &resource()),
            Fault::Error { code, message } => ServiceError::of(operation, code, message.as_str()),
            Fault::ExpiredToken => ServiceError::expired_token(operation),
            // Nobody sees this answer; the journal says why the call came to nothing.
            Fault::ResetBefore => internal("The connection broke before the request arrived."),
            Fault::ResetAfter
            | Fault::Hang
            | Fault::Truncate
            | Fault::Slow(_)
            | Fault::HideCreated(_)
            | Fault::LagTags(_)
            | Fault::LingerDeleted(_) => return None,
        })
    }

    /// How much of the answer arrives.
    pub(crate) fn delivery(&self) -> Delivery {
        match self {
            Fault::ResetBefore | Fault::ResetAfter => Delivery::Reset,
            Fault::Hang => Delivery::Endless,
            Fault::Truncate => Delivery::Cut,
            _ => Delivery::Whole,
        }
    }
}

/// The names of all faults, as they are written.
pub const FAULT_FORMS: &str = "throttle, rate, internal, deny, error:CODE[:MESSAGE], expired-token, reset-before, \
     reset-after, hang, truncate, slow:DURATION, hide:DURATION, lag:DURATION, linger:DURATION";

impl FromStr for Fault {
    type Err = BadSetting;

    fn from_str(text: &str) -> Result<Fault, BadSetting> {
        let fault = match text.split_once(':') {
            None => json!(text),
            Some(("error", error)) => {
                let (code, message) = error.split_once(':').unwrap_or((error, ""));
                let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
                if code.is_empty() || !code.bytes().all(letters) {
                    return Err(BadSetting::Code(code.to_owned()));
                }
                json!({"error": {"code": code, "message": message}})
            }
            Some((name, duration)) => json!({name: setting::duration(duration)?}),
        };
        let unknown = |_| BadSetting::unknown("fault", text, FAULT_FORMS.to_owned());
        Fault::deserialize(fault).map_err(unknown)
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match json!(self) {
            Value::String(name) => f.write_str(&name)?,
            form => form
                .as_object()
                .into_iter()
                .flatten()
                .try_for_each(|(name, _)| f.write_str(name))?,
        }
        match self {
            Fault::Error { code, message } if message.is_empty() => write!(f, ":{code}"),
            Fault::Error { code, message } => write!(f, ":{code}:{message}"),
            Fault::Slow(wait)
            | Fault::HideCreated(wait)
            | Fault::LagTags(wait)
            | Fault::LingerDeleted(wait) => write!(f, ":{}ms", wait.as_millis()),
            _ => Ok(()),
        }
    }
}

/// A fault that strikes certain calls.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptedFault {
    /// The operation it strikes; `None` for any.
    pub operation: Option<Operation>,
    /// The processor that the call must name; `None` for any call.
    pub processor: Option<String>,
    /// The first of the matching calls that it strikes, from 1.
    pub first: u64,
    /// How many of the matching calls it strikes; `None` for all that follow.
    pub count: Option<u64>,
    /// What goes wrong.
    pub fault: Fault,
}

impl FromStr for ScriptedFault {
    type Err = BadSetting;

    /// Reads `OPERATION[/PROCESSOR][:NTH[+|xCOUNT]]=FAULT`.
    ///
    /// The operation may be cut short or be `*`. Without `:NTH` every call is struck, with it only that one; `:2+` is
    /// the second and all that follow, `:2x3` the second and two more.
    fn from_str(text: &str) -> Result<ScriptedFault, BadSetting> {
        let form = || BadSetting::form(text, "OPERATION[/PROCESSOR][:NTH]=FAULT");
        let (calls, fault) = text.split_once('=').ok_or_else(form)?;
        let (calls, (first, count)) = match calls.rsplit_once(':') {
            Some((calls, when)) => (calls, span(when).ok_or_else(form)?),
            None => (calls, (1, None)),
        };
        let (operation, processor) = calls
            .split_once('/')
            .map_or((calls, None), |(operation, processor)| (operation, Some(processor)));
        let operation = match operation {
            "*" => None,
            name => Some(setting::operation(name)?),
        };
        let processor = processor.map(setting::processor).transpose()?;
        let fault: Fault = fault.parse()?;
        let vain = |why| Err(BadSetting::Vain(text.to_owned(), why));
        match operation {
            Some(operation) if !fault.concerns(operation, operation.has_pages()) => {
                vain("such a fault means nothing to this operation")
            }
            Some(operation) if processor.is_some() && !operation.names_processor() => {
                vain("a request of this operation names no processor")
            }
            _ => Ok(ScriptedFault { operation, processor, first, count, fault }),
        }
    }
}

/// The first call and the number of calls, from `2`, `2+` or `2x3`.
fn span(text: &str) -> Option<(u64, Option<u64>)> {
    let (first, count) = if let Some(first) = text.strip_suffix('+') {
        (first, None)
    } else if let Some((first, count)) = text.split_once('x') {
        (first, Some(count.parse().ok().filter(|count| *count > 0)?))
    } else {
        (text, Some(1))
    };
    let first = first.parse().ok().filter(|first| *first > 0)?;
    Some((first, count))
}

/// A fault that strikes any call with a probability.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomFault {
    /// From 0, never, to 1, always.
    pub probability: f64,
    /// What goes wrong.
    pub fault: Fault,
}

impl FromStr for RandomFault {
    type Err = BadSetting;

    /// Reads `FAULT=PROBABILITY`.
    fn from_str(text: &str) -> Result<RandomFault, BadSetting> {
        let (fault, probability) =
            text.rsplit_once('=').ok_or_else(|| BadSetting::form(text, "FAULT=PROBABILITY"))?;
        match probability.parse() {
            Ok(probability) if (0.0..=1.0).contains(&probability) => {
                Ok(RandomFault { probability, fault: fault.parse()? })
            }
            _ => Err(BadSetting::Probability(probability.to_owned())),
        }
    }
}

/// All faults of one emulator. A scripted one goes before a random one, an earlier one before a later one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// Those that strike when their turn comes.
    pub scripted: Vec<ScriptedFault>,
    /// Those that strike by chance.
    pub random: Vec<RandomFault>,
    /// The seed of the chances: the same one gives the same run.
    pub seed: u64,
}

/// How many pairs of operation and processor are counted one by one: those of a full account. A stranger may make up
/// names for ever; what goes beyond is counted together.
const MAX_COUNTED: usize = 150_000;

/// The faults of one emulator with what they need to remember.
#[derive(Debug)]
pub(crate) struct FaultPlan {
    faults: Faults,
    /// How many calls each scripted fault has matched.
    matched: Vec<u64>,
    /// How often each operation was called for each processor, by a hash of the two.
    called: HashMap<u64, u64>,
}

impl FaultPlan {
    pub(crate) fn new(faults: Faults) -> FaultPlan {
        let matched = vec![0; faults.scripted.len()];
        FaultPlan { faults, matched, called: HashMap::new() }
    }

    /// The fault that strikes this call, if one does; counts the call.
    pub(crate) fn strike(
        &mut self,
        operation: Operation,
        processor: &str,
        has_page_token: bool,
    ) -> Option<Fault> {
        let mut struck = None;
        for (scripted, matched) in self.faults.scripted.iter().zip(&mut self.matched) {
            let matches = scripted.operation.is_none_or(|wanted| wanted == operation)
                && scripted.processor.as_deref().is_none_or(|wanted| wanted == processor)
                && scripted.fault.concerns(operation, has_page_token);
            if matches {
                *matched += 1;
                let position = matched.checked_sub(scripted.first);
                let strikes = position
                    .is_some_and(|position| scripted.count.is_none_or(|count| position < count));
                struck = struck.or_else(|| strikes.then(|| scripted.fault.clone()));
            }
        }
        if self.faults.random.is_empty() {
            return struck;
        }
        // The chances hang on every call, also on one that a script strikes.
        let pair = random::mix(&[random::hash(operation.name()), random::hash(processor)]);
        let nth = self.nth(pair);
        struck.or_else(|| {
            let seed = random::mix(&[self.faults.seed, pair, nth]);
            let mut random = self.faults.random.iter().zip(0..);
            random
                .find(|(random, index)| {
                    random.fault.concerns(operation, has_page_token)
                        && random::fraction(random::mix(&[seed, *index])) < random.probability
                })
                .map(|(random, _)| random.fault.clone())
        })
    }

    /// How many calls of this pair there have been with this one.
    fn nth(&mut self, pair: u64) -> u64 {
        let room = self.called.len() < MAX_COUNTED || self.called.contains_key(&pair);
        let nth = self.called.entry(if room { pair } else { 0 }).or_insert(0);
        *nth += 1;
        *nth
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(scripted: &[&str]) -> FaultPlan {
        let scripted = scripted.iter().map(|text| text.parse().unwrap()).collect();
        FaultPlan::new(Faults { scripted, ..Faults::default() })
    }

    fn strikes(
        plan: &mut FaultPlan,
        operation: Operation,
        processor: &str,
        calls: usize,
    ) -> String {
        (0..calls)
            .map(|_| if plan.strike(operation, processor, false).is_some() { '!' } else { '.' })
            .collect()
    }

    #[test]
    fn scripts_say_which_calls() {
        let describe = Operation::DescribeStreamProcessor;
        assert_eq!(strikes(&mut plan(&["Describe=throttle"]), describe, "a", 3), "!!!");
        assert_eq!(strikes(&mut plan(&["Describe:2=throttle"]), describe, "a", 4), ".!..");
        assert_eq!(strikes(&mut plan(&["*:2+=throttle"]), describe, "a", 4), ".!!!");
        assert_eq!(strikes(&mut plan(&["Describe:2x2=throttle"]), describe, "a", 5), ".!!..");
        assert_eq!(strikes(&mut plan(&["Delete=throttle"]), describe, "a", 2), "..");
        let mut named = plan(&["Describe/b:2=throttle"]);
        assert_eq!(strikes(&mut named, describe, "a", 3), "...");
        assert_eq!(strikes(&mut named, describe, "b", 3), ".!.");
    }

    #[test]
    fn the_first_script_that_strikes_wins_and_all_count() {
        let mut plan = plan(&["Describe:1=throttle", "Describe:2=internal", "Describe=deny"]);
        let faults: Vec<Fault> = (0..3)
            .filter_map(|_| plan.strike(Operation::DescribeStreamProcessor, "a", false))
            .collect();
        assert_eq!(faults, [Fault::Throttle, Fault::Internal, Fault::Denied]);
    }

    #[test]
    fn a_fault_strikes_only_where_it_means_something() {
        let mut plan = plan(&["*:1=expired-token"]);
        assert_eq!(plan.strike(Operation::ListStreamProcessors, "", false), None);
        assert_eq!(
            plan.strike(Operation::ListStreamProcessors, "", true),
            Some(Fault::ExpiredToken)
        );
    }

    #[test]
    fn faults_are_written_as_they_are_read() {
        for text in [
            "throttle",
            "rate",
            "internal",
            "deny",
            "error:Teapot",
            "error:Teapot:short and: stout",
            "expired-token",
            "reset-before",
            "reset-after",
            "hang",
            "truncate",
            "slow:250ms",
            "hide:2000ms",
            "lag:1ms",
            "linger:5ms",
        ] {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
        for text in ["", "slow", "slow:x", "throttle:2", "error", "reset"] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
        for text in [
            "Describe",
            "Describe:0=throttle",
            "Describe:x=throttle",
            "Paint=throttle",
            "Describe=",
        ] {
            assert!(text.parse::<ScriptedFault>().is_err(), "{text}");
        }
        for text in [
            "Describe:2x0=throttle",
            "Describe=error:",
            "Describe=error::no more",
            "Describe=error:no such code",
            "Describe/=throttle",
            "Describe/front door=throttle",
            "Stop=hide:5s",
            "Delete=lag:5s",
            "Create=linger:5s",
            "Describe=expired-token",
            "List/a=throttle",
            "GetResources/a=throttle",
        ] {
            assert!(text.parse::<ScriptedFault>().is_err(), "{text}");
        }
        for text in [
            "*=hide:5s",
            "*/a=throttle",
            "ListStreamProcessors=expired-token",
            "TagResource/a=lag:1s",
        ] {
            assert!(text.parse::<ScriptedFault>().is_ok(), "{text}");
        }
        for text in ["throttle", "throttle=2", "throttle=NaN"] {
            assert!(text.parse::<RandomFault>().is_err(), "{text}");
        }
    }

    #[test]
    fn made_up_names_are_not_counted_for_ever() {
        let random = vec!["throttle=0.3".parse().unwrap()];
        let mut plan = FaultPlan::new(Faults { random, ..Faults::default() });
        for number in 0..MAX_COUNTED + 1000 {
            plan.strike(Operation::DescribeStreamProcessor, &number.to_string(), false);
        }
        assert_eq!(plan.called.len(), MAX_COUNTED + 1);
        let struck = strikes(&mut plan, Operation::DescribeStreamProcessor, "new", 10_000);
        assert!((2700..3300).contains(&struck.matches('!').count()), "chances stay what they are");
    }

    #[test]
    fn random_faults_repeat_with_the_seed_whatever_the_order() {
        let random = || Faults {
            random: vec!["throttle=0.3".parse().unwrap()],
            seed: 7,
            ..Faults::default()
        };
        let describe = Operation::DescribeStreamProcessor;
        let mut one = FaultPlan::new(random());
        let (first, second) =
            (strikes(&mut one, describe, "a", 50), strikes(&mut one, describe, "b", 50));
        let mut other = FaultPlan::new(random());
        assert_eq!(strikes(&mut other, describe, "b", 50), second);
        assert_eq!(strikes(&mut other, describe, "a", 50), first);
        assert_ne!(first, second);
        let struck = strikes(&mut other, describe, "c", 10_000).matches('!').count();
        assert!((2700..3300).contains(&struck), "{struck} of 10000");
        let mut reseeded = FaultPlan::new(Faults { seed: 8, ..random() });
        assert_ne!(strikes(&mut reseeded, describe, "a", 50), first);
    }
}
