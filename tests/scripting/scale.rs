//! The examples for long lists: the shares are all of the list, and what they end with is not lost.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::is_there;

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// Ends with the exit code that the list has on the line of its share, and says what it was asked.
const STAND_IN: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
    case $1 in --targets) list=$2 ;; --shard) shard=$2 ;; --format) format=$2 ;; *) exit 2 ;; esac
    shift 2
done
echo "{\"format\":\"$format\",\"shard\":\"$shard\"}"
exit "$(sed -n "$((${shard%/*} + 1))p" "$list")"
"#;

#[test]
fn gnu_parallel_gives_every_share_to_somebody_and_gathers_the_exit_codes() {
    if !is_there("parallel") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("mailprobe");
    fs::write(&program, STAND_IN).expect("a program");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("permissions");
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").expect("a path"));
    // The name has a space, and what the shell would take for a variable.
    let list = "my $targets.txt";
    for (codes, expected) in
        [("0\n0\n0\n", 0), ("0\n5\n0\n", 5), ("5\n5\n5\n", 5), ("5\n0\n9\n", 1), ("5\n9\n9\n", 1), ("9\n9\n5\n", 1)]
    {
        fs::write(folder.path().join(list), codes).expect("a list");
        let output = Command::new(example("gnu-parallel.sh"))
            .args([list, "3"])
            .current_dir(folder.path())
            .env("PATH", &path)
            .env("HOME", folder.path())
            .output()
            .expect("the script starts");
        assert_eq!(output.status.code(), Some(expected), "{codes:?}: {}", String::from_utf8_lossy(&output.stderr));
        for share in 0..3 {
            let result = fs::read_to_string(folder.path().join(format!("results/share-{share}.jsonl")));
            let said = result.expect("a result");
            assert_eq!(said, format!("{{\"format\":\"jsonl\",\"shard\":\"{share}/3\"}}\n"), "{codes:?}");
        }
    }
    let output = Command::new(example("gnu-parallel.sh")).arg("list").output().expect("the script starts");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn the_indexed_job_has_as_many_pods_as_shares() {
    let job = fs::read_to_string(example("kubernetes/list.yml")).expect("a job");
    let after = |words: &str| job.split(words).nth(1).and_then(|rest| rest.lines().next()).map(str::trim);
    let shares = after("- name: SHARDS\n              value:").expect("shares").trim_matches('"');
    assert_eq!(after("completions:"), Some(shares));
    assert!(job.contains("completionMode: Indexed\n") && job.contains("- $(JOB_COMPLETION_INDEX)/$(SHARDS)\n"));
    // Without a shell in the image, the program is what the image starts.
    assert!(!job.contains("command:"));
}
