#!/usr/bin/env bash
# Reaches every exit code as scripts do: behind `if`, behind `||`, and in a pipeline, under set -e and pipefail.
# The servers are in the environment; tests/scripting/exit_codes.rs starts them.
set -euo pipefail

# reaches CODE ARGUMENTS...
reaches() {
    local wanted=$1 code
    shift

    code=0
    "$MAILPROBE" "$@" >out 2>err || code=$?
    check "$wanted" $code "$*"
    if [ "$wanted" = 2 ] && [ -s out ]; then
        fail "wrong usage wrote to standard output: $*"
    fi

    code=0
    "$MAILPROBE" --format json "$@" 2>/dev/null | cat >/dev/null || code=$?
    check "$wanted" $code "$* | cat"

    if "$MAILPROBE" --quiet "$@" >/dev/null 2>&1 </dev/null; then code=0; else code=$?; fi
    check "$wanted" $code "if $*"
    echo "reached $wanted"
}

check() {
    [ "$1" = "$2" ] || fail "expected $1 and got $2: $3"
}

fail() {
    echo "$1" >&2
    cat out err >&2
    exit 1
}

port_of() {
    echo "${1##*:}"
}

reaches 0 "$GOOD"
reaches 0 "$SOON"
reaches 1 "$REJECTS" "$EXPIRED"
reaches 1 --strict "$SOON"
reaches 2 --no-such-option "$GOOD"
reaches 2 ftp://mail.test.example
reaches 3 --deadline 1s "$SILENT"
reaches 4 --dns-server 127.0.0.1:1 smtp://mail.test.example
reaches 5 smtp://127.0.0.1:1
reaches 6 --connect-timeout 1s submission://127.0.0.1:26
reaches 7 smtp://192.0.2.7
reaches 8 --timeout 2s "$SILENT"
reaches 9 "$RESETS"
reaches 10 "$REJECTS"
reaches 11 "$FOREIGN"
reaches 12 "$UNENCRYPTED"
reaches 13 "$ALERTS"
reaches 14 "$EXPIRED"
reaches 15 "$SHIELDED"
reaches 16 --expect "$(port_of "$GOOD")=closed" "$GOOD"
reaches 14 --expect "$(port_of "$EXPIRED")=ok" "$EXPIRED"
reaches 0 --expect "$(port_of "$EXPIRED")=certificate-invalid" "$EXPIRED"
# This network has no way out: nobody can be asked whether port 25 is blocked.
reaches 17 blocked --dns-server 127.0.0.1:1
reaches 18 --output json=/no/such/folder/report.json "$GOOD"

# Results that nobody can keep.
code=0
"$MAILPROBE" "$GOOD" >/dev/full 2>err || code=$?
check 18 $code "a full disk"

# Asked to stop.
for signal in INT:130 TERM:143; do
    code=0
    timeout --preserve-status --signal "${signal%:*}" 2 "$MAILPROBE" "$SILENT" >out 2>err || code=$?
    check "${signal#*:}" $code "SIG${signal%:*}"
    echo "reached $code"
done

# The reader goes away.
code=0
"$MAILPROBE" "$SLOW" | true || code=$?
check 141 $code "a closed pipe"
echo "reached 141"

# What scripts do with it: `set -e` stops at a failure, and a pipe takes the first line.
code=0
bash -euc '"$MAILPROBE" --quiet smtp://127.0.0.1:1 >out; echo "went on" >>out' || code=$?
check 5 $code "set -e"
if grep -q "went on" out; then fail "set -e went on"; fi
first=$("$MAILPROBE" ports | head -n 1)
check "The seven mail ports, all TCP" "$first" "head -n 1"

# No terminal, one that can little, another character set, no standard input.
for setting in "TERM=dumb" "LANG=C" "LC_ALL=C" "NO_COLOR=1"; do
    code=0
    env "$setting" "$MAILPROBE" "$GOOD" >out 2>err <&- || code=$?
    check 0 $code "$setting"
    if LC_ALL=C grep -q $'\x1b' out; then fail "$setting: colour"; fi
done
