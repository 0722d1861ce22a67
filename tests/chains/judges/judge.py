"""Python's ssl module: one handshake for each line. Usage: judge.py ROOTS CASES"""
import socket
import ssl
import sys

context = ssl.create_default_context(cafile=sys.argv[1])
for line in open(sys.argv[2]):
    port, host, _ = line.rstrip("\n").split("\t")
    try:
        with socket.create_connection(("127.0.0.1", int(port)), 5) as plain:
            with context.wrap_socket(plain, server_hostname=host):
                print(port, "yes", sep="\t")
    except (OSError, ssl.SSLError) as error:
        print(port, f"no {error}", sep="\t")
