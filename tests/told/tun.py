"""A VPN or proxy client as many are: its TUN device accepts every TCP connection itself, and closes it a moment later.

tun.py DEVICE: makes the device with an address of its own, says "ready", and serves until it is ended. IPv4 alone.
"""
import fcntl
import os
import struct
import subprocess
import sys

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
FIN, SYN, RST, ACK = 1, 2, 4, 16
OWN_SEQUENCE = 1000


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total >> 16) + (total & 0xFFFF)
    return ~total & 0xFFFF


def segment(source, target, ports, sequence, acknowledged, flags):
    tcp = struct.pack(">HHIIBBHHH", *ports, sequence, acknowledged & 0xFFFFFFFF, 0x50, flags, 65535, 0, 0)
    sum_of_tcp = checksum(source + target + struct.pack(">BBH", 0, 6, len(tcp)) + tcp)
    tcp = tcp[:16] + struct.pack(">H", sum_of_tcp) + tcp[18:]
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0, source, target)
    return ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:] + tcp


device = sys.argv[1]
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", device.encode(), IFF_TUN | IFF_NO_PI))
subprocess.check_call(["ip", "address", "add", "198.18.0.1/16", "dev", device])
subprocess.check_call(["ip", "link", "set", device, "up"])
print("ready", flush=True)
while True:
    packet = os.read(tun, 4096)
    if packet[0] >> 4 != 4 or packet[9] != 6:
        continue
    source, target, tcp = packet[12:16], packet[16:20], packet[(packet[0] & 15) * 4 :]
    source_port, target_port, sequence, _ = struct.unpack(">HHII", tcp[:12])
    length, flags = len(tcp) - (tcp[12] >> 4) * 4, tcp[13]

    def reply(own_sequence, acknowledged, flags):
        os.write(tun, segment(target, source, (target_port, source_port), own_sequence, acknowledged, flags))

    if flags & RST:
        continue
    if flags & SYN:
        reply(OWN_SEQUENCE, sequence + 1, SYN | ACK)
    elif length or flags & FIN:
        reply(OWN_SEQUENCE + 2, sequence + length + (flags & FIN), ACK)
    elif struct.unpack(">I", tcp[8:12])[0] == OWN_SEQUENCE + 1:
        reply(OWN_SEQUENCE + 1, sequence, FIN | ACK)
