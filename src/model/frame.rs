//! A still picture of what a camera sees: a JPEG or PNG, told by its first bytes.

use std::io::{self, Read};

/// A picture may have so many pixels: a camera of 4K has half of that, and unpacked they
/// take 64 MiB.
const MOST_PIXELS: u64 = 4096 * 4096;

/// The kinds of pictures that are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `image/jpeg`.
    Jpeg,
    /// `image/png`.
    Png,
}

impl Format {
    /// The kind as the web names it.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Jpeg => "image/jpeg",
            Format::Png => "image/png",
        }
    }
}

/// A picture: its bytes as they are in the file, and what they begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    header: Header,
    bytes: Vec<u8>,
}

impl Frame {
    /// Takes bytes for a picture. Only its header is looked at.
    pub fn new(bytes: Vec<u8>) -> Result<Frame, NoPicture> {
        Ok(Frame { header: Header::read(&mut bytes.as_slice())?, bytes })
    }

    /// What it begins with.
    pub fn header(&self) -> Header {
        self.header
    }

    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// What a picture's first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Which kind it is.
    pub format: Format,
    /// In pixels, from 1.
    pub width: u32,
    /// In pixels, from 1.
    pub height: u32,
}

/// Why something is not taken for a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPicture {
    /// It begins as neither does.
    #[error("is neither a JPEG nor a PNG")]
    Unknown,
    /// It ends, or turns into something else, before it says how large it is.
    #[error("is cut off or broken: it does not say how large it is")]
    Broken,
    /// It claims more pixels than are taken.
    #[error("has {0}×{1} pixels, which is more than the 16 million that are taken")]
    TooLarge(u32, u32),
}

impl Header {
    /// Reads no further than to where the picture says how large it is.
    pub fn read(from: &mut impl Read) -> Result<Header, NoPicture> {
        let start: [u8; 2] = take(from).map_err(|_| NoPicture::Unknown)?;
        let (format, sides) = match start {
            [0xff, 0xd8] => (Format::Jpeg, jpeg_sides(from)),
            [0x89, b'P'] => (Format::Png, png_sides(from)),
            _ => return Err(NoPicture::Unknown),
        };
        match sides.ok().flatten() {
            None | Some((0, _) | (_, 0)) => Err(NoPicture::Broken),
            Some((width, height)) if u64::from(width) * u64::from(height) > MOST_PIXELS => {
                Err(NoPicture::TooLarge(width, height))
            }
            Some((width, height)) => Ok(Header { format, width, height }),
        }
    }
}

/// The sides in the first chunk, behind the rest of the signature.
fn png_sides(from: &mut impl Read) -> io::Result<Option<(u32, u32)>> {
    let start: [u8; 14] = take(from)?;
    let (width, height) = (u32::from_be_bytes(take(from)?), u32::from_be_bytes(take(from)?));
    Ok((start == *b"NG\r\n\x1a\n\0\0\0\rIHDR").then_some((width, height)))
}

/// The sides in the first frame header; the segments before it are passed over.
fn jpeg_sides(from: &mut impl Read) -> io::Result<Option<(u32, u32)>> {
    loop {
        let [0xff] = take(from)? else { return Ok(None) };
        let mut marker = 0xff;
        while marker == 0xff {
            [marker] = take(from)?;
        }
        let length = u64::from(u16::from_be_bytes(take(from)?));
        match marker {
            // Those of Huffman tables, arithmetic coding and a reserved one are no frames.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let [_, height @ .., third, fourth]: [u8; 5] = take(from)?;
                let width = u16::from_be_bytes([third, fourth]);
                return Ok(Some((width.into(), u16::from_be_bytes(height).into())));
            }
            // The end, or a scan without a frame.
            0xd8..=0xda => return Ok(None),
            _ => {
                let Some(rest) = length.checked_sub(2) else { return Ok(None) };
                if io::copy(&mut from.by_ref().take(rest), &mut io::sink())? < rest {
                    return Ok(None);
                }
            }
        }
    }
}

fn take<const COUNT: usize>(from: &mut impl Read) -> io::Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head of a PNG of such sides.
    fn png(width: u32, height: u32) -> Vec<u8> {
        let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
        [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", &sides[..], b"\x08\x02\0\0\0"].concat()
    }

    /// The head of a JPEG of such sides, behind a segment of notes.
    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let notes = b"\xff\xd8\xff\xe0\0\x04ab";
        let [height, width] = [height.to_be_bytes(), width.to_be_bytes()];
        [notes, &b"\xff\xff\xc2\0\x11\x08"[..], &height, &width, b"\x03"].concat()
    }

    #[test]
    fn the_first_bytes_say_what_a_picture_is() {
        let header = |format, width, height| Ok(Header { format, width, height });
        let read = |bytes: Vec<u8>| Frame::new(bytes).map(|frame| frame.header());
        assert_eq!(read(png(640, 360)), header(Format::Png, 640, 360));
        assert_eq!(read(jpeg(1920, 1080)), header(Format::Jpeg, 1920, 1080));
    }

    #[test]
    fn what_is_no_picture_or_too_large_is_told_from_its_head() {
        let refused = |bytes: Vec<u8>| Frame::new(bytes).unwrap_err();
        assert_eq!(refused(Vec::new()), NoPicture::Unknown);
        assert_eq!(refused(b"GIF89a".to_vec()), NoPicture::Unknown);
        assert_eq!(refused(png(0, 360)), NoPicture::Broken);
        assert_eq!(refused(jpeg(640, 0)), NoPicture::Broken);
        assert_eq!(refused(png(u32::MAX, u32::MAX)), NoPicture::TooLarge(u32::MAX, u32::MAX));
        assert_eq!(refused(jpeg(u16::MAX, u16::MAX)), NoPicture::TooLarge(65535, 65535));
        assert_eq!(refused(b"\xff\xd8\xff\xe0\0\x01".to_vec()), NoPicture::Broken);
        assert_eq!(refused(b"\xff\xd8\xff\xda\0\x0c".to_vec()), NoPicture::Broken);
        for whole in [png(640, 360), jpeg(640, 360)] {
            let sides = whole.len() - if whole[0] == 0xff { 1 } else { 5 };
            for cut in 2..sides {
                assert_eq!(refused(whole[..cut].to_vec()), NoPicture::Broken, "{cut}");
            }
        }
    }
}
