#!/usr/bin/env bash
# Shows that a check of seven slow ports takes the time of the slowest, not the sum of all.
#
# Seven good servers on the seven real ports greet late, each later than the one before. Each port is checked alone,
# and then all of them in one run. It happens in a network of its own, which needs Linux but no root.
# (Servers that wait, because not every kernel can slow down a network itself.)
set -euo pipefail
cd "$(dirname "$0")/.."

host=mail.test.example
target=$PWD/${CARGO_TARGET_DIR:-target}
[[ ${CARGO_TARGET_DIR:-} = /* ]] && target=$CARGO_TARGET_DIR
mailprobe=${MAILPROBE:-$target/debug/mailprobe}
lab=${MAILPROBE_LAB:-$target/debug/mailprobe-lab}

# Port, what the lab serves there, and how many milliseconds it waits before it greets. All below the three seconds
# from which on mailprobe remarks on it.
servers=(
    "25 smtp:starttls 400"
    "465 smtp:implicit 800"
    "587 smtp:starttls 1200"
    "110 pop3:starttls 1600"
    "995 pop3:implicit 2000"
    "143 imap:starttls 2400"
    "993 imap:implicit 2800"
)

outside() {
    cargo build --quiet --workspace --bins
    exec unshare --user --map-root-user --net --mount --pid --fork --kill-child "$0" inside
}

inside() {
    directory=$(mktemp --directory)
    trap 'rm -r "$directory"' EXIT
    printf '127.0.0.1 %s\n' "$host" >"$directory/hosts"
    mount --bind "$directory/hosts" /etc/hosts
    ip link set lo up
    start_servers

    local port wait milliseconds sum=0 slowest=0
    echo "port   greets after   checked alone in"
    for server in "${servers[@]}"; do
        read -r port _ wait <<<"$server"
        milliseconds=$(measure "$host:$port")
        sum=$((sum + milliseconds))
        [ "$milliseconds" -gt "$slowest" ] && slowest=$milliseconds
        printf '%4d   %9s s   %14s s\n' "$port" "$(seconds "$wait")" "$(seconds "$milliseconds")"
    done
    milliseconds=$(measure "$host")
    echo
    echo "the seven, one after the other: $(seconds "$sum") s"
    echo "the slowest of them:            $(seconds "$slowest") s"
    echo "all seven in one run:           $(seconds "$milliseconds") s"
    if [ $((milliseconds * 2)) -gt "$sum" ]; then
        echo "One run took more than half of the sum: the ports are not checked at the same time." >&2
        exit 1
    fi
}

# A lab for each port, because a lab has one waiting time; each has an authority of its own.
start_servers() {
    local port behaviour wait
    for server in "${servers[@]}"; do
        read -r port behaviour wait <<<"$server"
        "$lab" serve --for 120 --pause "$wait" --ca-out "$directory/$port.pem" \
            "$behaviour:slow-greeting@127.0.0.1:$port" >"$directory/$port.out" &
    done
    for server in "${servers[@]}"; do
        read -r port _ <<<"$server"
        for _ in {1..100}; do
            grep -q listening "$directory/$port.out" && continue 2
            sleep 0.1
        done
        echo "The server for port $port did not start." >&2
        exit 1
    done
    cat "$directory"/*.pem >"$directory/trusted"
}

# How many milliseconds a check takes, which must find nothing wrong.
measure() {
    local start status=0
    start=$(date +%s%N)
    "$mailprobe" --ca-file "$directory/trusted" "$1" >"$directory/answer" 2>&1 || status=$?
    if [ "$status" != 0 ]; then
        cat "$directory/answer" >&2
        return "$status"
    fi
    echo $((($(date +%s%N) - start) / 1000000))
}

seconds() {
    printf '%d.%02d' $(($1 / 1000)) $(($1 % 1000 / 10))
}

"${1:-outside}"
