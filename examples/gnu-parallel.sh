#!/bin/sh
# Checks a long list from several machines, a share of it at a time on each, with GNU parallel over ssh.
#
# Usage: gnu-parallel.sh TARGETS SHARES [MACHINE...]
#
# TARGETS is a file in the current directory, with one target per line. Each machine needs mailprobe, rsync and a login
# without a password; if no machine is given, the shares are checked here. Results go to results/share-K.jsonl, with K
# from 0, and each share's exit code to results/joblog. The exit code is 0 if every share's is 0, the common one if all
# that are not 0 agree, else 1.
set -u

[ $# -ge 2 ] || { echo "usage: $0 TARGETS SHARES [MACHINE...]" >&2; exit 2; }
list=$1 shares=$2
shift 2
machines=$(IFS=,; echo "${*:-:}")
mkdir -p results && rm -f results/joblog || exit 18

# No --retries: a share with a failing host would be checked again.
# shellcheck disable=SC2046 # the numbers are separate words
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
