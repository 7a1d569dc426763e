//! The command line as it is typed.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling::AnsiColor;
use clap::builder::{PossibleValue, PossibleValuesParser, Styles, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::aws::Rate;
use crate::desired::OnDrift;
use crate::plan::Category;
use crate::report::{Format, MaxBytes, MaxDiagnostics, schema};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// A declarative reconciler for Amazon Rekognition stream processors.
///
/// TOML files say what should exist, `rekon plan` shows the difference from
/// what does, `rekon apply` makes the fewest API calls that close it.
#[derive(Debug, Parser)]
#[command(name = "rekon", version, styles = STYLES, max_term_width = 100, subcommand_required = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub common: Common,
}

/// What every command takes.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct Common {
    /// When to colour output; NO_COLOR is respected.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
    /// Say only what is wrong.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: list what is summed up, and say what is read.
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// How many complaints to tell one by one; the rest is counted.
    #[arg(long, global = true, value_name = "N", default_value_t = MaxDiagnostics::default().0)]
    pub max_diagnostics: usize,
}

/// When to colour output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a starter project.
    Init(super::init::InitArgs),
    /// Write TOML for what exists; without a rekon.toml, a whole project.
    Import(Box<super::import::ImportArgs>),
    /// Parse and check the files, offline.
    Validate(Validate),
    /// Show the difference from what exists, and the exact calls.
    Plan(Box<Plan>),
    /// Plan, ask, and do; or do what a saved plan says.
    Apply(Box<Apply>),
    /// Plan, ask, and bring back what runs took away and did not bring back.
    Restore(Box<Restore>),
    /// Show what moved away from what was applied, without changing anything.
    Drift(Box<Drift>),
    /// Write what drifted into the files, instead of putting the service back.
    Accept(Box<super::accept::AcceptArgs>),
    /// Render a saved plan, offline and without credentials.
    Show(Show),
    /// Show what a change of the files means, offline and without credentials.
    Diff(Box<super::diff::DiffArgs>),
    /// Draw the regions of interest, as SVG or PNG.
    Render(super::render::RenderArgs),
    /// Print the live state as JSON.
    Snapshot(Box<Snapshot>),
    /// Print the least IAM policy that a command needs.
    IamPolicy(super::iam_policy::IamPolicyArgs),
    /// Print the JSON Schema of the configuration, or of a machine format.
    Schema(Schema),
    /// Serve the embedded stand-in for the service over HTTP.
    Emulator(Box<super::emulator::EmulatorArgs>),
    /// Print a script that completes commands, options and names in a shell.
    Completions(Completions),
    /// Write a manual page of each command.
    Man(Man),
}

/// A project's folder.
#[derive(Clone, Debug, Args)]
pub(super) struct Project {
    /// The project: a folder with a rekon.toml.
    #[arg(value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
}

/// How to reach the service.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct Connect {
    /// The AWS profile to use.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// The region; one that differs from the stack's is an error.
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Send every request to this endpoint instead of AWS's.
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Use the embedded service instead of AWS: no network, no credentials.
    ///
    /// Alone, it starts from the project's live.json and keeps what is written
    /// to it in .rekon/emulator.json; with another folder, from what is there. With a
    /// file, that file is its state.
    #[arg(
        long,
        value_name = "STATE.json",
        num_args = 0..=1,
        require_equals = true,
        value_hint = ValueHint::AnyPath,
        default_missing_value = "",
        conflicts_with = "endpoint_url"
    )]
    pub emulator: Option<OsString>,
    /// The part of the account's request quotas to use.
    #[arg(long, value_name = "PERCENT", default_value = "100%")]
    pub rate: Rate,
    /// Append a line for each request that is sent; `-` is stderr.
    #[arg(long, value_name = "FILE", env = "REKON_LOG", hide_env_values = true, value_hint = ValueHint::AnyPath)]
    pub log: Option<OsString>,
}

/// Which processors to look at.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Narrowing")]
pub(super) struct Choose {
    /// Only processors whose name matches.
    #[arg(long, value_name = "GLOB")]
    pub only: Vec<String>,
    /// No processors whose name matches.
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Only processors that declare this tag.
    #[arg(long, value_name = "KEY=VALUE")]
    pub tag: Vec<String>,
}

/// Which changes to plan.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Narrowing")]
pub(super) struct Narrow {
    #[command(flatten)]
    pub choose: Choose,
    /// Plan only the first N changes, those that destroy nothing first.
    #[arg(long, value_name = "N", value_parser = limit)]
    pub limit: Option<NonZeroUsize>,
}

/// What tells the origin of a difference where no record does.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Drift")]
pub(super) struct Base {
    /// A revision of git: what its files say was applied, wherever no record says what was.
    #[arg(long, value_name = "REV")]
    pub base: Option<String>,
}

/// Which differences to close.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Drift")]
pub(super) struct Intent {
    #[command(flatten)]
    pub base: Base,
    /// What to do about what was changed outside of the files [default: stack.on_drift].
    #[arg(long, value_name = "WHAT")]
    pub drift: Option<OnDrift>,
    /// Leave what the files changed for another plan.
    #[arg(long)]
    pub no_config: bool,
}

/// Numbers that `[guard]` asks for.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Guard")]
pub(super) struct Allow {
    /// Allow exactly this many deletes.
    #[arg(long, value_name = "N")]
    pub allow_deletes: Option<u64>,
    /// Allow exactly this many replacements.
    #[arg(long, value_name = "N")]
    pub allow_replacements: Option<u64>,
    /// Allow exactly this many updates.
    #[arg(long, value_name = "N")]
    pub allow_updates: Option<u64>,
    /// Allow exactly this many creates.
    #[arg(long, value_name = "N")]
    pub allow_creates: Option<u64>,
}

/// What a plan must not do or find.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Guard")]
pub(super) struct Guard {
    #[command(flatten)]
    pub allow: Allow,
    /// Refuse a plan while the account and region hold what no file declares.
    #[arg(long)]
    pub deny_undeclared: bool,
}

#[derive(Debug, Args)]
pub(super) struct Validate {
    #[command(flatten)]
    pub project: Project,
    /// How to print the result.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = formats(&OF_FILES))]
    pub format: Format,
    /// Count warnings as errors.
    #[arg(long)]
    pub deny_warnings: bool,
}

/// What is written beside what is printed.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Reports")]
pub(super) struct Reporting {
    /// Write it in this format too, whatever comes of it; `-` is stdout.
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = report, value_hint = ValueHint::FilePath)]
    pub reports: Vec<(Format, PathBuf)>,
    /// How large a comment may be; what does not fit is counted.
    #[arg(long, value_name = "BYTES", default_value_t = MaxBytes::default().0, value_parser = max_bytes)]
    pub max_bytes: usize,
}

impl Default for Reporting {
    fn default() -> Reporting {
        Reporting { reports: Vec::new(), max_bytes: MaxBytes::default().0 }
    }
}

#[derive(Debug, Args)]
pub(super) struct Plan {
    #[command(flatten)]
    pub project: Project,
    /// How to print the plan.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = formats(&Format::ALL))]
    pub format: Format,
    #[command(flatten)]
    pub reporting: Reporting,
    /// Save the plan as JSON, for `rekon apply FILE`; `-` is stdout.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit with 2 when there are changes.
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Plan against a saved snapshot instead of the live service; `-` is stdin.
    #[arg(long, value_name = "SNAPSHOT.json", conflicts_with_all = ["emulator", "endpoint_url", "profile"])]
    pub live: Option<PathBuf>,
    /// Look only at processors that the files declare otherwise than at this revision of git.
    ///
    /// The others are counted as not looked at. Where the files change what decides about
    /// all of them, all are looked at.
    #[arg(long, value_name = "REV", conflicts_with = "deny_undeclared")]
    pub changed_since: Option<String>,
    /// Count warnings as errors.
    #[arg(long)]
    pub deny_warnings: bool,
    /// Where runs leave their trace [default: .rekon in the project].
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub recovery_dir: Option<PathBuf>,
    #[command(flatten)]
    pub narrow: Narrow,
    #[command(flatten)]
    pub intent: Intent,
    #[command(flatten)]
    pub guard: Guard,
    #[command(flatten)]
    pub connect: Connect,
}

/// How to carry a plan out.
#[derive(Clone, Debug, Args)]
pub(super) struct Execution {
    /// How to print the result.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = formats(&NO_DIFF))]
    pub format: Format,
    #[command(flatten)]
    pub reporting: Reporting,
    /// Do not ask.
    #[arg(long)]
    pub auto_approve: bool,
    /// How many processors to work on at once.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = parallelism)]
    pub parallelism: usize,
    /// How long to wait for a processor to settle, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "180", value_parser = seconds)]
    pub settle_timeout: Duration,
    /// Where runs leave their trace and the definitions of what they delete
    /// [default: .rekon beside the project or plan].
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub recovery_dir: Option<PathBuf>,
    /// Count warnings as errors.
    #[arg(long)]
    pub deny_warnings: bool,
}

#[derive(Debug, Args)]
pub(super) struct Apply {
    /// A project's folder, or a saved plan; `-` is a plan on stdin.
    #[arg(value_name = "DIR | PLAN.json", default_value = ".")]
    pub target: PathBuf,
    /// Plan anew, and apply what was reviewed: the changes of a saved plan that are still the
    /// same, or all of a plan of this fingerprint.
    ///
    /// What else there is to do is reported, and ends with 5, or 4 if nothing was applied.
    #[arg(long, value_name = "PLAN.json | sha256:...", value_hint = ValueHint::FilePath)]
    pub expect: Option<PathBuf>,
    #[command(flatten)]
    pub execution: Execution,
    #[command(flatten)]
    pub narrow: Narrow,
    #[command(flatten)]
    pub intent: Intent,
    #[command(flatten)]
    pub guard: Guard,
    #[command(flatten)]
    pub connect: Connect,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    #[command(flatten)]
    pub project: Project,
    /// What to bring back [default: all that runs took away].
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Save the plan as JSON, for `rekon apply FILE`, instead of carrying it out; `-` is
    /// stdout.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub execution: Execution,
    #[command(flatten)]
    pub allow: Allow,
    #[command(flatten)]
    pub connect: Connect,
}

#[derive(Debug, Args)]
pub(super) struct Drift {
    #[command(flatten)]
    pub project: Project,
    /// How to print what was found.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = formats(&NO_DIFF))]
    pub format: Format,
    #[command(flatten)]
    pub reporting: Reporting,
    /// Keep what was found here, and say what is new, still there or resolved since.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub since: Option<PathBuf>,
    /// Write metrics here, for the textfile collector of Prometheus' node exporter.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub metrics: Option<PathBuf>,
    /// Post what was found to this URL when it is otherwise than at the last look.
    ///
    /// It needs --since, which keeps what was found then.
    #[arg(long, value_name = "URL", env = "REKON_NOTIFY_URL", hide_env_values = true, value_hint = ValueHint::Url)]
    pub notify: Option<String>,
    /// What to post.
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    pub notify_format: NotifyFormat,
    /// Ask CloudTrail who made the last change to what drifted or is missing.
    #[arg(long, conflicts_with = "live")]
    pub who: bool,
    /// Look for processors that no file declares, too.
    #[arg(long)]
    pub undeclared: bool,
    /// What ends with exit code 2, separated by commas.
    #[arg(
        long,
        value_name = "CATEGORIES",
        value_delimiter = ',',
        default_value = "changed,missing"
    )]
    pub fail_on: Vec<Category>,
    /// Look at a saved snapshot instead of the live service; `-` is stdin.
    #[arg(long, value_name = "SNAPSHOT.json", conflicts_with_all = ["emulator", "endpoint_url", "profile"])]
    pub live: Option<PathBuf>,
    /// Count warnings as errors.
    #[arg(long)]
    pub deny_warnings: bool,
    #[command(flatten)]
    pub base: Base,
    #[command(flatten)]
    pub choose: Choose,
    #[command(flatten)]
    pub connect: Connect,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// A plan that `rekon plan --out` saved; `-` is stdin.
    #[arg(value_name = "PLAN.json")]
    pub plan: PathBuf,
    /// How to print the plan.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = formats(&Format::ALL))]
    pub format: Format,
    #[command(flatten)]
    pub reporting: Reporting,
}

#[derive(Debug, Args)]
pub(super) struct Snapshot {
    #[command(flatten)]
    pub project: Project,
    /// How to print the snapshot.
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    pub format: JsonOnly,
    #[command(flatten)]
    pub connect: Connect,
}

#[derive(Debug, Args)]
pub(super) struct Schema {
    /// The machine format [default: the configuration].
    #[arg(value_name = "FORMAT")]
    pub format: Option<schema::Format>,
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell to complete for.
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct Man {
    /// The folder to write them to, made if it is not there.
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
}

impl Apply {
    /// Whether the options change what a plan holds, which a saved one has settled.
    pub(super) fn narrows(&self) -> bool {
        let Narrow { choose: Choose { only, exclude, tag }, limit } = &self.narrow;
        let Guard { allow, deny_undeclared } = self.guard;
        let Allow { allow_deletes, allow_replacements, allow_updates, allow_creates } = allow;
        let allowed = [allow_deletes, allow_replacements, allow_updates, allow_creates];
        !(only.is_empty() && exclude.is_empty() && tag.is_empty())
            || limit.is_some()
            || allowed.iter().any(Option::is_some)
            || deny_undeclared
            || self.expect.is_some()
            || self.intent.base.base.is_some()
            || self.intent.drift.is_some()
            || self.intent.no_config
            || self.execution.deny_warnings
    }
}

/// The formats of what is no plan.
const NO_DIFF: [Format; 6] =
    [Format::Text, Format::Json, Format::Markdown, Format::Html, Format::Github, Format::Sarif];
/// The formats of what is wrong in the files.
const OF_FILES: [Format; 4] = [Format::Text, Format::Json, Format::Github, Format::Sarif];

/// The formats of what is posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum NotifyFormat {
    /// The versioned document.
    Json,
    /// A message to an incoming webhook of Slack.
    Slack,
}

/// The formats of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TextOrJson {
    /// For reading.
    Text,
    /// A versioned document.
    Json,
}

/// The format of what is data only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum JsonOnly {
    /// The versioned document.
    Json,
}

impl From<TextOrJson> for Format {
    fn from(format: TextOrJson) -> Format {
        match format {
            TextOrJson::Text => Format::Text,
            TextOrJson::Json => Format::Json,
        }
    }
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Format] {
        &Format::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let about = match self {
            Format::Text => "For reading",
            Format::Diff => "A unified diff from what lives to what is declared",
            Format::Json => "The versioned document",
            Format::Markdown => "For a comment, an issue or the summary of a job",
            Format::Html => "A page by itself, to be opened in a browser",
            Format::Github => "Annotations on lines, for a workflow of GitHub Actions",
            Format::Sarif => "A SARIF 2.1.0 log, for code scanning",
        };
        Some(PossibleValue::new(self.as_str()).help(about))
    }
}

/// Takes some of the formats.
pub(super) fn formats(some: &'static [Format]) -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(some.iter().filter_map(ValueEnum::to_possible_value))
        .try_map(|word| Format::from_str(&word, false))
}

/// Reads a format and the file that it goes to.
fn report(text: &str) -> Result<(Format, PathBuf), String> {
    let (format, file) = text
        .split_once('=')
        .filter(|(_, file)| !file.is_empty())
        .ok_or("must be a format and a file, such as markdown=plan.md")?;
    let known = || Format::ALL.map(Format::as_str).join(", ");
    let format = Format::from_str(format, false)
        .map_err(|_| format!("there is no format {format:?}; there are {}", known()))?;
    Ok((format, file.into()))
}

fn max_bytes(text: &str) -> Result<usize, String> {
    let least = MaxBytes::LEAST;
    let bytes = text.parse().ok().filter(|bytes| *bytes >= least);
    bytes.ok_or_else(|| format!("must be a whole number from {least}"))
}

impl ValueEnum for schema::Format {
    fn value_variants<'a>() -> &'a [schema::Format] {
        &schema::Format::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        use schema::Format;
        let about = match self {
            Format::Plan => "What `plan --format json` prints and `--out` saves",
            Format::Outcome => "What `apply --format json` prints",
            Format::Diagnostics => {
                "What `validate --format json` prints, and every verb when it fails"
            }
            Format::Snapshot => "What `snapshot` prints",
            Format::Import => "What `import --format json` prints",
            Format::Acceptance => "What `accept --format json` prints",
            Format::Drift => "What `drift --format json` prints",
        };
        Some(PossibleValue::new(self.as_str()).help(about))
    }
}

impl ValueEnum for Category {
    fn value_variants<'a>() -> &'a [Category] {
        &Category::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let about = match self {
            Category::Changed => "The service moved",
            Category::Missing => "Declared, and not there",
            Category::Failed => "The status is FAILED",
            Category::Undeclared => "No file declares it",
            Category::Unknown => "It differs, and no record says which side moved",
            Category::Pending => "The file moved",
        };
        Some(PossibleValue::new(self.as_str()).help(about))
    }
}

impl ValueEnum for OnDrift {
    fn value_variants<'a>() -> &'a [OnDrift] {
        &[OnDrift::Revert, OnDrift::Keep, OnDrift::Refuse]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (word, about) = match self {
            OnDrift::Revert => ("revert", "Put it back"),
            OnDrift::Keep => ("keep", "Leave it"),
            OnDrift::Refuse => ("refuse", "Refuse to plan it"),
        };
        Some(PossibleValue::new(word).help(about))
    }
}

/// Reads a number of seconds, which may have a fraction and an `s` behind it.
fn seconds(text: &str) -> Result<Duration, String> {
    text.strip_suffix('s')
        .unwrap_or(text)
        .parse::<f64>()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "must be a number of seconds, such as 180".to_owned())
}

fn limit(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| {
        "must be a whole number from 1; a plan of nothing is no plan, so leave it out".to_owned()
    })
}

fn parallelism(text: &str) -> Result<usize, String> {
    text.parse::<usize>()
        .ok()
        .filter(|number| (1..=1024).contains(number))
        .ok_or_else(|| "must be a whole number from 1 to 1024".to_owned())
}
