//! The pictures that `frame` names: files of the project, looked at without trusting them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::files::plain;
use super::{LoadedFile, parallel};
use crate::config::tree::{Node, Table};
use crate::model::{Frame, Header};

/// A picture so large is none of a camera.
const LARGEST: u64 = 8 * 1024 * 1024;

/// Whether a path stays within the project, and if not, why.
pub fn frame_path(path: &str) -> Result<(), &'static str> {
    match () {
        () if path.is_empty() => Err("it is empty"),
        () if path.starts_with('/') => Err("it is absolute"),
        () if path.contains('\0') => Err("it holds a NUL"),
        () if path.split('/').any(|part| part == "..") => Err("it leads out of the project"),
        () => Ok(()),
    }
}

/// Reads a frame of the project in a folder, or says, as the rest of a sentence about it,
/// why there is none to show.
pub fn frame(root: &Path, path: &str) -> Result<Frame, String> {
    let mut bytes = Vec::new();
    open(root, path)?.read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    Frame::new(bytes).map_err(|error| error.to_string())
}

/// The frames that files name and that cannot be shown, with the reason; only the
/// beginnings of pictures are read.
pub(super) fn unusable(root: &Path, files: &[LoadedFile]) -> BTreeMap<String, String> {
    let named: BTreeSet<&str> = files.iter().flat_map(|file| named(&file.tables)).collect();
    let named: Vec<&str> = named.into_iter().filter(|path| frame_path(path).is_ok()).collect();
    let reasons = parallel::map(&named, |path| {
        let header = Header::read(&mut BufReader::new(open(root, path)?));
        header.map(|_| ()).map_err(|error| error.to_string())
    });
    let pairs = named.into_iter().zip(reasons);
    pairs.filter_map(|(path, result)| Some((path.to_owned(), result.err()?))).collect()
}

/// The frames that the layers of a file name.
fn named(tables: &Table) -> Vec<&str> {
    let table = |name: &str| tables.get(name).and_then(Node::table);
    let kinds = [table("defaults"), table("template"), table("processor")].into_iter().flatten();
    let layers = kinds.flat_map(Table::iter).filter_map(|(_, node)| node.table());
    layers.chain(table("defaults")).filter_map(|layer| layer.get("frame")?.text()).collect()
}

/// Opens a regular file that lies within the project, links followed, and is of
/// reasonable size.
fn open(root: &Path, path: &str) -> Result<impl Read, String> {
    frame_path(path)?;
    let root = root.canonicalize().map_err(|error| unreadable(&error))?;
    let file = match root.join(path).canonicalize() {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err("is not there".to_owned());
        }
        Err(error) => return Err(unreadable(&error)),
    };
    let metadata = file.metadata().map_err(|error| unreadable(&error))?;
    match () {
        () if !file.starts_with(&root) => Err("is a link that leads out of the project".to_owned()),
        () if metadata.is_dir() => Err("is a folder, not a picture".to_owned()),
        // Opening a pipe would wait for somebody to write to it.
        () if !metadata.is_file() => Err("is no regular file".to_owned()),
        () if metadata.len() > LARGEST => {
            Err(format!("is larger than {} MiB", LARGEST / 1024 / 1024))
        }
        () => match File::open(&file) {
            Ok(file) => Ok(file.take(LARGEST)),
            Err(error) => Err(unreadable(&error)),
        },
    }
}

fn unreadable(error: &std::io::Error) -> String {
    format!("cannot be read: {}", plain(error))
}
