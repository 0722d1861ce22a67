"""Networks of the comparison's own, with the faults in them. All of it runs inside fresh namespaces, as their root."""

import os
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import tools
from faults import FAULTS, HOST, ROUTER, address

SERVER = "10.77.0.2"
"""The real servers."""
VISITOR = "10.77.0.3"
"""Where their visitors come from: Dovecot trusts a connection from its own address."""

NAMESPACES = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]
"""A network, a file system and a process table that end with the command."""


def shell(script):
    """Runs a shell script, which must succeed."""
    subprocess.run(["sh", "-euc", script], check=True, stdin=subprocess.DEVNULL)


def common(directory):
    """What every network has: a loopback interface, and name servers that refuse at once."""
    (directory / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    hosts = directory / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{SERVER} {HOST}\n{VISITOR} visitor.test.example\n")
    shell(f"""
        mount --bind {directory}/resolv.conf /etc/resolv.conf
        mount --bind {hosts} /etc/hosts
        mount -t tmpfs tmpfs /run && mkdir /run/netns
        ip link set lo up
    """)


def faulty(directory):
    """Addresses for the faults; one of them drops, one is behind a router that forbids it."""
    on_loopback = [address(fault) for fault in FAULTS if fault.way != "prohibited"]
    dropped = [address(fault) for fault in FAULTS if fault.way == "dropped"]
    shell("\n".join(f"ip address add {one}/32 dev lo" for one in on_loopback))
    shell(f"""
        nft 'table inet faults {{
            chain input {{ type filter hook input priority 0; ip daddr {{ {", ".join(dropped)} }} tcp flags syn drop; }}
        }}'
        ip netns add router
        ip link add way type veth peer name way netns router
        ip address add 10.79.0.2/24 dev way
        ip link set way up
        ip netns exec router ip address add {ROUTER}/24 dev way
        ip netns exec router ip link set way up
        ip netns exec router ip link set lo up
        ip netns exec router sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0
        ip netns exec router ip route add 10.78.0.0/24 dev lo
        ip netns exec router nft 'table inet rules {{
            chain forward {{ type filter hook forward priority 0; reject with icmp type admin-prohibited; }}
        }}'
        ip route add 10.78.0.0/24 via {ROUTER}
    """)
    return {fault.id: _hosts(directory, fault) for fault in FAULTS}


def _hosts(directory, fault):
    path = Path(directory) / f"hosts.{fault.id}"
    path.write_text(f"127.0.0.1 localhost\n{address(fault)} {HOST}\n")
    return path


def count_connections(ports):
    """Counts every connection that this host opens to these ports."""
    shell(f"""
        nft 'table inet count {{
            counter opened {{ }}
            chain output {{
                type filter hook output priority 0;
                tcp dport {{ {", ".join(map(str, ports))} }} tcp flags & (syn | ack) == syn counter name opened
            }}
        }}'
    """)


@contextmanager
def on_loopback():
    """The servers on this host, but at an address of their own. Gives the process in whose network they live."""
    shell(f"""
        for address in {SERVER} {VISITOR}; do ip address add $address/32 dev lo; done
        ip route replace table local local {SERVER} dev lo src {VISITOR}
    """)
    yield os.getpid()
    shell(f"""
        ip route delete table local local {SERVER} dev lo
        for address in {SERVER} {VISITOR}; do ip address delete $address/32 dev lo; done
    """)


@contextmanager
def over_a_slow_link():
    """The servers in a network of their own, 50 ms away in each direction. `None` where the lab cannot do that."""
    lab = tools.LAB
    usage = subprocess.run([lab, "--help"], capture_output=True, text=True)
    if "link --far" not in usage.stdout + usage.stderr or not Path("/dev/net/tun").exists():
        print("no slow link: mailprobe-lab or this machine has none", flush=True)
        yield None
        return
    far = subprocess.Popen(["unshare", "--net", "sleep", "600"])
    while os.readlink(f"/proc/{far.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
        time.sleep(0.01)
    shell(f"nsenter --net=/proc/{far.pid}/ns/net -- ip link set lo up")
    link = subprocess.Popen(
        [lab, "link", "--far", str(far.pid)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        if not link.stdout.readline().startswith("linked"):
            raise SystemExit("the slow link did not come up")
        yield far.pid
    finally:
        link.stdin.close()
        link.wait(10)
        far.kill()
        far.wait()
