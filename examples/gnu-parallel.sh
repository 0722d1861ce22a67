#!/bin/sh
# Checks a long list from several machines, a share of it at a time on each, with GNU parallel over ssh.
#
# Usage: gnu-parallel.sh TARGETS SHARES [MACHINE...]
#
# TARGETS is a file in the current directory, with one target a line. Each machine needs mailprobe, rsync and a login
# without a password; without any machine, the shares are checked here. Results go to results/share-K.jsonl, K from 0
# on, and what each share ended with to results/joblog. The exit code is 0 when every share's is, the common one of those
# that are not 0, and 1 when they differ.
set -u

[ $# -ge 2 ] || { echo "usage: $0 TARGETS SHARES [MACHINE...]" >&2; exit 2; }
list=$1 shares=$2
shift 2
machines=$(IFS=,; echo "${*:-:}")
mkdir -p results && rm -f results/joblog || exit 18

# No --retries: a share with a failing host would be checked again.
# shellcheck disable=SC2046 # the numbers are words of their own
parallel --quote --sshlogin "$machines" --jobs 1 --basefile "$list" --cleanup \
    --joblog results/joblog --results 'results/share-{}.jsonl' \
    mailprobe --format jsonl \
        --targets "$list" --shard "{}/$shares" \
    ::: $(seq 0 $((shares - 1))) >/dev/null

# The seventh column is a share's exit code, the eighth the signal that ended it.
awk -v shares="$shares" '
    NR > 1 { code = $8 ? 128 + $8 : $7 }
    NR > 1 && code { common = !failed++ || code == common ? code : 1 }
    END { exit NR - 1 == shares ? common : 1 }
' results/joblog
