//! `rekon emulator`: serve the embedded service over HTTP.

use std::future::Future;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::emulator::{
    self, Emulator, Lag, Limits, OpenError, Options, Quirks, RandomFault, Rates, ScriptedFault,
    Settle, Signatures,
};

/// Serve the embedded service over HTTP, for any AWS client
#[derive(Args, Clone, Debug)]
#[command(after_long_help = quirk_help())]
pub(super) struct EmulatorArgs {
    /// The address to listen on; with port 0, a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4566")]
    pub listen: SocketAddr,
    /// A file to start from and to keep the state in; without it, the state is gone at the end
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// The account to play, 12 digits [default: the state's, or 111122223333]
    #[arg(long, value_name = "ID", value_parser = account_id)]
    pub account_id: Option<String>,
    /// The region to play; requests for any region are answered [default: the state's, or us-east-1]
    #[arg(long, value_name = "REGION", value_parser = emulator::region)]
    pub region: Option<String>,
    /// Who is calling, to GetCallerIdentity and in CloudTrail: an ARN, or the name of a user of the account; for one
    /// access key only with KEY= before it [default: emulator]
    #[arg(long, value_name = "[KEY=]ARN|NAME", value_parser = identity)]
    pub identity: Vec<(Option<String>, String)>,
    /// How long a status takes to settle: 2s, or starting=2s,stopping=1s,updating=0,name=5s,session=10s
    #[arg(long, value_name = "DURATION", default_value = "200ms")]
    pub settle: Settle,
    /// Let a processor end up FAILED when it is started: front-door="Access denied to Role"
    #[arg(long, value_name = "NAME=MESSAGE", value_parser = failure)]
    pub fail: Vec<(String, String)>,
    /// Requests per second: off, default, or some changed: Describe=5,CreateStreamProcessor=off
    #[arg(long, value_name = "RATES", default_value = "default")]
    pub quota: Rates,
    /// How much there may be of what: processors=10000, face-searches=10 (at once), tags=50 (each), page=1000 (of a list)
    #[arg(long, value_name = "LIMITS")]
    pub limit: Option<Limits>,
    /// How late effects show: created=2s (found), tags=30s and deleted=1h (in GetResources), trail=5m (in LookupEvents)
    #[arg(long, value_name = "LAG")]
    pub lag: Option<Lag>,
    /// Something that goes wrong: OPERATION[/PROCESSOR][:NTH[+|xCOUNT]]=FAULT, as in Update/front-door:2=reset-after
    #[arg(long, value_name = "CALLS=FAULT")]
    pub fault: Vec<ScriptedFault>,
    /// Something that goes wrong at random: throttle=0.1,reset-after=0.01
    #[arg(long, value_name = "FAULT=PROBABILITY", value_delimiter = ',')]
    pub fault_rate: Vec<RandomFault>,
    /// The seed of everything random: with the same one, a run repeats
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub seed: u64,
    /// Play a point that nobody knows about the service in one way or another
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',', value_parser = quirk)]
    pub quirk: Vec<String>,
    /// Append each call to this file, as a line of JSON
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
}

/// Why the emulator cannot be served.
#[derive(Debug, thiserror::Error)]
pub(super) enum ServeError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(
        "{address} is taken: another program listens there. Choose another with --listen, or port 0 for a free one"
    )]
    Taken { address: SocketAddr },
    #[error("cannot listen on {address}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("{} is of {what} {kept}, not {asked}", path.display())]
    OtherOwner { path: PathBuf, what: &'static str, kept: String, asked: String },
    #[error("cannot wait for signals")]
    Signals(#[source] io::Error),
    #[error("cannot tell where the emulator listens")]
    Talk(#[source] io::Error),
    #[error("the state could not be kept")]
    Keep(#[source] io::Error),
}

/// Serves until the process is told to stop (SIGINT or SIGTERM), talking to `talk`.
pub(super) async fn run(
    args: EmulatorArgs,
    talk: impl Write + Send + 'static,
) -> Result<(), ServeError> {
    let talk = Arc::new(Mutex::new(talk));
    // Before anything is announced, so that no signal is missed by whoever waits for the announcement.
    let stop = stop_signal().map_err(ServeError::Signals)?;
    let emulator = open(&args, &talk)?;
    let listener = TcpListener::bind(args.listen).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ServeError::Taken { address: args.listen },
        _ => ServeError::Listen { address: args.listen, source },
    })?;
    let address = listener
        .local_addr()
        .map_err(|source| ServeError::Listen { address: args.listen, source })?;
    announce(&mut *said(&talk), address, &emulator).map_err(ServeError::Talk)?;
    emulator::serve(listener, emulator, stop).await.map_err(ServeError::Keep)
}

/// Where the emulator says what happens to it.
fn said<T>(talk: &Mutex<T>) -> MutexGuard<'_, T> {
    talk.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open(
    args: &EmulatorArgs,
    talk: &Arc<Mutex<impl Write + Send + 'static>>,
) -> Result<Emulator, ServeError> {
    let emulator = Emulator::open(options(args), None, args.state.as_deref())?;
    if let Some(path) = &args.state {
        let owners = [
            ("account", emulator.account_id(), &args.account_id),
            ("region", emulator.region(), &args.region),
        ];
        for (what, kept, asked) in owners {
            if let Some(asked) = asked.clone().filter(|asked| *asked != kept) {
                return Err(ServeError::OtherOwner { path: path.clone(), what, kept, asked });
            }
        }
    }
    if let Some(path) = &args.journal {
        let (talk, journal) = (talk.clone(), path.clone());
        emulator.write_journal(path, move |error| {
            let journal = journal.display();
            // Who cannot hear it cannot be told that either.
            let _ = writeln!(said(&talk), "warning: the journal {journal} ends here: {error}");
        })?;
    }
    Ok(emulator)
}

fn options(args: &EmulatorArgs) -> Options {
    let default = Options::default();
    let mut identity = default.identity;
    let mut identities = default.identities;
    for (key, somebody) in &args.identity {
        match key {
            Some(key) => drop(identities.insert(key.clone(), somebody.clone())),
            None => identity.clone_from(somebody),
        }
    }
    let mut quirks = Quirks::default();
    for setting in &args.quirk {
        // Each was tried when the arguments were read.
        let _ = quirks.apply(setting);
    }
    Options {
        account_id: args.account_id.clone().unwrap_or(default.account_id),
        region: args.region.clone().unwrap_or(default.region),
        identity,
        identities,
        settle: args.settle,
        failures: args.fail.iter().cloned().collect(),
        rates: args.quota.clone(),
        lag: args.lag.unwrap_or_default(),
        faults: emulator::Faults {
            scripted: args.fault.clone(),
            random: args.fault_rate.clone(),
            seed: args.seed,
        },
        quirks,
        signatures: Signatures::Required,
        limits: args.limit.unwrap_or_default(),
        journal_capacity: default.journal_capacity,
    }
}

fn announce(talk: &mut impl Write, address: SocketAddr, emulator: &Emulator) -> io::Result<()> {
    if !is_loopback(address.ip()) {
        writeln!(
            talk,
            "warning: {address} can be reached from other machines, and nothing asks for credentials"
        )?;
    }
    let (account_id, region) = (emulator.account_id(), emulator.region());
    writeln!(talk, "listening on http://{address} (account {account_id}, {region})")?;
    talk.flush()
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// Comes when the process is told to stop.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

fn account_id(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|digit| digit.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("an account id has 12 digits".to_owned())
    }
}

/// Whether a text has the form of an access key's identifier.
fn is_access_key(text: &str) -> bool {
    text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Somebody who calls, and the access key that it is known by if not everybody is meant.
fn identity(text: &str) -> Result<(Option<String>, String), emulator::BadSetting> {
    match text.split_once('=') {
        // No ARN begins with an access key, and the name of a user may hold any number of `=`.
        Some((key, somebody)) if is_access_key(key) => {
            Ok((Some(key.to_owned()), emulator::identity(somebody)?))
        }
        _ => Ok((None, emulator::identity(text)?)),
    }
}

fn failure(text: &str) -> Result<(String, String), String> {
    let (name, message) = text.split_once('=').ok_or("write NAME=MESSAGE")?;
    let name = emulator::processor(name).map_err(|error| error.to_string())?;
    match message.is_empty() {
        true => Err("write NAME=MESSAGE: the message is what the processor shows".to_owned()),
        false => Ok((name, message.to_owned())),
    }
}

fn quirk(text: &str) -> Result<String, emulator::BadSetting> {
    Quirks::default().apply(text)?;
    Ok(text.to_owned())
}

/// All faults and quirks, for `--help`.
fn quirk_help() -> String {
    let mut help = format!("Faults: {}\n\nQuirks, the default first:\n", emulator::FAULT_FORMS);
    for quirk in Quirks::ALL {
        help.push_str(&format!("\n  {}\n      {}\n", quirk.name, quirk.about));
        for variant in quirk.variants {
            help.push_str(&format!("      {:<12} {}\n", variant.name, variant.about));
        }
    }
    help
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: EmulatorArgs,
    }

    fn parse(args: &[&str]) -> Result<EmulatorArgs, clap::Error> {
        Command::try_parse_from(std::iter::once(&"emulator").chain(args))
            .map(|command| command.args)
    }

    #[test]
    fn the_arguments_become_options() {
        let args = parse(&[
            "--settle",
            "2s",
            "--fail",
            "front-door=Access denied to Role",
            "--quota",
            "Describe=5",
            "--lag",
            "tags=1s",
            "--fault",
            "Update:2=reset-after",
            "--fault-rate",
            "throttle=0.1,slow:1s=0.2",
            "--seed",
            "7",
            "--quirk",
            "floats=shortest,tagging=absent",
            "--account-id",
            "444455556666",
            "--identity",
            "ci",
            "--identity",
            "AKIAIOSFODNN7EXAMPLE=arn:aws:sts::444455556666:assumed-role/Admin/mary",
        ])
        .unwrap();
        let options = options(&args);
        assert_eq!(options.account_id, "444455556666");
        assert_eq!(options.identity, "ci");
        assert_eq!(
            options.identities["AKIAIOSFODNN7EXAMPLE"],
            "arn:aws:sts::444455556666:assumed-role/Admin/mary"
        );
        assert_eq!(options.failures["front-door"], "Access denied to Role");
        assert_eq!(options.faults.scripted.len(), 1);
        assert_eq!((options.faults.random.len(), options.faults.seed), (2, 7));
        assert_eq!(options.quirks.to_string(), "floats=shortest tagging=absent");
        assert!(options.lag.tags.as_secs() == 1 && options.settle.starting.as_secs() == 2);
    }

    #[test]
    fn a_server_asks_for_signatures_and_keeps_quotas_unless_told_otherwise() {
        let options = options(&parse(&[]).unwrap());
        assert_eq!(options.signatures, Signatures::Required);
        assert_eq!(options.rates, Rates::published());
    }

    #[test]
    fn mistakes_are_refused() {
        for args in [
            ["--listen", "4566"],
            ["--settle", "soon"],
            ["--quota", "Paint=1"],
            ["--fault", "Update"],
            ["--fault-rate", "throttle=2"],
            ["--quirk", "floats=long"],
            ["--account-id", "1234"],
            ["--fail", "front-door"],
            ["--fail", "front door=Access denied"],
            ["--fail", "front-door="],
            ["--region", ""],
            ["--region", "nowhere"],
            ["--identity", ""],
            ["--identity", "AKIAIOSFODNN7EXAMPLE="],
            ["--fault", "Stop=hide:5s"],
            ["--fault", "Update:2x0=throttle"],
            ["--fault", "Update=error:"],
            ["--fault", "Update/front door=throttle"],
            ["--state", ""],
            ["--journal", ""],
        ] {
            assert!(parse(&args).is_err(), "{args:?}");
        }
    }

    #[test]
    fn only_loopback_goes_without_a_warning() {
        let said = |address: &str| {
            let mut talk = Vec::new();
            let emulator = Emulator::open(Options::default(), None, None).unwrap();
            announce(&mut talk, address.parse().unwrap(), &emulator).unwrap();
            String::from_utf8(talk).unwrap()
        };
        assert_eq!(
            said("127.0.0.1:4566"),
            "listening on http://127.0.0.1:4566 (account 111122223333, us-east-1)\n"
        );
        assert!(said("0.0.0.0:80").starts_with("warning: "));
        assert!(!said("[::1]:80").contains("warning"));
    }
}
