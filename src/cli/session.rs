//! A connection to the service that belongs to a stack, and reading through it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::args::Connect;
use super::error::CommandError;
use super::log;
use super::ui::Ui;
use super::watch::Watch;
use crate::aws::{self, Connection, Identity, RateLimit};
use crate::desired::{Desired, Stack};
use crate::emulator::{self, Emulator};
use crate::live;
use crate::model::{Live, ProcessorName};
use crate::plan::{Against, ChangedSince, Drift, Narrowing};

/// A connection whose account is known to be the stack's, or not known yet.
pub(super) struct Session {
    pub connection: Connection,
    /// Whose fleet it is.
    pub stack: Stack,
    /// What answers.
    pub against: Against,
    /// Which service it is, if not AWS's own.
    pub service: Option<String>,
    /// Who is calling, or why nobody could say.
    identity: Result<Identity, aws::Error>,
    /// Kept alive and flushed with the session.
    emulator: Option<Emulator>,
}

/// Connects for a stack. `base` is the folder of the project or the saved plan:
/// the embedded service keeps its state there.
pub(super) async fn open(
    connect: &Connect,
    stack: &Stack,
    base: &Path,
    ui: &Ui,
) -> Result<Session, CommandError> {
    if let Some(region) = connect.region.as_ref().filter(|region| **region != stack.region) {
        let message = format!("--region {region} is not the stack's region, {}", stack.region);
        let help = "leave --region out, or change stack.region";
        return Err(CommandError::new(message).with_help(help));
    }
    let origin = emulator::Options {
        account_id: stack.account_id.clone(),
        region: stack.region.clone(),
        ..emulator::Options::default()
    };
    let emulator = open_emulator(connect, origin, base, ui)?;
    let Stack { name, account_id, region } = stack.clone();
    let whose = Whose { name, account_id: Some(account_id), region };
    establish(connect, whose, emulator, base, ui).await
}

/// Connects where no project says whose fleet it is: to the caller's account, or one
/// that was named, in the region that was asked for.
pub(super) async fn discover(
    connect: &Connect,
    name: String,
    account_id: Option<String>,
    base: &Path,
    ui: &Ui,
) -> Result<Session, CommandError> {
    let emulator = open_emulator(connect, emulator::Options::default(), base, ui)?;
    let played = emulator.as_ref().map(Emulator::region);
    let region = match (&connect.region, played) {
        (Some(region), Some(played)) if *region != played => {
            let message = format!("--region {region} is not the embedded service's, {played}");
            return Err(CommandError::new(message).with_help("leave --region out"));
        }
        (_, Some(played)) => played,
        (Some(region), None) => region.clone(),
        (None, None) => environment_region().ok_or_else(|| {
            CommandError::new("it is not known in which region to look")
                .with_help("say --region, or set AWS_REGION")
        })?,
    };
    let account_id = account_id.or_else(|| emulator.as_ref().map(Emulator::account_id));
    establish(connect, Whose { name, account_id, region }, emulator, base, ui).await
}

/// The region that the environment names.
fn environment_region() -> Option<String> {
    let named = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter();
    named.filter_map(|name| std::env::var(name).ok()).find(|region| !region.is_empty())
}

/// A stack whose account may have to be found out.
struct Whose {
    name: String,
    account_id: Option<String>,
    region: String,
}

async fn establish(
    connect: &Connect,
    whose: Whose,
    emulator: Option<Emulator>,
    base: &Path,
    ui: &Ui,
) -> Result<Session, CommandError> {
    let Whose { name, account_id, region } = whose;
    let log = log::open(connect.log.as_deref(), ui)?;
    let settings = aws::Settings {
        region: region.clone(),
        profile: connect.profile.clone(),
        endpoint_url: connect.endpoint_url.clone(),
        rate_limit: match &emulator {
            Some(_) => RateLimit::Unlimited,
            None => RateLimit::Quota(connect.rate),
        },
        http_client: emulator.as_ref().map(Emulator::http_client),
        log,
    };
    let connection = aws::connect(settings).await?;
    let watch = Watch::new(ui);
    let reader = watch.reader(&connection);
    let identity = watch.during(reader.caller_identity()).await;
    if let Err(error) = &identity
        && error.class().concerns_every_call()
        && reader.endpoint().is_none()
    {
        // Where there is an endpoint of its own, it may not speak STS; and a
        // policy may forbid it. The ARNs of what is read say the account as well.
        return Err(error.into());
    }
    let account_id = match (account_id, &identity) {
        (Some(account_id), _) => account_id,
        (None, Ok(identity)) => identity.account_id.clone(),
        (None, Err(error)) => {
            let error = CommandError::from(error);
            return Err(error.with_help("say whose fleet it is: --account ACCOUNT_ID"));
        }
    };
    let stack = Stack { name, account_id, region };
    if let Err(error) = &identity {
        ui.note(&format!(
            "nobody could say who is calling, so the account is checked by what is read: {error}"
        ));
    }
    if let Ok(Identity { account_id, arn }) = &identity
        && *account_id != stack.account_id
    {
        let message = format!(
            "these credentials are of account {account_id} ({arn}), and stack {} is of account {}",
            stack.name, stack.account_id
        );
        return Err(CommandError::new(message).with_help("use other credentials, or --profile"));
    }
    let against = match &emulator {
        Some(_) => Against::Emulator,
        None => Against::Service {
            endpoint: reader.endpoint().map(str::to_owned),
            caller: identity.iter().map(|who| who.arn.clone()).next(),
        },
    };
    let service = service(connect, base, reader.endpoint());
    Ok(Session { connection, stack, against, service, identity, emulator })
}

impl Session {
    /// Reads everything, and asks for certain about tags that are in question.
    pub(super) async fn read(
        &self,
        desired: &Desired,
        narrowing: &Narrowing,
        ui: &Ui,
    ) -> Result<Live, CommandError> {
        let watch = Watch::new(ui);
        let reader = watch.reader(&self.connection);
        let progress = |progress| watch.progress(progress);
        let reading = live::read(&reader, desired, narrowing, &progress);
        self.accept(watch.during(reading).await?, ui)
    }

    /// Reads what a change of the files concerns.
    pub(super) async fn read_changed(
        &self,
        desired: &Desired,
        narrowing: &Narrowing,
        changed: &ChangedSince,
        ui: &Ui,
    ) -> Result<Live, CommandError> {
        let watch = Watch::new(ui);
        let reader = watch.reader(&self.connection);
        let progress = |progress| watch.progress(progress);
        let reading = live::read_changed(&reader, desired, narrowing, changed, &progress);
        self.accept(watch.during(reading).await?, ui)
    }

    /// Makes certain of what was fetched, as far as planning all of it needs it.
    pub(super) async fn confirm(&self, desired: &Desired, live: Live, ui: &Ui) -> Live {
        let watch = Watch::new(ui);
        let reader = watch.reader(&self.connection);
        watch.during(live::confirm(&reader, desired, &Narrowing::default(), live)).await
    }

    /// Reads everything; tags are as certain as that makes them.
    pub(super) async fn fetch(&self, stack: &Stack, ui: &Ui) -> Result<Live, CommandError> {
        let watch = Watch::new(ui);
        let reader = watch.reader(&self.connection);
        let progress = |progress| watch.progress(progress);
        self.accept(watch.during(live::fetch(&reader, &stack.account_id, &progress)).await?, ui)
    }

    /// Reads everything, and asks for certain about the tags of what is wanted.
    pub(super) async fn read_for_certain(
        &self,
        wanted: &(dyn Fn(&ProcessorName) -> bool + Sync),
        ui: &Ui,
    ) -> Result<Live, CommandError> {
        let watch = Watch::new(ui);
        let reader = watch.reader(&self.connection);
        let progress = |progress| watch.progress(progress);
        let account_id = &self.stack.account_id;
        let reading = live::read_for_certain(&reader, account_id, wanted, &progress);
        self.accept(watch.during(reading).await?, ui)
    }

    /// Says who made the last change to what drifted, as far as CloudTrail does.
    pub(super) async fn find_out_who(&self, found: &mut Drift, ui: &Ui) {
        let watch = Watch::new(ui);
        let reader = watch.reader(&self.connection).of_account(&self.stack.account_id);
        watch.during(live::who(&reader, &mut found.findings)).await;
    }

    /// Takes what was read, once it is known to be the stack's.
    fn accept(&self, live: Live, ui: &Ui) -> Result<Live, CommandError> {
        self.check_account(&live)?;
        for note in &live.notes {
            ui.note(note);
        }
        Ok(live)
    }

    /// Whether the account is known to be the stack's: what was read is of no other.
    pub(super) fn check_account(&self, live: &Live) -> Result<(), CommandError> {
        match &self.identity {
            Err(error) if live.processors.is_empty() => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Who is calling, or why nobody could say.
    pub(super) fn identity(&self) -> Result<Identity, &aws::Error> {
        self.identity.as_ref().cloned()
    }

    /// Who is calling. The account has been checked by what was read, also where
    /// nobody could say.
    pub(super) fn identity_of(&self, stack: &Stack) -> Identity {
        let unnamed = || Identity { account_id: stack.account_id.clone(), arn: String::new() };
        self.identity().unwrap_or_else(|_| unnamed())
    }

    /// Brings the embedded service's state to rest in its file.
    pub(super) async fn close(self) -> Result<(), CommandError> {
        let Some(emulator) = self.emulator else { return Ok(()) };
        emulator.flush().await.map_err(|error| {
            CommandError::new(format!("cannot keep the emulator's state: {error}"))
        })
    }
}

/// The day, in UTC.
pub(super) fn today() -> jiff::civil::Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// The name of a service that is not AWS's own: what it took away is not to be
/// restored anywhere else.
fn service(connect: &Connect, base: &Path, endpoint: Option<&str>) -> Option<String> {
    let own =
        |host: &str| [".amazonaws.com", ".amazonaws.com.cn"].iter().any(|end| host.ends_with(end));
    match &connect.emulator {
        Some(state) => {
            let state = state_file(state, base);
            Some(std::path::absolute(&state).unwrap_or(state).display().to_string())
        }
        None => endpoint.map(str::to_owned).filter(|url| {
            let host = url.parse().ok().and_then(|url: http::Uri| url.host().map(str::to_owned));
            !host.is_some_and(|host| own(&host))
        }),
    }
}

/// The folder that the embedded service is at home in, unless its state is in a file
/// of its own: where it was told to, or with the project or plan.
fn home(told: &OsStr, base: &Path) -> Option<PathBuf> {
    let told = PathBuf::from(told);
    if told.as_os_str().is_empty() {
        Some(base.to_owned())
    } else {
        Some(told).filter(|told| told.is_dir())
    }
}

/// Where the embedded service keeps its state.
pub(super) fn state_file(told: &OsStr, base: &Path) -> PathBuf {
    home(told, base).map_or_else(|| PathBuf::from(told), |home| home.join(".rekon/emulator.json"))
}

/// Opens the embedded service in this process.
///
/// At home in a folder, it starts from the `live.json` there and keeps what is written
/// to it in `.rekon/emulator.json`.
fn open_emulator(
    connect: &Connect,
    options: emulator::Options,
    base: &Path,
    ui: &Ui,
) -> Result<Option<Emulator>, CommandError> {
    let Some(told) = &connect.emulator else { return Ok(None) };
    let store = state_file(told, base);
    let origin = home(told, base).map(|home| home.join("live.json"));
    let source = origin.clone().filter(|origin| origin.exists());
    if !store.exists() && source.is_none() {
        let missing = origin.as_ref().unwrap_or(&store);
        ui.note(&format!(
            "the embedded service starts without any processor: there is no {}",
            missing.display()
        ));
    }
    let emulator = Emulator::open(options, source.as_deref(), Some(&store));
    emulator.map(Some).map_err(|error| CommandError::of(&error))
}
