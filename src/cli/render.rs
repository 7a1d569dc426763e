//! `rekon render`: pictures of regions, offline and without credentials.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};
use globset::GlobBuilder;

use super::args::Project;
use super::error::CommandError;
use super::exit::Exit;
use super::ui::Ui;
use super::{new_files, project, saved};
use crate::config;
use crate::desired::{Declaration, Zone};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Attribute, Definition, Frame, Kind, ProcessorName, RegionOfInterest, Regions};
use crate::plan::{Change, Plan};
use crate::report::picture::{self, Aspect, Canvas, Embedding, Scene};

#[derive(Debug, Args)]
pub(super) struct RenderArgs {
    #[command(flatten)]
    pub project: Project,
    /// Whose regions to draw, by names or globs [default: all that have a camera's].
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Draw before and after of the changes of a saved plan; `-` is stdin.
    ///
    /// The files are not read then. Frames are looked for in DIR.
    #[arg(long, value_name = "PLAN.json", value_hint = ValueHint::FilePath)]
    pub plan: Option<PathBuf>,
    /// What kind of pictures to write.
    #[arg(long, value_name = "FORMAT", default_value = "svg")]
    pub format: PictureFormat,
    /// The folder to write them to, made if it is not there; `-` is stdout, for one.
    #[arg(long, value_name = "DIR", default_value = "pictures", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
    /// The ratio of a picture's sides, where no frame has its own [default: 16:9].
    #[arg(long, value_name = "WIDTH:HEIGHT")]
    pub aspect: Option<Aspect>,
    /// The width of a PNG in pixels, 64 to 4096 [default: 1200].
    #[arg(long, value_name = "PIXELS", value_parser = width)]
    pub width: Option<u32>,
}

/// The kinds of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PictureFormat {
    /// Sharp at any size, in light and dark.
    Svg,
    /// Pixels, dark on light.
    Png,
}

/// What there is to draw: the regions of processors, by name, and the names of shapes.
struct Subjects {
    by_name: BTreeMap<String, Subject>,
    zones: BTreeMap<String, RegionOfInterest>,
}

struct Subject {
    regions: Drawn,
    frame: Option<String>,
}

/// Regions that are there, or that change. None are the whole frame.
enum Drawn {
    Are(Option<Regions>),
    Change(Option<Regions>, Option<Regions>),
}

/// Runs the command.
pub(super) fn run(args: &RenderArgs, ui: &Ui) -> Result<Exit, CommandError> {
    if args.width.is_some() && args.format == PictureFormat::Svg {
        let error = CommandError::new("--width is for PNG: an SVG has any size");
        return Err(error.with_help("add --format png, or leave --width out"));
    }
    let mut subjects = match &args.plan {
        Some(file) => planned(&saved::read(file, saved::Purpose::Show)?)?,
        None => declared(&args.project.dir, ui)?,
    };
    choose(&mut subjects.by_name, args)?;
    let to_stdout = saved::is_standard(&args.out);
    if to_stdout && subjects.by_name.len() != 1 {
        let message = format!("{} pictures cannot all go to stdout", subjects.by_name.len());
        return Err(CommandError::new(message).with_help("name one processor, or a folder"));
    }
    if subjects.by_name.is_empty() {
        ui.note("there is nothing to draw: no regions change");
        return Ok(Exit::Success);
    }
    if !to_stdout {
        make_folder(&args.out)?;
    }
    for (name, subject) in &subjects.by_name {
        let picture = draw(name, subject, &subjects.zones, args, ui);
        if to_stdout {
            ui.print_bytes(&picture);
            continue;
        }
        let extension = match args.format {
            PictureFormat::Svg => "svg",
            PictureFormat::Png => "png",
        };
        let path = args.out.join(format!("{name}.{extension}"));
        new_files::replace(&path, &picture).map_err(|error| {
            CommandError::new(format!("cannot write {}: {error}", path.display()))
        })?;
        if !ui.is_quiet() {
            ui.print(&format!("{}\n", path.display()));
        }
    }
    Ok(Exit::Success)
}

/// What a project declares. Of what is wrong with it only its frames matter here.
fn declared(dir: &Path, ui: &Ui) -> Result<Subjects, CommandError> {
    let opened = project::open(dir, false)?;
    let is_frame = |warning: &&Diagnostic| warning.code == Code::UnusableFrame;
    let warnings: Vec<Diagnostic> = opened.warnings.iter().filter(is_frame).cloned().collect();
    ui.complain_of(&warnings, &opened.loaded);
    let looks = |declaration: &Declaration| declaration.definition.kind() == Kind::LabelDetection;
    let processors = opened.desired.processors.into_iter();
    let by_name = processors.filter(|(_, declaration)| looks(declaration)).map(|(name, one)| {
        let regions = Drawn::Are(regions(&one.definition));
        (name.to_string(), Subject { regions, frame: one.frame })
    });
    let zones = opened.desired.zones.into_iter().map(|(name, Zone { shape, .. })| (name, shape));
    Ok(Subjects { by_name: by_name.collect(), zones: zones.collect() })
}

/// What a plan does to regions: those that change, and those of what comes.
fn planned(plan: &Plan) -> Result<Subjects, CommandError> {
    let mut by_name = BTreeMap::new();
    for Change { name, expect, result, frame, .. } in &plan.changes {
        let Some(after) = result else { continue };
        let after = regions(after);
        let regions = match expect.as_ref().map(regions) {
            Some(before) if before == after => continue,
            Some(before) => Drawn::Change(before, after),
            None if after.is_none() => continue,
            None => Drawn::Are(after),
        };
        // A file is called after it.
        let name = ProcessorName::new(name).map_err(|error| CommandError::of(&error))?;
        by_name.insert(name.to_string(), Subject { regions, frame: frame.clone() });
    }
    Ok(Subjects { by_name, zones: plan.zones.clone() })
}

fn regions(definition: &Definition) -> Option<Regions> {
    definition.get(&Attribute::RegionsOfInterest)?.as_regions().cloned()
}

/// Keeps what was asked for.
fn choose(by_name: &mut BTreeMap<String, Subject>, args: &RenderArgs) -> Result<(), CommandError> {
    let mut globs = Vec::new();
    for typed in &args.names {
        let glob = GlobBuilder::new(typed).build().map_err(|error| {
            CommandError::new(format!("{typed:?} is no valid pattern: {}", error.kind()))
        })?;
        let glob = glob.compile_matcher();
        if !by_name.keys().any(|name| glob.is_match(name)) {
            let whose = match args.plan {
                Some(_) => "whose regions the plan changes",
                None => "with label detection that the files declare",
            };
            return Err(CommandError::new(format!("{typed:?} matches no processor {whose}")));
        }
        globs.push(glob);
    }
    if !globs.is_empty() {
        by_name.retain(|name, _| globs.iter().any(|glob| glob.is_match(name)));
    }
    Ok(())
}

fn make_folder(dir: &Path) -> Result<(), CommandError> {
    if dir.exists() && !dir.is_dir() {
        let message = format!("{} is no folder", dir.display());
        return Err(CommandError::new(message).with_help("name a folder, there already or not"));
    }
    fs::create_dir_all(dir)
        .map_err(|error| CommandError::new(format!("cannot make {}: {error}", dir.display())))
}

/// Draws over the frame, if there is one that can be shown, or else on a grid.
fn draw(
    name: &str,
    subject: &Subject,
    zones: &BTreeMap<String, RegionOfInterest>,
    args: &RenderArgs,
    ui: &Ui,
) -> Vec<u8> {
    let scene = |frame| {
        let canvas = Canvas { aspect: args.aspect.unwrap_or_default(), frame };
        match &subject.regions {
            Drawn::Are(regions) => Scene::of_regions(name, regions.as_ref(), zones, canvas),
            Drawn::Change(before, after) => {
                Scene::of_change(name, before.as_ref(), after.as_ref(), zones, canvas)
            }
        }
    };
    let frame = subject.frame.as_ref().and_then(|path| frame(path, args, ui));
    let width = args.width.unwrap_or(1200);
    match args.format {
        PictureFormat::Svg => picture::svg(&scene(frame.as_ref()), Embedding::Alone).into_bytes(),
        PictureFormat::Png => picture::png(&scene(frame.as_ref()), width)
            .or_else(|error| {
                ui.note(&format!("{name} is drawn on a grid: {error}"));
                picture::png(&scene(None), width)
            })
            .unwrap_or_default(),
    }
}

/// A frame, if it can be shown. That it cannot was said already where the files were read.
fn frame(path: &str, args: &RenderArgs, ui: &Ui) -> Option<Frame> {
    let frame = config::frame(&args.project.dir, path);
    if let (Err(reason), Some(_)) = (&frame, &args.plan) {
        let dir = args.project.dir.display();
        ui.note(&format!("drawn on a grid: the frame {path:?} in {dir} {reason}"));
    }
    frame.ok()
}

fn width(text: &str) -> Result<u32, String> {
    let (least, most) = picture::WIDTHS.into_inner();
    text.parse()
        .ok()
        .filter(|pixels| picture::WIDTHS.contains(pixels))
        .ok_or_else(|| format!("must be a whole number from {least} to {most}"))
}
