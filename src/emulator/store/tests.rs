//! What is acknowledged is kept, at whatever instant the process ends; and a state has one owner.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;

use super::*;

/// A folder with a state, and the emulators that come and go over it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("state.json")
    }

    fn open(&self) -> Result<(Store, Kept), StoreError> {
        Store::open(&self.path())
    }

    fn store(&self) -> Store {
        self.open().unwrap().0
    }

    /// What the next emulator finds, as the snapshot followed by the changes.
    fn found(&self) -> String {
        let (_, Kept { snapshot, changes }) = self.open().unwrap();
        let changes = changes.into_iter().flat_map(|(_, change)| change);
        String::from_utf8(snapshot.unwrap_or_default().into_iter().chain(changes).collect())
            .unwrap()
    }

    fn names(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.path().join(name)).unwrap()
    }
}

/// Ends as a process does that is killed: nothing is tidied up.
fn kill(mut store: Store) {
    if let Some(log) = &mut store.log {
        log.holds_changes = true;
    }
}

fn keep(store: &mut Store, change: &str, whole: &str) -> io::Result<()> {
    store.keep(change, |file| file.write_all(whole.as_bytes()))
}

fn replace(store: &mut Store, whole: &str) -> io::Result<()> {
    store.replace(|file| file.write_all(whole.as_bytes()))
}

fn name_of(snapshot: &str) -> String {
    name(&hex(&Sha256::digest(snapshot)))
}

#[test]
fn the_first_change_writes_the_state_and_others_are_appended() {
    let place = Place::new();
    let mut store = place.store();
    assert!(place.names().is_empty(), "reading creates nothing");
    keep(&mut store, "1\n", "whole with 1\n").unwrap();
    keep(&mut store, "2\n", "not asked for").unwrap();
    keep(&mut store, "3\n", "not asked for").unwrap();
    kill(store);
    assert_eq!(place.found(), "whole with 1\n2\n3\n");
    assert_eq!(place.names(), BTreeSet::from(["state.json", "state.json.log"].map(str::to_owned)));
    let mut store = place.store();
    keep(&mut store, "4\n", "not asked for").unwrap();
    replace(&mut store, "whole with 4\n").unwrap();
    drop(store);
    assert_eq!(place.found(), "whole with 4\n");
    assert_eq!(
        place.names(),
        BTreeSet::from(["state.json".to_owned()]),
        "a log without a change goes"
    );
}

#[test]
fn the_state_is_replaced_when_the_log_has_grown() {
    let place = Place::new();
    let mut store = place.store();
    keep(&mut store, "", "whole 0\n").unwrap();
    let change = format!("{}\n", "x".repeat(1000));
    for number in 1..=1000 {
        keep(&mut store, &change, &format!("whole {number}\n")).unwrap();
        assert!(fs::metadata(store.log_path()).unwrap().len() < LEAST_LOG + 2000);
    }
    kill(store);
    let replaced = String::from_utf8(place.read("state.json")).unwrap();
    let number: usize = replaced.trim().trim_start_matches("whole ").parse().unwrap();
    assert!(number > 700, "{number}");
    assert_eq!(place.found().matches('x').count(), (1000 - number) * 1000);
}

/// The files of a store at every instant of a replacement, and what is to be found there.
#[test]
fn a_kill_at_any_instant_loses_nothing_that_was_acknowledged() {
    let place = Place::new();
    let mut store = place.store();
    keep(&mut store, "", "A\n").unwrap();
    for change in ["1\n", "22\n", "333\n"] {
        keep(&mut store, change, "").unwrap();
    }
    let before = place.read("state.json.log");
    kill(store);

    // While a change is appended: what is there of it was not acknowledged.
    let first = before.len() - "1\n22\n333\n".len();
    for length in 0..=before.len() {
        place.write("state.json.log", &before[..length]);
        let expected = match length {
            _ if length < first + 2 => "A\n",
            _ if length < first + 5 => "A\n1\n",
            _ if length < first + 9 => "A\n1\n22\n",
            _ => "A\n1\n22\n333\n",
        };
        assert_eq!(place.found(), expected, "{length}");
        place.write("state.json.log", &before[..length]);
        let mut store = place.store();
        keep(&mut store, "4\n", "B\n").unwrap();
        kill(store);
        let found = place.found();
        assert!(found == "B\n" || found == format!("{expected}4\n"), "{length}: {found}");
        place.write("state.json", "A\n");
    }

    // While the state is replaced: the new one is written, named, put in place, and the log begins anew.
    let named = [&before[..], name_of("B\n").as_bytes()].concat();
    for (state, log) in [("A\n", &before), ("A\n", &named)] {
        place.write("state.json", state);
        place.write("state.json.log", log);
        for new in ["", "B", "B\n"] {
            place.write("state.json.new", new);
            assert_eq!(place.found(), "A\n1\n22\n333\n");
        }
        // It goes on from there: a replacement that did not happen, and then one that does.
        let mut store = place.store();
        keep(&mut store, "4\n", "").unwrap();
        kill(store);
        assert_eq!(place.found(), "A\n1\n22\n333\n4\n");
        let mut store = place.store();
        replace(&mut store, "C\n").unwrap();
        kill(store);
        assert_eq!(place.found(), "C\n");
        assert!(!place.names().contains("state.json.new"));
    }
    place.write("state.json", "B\n");
    for length in 0..=named.len() {
        let log = match length {
            // What the name is followed by is what the state lacks, also where the log was not begun anew.
            0 => [&named[..], b"4\n"].concat(),
            // Cut off behind its first line, and the name written again.
            _ => {
                let owner = signature().len();
                let begun = [&named[..owner], name_of("B\n").as_bytes()].concat();
                begun[..length.min(begun.len()).max(owner)].to_vec()
            }
        };
        place.write("state.json.log", log);
        assert_eq!(place.found(), if length == 0 { "B\n4\n" } else { "B\n" });
    }
}

#[test]
fn a_change_that_cannot_be_written_leaves_nothing() {
    let place = Place::new();
    let mut store = place.store();
    keep(&mut store, "", "A\n").unwrap();
    keep(&mut store, "1\n", "").unwrap();
    // A file that is open for reading only takes nothing.
    let log = store.log.as_mut().unwrap();
    let file = std::mem::replace(&mut log.file, File::open(beside(&place.path(), ".log")).unwrap());
    assert!(keep(&mut store, "2\n", "").is_err());
    store.log.as_mut().unwrap().file = file;
    keep(&mut store, "3\n", "").unwrap();
    kill(store);
    assert_eq!(place.found(), "A\n1\n3\n");
}

#[test]
fn a_state_that_cannot_be_replaced_yet_goes_on_in_its_log() {
    let place = Place::new();
    let mut store = place.store();
    keep(&mut store, "", "A\n").unwrap();
    // A folder cannot be replaced by a file.
    fs::create_dir(beside(&place.path(), ".new")).unwrap();
    let change = format!("{}\n", "x".repeat(200_000));
    for _ in 0..5 {
        keep(&mut store, &change, "B\n").unwrap();
    }
    assert!(replace(&mut store, "B\n").is_err());
    kill(store);
    assert_eq!(place.found().matches('x').count(), 1_000_000);
}

#[test]
fn a_state_has_one_owner() {
    let place = Place::new();
    let mut store = place.store();
    keep(&mut store, "", "A\n").unwrap();
    let Err(StoreError::Held { owner, .. }) = place.open() else { panic!("it is held") };
    assert_eq!(owner, format!("process {}", std::process::id()));
    drop(store);
    let reader = place.store();
    assert!(place.open().is_err(), "reading owns it too");
    drop(reader);
    assert_eq!(place.names(), BTreeSet::from(["state.json".to_owned()]));
}

#[test]
fn of_two_that_begin_at_once_one_does() {
    let place = Place::new();
    let (mut one, mut other) = (place.store(), place.store());
    keep(&mut one, "", "A\n").unwrap();
    let refused = keep(&mut other, "", "B\n").unwrap_err().to_string();
    assert!(refused.contains("belongs to process"), "{refused}");
    drop(one);
    let refused = keep(&mut other, "", "B\n").unwrap_err().to_string();
    assert!(refused.contains("another process has changed the file"), "{refused}");
    assert_eq!(place.found(), "A\n");
}

#[test]
fn a_change_from_outside_is_not_undone() {
    let place = Place::new();
    let mut store = place.store();
    keep(&mut store, "", "A\n").unwrap();
    place.write("state.json", "somebody else's");
    assert!(keep(&mut store, "1\n", "").is_err());
    assert_eq!(place.read("state.json"), b"somebody else's");
    fs::remove_file(place.path()).unwrap();
    keep(&mut store, "1\n", "with 1\n").unwrap();
    kill(store);
    assert_eq!(place.found(), "with 1\n", "removing it resets it");
}

#[test]
fn changes_to_another_state_are_neither_made_nor_lost() {
    let place = Place::new();
    let mut store = place.store();
    keep(&mut store, "", "A\n").unwrap();
    keep(&mut store, "1\n", "").unwrap();
    kill(store);
    place.write("state.json", "B\n");
    let refused = place.open().unwrap_err().to_string();
    assert!(refused.contains("state.json.log holds changes to another state"), "{refused}");
    assert!(place.names().contains("state.json.log"));
    fs::remove_file(place.path()).unwrap();
    assert_eq!(place.found(), "", "a state that was removed begins anew");
}

#[test]
fn a_file_of_somebody_else_is_not_taken_for_a_log() {
    let place = Place::new();
    place.write("state.json", "A\n");
    for text in ["listening on http://127.0.0.1:4566\n", "{", "{\"process", ""] {
        place.write("state.json.log", text);
        let opened = place.open().map(drop);
        assert_eq!(opened.is_ok(), OWNER.starts_with(text), "{text}");
        if opened.is_err() {
            assert_eq!(place.read("state.json.log"), text.as_bytes());
        }
    }
}

#[test]
fn links_lead_to_what_is_kept() {
    let place = Place::new();
    let link = place.0.path().join("link.json");
    symlink("elsewhere/state.json", &link).unwrap();
    // It dangles: what it leads to comes to be.
    let mut store = Store::open(&link).unwrap().0;
    keep(&mut store, "", "A\n").unwrap();
    drop(store);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(place.read("elsewhere/state.json"), b"A\n");
    symlink("round.json", place.0.path().join("round.json")).unwrap();
    assert!(Store::open(&place.0.path().join("round.json")).is_err());
}

#[test]
fn only_a_file_can_be_a_state() {
    let place = Place::new();
    for path in [place.0.path(), Path::new("/dev/null")] {
        let refused = Store::open(path).unwrap_err().to_string();
        assert!(refused.contains("no regular file"), "{refused}");
    }
}

#[test]
fn a_new_folder_keeps_itself_out_of_git() {
    let place = Place::new();
    let path = place.0.path().join(".rekon/emulator.json");
    let mut store = Store::open(&path).unwrap().0;
    assert!(place.names().is_empty());
    keep(&mut store, "", "A\n").unwrap();
    drop(store);
    assert_eq!(place.read(".rekon/.gitignore"), b"*\n");
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 2);
}
