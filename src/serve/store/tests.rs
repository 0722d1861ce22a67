use std::fs;
use std::sync::mpsc;

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::serve::history::{History, SubjectKey};
use crate::serve::tests::{answer, refuses, works};

struct Told {
    events: mpsc::Sender<Change>,
    failures: mpsc::Sender<()>,
}

impl StoreListener for Told {
    fn hand_on(&self, change: Change) {
        let _ = self.events.send(change);
    }

    fn write_failed(&self) {
        let _ = self.failures.send(());
    }
}

fn listener() -> (Told, mpsc::Receiver<Change>, mpsc::Receiver<()>) {
    let (events, handed_on) = mpsc::channel();
    let (failures, failed) = mpsc::channel();
    (Told { events, failures }, handed_on, failed)
}

const EVERY_MINUTE: Option<Duration> = Some(Duration::from_secs(60));
const PATIENCE: Duration = Duration::from_secs(20);

/// A check, now, that fails or does not.
fn check(history: &mut History, target: &str, fails: bool) -> Noted {
    let observations = if fails { refuses() } else { works() };
    history.take(&answer(target, SystemTime::now(), observations), EVERY_MINUTE)
}

#[test]
fn what_was_written_is_remembered_and_what_was_not_acknowledged_is_sent_again() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("state.db");
    let mut history = History::default();
    let (told, handed_on, _) = listener();
    let (store, remembered) = Store::open(&path, told).expect("a store");
    assert!(remembered.subjects.is_empty() && remembered.unsent.is_empty());
    let (first, second) = (check(&mut history, "a.test", true), check(&mut history, "b.test", true));
    store.note(&first, true);
    store.note(&second, true);
    let healthy = check(&mut history, "c.test", false);
    store.note(&healthy, true);
    let (one, two) = (handed_on.recv_timeout(PATIENCE), handed_on.recv_timeout(PATIENCE));
    assert_eq!((one.ok(), two.ok()), (first.change.clone(), second.change.clone()));
    store.settle(first.change.as_ref().expect("an event"), Settlement::Acknowledged);
    store.close();

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
    }
    let (store, remembered) = Store::open(&path, listener().0).expect("it opens again");
    let second = second.change.expect("an event");
    let ids = |changes: &[Change]| changes.iter().map(|change| change.id).collect::<Vec<_>>();
    assert_eq!(ids(&remembered.unsent), [second.id]);
    assert_eq!((&remembered.unsent[0].causes, &remembered.unsent[0].conclusion), (&second.causes, &second.conclusion));
    assert_eq!(remembered.changes.len(), 2);
    let key = |target: &str| SubjectKey { target: target.to_owned(), module: "default".to_owned() };
    for noted in [&first, &healthy] {
        let found = &remembered.subjects[&key(&noted.key.target)];
        assert_eq!(found.known.standing, noted.known.standing);
        assert_eq!((found.past.len(), found.past[0].verdict, found.past[0].checks), (1, noted.past.verdict, 1));
    }
    drop(store);
}

#[test]
fn a_foreign_or_damaged_or_newer_file_is_refused_and_left_as_it_is() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("state.db");
    let refusal = || Database::open(&path).expect_err("refused").to_string();
    for content in [&b"[modules.default]\n"[..], b"x", &[0; 8192]] {
        fs::write(&path, content).expect("a file");
        assert!(refusal().contains("no state file of mailprobe"), "{}", refusal());
        assert_eq!(fs::read(&path).expect("a file"), content);
    }
    fs::remove_file(&path).expect("gone");
    let other = Connection::open(&path).expect("a database");
    other.execute_batch("CREATE TABLE bookmarks (url TEXT)").expect("a table");
    drop(other);
    let content = fs::read(&path).expect("a file");
    assert!(refusal().contains("no state file of mailprobe"), "{}", refusal());
    assert_eq!(fs::read(&path).expect("a file"), content);

    fs::remove_file(&path).expect("gone");
    drop(Database::open(&path).expect("a new one"));
    let later = Connection::open(&path).expect("a database");
    later.pragma_update(None, "user_version", 7).expect("a version");
    drop(later);
    assert!(refusal().contains("a later version of mailprobe (format 7"), "{}", refusal());

    fs::remove_file(&path).expect("gone");
    drop(Database::open(&path).expect("a new one"));
    let mut content = fs::read(&path).expect("a file");
    for byte in &mut content[4096..] {
        *byte = 0xa5;
    }
    fs::write(&path, &content).expect("damaged");
    assert!(refusal().contains("damaged"), "{}", refusal());
    assert_eq!(fs::read(&path).expect("a file"), content);

    assert!(Database::open(folder.path()).expect_err("a folder").to_string().contains("state file"));
    let nowhere = folder.path().join("missing/state.db");
    assert!(Database::open(&nowhere).expect_err("no folder").to_string().contains("cannot open the state file"));
}

#[test]
fn where_there_is_no_room_events_are_sent_all_the_same_and_nothing_is_lost_when_there_is_room_again() {
    let folder = TempDir::new().expect("a folder");
    let mut database = Database::open(&folder.path().join("state.db")).expect("a database");
    let used: i64 = database.connection.pragma_query_value(None, "page_count", |row| row.get(0)).expect("pages");
    let limit = |database: &Database, pages: i64| {
        database.connection.pragma_update(None, "max_page_count", pages).expect("a limit");
    };
    limit(&database, used + 1);

    let mut history = History::default();
    let mut batch = Pending::default();
    for number in 0..200 {
        batch.note(&check(&mut history, &format!("{number}.test"), true), true);
    }
    let shared = Shared::default();
    let (told, handed_on, failed) = listener();
    let written = database.write(&batch, SystemTime::now());
    assert!(written.is_err());
    shared.took(batch, written, &told);
    let trouble = shared.state().trouble.clone().expect("trouble");
    assert!(trouble.contains("cannot be written") && trouble.contains("full"), "{trouble}");
    assert_eq!((handed_on.try_iter().count(), failed.try_iter().count()), (200, 1));

    shared.state().pending.note(&check(&mut history, "late.test", true), true);
    let batch = std::mem::take(&mut shared.state().pending);
    limit(&database, 100_000);
    let written = database.write(&batch, SystemTime::now());
    shared.took(batch, written, &told);
    assert_eq!(shared.state().trouble, None);
    assert_eq!(handed_on.try_iter().count(), 1, "none is sent twice");
    let remembered = database.read(SystemTime::now()).expect("it can be read");
    assert_eq!((remembered.subjects.len(), remembered.unsent.len()), (201, 201));
}

#[test]
fn what_had_to_make_room_leaves_the_file_too() {
    let folder = TempDir::new().expect("a folder");
    let mut database = Database::open(&folder.path().join("state.db")).expect("a database");
    let mut history = History::default();
    let mut pending = Pending::default();
    pending.note(&check(&mut history, "watched.test", true), true);
    let began = SystemTime::now();
    let mut request = |pending: &mut Pending, number: u32| {
        let when = began + Duration::from_secs(number.into());
        pending.note(&history.take(&answer(&format!("{number}.test"), when, works()), None), false);
    };
    (0..700).for_each(|number| request(&mut pending, number));
    database.write(&pending, SystemTime::now()).expect("written");
    // What could not be written at once comes to the same.
    let mut later = Pending::default();
    (700..1_400).for_each(|number| request(&mut later, number));
    let unwritten = std::mem::take(&mut later);
    (1_400..2_000).for_each(|number| request(&mut later, number));
    later.put_back(unwritten);
    database.write(&later, SystemTime::now()).expect("written");

    let remembered = database.read(SystemTime::now()).expect("it can be read");
    assert_eq!(remembered.subjects.len(), 1 + 1_000);
    assert!(remembered.subjects.keys().any(|key| key.target == "watched.test"));
    assert!(!remembered.subjects.keys().any(|key| key.target == "999.test"));
    let checks: i64 =
        database.connection.query_row("SELECT count(*) FROM checks", [], |row| row.get(0)).expect("a number");
    assert_eq!(checks, 1 + 1_000);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_the_file_keeps_nobody_waiting() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("state.db");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
    let (told, refusal) = mpsc::channel();
    std::thread::spawn(move || told.send(Database::open(&path).expect_err("refused").to_string()));
    let refusal = refusal.recv_timeout(PATIENCE).expect("an answer");
    assert!(refusal.contains("no state file of mailprobe"), "{refusal}");
}

#[test]
fn what_waits_stays_bounded_and_the_newest_wins() {
    let mut history = History::default();
    let mut pending = Pending::default();
    for round in 0..1200 {
        pending.note(&check(&mut history, "a.test", round % 2 == 0), true);
    }
    assert_eq!((pending.subjects.len(), pending.events.len()), (1, 1000));
    assert!(pending.past.len() <= 4, "{}", pending.past.len());
    let mut newer = Pending::default();
    let last = check(&mut history, "a.test", true);
    newer.note(&last, true);
    newer.put_back(pending);
    assert_eq!(newer.subjects[&last.key], last.known);
    assert_eq!(newer.events.len(), 1000);
    assert_eq!(newer.events.back().map(|event| event.change.id), last.change.map(|change| change.id));
}
