//! The database: its tables, what is written into it, and what is read at the start.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, ErrorCode, OpenFlags, Row, Transaction, params};

use super::pending::Pending;
use crate::policy::Verdict;
use crate::serve::events::WebhookEvent;
use crate::serve::history::{Change, LastKnown, MOST_CHANGES, Past, RememberedSubject, SubjectKey, SubjectState};

/// Why the file cannot be used. Each is one line for whoever started the service; the file is left as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("cannot open the state file: {0}")]
    File(#[from] io::Error),
    #[error("it is no state file of mailprobe: name another one with --state")]
    Foreign,
    #[error("the state file is damaged: {0}; move it away to begin anew")]
    Damaged(String),
    #[error("the state file is of a later version of mailprobe (format {0}, and this one knows {VERSION})")]
    TooNew(i64),
    #[error("the state file is in use by another process")]
    InUse,
    #[error("cannot use the state file: {0}")]
    Unusable(rusqlite::Error),
}

/// The version of the tables.
const VERSION: i64 = 1;

/// Says in the file's header whose it is: "mprb".
const APPLICATION: i64 = 0x6d70_7262;

const TABLES: &str = "
    CREATE TABLE subjects (
        target TEXT NOT NULL,
        module TEXT NOT NULL,
        verdict TEXT,
        exit_code INTEGER,
        causes TEXT,
        since INTEGER NOT NULL,
        unproven INTEGER NOT NULL,
        checked_at INTEGER NOT NULL,
        PRIMARY KEY (target, module)
    ) WITHOUT ROWID;
    CREATE TABLE checks (
        target TEXT NOT NULL,
        module TEXT NOT NULL,
        at INTEGER NOT NULL,
        verdict TEXT NOT NULL,
        exit_code INTEGER NOT NULL,
        took INTEGER NOT NULL,
        checks INTEGER NOT NULL,
        PRIMARY KEY (target, module, at)
    ) WITHOUT ROWID;
    CREATE TABLE events (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        at INTEGER NOT NULL,
        json TEXT NOT NULL,
        for_webhook INTEGER NOT NULL,
        acknowledged_at INTEGER,
        given_up_at INTEGER
    );
    CREATE INDEX events_unsettled ON events (number)
        WHERE for_webhook AND acknowledged_at IS NULL AND given_up_at IS NULL;
";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What nobody has checked for so long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How many events are kept; those that are to be sent are kept beyond it.
const MOST_EVENTS: usize = 10_000;

/// The database, and the lock on it.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) connection: Connection,
}

/// What a database knew when it was opened.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    pub subjects: BTreeMap<SubjectKey, RememberedSubject>,
    pub changes: VecDeque<Change>,
    /// What the webhook has not taken, oldest first.
    pub unsent: Vec<Change>,
}

impl Database {
    /// Opens it, for this process alone. Where there is none it is made, readable by nobody else.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        create_or_recognise(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(StoreError::Unusable)?;
        let database = Self { connection };
        database.lock_and_prepare().map_err(|error| match error {
            StoreError::Unusable(error) => in_words(error),
            other => other,
        })?;
        Ok(database)
    }

    fn lock_and_prepare(&self) -> Result<(), StoreError> {
        let connection = &self.connection;
        let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        // One process alone writes, so the lock is held until it ends, by whatever death. With it there is no shared memory
        // beside the file.
        connection.pragma_update(None, "locking_mode", "exclusive").map_err(StoreError::Unusable)?;
        connection.busy_timeout(Duration::from_millis(500)).map_err(StoreError::Unusable)?;
        let version = pragma("user_version").map_err(StoreError::Unusable)?;
        let application = pragma("application_id").map_err(StoreError::Unusable)?;
        let tables = "SELECT count(*) FROM sqlite_schema";
        let tables: i64 = connection.query_row(tables, [], |row| row.get(0)).map_err(StoreError::Unusable)?;
        let is_new = tables == 0 && version == 0 && application == 0;
        if !is_new && application != APPLICATION {
            return Err(StoreError::Foreign);
        }
        if version > VERSION {
            return Err(StoreError::TooNew(version));
        }
        self.settle_in(is_new).map_err(StoreError::Unusable)?;
        let check: String =
            connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(StoreError::Unusable)?;
        if check == "ok" { Ok(()) } else { Err(StoreError::Damaged(check.replace('\n', " "))) }
    }

    fn settle_in(&self, is_new: bool) -> rusqlite::Result<()> {
        let connection = &self.connection;
        connection.pragma_update(None, "journal_mode", "wal")?;
        // An event is sent only when it cannot be lost any more, not even by a power failure. There are few commits.
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "journal_size_limit", 4 * 1024 * 1024)?;
        connection.pragma_update(None, "cache_size", -512)?;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        if is_new {
            connection.execute_batch(TABLES)?;
            connection.pragma_update(None, "application_id", APPLICATION)?;
            connection.pragma_update(None, "user_version", VERSION)?;
        }
        connection.execute_batch("COMMIT")
    }

    /// Writes all of it, or nothing.
    pub(super) fn write(&mut self, pending: &Pending, now: SystemTime) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        forget_subjects(&transaction, pending)?;
        write_subjects(&transaction, pending, now)?;
        write_events(&transaction, pending, now)?;
        transaction.commit()
    }

    /// Takes out what is too old.
    pub(super) fn prune(&mut self, now: SystemTime) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM checks WHERE at < ?1", [millis(now) - span(DAY)])?;
        transaction.execute("DELETE FROM subjects WHERE checked_at < ?1", [millis(now) - span(FORGOTTEN_AFTER)])?;
        transaction.execute(
            "DELETE FROM events WHERE number <= (SELECT max(number) FROM events) - ?1
                AND (NOT for_webhook OR acknowledged_at IS NOT NULL OR given_up_at IS NOT NULL)",
            [i64::try_from(MOST_EVENTS).unwrap_or(i64::MAX)],
        )?;
        transaction.commit()
    }

    /// What is known from before.
    pub(super) fn read(&self, now: SystemTime) -> Result<Remembered, StoreError> {
        self.read_all(now).map_err(in_words)
    }

    fn read_all(&self, now: SystemTime) -> rusqlite::Result<Remembered> {
        let mut remembered = Remembered::default();
        let subjects = "SELECT target, module, verdict, exit_code, causes, since, unproven FROM subjects";
        let mut subjects = self.connection.prepare(subjects)?;
        for subject in subjects.query_map([], |row| Ok((key(row)?, known(row)?)))? {
            let (key, known) = subject?;
            remembered.subjects.insert(key, RememberedSubject { known, past: VecDeque::new() });
        }
        let checks =
            "SELECT target, module, at, verdict, exit_code, took, checks FROM checks WHERE at >= ?1 ORDER BY at";
        let mut checks = self.connection.prepare(checks)?;
        for check in checks.query_map([millis(now) - span(DAY)], |row| Ok((key(row)?, past(row)?)))? {
            let (key, past) = check?;
            if let (Some(subject), Some(past)) = (remembered.subjects.get_mut(&key), past) {
                subject.past.push_back(past);
            }
        }
        let newest = "SELECT json FROM events ORDER BY number DESC LIMIT ?1";
        let mut newest = self.connection.prepare(newest)?;
        let most = i64::try_from(MOST_CHANGES).unwrap_or(i64::MAX);
        for json in newest.query_map([most], |row| row.get::<_, String>(0))? {
            remembered.changes.extend(change(&json?));
        }
        remembered.changes.make_contiguous().reverse();
        let unsent = "SELECT json FROM events
            WHERE for_webhook AND acknowledged_at IS NULL AND given_up_at IS NULL ORDER BY number";
        let mut unsent = self.connection.prepare(unsent)?;
        for json in unsent.query_map([], |row| row.get::<_, String>(0))? {
            remembered.unsent.extend(change(&json?));
        }
        Ok(remembered)
    }
}

/// Makes an empty file where there is none. One that is there and is no database is not touched.
fn create_or_recognise(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.into()),
        Ok(_) => return Ok(()),
    }
    // Asked first: to open a pipe would wait for its other end.
    if !path.metadata()?.is_file() {
        return Err(StoreError::Foreign);
    }
    let mut header = Vec::new();
    File::open(path)?.take(16).read_to_end(&mut header)?;
    if header.is_empty() || header == b"SQLite format 3\0" { Ok(()) } else { Err(StoreError::Foreign) }
}

fn in_words(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::InUse,
        Some(ErrorCode::NotADatabase) => StoreError::Foreign,
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged(error.to_string()),
        _ => StoreError::Unusable(error),
    }
}

fn forget_subjects(transaction: &Transaction<'_>, pending: &Pending) -> rusqlite::Result<()> {
    for table in ["subjects", "checks"] {
        let forget = format!("DELETE FROM {table} WHERE target = ?1 AND module = ?2");
        let mut forget = transaction.prepare_cached(&forget)?;
        for key in &pending.forgotten {
            forget.execute([&key.target, &key.module])?;
        }
    }
    Ok(())
}

fn write_subjects(transaction: &Transaction<'_>, pending: &Pending, now: SystemTime) -> rusqlite::Result<()> {
    let mut subject = transaction.prepare_cached(
        "INSERT OR REPLACE INTO subjects (target, module, verdict, exit_code, causes, since, unproven, checked_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for (key, known) in &pending.subjects {
        let standing = known.standing.as_ref();
        let causes = standing.and_then(|standing| serde_json::to_string(&standing.causes).ok());
        subject.execute(params![
            key.target,
            key.module,
            standing.map(|standing| standing.verdict.name()),
            standing.map(|standing| standing.exit_code),
            causes,
            millis(known.since),
            known.unproven,
            millis(now)
        ])?;
    }
    let mut check = transaction.prepare_cached(
        "INSERT OR REPLACE INTO checks (target, module, at, verdict, exit_code, took, checks)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for ((key, at), past) in &pending.past {
        let took = span(past.took);
        check.execute(params![
            key.target,
            key.module,
            millis(*at),
            past.verdict.name(),
            past.exit_code,
            took,
            past.checks
        ])?;
    }
    Ok(())
}

fn write_events(transaction: &Transaction<'_>, pending: &Pending, now: SystemTime) -> rusqlite::Result<()> {
    let event = "INSERT OR IGNORE INTO events (id, at, json, for_webhook) VALUES (?1, ?2, ?3, ?4)";
    let mut event = transaction.prepare_cached(event)?;
    for noted in &pending.events {
        // It has no part that cannot be written.
        let json = serde_json::to_string(&WebhookEvent::from(&noted.change)).unwrap_or_default();
        event.execute(params![noted.change.id.to_string(), millis(noted.change.at), json, noted.for_webhook])?;
    }
    let mut acknowledged = transaction.prepare_cached("UPDATE events SET acknowledged_at = ?2 WHERE id = ?1")?;
    for id in &pending.acknowledged {
        acknowledged.execute(params![id.to_string(), millis(now)])?;
    }
    let mut given_up = transaction.prepare_cached("UPDATE events SET given_up_at = ?2 WHERE id = ?1")?;
    for id in &pending.given_up {
        given_up.execute(params![id.to_string(), millis(now)])?;
    }
    Ok(())
}

fn key(row: &Row<'_>) -> rusqlite::Result<SubjectKey> {
    Ok(SubjectKey { target: row.get("target")?, module: row.get("module")? })
}

fn known(row: &Row<'_>) -> rusqlite::Result<LastKnown> {
    let verdict: Option<String> = row.get("verdict")?;
    let verdict = verdict.and_then(|name| Verdict::from_name(&name));
    let causes: Option<String> = row.get("causes")?;
    let causes = causes.and_then(|causes| serde_json::from_str(&causes).ok());
    let exit_code: Option<u8> = row.get("exit_code")?;
    let standing = verdict.zip(causes).zip(exit_code);
    Ok(LastKnown {
        standing: standing.map(|((verdict, causes), exit_code)| SubjectState { verdict, exit_code, causes }),
        since: moment(row.get("since")?),
        unproven: row.get("unproven")?,
    })
}

/// `None` where a later version wrote a verdict that this one does not know.
fn past(row: &Row<'_>) -> rusqlite::Result<Option<Past>> {
    let verdict: String = row.get("verdict")?;
    let Some(verdict) = Verdict::from_name(&verdict) else { return Ok(None) };
    let took: i64 = row.get("took")?;
    Ok(Some(Past {
        at: moment(row.get("at")?),
        verdict,
        took: Duration::from_millis(took.unsigned_abs()),
        exit_code: row.get("exit_code")?,
        checks: row.get("checks")?,
    }))
}

fn change(json: &str) -> Option<Change> {
    serde_json::from_str::<WebhookEvent>(json).ok().and_then(WebhookEvent::into_change)
}

/// Since 1970.
fn millis(at: SystemTime) -> i64 {
    span(at.duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn span(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn moment(millis: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(millis.unsigned_abs())
}
