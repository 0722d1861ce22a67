#!/bin/sh
# Checks a long list from several machines, a share of it at a time on each, with GNU parallel over ssh.
#
# Usage: gnu-parallel.sh TARGETS SHARES [MACHINE...]
#
# TARGETS is a file in the current directory, with one target per line. A MACHINE is what ssh takes: a host, or user@host.
# Each needs mailprobe, rsync and a login without a password; if none is given, the shares are checked here. Results go to
# results/share-K.jsonl, with K from 0, and each share's exit code to results/joblog. The exit code is 0 if every share's is
# 0, the common one if all that are not 0 agree, else 1.
#
# A share whose machine dies is checked again, all of it, by those that are left.
set -u

[ $# -ge 2 ] || { echo "usage: $0 TARGETS SHARES [MACHINE...]" >&2; exit 2; }
list=$1 shares=$2
shift 2
mkdir -p results && rm -f results/joblog || exit 18

# A machine that is gone says nothing: without a sign of life for 15 s it is given up.
PARALLEL_SSH="${PARALLEL_SSH:-ssh} -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=3"
export PARALLEL_SSH

# The machines that answer, with commas between them; without any given, this one.
answering() {
    [ $# -gt 0 ] || echo :
    for machine in "$@"; do
        # shellcheck disable=SC2086 # a command and its options
        if $PARALLEL_SSH -n "$machine" true; then echo "$machine"; else echo "$machine does not answer" >&2; fi
    done | paste -s -d , -
}

# The last exit code of each share: the seventh column of the joblog, or the eighth with the signal that ended it.
exit_codes() {
    awk '$1 + 0 {
        code = $8 ? 128 + $8 : $7
        sub(/.*--shard /, "")
        codes[$0 + 0] = code
    }
    END { for (share in codes) print share, codes[share] }' results/joblog
}

# 255 is the exit code of ssh, and none of mailprobe's.
# No --retries: a share with a failing host would be checked again.
left=$(seq 0 $((shares - 1))) round=0
while [ "$left" ] && [ $((round += 1)) -le 5 ]; do
    machines=$(answering "$@")
    [ "$machines" ] || break
    # shellcheck disable=SC2086 # the numbers are separate words
    parallel --quote --sshlogin "$machines" --jobs 1 --basefile "$list" --cleanup \
        --joblog +results/joblog --results 'results/share-{}.jsonl' \
        mailprobe --format jsonl \
            --targets "$list" --shard "{}/$shares" \
        ::: $left >/dev/null
    left=$(exit_codes | awk '$2 == 255 { print $1 }' | sort -n)
done

exit_codes | awk -v shares="$shares" '
    $2 { common = !failed++ || $2 == common ? $2 : 1 }
    END { exit NR == shares ? common : 1 }
'
