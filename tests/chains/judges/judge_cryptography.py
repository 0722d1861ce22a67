"""The package cryptography, which has a verifier of its own. Usage: judge_cryptography.py ROOTS CASES"""
import ipaddress
import sys

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store


def subject(host):
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def roots(path):
    for part in open(path).read().split("-----END CERTIFICATE-----")[:-1]:
        try:
            yield x509.load_pem_x509_certificate((part + "-----END CERTIFICATE-----\n").encode())
        except ValueError:
            pass


store = Store(list(roots(sys.argv[1])))
for line in open(sys.argv[2]):
    port, host, file = line.rstrip("\n").split("\t")
    try:
        leaf, *above = x509.load_pem_x509_certificates(open(file, "rb").read())
        PolicyBuilder().store(store).build_server_verifier(subject(host)).verify(leaf, above)
        print(port, "yes", sep="\t")
    except Exception as error:  # whatever it is, it is a refusal
        print(port, "no " + str(error).replace("\n", " "), sep="\t")
