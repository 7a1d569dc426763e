//! A scene as PNG, dark on light.
//!
//! tiny-skia paints without the instructions that only some machines have, so that the
//! same scene has the same pixels everywhere.

use tiny_skia::{
    Color as Shade, FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, PixmapPaint,
    PremultipliedColorU8, Stroke, StrokeDash, Transform,
};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::drawing::{Drawing, Legend, Line, Piece, Shape, drawing};
use super::geometry::WIDTH;
use super::ink::{Color, DASH, Ink, Look};
use super::scene::Scene;
use crate::model::{Format, Frame, Header};

/// The widths that a picture may have, in pixels.
pub const WIDTHS: std::ops::RangeInclusive<u32> = 64..=4096;

/// A frame whose header is that of a picture, and the rest is not.
#[derive(Debug, thiserror::Error)]
#[error("the picture cannot be unpacked: {0}")]
pub struct Unreadable(String);

/// Writes a scene so many pixels wide, within [`WIDTHS`].
pub fn png(scene: &Scene<'_>, width: u32) -> Result<Vec<u8>, Unreadable> {
    let mut pixels = paint(scene, width)?;
    let (width, height) = (pixels.width(), pixels.height());
    // The ground is opaque, and so is everything.
    let opaque: Vec<u8> = pixels
        .pixels_mut()
        .iter()
        .flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()])
        .collect();
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(&opaque)?;
        writer.finish()
    });
    written.map_err(|error| Unreadable(error.to_string()))?;
    Ok(out)
}

/// Paints a scene.
pub(super) fn paint(scene: &Scene<'_>, width: u32) -> Result<Pixmap, Unreadable> {
    let width = width.clamp(*WIDTHS.start(), *WIDTHS.end());
    let Drawing { height, pieces } = drawing(scene, Legend::Drawn);
    let scale = width as f32 / WIDTH as f32;
    let rows = |units: i32| ((units as f32 * scale).round() as u32).max(1);
    let mut pixels = Pixmap::new(width, rows(height))
        .ok_or_else(|| Unreadable("there is no room for so many pixels".to_owned()))?;
    for Piece { ink, shape } in &pieces {
        match (shape, scene.frame) {
            (Shape::Path(lines), _) => stroke(&mut pixels, *ink, outline(lines), scale),
            (Shape::Disc { centre: [x, y], radius }, _) => {
                let [x, y, radius] = [*x, *y, *radius].map(|units| units as f32);
                stroke(&mut pixels, *ink, PathBuilder::from_circle(x, y, radius), scale);
            }
            (Shape::Frame, Some(frame)) => {
                let unpacked = scaled(&unpacked(frame)?, frame.header(), width, rows(scene.height));
                if let Some(unpacked) = unpacked {
                    let (paint, place) = (PixmapPaint::default(), Transform::identity());
                    pixels.draw_pixmap(0, 0, unpacked.as_ref(), &paint, place, None);
                }
            }
            (Shape::Frame, None) => {}
        }
    }
    Ok(pixels)
}

fn outline(lines: &[Line]) -> Option<tiny_skia::Path> {
    let mut builder = PathBuilder::new();
    for Line { points, is_closed } in lines {
        for (at, [x, y]) in points.iter().enumerate() {
            match at {
                0 => builder.move_to(*x as f32, *y as f32),
                _ => builder.line_to(*x as f32, *y as f32),
            }
        }
        if *is_closed {
            builder.close();
        }
    }
    builder.finish()
}

fn stroke(pixels: &mut Pixmap, ink: Ink, path: Option<tiny_skia::Path>, scale: f32) {
    let Some(path) = path else { return };
    let paint = |color: Color, percent: u8| {
        let [red, green, blue] = color.on_light();
        let opacity = (u16::from(percent) * 255 / 100) as u8;
        let mut paint = Paint::default();
        paint.set_color(Shade::from_rgba8(red, green, blue, opacity));
        paint
    };
    let Look { fill, stroke, is_dashed } = ink.look();
    let transform = Transform::from_scale(scale, scale);
    if let Some((color, percent)) = fill {
        pixels.fill_path(&path, &paint(color, percent), FillRule::EvenOdd, transform, None);
    }
    if let Some((color, width, percent)) = stroke {
        let dash = is_dashed.then(|| StrokeDash::new(DASH.map(f32::from).to_vec(), 0.0));
        let stroke = Stroke {
            width: f32::from(width),
            line_cap: if is_dashed { LineCap::Butt } else { LineCap::Round },
            line_join: LineJoin::Round,
            dash: dash.flatten(),
            ..Stroke::default()
        };
        pixels.stroke_path(&path, &paint(color, percent), &stroke, transform, None);
    }
}

/// The pixels of a frame: red, green and blue, row by row.
fn unpacked(frame: &Frame) -> Result<Vec<[u8; 3]>, Unreadable> {
    let Header { format, width, height } = frame.header();
    let bytes = match format {
        Format::Jpeg => jpeg(frame),
        Format::Png => from_png(frame),
    }?;
    let (pixels, _) = bytes.as_chunks::<3>();
    match u64::try_from(pixels.len()) == Ok(u64::from(width) * u64::from(height)) {
        true => Ok(pixels.to_vec()),
        false => Err(Unreadable("it has not as many pixels as it says".to_owned())),
    }
}

fn jpeg(frame: &Frame) -> Result<Vec<u8>, Unreadable> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(frame.bytes()), options);
    decoder.decode().map_err(|error| Unreadable(error.to_string()))
}

fn from_png(frame: &Frame) -> Result<Vec<u8>, Unreadable> {
    let failed = |error: png::DecodingError| Unreadable(error.to_string());
    let mut decoder = png::Decoder::new(std::io::Cursor::new(frame.bytes()));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(failed)?;
    let size = reader.output_buffer_size().unwrap_or(0);
    let mut bytes = vec![0; size];
    let info = reader.next_frame(&mut bytes).map_err(failed)?;
    bytes.truncate(info.buffer_size());
    let samples = info.color_type.samples();
    let pixel = |pixel: &[u8]| match *pixel {
        [gray] | [gray, _] => [gray; 3],
        [red, green, blue, ..] => [red, green, blue],
        [] => [0; 3],
    };
    Ok(bytes.chunks_exact(samples).flat_map(pixel).collect())
}

/// A frame in another size: each pixel is the mean of those that it stands for.
fn scaled(pixels: &[[u8; 3]], header: Header, width: u32, height: u32) -> Option<Pixmap> {
    let mut out = Pixmap::new(width, height)?;
    let range = |at: u32, of: u32, length: u32| {
        let edge = |at: u32| (u64::from(at) * u64::from(length) / u64::from(of)) as usize;
        edge(at)..edge(at + 1).max(edge(at) + 1)
    };
    let stride = header.width as usize;
    for (y, row) in (0..height).zip(out.pixels_mut().chunks_exact_mut(width as usize)) {
        let rows = range(y, height, header.height);
        for (x, pixel) in (0..width).zip(row) {
            let columns = range(x, width, header.width);
            let (mut sum, mut count) = ([0_u64; 3], 0);
            for row in rows.clone() {
                for color in pixels[row * stride..][columns.clone()].iter() {
                    (0..3).for_each(|at| sum[at] += u64::from(color[at]));
                    count += 1;
                }
            }
            let [red, green, blue] = sum.map(|sum| (sum / count) as u8);
            *pixel = PremultipliedColorU8::from_rgba(red, green, blue, 255)?;
        }
    }
    Some(out)
}
