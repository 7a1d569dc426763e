//! `rekon man`: a manual page of each command.

use std::fs;
use std::io;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

use super::error::CommandError;
use super::exit::{self, Exit};
use super::ui::Ui;
use super::{args, examples};

/// What the environment says, to commands that reach the service and to all.
const ENVIRONMENT: [(&str, &str, Of); 7] = [
    ("REKON_LOG", "What --log says, where it is not given.", Of::Service),
    ("REKON_NOTIFY_URL", "What --notify says, where it is not given.", Of::Notifying),
    (
        "AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, ...",
        "Credentials, as the AWS SDK finds them.",
        Of::Service,
    ),
    (
        "AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_REKOGNITION",
        "Another endpoint, where --endpoint-url is not given.",
        Of::Service,
    ),
    ("AWS_CA_BUNDLE", "Whom HTTPS trusts, instead of the system's certificates.", Of::Service),
    (
        "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY",
        "The proxy, and what passes it by.",
        Of::Service,
    ),
    ("NO_COLOR", "No colour, where --color is not given.", Of::All),
];

#[derive(PartialEq)]
enum Of {
    Service,
    Notifying,
    All,
}

/// Runs the command.
pub(super) fn run(args: &args::Man, program: Command, ui: &Ui) -> Result<Exit, CommandError> {
    let dir = &args.dir;
    let failed = |what: &str, path: &Path, error: io::Error| {
        CommandError::new(format!("cannot {what} {}: {error}", path.display()))
    };
    if dir.exists() && !dir.is_dir() {
        let message = format!("{} is no folder", dir.display());
        return Err(CommandError::new(message).with_help("name a folder, there already or not"));
    }
    fs::create_dir_all(dir).map_err(|error| failed("make", dir, error))?;
    let pages = pages(program);
    for (name, page) in &pages {
        let path = dir.join(name);
        fs::write(&path, page).map_err(|error| failed("write", &path, error))?;
    }
    ui.say(&format!("{} pages are in {}.\n", pages.len(), dir.display()));
    Ok(Exit::Success)
}

/// The pages by the names of their files.
fn pages(program: Command) -> Vec<(String, Vec<u8>)> {
    let mut program = program.disable_help_subcommand(true);
    program.build();
    let names: Vec<String> = program.get_subcommands().map(page_name).collect();
    let all = std::iter::once(&program).chain(program.get_subcommands());
    all.map(|command| (format!("{}.1", page_name(command)), page(command, &names))).collect()
}

fn page_name(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn page(command: &Command, names: &[String]) -> Vec<u8> {
    let is_program = command.has_subcommands();
    let source = concat!("rekon ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).source(source).manual("rekon");
    let mut page = Vec::new();
    let mut roff = Roff::new();
    let name = if is_program { "" } else { command.get_name() };
    let rows = examples::of(name).iter().map(|(line, words)| (*line, *words));
    section(&mut roff, "EXAMPLES", rows);
    if let Some(more) = command.get_after_long_help() {
        roff.control("SH", ["MORE"]).control("nf", []);
        roff.text([roman(more.to_string())]).control("fi", []);
    }
    section(&mut roff, "EXIT STATUS", exit::MEANINGS);
    let takes = |name: &str| command.get_arguments().any(|arg| arg.get_id() == name);
    let concerns = |of: &Of| match of {
        Of::All => true,
        Of::Service => takes("log"),
        Of::Notifying => takes("notify"),
    };
    let rows = ENVIRONMENT.iter().filter(|(_, _, of)| is_program || concerns(of));
    section(&mut roff, "ENVIRONMENT", rows.map(|(name, words, _)| (*name, *words)));
    let others = names.iter().map(String::as_str).filter(|_| is_program);
    let others: Vec<&str> = others.chain(["rekon"].into_iter().filter(|_| !is_program)).collect();
    roff.control("SH", ["SEE ALSO"]).text(listed(&others));
    // Nothing of these can fail: they write to memory.
    let _ = man
        .render_title(&mut page)
        .and_then(|()| man.render_name_section(&mut page))
        .and_then(|()| man.render_synopsis_section(&mut page))
        .and_then(|()| man.render_description_section(&mut page))
        .and_then(|()| man.render_options_section(&mut page))
        .and_then(|()| match is_program {
            true => man.render_subcommands_section(&mut page),
            false => Ok(()),
        })
        .and_then(|()| roff.to_writer(&mut page));
    page
}

/// A section of terms with what is said of each.
fn section<'a>(roff: &mut Roff, heading: &str, rows: impl IntoIterator<Item = (&'a str, &'a str)>) {
    roff.control("SH", [heading]);
    for (term, words) in rows {
        roff.control("TP", []).text([bold(term)]).text([roman(words)]);
    }
}

/// Other pages, as pages name each other.
fn listed(names: &[&str]) -> Vec<Inline> {
    let last = names.len() - 1;
    let named =
        |(at, name): (usize, &&str)| [bold(*name), roman(if at == last { "(1)" } else { "(1), " })];
    names.iter().enumerate().flat_map(named).collect()
}
