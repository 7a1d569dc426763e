//! How an emulator behaves: everything that can be set before it starts.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use super::faults::Faults;
use super::operation::Operation;
use super::quirks::Quirks;
use super::setting::{self, BadSetting};

/// The account of a service that was not told any other: the one of AWS's own examples.
pub const DEFAULT_ACCOUNT_ID: &str = "111122223333";
/// The region of a service that was not told any other.
pub const DEFAULT_REGION: &str = "us-east-1";

/// The settings of one emulator; the default suits one that runs inside a process.
#[derive(Clone, Debug)]
pub struct Options {
    /// The account, where the state names none.
    pub account_id: String,
    /// The region, where the state names none.
    pub region: String,
    /// Who is calling, to GetCallerIdentity and in CloudTrail: an ARN, or the name of a user of the account.
    pub identity: String,
    /// Who is calling with certain access key ids, where that is somebody else.
    pub identities: BTreeMap<String, String>,
    /// How long statuses take.
    pub settle: Settle,
    /// Processors that end up FAILED when they are started, and the StatusMessage they then show.
    pub failures: BTreeMap<String, String>,
    /// The quotas of requests.
    pub rates: Rates,
    /// The quotas of processors.
    pub limits: Limits,
    /// How long what changed does not show.
    pub lag: Lag,
    /// What goes wrong on purpose.
    pub faults: Faults,
    /// How what nobody knows is played.
    pub quirks: Quirks,
    /// Whether requests have to be signed.
    pub signatures: Signatures,
    /// How many of the latest calls are remembered, for whoever asks for them in this process; none by default.
    pub journal_capacity: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            account_id: DEFAULT_ACCOUNT_ID.to_owned(),
            region: DEFAULT_REGION.to_owned(),
            identity: "emulator".to_owned(),
            identities: BTreeMap::new(),
            settle: Settle::default(),
            failures: BTreeMap::new(),
            rates: Rates::off(),
            limits: Limits::default(),
            lag: Lag::default(),
            faults: Faults::default(),
            quirks: Quirks::default(),
            signatures: Signatures::Optional,
            journal_capacity: 0,
        }
    }
}

/// Whether a request must look signed; the signature itself is never checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signatures {
    /// A request without an `Authorization` header is answered MissingAuthenticationTokenException, as AWS does.
    Required,
    /// Whoever asks is answered.
    Optional,
}

/// How long things take that the real service takes seconds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settle {
    /// From STARTING to RUNNING, or to FAILED.
    pub starting: Duration,
    /// From STOPPING to STOPPED.
    pub stopping: Duration,
    /// From UPDATING back to what was before.
    pub updating: Duration,
    /// For how long the name of a deleted processor cannot be used again.
    pub name: Duration,
    /// The longest that a label detection session lasts, whatever MaxDurationInSeconds allows.
    pub session: Duration,
}

impl Default for Settle {
    fn default() -> Settle {
        Settle::all(Duration::from_millis(200))
    }
}

impl Settle {
    /// Everything takes equally long, and a session as long as it asks for.
    pub fn all(duration: Duration) -> Settle {
        Settle {
            starting: duration,
            stopping: duration,
            updating: duration,
            name: duration,
            session: Duration::MAX,
        }
    }
}

impl FromStr for Settle {
    type Err = BadSetting;

    /// Reads `2s`, or single durations over the default: `starting=2s,name=5s`.
    fn from_str(text: &str) -> Result<Settle, BadSetting> {
        if !text.contains('=') {
            return setting::duration(text).map(Settle::all);
        }
        setting::assigned(text, setting::duration)
    }
}

/// How late the effects of calls show elsewhere; all zero by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lag {
    /// For how long a processor that was just created is not found.
    pub created: Duration,
    /// For how long GetResources shows the tags of before.
    pub tags: Duration,
    /// For how long GetResources goes on listing a deleted processor.
    pub deleted: Duration,
    /// For how long LookupEvents does not show a call.
    pub trail: Duration,
}

impl FromStr for Lag {
    type Err = BadSetting;

    /// Reads `created=2s,tags=30s,deleted=1h,trail=5m`, each optional.
    fn from_str(text: &str) -> Result<Lag, BadSetting> {
        setting::assigned(text, setting::duration)
    }
}

/// Requests per second that each operation takes; one that is not listed takes any number.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates(BTreeMap<Operation, f64>);

impl Rates {
    /// No quota on anything.
    pub fn off() -> Rates {
        Rates(BTreeMap::new())
    }

    /// The quotas that an account has by default.
    pub fn published() -> Rates {
        let rates = Operation::ALL.iter();
        Rates(rates.filter_map(|operation| Some((*operation, operation.default_rate()?))).collect())
    }

    /// Whether there is no limit at all.
    pub fn is_off(&self) -> bool {
        self.0.is_empty()
    }

    /// The quota of an operation in requests per second, if it has one.
    pub fn of(&self, operation: Operation) -> Option<f64> {
        self.0.get(&operation).copied()
    }
}

impl FromStr for Rates {
    type Err = BadSetting;

    /// Reads `off`, `default`, or rates over the default: `Describe=5,CreateStreamProcessor=off`.
    ///
    /// The part of an operation's name is enough that no other begins with.
    fn from_str(text: &str) -> Result<Rates, BadSetting> {
        match text {
            "off" => return Ok(Rates::off()),
            "default" => return Ok(Rates::published()),
            _ => {}
        }
        let mut rates = Rates::published();
        let mut set = BTreeSet::new();
        for part in text.split(',') {
            let (name, value) = setting::assignment(part)?;
            let operation = setting::operation(name)?;
            if !set.insert(operation) {
                return Err(BadSetting::Twice(operation.to_string()));
            }
            match value.parse::<f64>() {
                _ if value == "off" => drop(rates.0.remove(&operation)),
                Ok(rate) if rate > 0.0 && rate.is_finite() => {
                    rates.0.insert(operation, rate);
                }
                _ => return Err(BadSetting::Rate(value.to_owned())),
            }
        }
        Ok(rates)
    }
}

/// How much there may be of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Stream processors in the account and region.
    pub processors: usize,
    /// Face searches that run at once.
    pub face_searches: usize,
    /// Tags that a user may put on one processor.
    pub tags: usize,
    /// Processors on one page of ListStreamProcessors.
    pub page: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { processors: 10_000, face_searches: 10, tags: 50, page: 1000 }
    }
}

impl FromStr for Limits {
    type Err = BadSetting;

    /// Reads `processors=100,face-searches=2,tags=50,page=10`, each optional.
    fn from_str(text: &str) -> Result<Limits, BadSetting> {
        let whole =
            |text: &str| text.parse::<usize>().map_err(|_| BadSetting::Limit(text.to_owned()));
        match setting::assigned(text, whole)? {
            // A page of nothing would never come to an end.
            Limits { page: 0, .. } => Err(BadSetting::Limit("0".to_owned())),
            limits => Ok(limits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settle_is_one_duration_or_several() {
        assert_eq!("2s".parse(), Ok(Settle::all(Duration::from_secs(2))));
        let settle: Settle = "starting=1m,session=3s".parse().unwrap();
        assert_eq!(
            settle,
            Settle {
                starting: Duration::from_secs(60),
                session: Duration::from_secs(3),
                ..Settle::default()
            }
        );
        assert_eq!("0".parse(), Ok(Settle::all(Duration::ZERO)));
        assert!("-1s".parse::<Settle>().is_err());
        assert!("beginning=1s".parse::<Settle>().is_err());
    }

    #[test]
    fn rates_change_the_default() {
        assert!("off".parse::<Rates>().unwrap().is_off());
        assert_eq!("default".parse(), Ok(Rates::published()));
        let rates: Rates = "Describe=5,Stop=off".parse().unwrap();
        assert_eq!(rates.of(Operation::DescribeStreamProcessor), Some(5.0));
        assert_eq!(rates.of(Operation::StopStreamProcessor), None);
        assert_eq!(rates.of(Operation::ListStreamProcessors), Some(5.0));
        assert_eq!(
            "Sto=1".parse::<Rates>().map(|rates| rates.of(Operation::StopStreamProcessor)),
            Ok(Some(1.0))
        );
        assert!(matches!("List=1".parse::<Rates>(), Err(BadSetting::Ambiguous { .. })));
        assert!(matches!("Detect=1".parse::<Rates>(), Err(BadSetting::Unknown { .. })));
        assert!(matches!("Describe=0".parse::<Rates>(), Err(BadSetting::Rate(_))));
        assert!(matches!("Describe=1,Descr=2".parse::<Rates>(), Err(BadSetting::Twice(_))));
    }

    #[test]
    fn lag_names_what_lags() {
        let lag: Lag = "tags=30s,deleted=1h".parse().unwrap();
        assert_eq!(
            lag,
            Lag {
                created: Duration::ZERO,
                tags: Duration::from_secs(30),
                deleted: Duration::from_secs(3600),
                trail: Duration::ZERO
            }
        );
        assert!("30s".parse::<Lag>().is_err());
        assert_eq!("tags=1s,tags=2s".parse::<Lag>(), Err(BadSetting::Twice("tags".to_owned())));
    }

    #[test]
    fn limits_change_the_default() {
        let limits: Limits = "processors=2,page=1".parse().unwrap();
        assert_eq!(limits, Limits { processors: 2, page: 1, ..Limits::default() });
        for bad in ["page=0", "tags=-1", "processors=many", "cameras=2", "2"] {
            assert!(bad.parse::<Limits>().is_err(), "{bad}");
        }
    }
}
