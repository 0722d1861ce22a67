//! What is ready made is taken by those it is made for, and names no option that does not exist. The programs that are
//! not everywhere are required with `CI` set.

use std::path::{Path, PathBuf};
use std::process::Command;

use mailprobe_lab::skips;

use crate::command::{mailprobe, run};
use crate::is_there;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file that is ready made.
fn files() -> Vec<PathBuf> {
    let mut folders = vec![root().join("examples")];
    let mut files: Vec<PathBuf> =
        ["action.yml", "Dockerfile", ".github/workflows/release.yml"].iter().map(|name| root().join(name)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_none_or(|ending| ending != "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn with_ending(ending: &str) -> Vec<PathBuf> {
    files().into_iter().filter(|path| path.to_string_lossy().ends_with(ending)).collect()
}

/// Programs whose options stand on a line that names mailprobe as well.
const FOREIGN: [&str; 8] =
    ["promtool", "gh release", "gh attestation", "cargo ", "systemctl", "useradd", "--collector", "kubectl "];

#[test]
fn every_option_of_mailprobe_exists() {
    let help = run(&["--help"]).stdout;
    let exists = |option: &str| help.split([' ', ',', '\n']).any(|word| word == option);
    let mut seen = 0;
    for path in files() {
        let text = text(&path);
        let lines = text.lines().filter(|line| line.contains("mailprobe") || line.contains("--expect"));
        for line in lines.filter(|line| !line.contains("docker ") && !line.contains("--from=")) {
            let options = line.split([' ', '"', ',', '`', '[', ']']).filter(|word| word.starts_with("--"));
            for option in options.map(|option| option.split('=').next().unwrap_or(option)) {
                let foreign = FOREIGN.iter().any(|program| line.contains(program));
                assert!(foreign || exists(option), "{}: {option} is no option", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn the_configurations_are_accepted() {
    let own = root().join("examples/mailprobe.toml");
    let outcome = run(&["--dry-run", "--config", own.to_str().expect("a name")]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("expected: starttls"), "{}", outcome.stdout);

    let cluster = text(&root().join("examples/kubernetes/cronjob.yml"));
    let embedded =
        cluster.split("mailprobe.toml: |\n").nth(1).and_then(|rest| rest.split("---").next()).expect("a file");
    let embedded: String = embedded.lines().map(|line| line.trim_start().to_owned() + "\n").collect();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mailprobe.toml");
    std::fs::write(&file, embedded).expect("a file");
    let outcome = run(&["--dry-run", "--config", file.to_str().expect("a name")]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
}

#[test]
fn yaml_is_yaml_and_its_scripts_are_bash() {
    const CHECK: &str = "
import re, subprocess, sys, yaml
def scripts(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == 'run' and isinstance(value, str):
                yield value
            else:
                yield from scripts(value)
    elif isinstance(node, list):
        for value in node:
            yield from scripts(value)
count = 0
for name in sys.argv[1:]:
    documents = list(yaml.safe_load_all(open(name, encoding='utf-8')))
    assert all(isinstance(document, (dict, list)) for document in documents), name
    for script in scripts(documents):
        assert '${{' not in script, f'{name}: an expression inside a script can be made to run commands: {script}'
        subprocess.run(['bash', '-n'], input=script, text=True, check=True)
        count += 1
print(count)
";
    let has_yaml = Command::new("python3").args(["-c", "import yaml"]).status().is_ok_and(|status| status.success());
    if !has_yaml {
        return skips::skip(&skips::this_test(), "python3-yaml is missing");
    }
    let output = Command::new("python3").args(["-c", CHECK]).args(with_ending(".yml")).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let scripts: usize = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number");
    assert!(scripts >= 6, "{scripts}");
}

#[test]
fn promtool_takes_the_alert_rules_and_they_alert() {
    if !is_there("promtool") {
        return;
    }
    for arguments in [
        ["check", "rules", "mailprobe.rules.yml"],
        ["test", "rules", "mailprobe.rules.test.yml"],
        ["check", "rules", "mailprobe-serve.rules.yml"],
        ["test", "rules", "mailprobe-serve.rules.test.yml"],
        ["check", "config", "prometheus.yml"],
    ] {
        let output = Command::new("promtool")
            .args(arguments)
            .current_dir(root().join("examples/prometheus"))
            .output()
            .expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn systemd_takes_the_units() {
    if !is_there("systemd-analyze") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut units = Vec::new();
    for path in with_ending(".service").into_iter().chain(with_ending(".timer")) {
        let unit = folder.path().join(path.file_name().expect("a name"));
        std::fs::write(&unit, text(&path).replace("/usr/bin/mailprobe", env!("CARGO_BIN_EXE_mailprobe")))
            .expect("a file");
        units.push(unit);
    }
    assert_eq!(units.len(), 2);
    // `man` looks the page up, which is not installed here.
    for unit in &units {
        // What it writes for others to read would be below /var/lib/private.
        assert!(!text(unit).lines().any(|line| line.starts_with("DynamicUser=")), "{}", unit.display());
    }
    let output = Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&units).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    let about_ours: Vec<_> = said.lines().filter(|line| line.contains("mailprobe")).collect();
    assert!(output.status.success() && about_ours.is_empty(), "{said}");
}

/// The image of the Dockerfile holds no shell, which a job needs for its script.
#[test]
fn the_job_for_gitlab_brings_the_program_into_an_image_with_a_shell() {
    let job = text(&root().join("examples/gitlab-ci.yml"));
    let image = job.lines().find_map(|line| line.trim().strip_prefix("image: ")).expect("an image");
    assert!(!image.contains("mailprobe"), "{image}");
    let release = text(&root().join(".github/workflows/release.yml"));
    let value = |name: &str| job.lines().find_map(|line| line.trim().strip_prefix(name)).expect("a variable").trim();
    assert_eq!(value("VERSION:"), env!("CARGO_PKG_VERSION"));
    assert!(release.contains(&format!("target: {} ", value("TARGET:"))), "{}", value("TARGET:"));
    assert!(release.contains("name=mailprobe-${TAG#v}-$TARGET") && release.contains("SHA256SUMS"));
}

/// `define TYPE { … }` with a name and a value on each line; macros filled in as Nagios does.
#[test]
fn the_plugins_command_line_runs_as_nagios_would_run_it() {
    let text = text(&root().join("examples/nagios/mailprobe.cfg"));
    let value = |name: &str| {
        let line = text.lines().map(str::trim).find(|line| line.split_whitespace().next() == Some(name));
        line.and_then(|line| line.split_once(char::is_whitespace)).expect(name).1.trim()
    };
    assert_eq!(text.matches("define ").count(), text.matches("\n}").count());
    let (command, argument) = value("check_command").split_once('!').expect("an argument");
    assert_eq!(command, value("command_name"));
    let line = value("command_line").replace("$ARG1$", argument);
    let words: Vec<&str> = line.split_whitespace().skip(1).chain(["--dry-run"]).collect();
    let output = mailprobe(&words).output().expect("it starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_image_ends_small_and_as_an_ordinary_user() {
    let text = text(&root().join("Dockerfile"));
    let last = text.split("\nFROM ").last().expect("a stage");
    assert!(last.starts_with("scratch\n"), "{last}");
    let user = last.lines().find_map(|line| line.strip_prefix("USER ")).expect("a user");
    assert!(!user.starts_with('0') && user != "root", "{user}");
    assert!(last.contains("ENTRYPOINT [\"/usr/bin/mailprobe\"]"), "{last}");
}

/// Every `uses:` of another repository's action.
#[test]
fn actions_are_named_by_their_commit() {
    let mut seen = 0;
    for name in [
        ".github/workflows/ci.yml",
        ".github/workflows/real-world.yml",
        ".github/workflows/release.yml",
        "examples/github-actions.yml",
    ] {
        for line in text(&root().join(name)).lines() {
            let Some((_, action)) = line.split_once("uses: ") else { continue };
            // Ours, which stands for the release that a user chooses.
            if action.starts_with("OWNER/") {
                continue;
            }
            let (_, commit) = action.split_once('@').unwrap_or_else(|| panic!("{name}: {line}"));
            let (commit, version) = commit.split_once(" # v").unwrap_or_else(|| panic!("{name}: no version: {line}"));
            assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}: {line}");
            assert_eq!(version.split('.').count(), 3, "{name}: {line}");
            seen += 1;
        }
    }
    assert!(seen >= 6, "{seen}");
}

#[test]
fn releases_have_a_provenance() {
    let release = text(&root().join(".github/workflows/release.yml"));
    let (build, publish) = release.split_once("\n  publish:").expect("a job that publishes");
    let place = |text: &str| publish.find(text).unwrap_or_else(|| panic!("{text} is missing"));
    // Of what the sums are of, before anybody can download it.
    assert!(place("SHA256SUMS\n") < place("actions/attest-build-provenance@"));
    assert!(place("subject-checksums: SHA256SUMS") < place("gh release create"));
    for permission in ["id-token: write", "attestations: write"] {
        assert!(publish.contains(permission) && !build.contains(permission), "{permission}");
    }
}

#[test]
fn what_is_released_holds_no_path_of_the_builder() {
    for name in [".github/workflows/release.yml", "Dockerfile"] {
        let text = text(&root().join(name));
        assert!(text.contains("$(.ci/release"), "{name}");
        assert!(!text.contains("cargo build"), "{name} builds without .ci/release");
    }
}

/// The script of the action's first step, run by bash as GitHub does, with a `curl` that only writes down what it gets.
#[cfg(unix)]
#[test]
fn the_action_asks_the_server_whose_token_it_has() {
    use std::os::unix::fs::PermissionsExt as _;

    if !is_there("bash") {
        return;
    }
    let action = text(&root().join("action.yml"));
    let (_, script) = action.split_once("      run: |\n").expect("a script");
    let script: Vec<&str> = script.lines().map_while(|line| line.strip_prefix("        ")).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let (curl, asked) = (folder.path().join("curl"), folder.path().join("asked"));
    std::fs::write(&curl, "#!/bin/sh\necho \"$@\" >>\"$ASKED\"\n").expect("a file");
    std::fs::set_permissions(&curl, std::fs::Permissions::from_mode(0o755)).expect("a program");
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").expect("a path"));
    let output = Command::new("bash")
        .args(["-c", &script.join("\n")])
        .env("PATH", path)
        .env("ASKED", &asked)
        .env("RUNNER_TEMP", folder.path())
        .envs([("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64"), ("VERSION", "v1.2.3"), ("TOKEN", "secret")])
        .envs([("REPOSITORY", "owner/mailprobe"), ("GITHUB_SERVER_URL", "https://github.company.example")])
        .output()
        .expect("it starts");
    let asked = std::fs::read_to_string(&asked).unwrap_or_default();
    let urls: Vec<&str> = asked.split_whitespace().filter(|word| word.starts_with("https://")).collect();
    let releases = "https://github.company.example/owner/mailprobe/releases/download/v1.2.3";
    let archive = format!("{releases}/mailprobe-1.2.3-x86_64-unknown-linux-musl.tar.gz");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(urls, [archive, format!("{releases}/SHA256SUMS")], "{said}");
}

#[test]
fn releases_have_the_names_that_the_action_asks_for() {
    let (action, release) = (text(&root().join("action.yml")), text(&root().join(".github/workflows/release.yml")));
    let wanted: Vec<&str> =
        action.lines().filter_map(|line| line.split_once("target=")?.1.split_whitespace().next()).collect();
    assert_eq!(wanted.len(), 5, "{wanted:?}");
    for target in wanted {
        assert!(release.contains(&format!("target: {target} }}")), "{target} is not released");
    }
    for name in ["mailprobe-${TAG#v}-$TARGET", "SHA256SUMS"] {
        assert!(release.contains(name), "{name}");
    }
    for name in ["mailprobe-$version-$target", "SHA256SUMS"] {
        assert!(action.contains(name), "{name}");
    }
}
