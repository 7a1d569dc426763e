//! rekon: a declarative reconciler for Amazon Rekognition stream processors.
//!
//! ```text
//! TOML ─load─▶ raw trees ─resolve─▶ desired ┐
//!                                           ├─diff─▶ changes ─plan─▶ Plan ─apply─▶ Outcome
//! AWS / emulator / snapshot ─read──▶ live ──┘                          └──report──▶ text, JSON, ...
//! ```
//!
//! Modules in order of dependence; each names only those above it. The first
//! eight are the pure core: values in, values out, no clock, environment, files
//! or network (but for `config::load`). The others are edges, and `emulator`
//! stands apart: it shares no code with the rest.
//!
//! The command is a thin layer over these modules, and a program of its own uses
//! them in the same way. Here against the embedded service; without its
//! `http_client`, against AWS:
//!
//! ```
//! use std::path::Path;
//!
//! use rekon::apply::{self, RecoveryRoot};
//! use rekon::aws::{self, RateLimit};
//! use rekon::emulator::{self, Emulator};
//! use rekon::{config, desired, live, plan, report};
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! // Validate: everything that is wrong in all files, each with its place.
//! let project = Path::new("examples/doorbells");
//! let loaded = config::load(project);
//! let checked = desired::resolve(&loaded);
//! let settings = report::Settings::default();
//! print!("{}", report::diagnostics::draw(&checked.diagnostics, &loaded.sources, settings));
//! let desired = checked.desired.ok_or("the project has errors")?;
//!
//! // Plan: read what is live, and compare. Nothing can be written by a reader.
//! let state = project.join("live.json");
//! let service = Emulator::open(emulator::Options::default(), Some(&state), None)?;
//! let connection = aws::connect(aws::Settings {
//!     region: desired.stack.region.clone(),
//!     profile: None,
//!     endpoint_url: None,
//!     rate_limit: RateLimit::Unlimited,
//!     http_client: Some(service.http_client()),
//!     log: None,
//! })
//! .await?;
//! let reader = connection.reader();
//! let options = plan::Options::default();
//! let live = live::read(&reader, &desired, &options.narrowing, &|_| {}).await?;
//! let planned = plan::plan(&desired, &loaded.sources, &[], &live, &options);
//! print!("{}", report::text::plan(&planned, settings));
//! assert!(planned.refusals.is_empty() && planned.complete);
//!
//! // Apply: the writes of the plan and no others. What is deleted can be restored
//! // from the folder that is given here.
//! let folder = tempfile::tempdir()?;
//! let how = apply::Options {
//!     identity: reader.caller_identity().await?,
//!     parallelism: apply::DEFAULT_PARALLELISM,
//!     settle_timeout: apply::DEFAULT_SETTLE_TIMEOUT,
//!     recovery: RecoveryRoot::Folder(folder.path().to_owned()),
//!     now: jiff::Timestamp::now(),
//!     service: None,
//!     reconnect: String::new(),
//!     known: None,
//! };
//! let (_stopper, stop) = apply::stopper();
//! let writer = connection.writer();
//! let outcome = apply::apply(&planned, &reader, &writer, &how, &|_| {}, stop).await?;
//! print!("{}", report::text::outcome(&outcome, &planned, settings));
//!
//! // Whoever plans again finds nothing to do.
//! let live = live::read(&reader, &desired, &options.narrowing, &|_| {}).await?;
//! let again = plan::plan(&desired, &loaded.sources, &[], &live, &options);
//! assert!(again.changes.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })
//! # .unwrap();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![warn(missing_docs, unreachable_pub)]
#![warn(clippy::print_stdout, clippy::print_stderr, clippy::dbg_macro)]

#[cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]
pub mod model;

#[cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]
pub mod diagnostic;

#[cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]
pub mod config;

#[cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]
pub mod desired;

#[cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]
pub mod diff;

#[cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]
pub mod plan;

#[cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]
pub mod report;

pub mod accept;
#[cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]
pub mod import;

pub mod aws;

pub mod live;

pub mod emulator;

pub mod apply;

mod cli;

pub use cli::run;
