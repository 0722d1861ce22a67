//! What `--output` does to files that are there already, to links, and to a folder in which it is killed.

use std::fs::{self, Permissions};
use std::io::Read as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use mailprobe_lab::{Behaviour, Server};
use tempfile::TempDir;

use crate::command::{Outcome, run};

const CLOSED: &str = "smtp://127.0.0.1:1";
/// Stands in every file that was there before.
const OLD: &str = "what was here before";
/// Stands in every result.
const NEW: &str = "connection-refused";
/// Usually named "nobody".
const ANOTHER_USER: u32 = 65534;
/// Far longer than anything here needs, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A file that is there already.
fn old(path: PathBuf) -> PathBuf {
    fs::write(&path, OLD).expect("a file");
    path
}

fn link(to: impl AsRef<Path>, path: PathBuf) -> PathBuf {
    symlink(to, &path).expect("a link");
    path
}

fn subfolder(path: PathBuf, mode: u32) -> PathBuf {
    fs::create_dir(&path).expect("a folder");
    set_mode(&path, mode);
    path
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode");
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").mode() & 0o7777
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).expect("a file")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().expect("a name")).collect();
    names.sort_unstable();
    names
}

fn option(path: &Path) -> String {
    format!("json={}", path.display())
}

/// Checks a closed port, with the results in a file.
fn write_to(path: &Path) -> Outcome {
    run(&["--output", &option(path), CLOSED])
}

fn assert_written(path: &Path) {
    let outcome = write_to(path);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (5, ""), "{}", path.display());
    assert!(text(path).contains(NEW), "{}", path.display());
}

/// The results are refused in one line that names the path, and nobody is probed.
fn assert_refused(path: &Path, word: &str) {
    let server = Server::start("smtp:starttls".parse::<Behaviour>().expect("a behaviour"));
    let outcome = run(&["--output", &option(path), &server.url("smtp")]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (18, ""), "{}", outcome.stderr);
    assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    for word in [path.to_str().expect("a name"), word] {
        assert!(outcome.stderr.contains(word), "{word}: {}", outcome.stderr);
    }
    assert!(server.connections().is_empty(), "nothing is probed");
}

/// Whether this process may give files to other users, as root may. Elsewhere the test is skipped with a message.
fn may_give_files_away(test: &str) -> bool {
    use std::io::Write as _;

    let folder = folder();
    let file = old(folder.path().join("file"));
    let is_ours = fs::metadata(&file).expect("a file").uid() != ANOTHER_USER;
    let may = is_ours && lchown(file, Some(ANOTHER_USER), Some(ANOTHER_USER)).is_ok();
    if !may {
        // Written to the stream itself: the test harness swallows what a passing test prints.
        let _ = writeln!(std::io::stderr(), "skipped: {test} needs root, for files of another user");
    }
    may
}

fn give_away(path: &Path) {
    lchown(path, Some(ANOTHER_USER), Some(ANOTHER_USER)).expect("another owner");
}

/// A run in the background, which is killed with the test.
struct Running(Child);

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mailprobe"));
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        Self(command.spawn().expect("the command starts"))
    }

    /// SIGKILL: it cannot clean up.
    fn kill(&mut self) {
        self.0.kill().expect("it is killed");
        self.0.wait().expect("a child");
    }

    /// How it ended by itself: its exit code, and what it complained about.
    fn end(mut self) -> (Option<i32>, String) {
        let mut complaints = String::new();
        self.0.stderr.take().expect("a pipe").read_to_string(&mut complaints).expect("UTF-8");
        (self.0.wait().expect("a child").code(), complaints)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A run that waits for a greeting until the server lets it go on.
fn in_the_middle_of_a_run(path: &Path, meanwhile: impl FnOnce(&mut Running)) -> (Option<i32>, String) {
    let behaviour: Behaviour = "imap:starttls:slow-greeting".parse().expect("a behaviour");
    let server = Server::start(behaviour.pause(Duration::from_secs(1)));
    let mut running = Running::start(&["--output", &option(path), &server.url("imap")]);
    let begun = Instant::now();
    while server.connections().is_empty() {
        assert!(begun.elapsed() < PATIENCE, "nothing is probed");
        thread::sleep(Duration::from_millis(5));
    }
    meanwhile(&mut running);
    running.end()
}

fn write_under(umask: &str, path: &Path) {
    let script = format!("umask {umask}; exec \"$0\" \"$@\"");
    let status = Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_mailprobe"), "--output", &option(path), CLOSED])
        .stdout(Stdio::null())
        .status()
        .expect("sh starts");
    assert_eq!(status.code(), Some(5));
}

#[test]
fn others_may_read_a_new_file_as_the_umask_says() {
    let folder = folder();
    for (umask, expected) in [("022", 0o644), ("077", 0o600), ("002", 0o664)] {
        let file = folder.path().join(umask);
        write_under(umask, &file);
        assert_eq!(format!("{:o}", mode(&file)), format!("{expected:o}"), "umask {umask}");
    }
}

#[test]
fn a_replaced_file_keeps_its_mode_whatever_the_umask_and_no_special_bits() {
    let folder = folder();
    for (umask, before, after) in [
        ("077", 0o644, 0o644),
        ("022", 0o666, 0o666),
        ("077", 0o640, 0o640),
        ("000", 0o600, 0o600),
        ("022", 0o4755, 0o755),
        ("022", 0o2771, 0o771),
        ("022", 0o1644, 0o644),
    ] {
        let file = old(folder.path().join(format!("{umask}-{before:o}")));
        set_mode(&file, before);
        write_under(umask, &file);
        assert!(text(&file).contains(NEW));
        assert_eq!(format!("{:o}", mode(&file)), format!("{after:o}"), "{before:o} under umask {umask}");
    }
}

#[test]
fn a_replaced_file_keeps_its_owner_and_group() {
    if !may_give_files_away("a_replaced_file_keeps_its_owner_and_group") {
        return;
    }
    let folder = folder();
    let file = old(folder.path().join("report.json"));
    lchown(&file, Some(ANOTHER_USER), Some(12)).expect("another owner");
    set_mode(&file, 0o640);
    assert_written(&file);
    let found = fs::metadata(&file).expect("a file");
    assert_eq!((found.uid(), found.gid(), mode(&file)), (ANOTHER_USER, 12, 0o640));
}

/// What is not refused to root is refused to others.
#[cfg(target_os = "linux")]
#[test]
fn a_place_that_the_system_protects_is_refused_before_anything_is_probed() {
    use std::os::unix::process::CommandExt as _;

    if !may_give_files_away("a_place_that_the_system_protects_is_refused_before_anything_is_probed") {
        return;
    }
    let folder = folder();
    set_mode(folder.path(), 0o755);
    let server = Server::start("smtp:starttls".parse::<Behaviour>().expect("a behaviour"));
    for (folder_mode, file_mode, word) in [
        (0o755, None, "Permission denied"),
        // A file that one may write to, and not replace.
        (0o755, Some(0o666), "Permission denied"),
        (0o1777, Some(0o666), "sticky"),
        (0o777, Some(0o644), "Permission denied"),
    ] {
        let place = subfolder(folder.path().join(format!("{folder_mode:o}-{file_mode:?}")), folder_mode);
        let file = place.join("report.json");
        if let Some(mode) = file_mode {
            set_mode(&old(file.clone()), mode);
        }
        // The command as standard input: another user may not go the way to it.
        let output = Command::new("sh")
            .args(["-c", "exec /proc/self/fd/0 \"$@\"", "sh", "--output", &option(&file), &server.url("smtp")])
            .stdin(fs::File::open(env!("CARGO_BIN_EXE_mailprobe")).expect("the command"))
            .current_dir("/")
            .gid(ANOTHER_USER)
            .uid(ANOTHER_USER)
            .output()
            .expect("sh starts");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(18), "{complaint}");
        assert!(complaint.contains(word), "{complaint}");
        assert_eq!(names(&place).len(), usize::from(file_mode.is_some()));
        assert!(file_mode.is_none() || text(&file) == OLD);
    }
    assert!(server.connections().is_empty());
}

#[test]
fn a_link_is_written_through_also_to_what_is_not_there_yet() {
    let folder = folder();
    let (here, there) = (subfolder(folder.path().join("here"), 0o755), subfolder(folder.path().join("there"), 0o755));
    let dangling = link("../there/new.json", here.join("dangling"));
    let chain = link("dangling", here.join("chain"));
    for path in [&dangling, &chain] {
        assert_written(path);
    }
    let through_a_folder = link(&there, here.join("folder")).join("../there/./new.json");
    assert_written(&through_a_folder);
    assert!(dangling.is_symlink() && chain.is_symlink());
    assert_eq!((names(&here).len(), names(&there)), (3, vec!["new.json".to_owned()]));
}

#[test]
fn links_that_lead_nowhere_are_refused() {
    let folder = folder();
    let round = link("about", folder.path().join("round"));
    link("round", folder.path().join("about"));
    assert_refused(&round, "too many symbolic links");
    assert_refused(&link("no/such/folder.json", folder.path().join("nowhere")), "No such file");
    assert_refused(&folder.path().join("new/"), "directory");
    assert_eq!(names(folder.path()).len(), 3);
}

#[test]
fn a_link_that_another_user_put_into_a_shared_folder_is_refused() {
    if !may_give_files_away("a_link_that_another_user_put_into_a_shared_folder_is_refused") {
        return;
    }
    let folder = folder();
    let victim = old(folder.path().join("victim"));
    for shared_mode in [0o1777, 0o1755, 0o775, 0o757] {
        let shared = subfolder(folder.path().join(format!("{shared_mode:o}")), shared_mode);
        let theirs = link(&victim, shared.join("report.json"));
        give_away(&theirs);
        assert_refused(&theirs, "another user");
        // At every step of a chain, and on the way to the file.
        assert_refused(&link(&theirs, folder.path().join(format!("chain-{shared_mode:o}"))), "another user");
        let detour = link(folder.path(), shared.join("detour"));
        give_away(&detour);
        assert_refused(&detour.join("victim"), "another user");
        // Nor may it lead to what is not there yet.
        let dangling = link(folder.path().join("planted"), shared.join("dangling"));
        give_away(&dangling);
        assert_refused(&dangling, "another user");
        assert_eq!((names(&shared).len(), theirs.is_symlink()), (3, true));
    }
    assert!(!folder.path().join("planted").exists());
    assert_eq!(text(&victim), OLD);
}

#[test]
fn links_of_ones_own_and_of_the_owner_of_the_folder_are_followed() {
    let folder = folder();
    let file = old(folder.path().join("file"));
    let shared = subfolder(folder.path().join("shared"), 0o1777);
    assert_written(&link(&file, shared.join("ours")));
    if !may_give_files_away("links_of_ones_own_and_of_the_owner_of_the_folder_are_followed") {
        return;
    }
    let private = subfolder(folder.path().join("private"), 0o755);
    let in_private = link(&file, private.join("link"));
    give_away(&in_private);
    assert_written(&in_private);
    let of_the_owner = link(&file, shared.join("of-the-owner"));
    give_away(&of_the_owner);
    give_away(&shared);
    assert_written(&of_the_owner);
}

#[test]
fn a_link_that_another_user_makes_in_the_middle_of_a_run_is_refused() {
    if !may_give_files_away("a_link_that_another_user_makes_in_the_middle_of_a_run_is_refused") {
        return;
    }
    let folder = folder();
    let victim = old(folder.path().join("victim"));
    let shared = subfolder(folder.path().join("shared"), 0o1777);
    let path = shared.join("report.json");
    let (code, complaint) = in_the_middle_of_a_run(&path, |_| give_away(&link(&victim, path.clone())));
    assert_eq!(code, Some(18), "{complaint}");
    assert!(complaint.contains("another user"), "{complaint}");
    assert_eq!((text(&victim).as_str(), names(&shared).len()), (OLD, 1));
}

#[test]
fn what_becomes_a_pipe_in_the_middle_of_a_run_is_not_waited_for() {
    let folder = folder();
    let path = folder.path().join("report.json");
    let (code, complaint) = in_the_middle_of_a_run(&path, |_| make_pipe(&path));
    assert_eq!(code, Some(18), "{complaint}");
    assert!(complaint.contains("something else"), "{complaint}");
}

#[test]
fn the_other_names_of_a_file_keep_the_old_content() {
    let folder = folder();
    let file = old(folder.path().join("report.json"));
    let other = folder.path().join("other");
    fs::hard_link(&file, &other).expect("another name");
    assert_written(&file);
    assert_eq!(text(&other), OLD);
}

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo").success());
}

#[test]
fn pipes_and_descriptors_are_written_to() {
    let folder = folder();
    let pipe = folder.path().join("pipe");
    make_pipe(&pipe);
    let reader = {
        let pipe = pipe.clone();
        thread::spawn(move || text(&pipe))
    };
    assert_eq!(write_to(&pipe).code, 5);
    assert!(reader.join().expect("a reader").contains(NEW));
    assert!(fs::metadata(&pipe).expect("a pipe").file_type().is_fifo());

    let outcome = write_to(Path::new("/dev/stdout"));
    assert!(outcome.stdout.starts_with('{') && outcome.stdout.contains("mailprobe explain"), "{}", outcome.stdout);
    // Files behind descriptors keep what others have written to them, and write.
    let (both, third) = (folder.path().join("both"), old(folder.path().join("third")));
    let inode = |path: &Path| fs::metadata(path).expect("a file").ino();
    let before = inode(&third);
    let script = format!(
        "exec \"$0\" --output json=/dev/stdout --output csv=/dev/fd/3 {CLOSED} >'{}' 3>>'{}'",
        both.display(),
        third.display()
    );
    let status = Command::new("sh").args(["-c", &script, env!("CARGO_BIN_EXE_mailprobe")]).status().expect("sh starts");
    assert_eq!(status.code(), Some(5));
    let both = text(&both);
    assert!(both.starts_with('{') && both.contains("mailprobe explain"), "{both}");
    assert!(text(&third).starts_with(OLD) && text(&third).contains(NEW), "{}", text(&third));
    assert_eq!(inode(&third), before);
    assert_eq!(names(folder.path()), ["both", "pipe", "third"]);
}

#[test]
fn nothing_is_left_by_a_run_that_is_killed_while_it_probes() {
    let folder = folder();
    let path = folder.path().join("report.json");
    in_the_middle_of_a_run(&path, |running| {
        assert_eq!(names(folder.path()), [""; 0], "results are not there yet, and nothing stands for them");
        running.kill();
    });
    assert_eq!(names(folder.path()), [""; 0]);
}

/// Ports of this machine, most of them closed: results that take a while to be written.
fn long_list(folder: &TempDir) -> String {
    let list = folder.path().join("list");
    let lines: Vec<_> = (1..=800).map(|port| format!("smtp://127.0.0.1:{port}\n")).collect();
    fs::write(&list, lines.concat()).expect("a list");
    list.to_str().expect("a name").to_owned()
}

fn is_temporary(name: &str) -> bool {
    name.strip_prefix(".report.json.mailprobe-").is_some_and(|rest| rest.len() == "XXXXXX.part".len())
}

#[test]
fn what_a_run_leaves_that_is_killed_while_it_writes_is_removed_by_the_next() {
    const ATTEMPTS: usize = 20;
    let (lists, folder) = (folder(), folder());
    let list = long_list(&lists);
    let path = old(folder.path().join("report.json"));
    let output = option(&path);
    let is_left = || names(folder.path()).iter().any(|name| is_temporary(name));
    let was_left = (0..ATTEMPTS).any(|_| {
        fs::write(&path, OLD).expect("a file");
        let mut running = Running::start(&["--targets", &list, "--output", &output]);
        // Once at the beginning, for a moment, and once at the end.
        thread::sleep(Duration::from_millis(100));
        while running.0.try_wait().expect("a child").is_none() && !is_left() {}
        running.kill();
        is_left()
    });
    assert!(was_left, "it could not be killed while it writes");
    assert_eq!(text(&path), OLD, "half of a result is none");
    assert_written(&path);
    assert_eq!(names(folder.path()), ["report.json"]);
}

#[test]
fn only_what_a_killed_run_with_the_same_output_left_is_removed() {
    let folder = folder();
    let file = |name: &str| old(folder.path().join(name));
    let path = file("report.json");
    let mut kept = vec![
        file(".report.json.mailprobe-abc12.part"),
        file(".report.json.mailprobe-abc1234.part"),
        file(".report.json.mailprobe-ab-123.part"),
        file(".report.json.mailprobe-abc123.part.prom"),
        file(".other.json.mailprobe-abc123.part"),
        file("report.json.mailprobe-abc123.part"),
        link(&path, folder.path().join(".report.json.mailprobe-link00.part")),
        subfolder(folder.path().join(".report.json.mailprobe-folder.part"), 0o755),
    ];
    let pipe = folder.path().join(".report.json.mailprobe-pipe00.part");
    make_pipe(&pipe);
    kept.push(pipe);
    let in_use = file(".report.json.mailprobe-in0use.part");
    let lock = fs::File::open(&in_use).expect("a file");
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive).expect("a lock");
    kept.push(in_use.clone());
    if may_give_files_away("only_what_a_killed_run_with_the_same_output_left_is_removed") {
        let theirs = file(".report.json.mailprobe-theirs.part");
        give_away(&theirs);
        kept.push(theirs);
    }
    let stale = file(".report.json.mailprobe-aB3456.part");
    assert_written(&path);
    assert!(!stale.exists());
    for path in kept {
        assert!(path.symlink_metadata().is_ok(), "{}", path.display());
    }
    drop(lock);
    assert_written(&path);
    assert!(!in_use.exists(), "whoever used it is gone");
}

#[test]
fn runs_at_the_same_time_leave_one_whole_result() {
    let (lists, folder) = (folder(), folder());
    let list = long_list(&lists);
    let path = folder.path().join("report.json");
    let output = option(&path);
    let runs: Vec<_> = (0..3).map(|_| Running::start(&["--targets", &list, "--output", &output])).collect();
    let whole = || serde_json::from_str::<serde_json::Value>(&text(&path)).expect("a whole document");
    let mut ended = Vec::new();
    for mut running in runs {
        // Others begin, clean up and write while those are writing.
        while running.0.try_wait().expect("a child").is_none() {
            let outcome = write_to(&path);
            assert_eq!((outcome.code, outcome.stderr.as_str()), (5, ""));
            whole();
        }
        ended.push(running.end());
    }
    for (code, complaint) in ended {
        assert!(code != Some(18) && complaint.is_empty(), "{code:?}: {complaint}");
    }
    let endpoints = &whole()["summary"]["endpoints"];
    assert!(*endpoints == 1 || *endpoints == 800, "{endpoints}");
    assert_eq!(names(folder.path()), ["report.json"]);
}

#[test]
fn a_long_name_is_no_hindrance() {
    let folder = folder();
    let path = folder.path().join("é".repeat(127));
    assert_written(&path);
    assert_eq!(names(folder.path()).len(), 1);
}
