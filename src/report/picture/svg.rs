//! A scene as SVG.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::drawing::{Drawing, Legend, Line, Piece, Shape, drawing};
use super::geometry::WIDTH;
use super::ink::{Color, DASH, Ink, Look};
use super::scene::{Becoming, Mark, Scene};
use crate::report::escape;

/// Where a picture stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Embedding {
    /// In a file of its own, with a legend and its style.
    Alone,
    /// In a page, which says the [`style`] once for all of them and has the words beside it.
    /// It has no ids, so that a page may hold any number.
    InPage,
}

/// Writes a scene.
pub fn svg(scene: &Scene<'_>, embedding: Embedding) -> String {
    let legend = match embedding {
        Embedding::Alone => Legend::Drawn,
        Embedding::InPage => Legend::LeftOut,
    };
    let Drawing { height, pieces } = drawing(scene, legend);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"rekon-regions\" role=\"img\" \
         viewBox=\"0 0 {WIDTH} {height}\">"
    );
    let (title, told) = (text(&format!("Regions of {}", scene.name)), text(&told(scene)));
    let _ = write!(out, "<title>{title}</title><desc>{told}</desc>");
    if embedding == Embedding::Alone {
        let _ = write!(out, "<style>{}</style>", style(embedding));
    }
    for Piece { ink, shape } in &pieces {
        let class = class(*ink);
        let _ = match shape {
            Shape::Path(lines) => write!(out, "<path class=\"{class}\" d=\"{}\"/>", path(lines)),
            Shape::Disc { centre: [x, y], radius } => {
                write!(out, "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>")
            }
            Shape::Frame => write!(out, "{}", image(scene)),
        };
    }
    out.push_str("</svg>\n");
    out
}

/// The rules that pictures look by: dark on light, and light on dark where the reader asks
/// for that. In a page, the variables `--rekon-ground`, `-line`, `-stays`, `-goes` and
/// `-comes` choose other colours; a file of its own does without, as not every viewer of
/// pictures knows variables.
pub fn style(embedding: Embedding) -> String {
    let rules = |palette: fn(Color) -> [u8; 3]| {
        let color = |color: Color| {
            let [red, green, blue] = palette(color);
            let own = format!("#{red:02x}{green:02x}{blue:02x}");
            let named = Color::ALL.iter().find(|(one, _)| *one == color);
            match (embedding, named) {
                (Embedding::InPage, Some((_, name))) => format!("var(--rekon-{name},{own})"),
                _ => own,
            }
        };
        Ink::ALL.iter().map(|(ink, class)| rule(class, ink.look(), &color)).collect::<String>()
    };
    format!(
        ".rekon-regions *{{stroke-linecap:round;stroke-linejoin:round;fill-rule:evenodd}}{}\
         @media(prefers-color-scheme:dark){{{}}}",
        rules(Color::on_light),
        rules(Color::on_dark)
    )
}

fn rule(class: &str, look: Look, color: &impl Fn(Color) -> String) -> String {
    let Look { fill, stroke, is_dashed } = look;
    let mut rule = format!(".rekon-regions .{class}{{");
    let _ = match fill {
        Some((ink, percent)) => {
            write!(rule, "fill:{};fill-opacity:{percent}%", color(ink))
        }
        None => write!(rule, "fill:none"),
    };
    if let Some((ink, width, percent)) = stroke {
        let _ = write!(rule, ";stroke:{};stroke-width:{width}", color(ink));
        if percent < 100 {
            let _ = write!(rule, ";stroke-opacity:{percent}%");
        }
    }
    if is_dashed {
        let _ = write!(rule, ";stroke-dasharray:{} {};stroke-linecap:butt", DASH[0], DASH[1]);
    }
    rule.push('}');
    rule
}

fn class(ink: Ink) -> &'static str {
    Ink::ALL.iter().find(|(one, _)| *one == ink).map_or("", |(_, class)| class)
}

/// What there is to see, for those who do not see it.
fn told(scene: &Scene<'_>) -> String {
    let mark = |mark: &Mark| {
        let becomes = match mark.becoming {
            Becoming::Stays => "",
            Becoming::Goes => "removed ",
            Becoming::Comes => "added ",
            Becoming::Moves => "moved ",
        };
        let number = mark.number.map(|number| format!("{number}: ")).unwrap_or_default();
        format!("{number}{becomes}{}, {}", mark.words, mark.area)
    };
    scene.marks.iter().map(mark).collect::<Vec<_>>().join("; ")
}

/// A text that means nothing to a reader of XML, nor does it hold what XML cannot.
fn text(text: &str) -> String {
    escape(text)
        .replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Lines in the fewest letters: each point as seen from the one before.
fn path(lines: &[Line]) -> String {
    let mut path = String::new();
    for Line { points, is_closed } in lines {
        let [first, rest @ ..] = points.as_slice() else { continue };
        let _ = write!(path, "M{} {}", first[0], first[1]);
        let (mut here, mut is_running) = (*first, false);
        for point in rest {
            let (right, down) = (point[0] - here[0], point[1] - here[1]);
            let _ = match (right, down) {
                // A point shows by the round end of a line of no length.
                (0, 0) if rest.len() > 1 => continue,
                (_, 0) => write!(path, "h{right}"),
                (0, _) => write!(path, "v{down}"),
                _ if is_running && right >= 0 => write!(path, " {right} {down}"),
                _ if is_running => write!(path, "{right} {down}"),
                _ => write!(path, "l{right} {down}"),
            };
            is_running = right != 0 && down != 0;
            here = *point;
        }
        if *is_closed {
            path.push('z');
        }
    }
    path
}

/// The camera's frame, as it is in its file.
fn image(scene: &Scene<'_>) -> String {
    let Some(frame) = scene.frame else { return String::new() };
    let (kind, data) = (frame.header().format.media_type(), STANDARD.encode(frame.bytes()));
    format!(
        "<image width=\"{WIDTH}\" height=\"{}\" preserveAspectRatio=\"none\" \
         href=\"data:{kind};base64,{data}\"/>",
        scene.height
    )
}
