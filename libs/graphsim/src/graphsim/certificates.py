"""The throw-away certificate authority and the server's certificate, kept over restarts."""

import ssl
import tempfile
from pathlib import Path

import trustme
from cryptography import x509

_HOSTS = ("localhost", "127.0.0.1", "::1", "graphsim")


def server_context(folder: Path) -> ssl.SSLContext:
    """The TLS settings of the server; its CA is `ca.pem` in the folder, made on first use."""
    folder.mkdir(parents=True, exist_ok=True)
    ca_file, key_file = folder / "ca.pem", folder / "ca.key"
    if ca_file.exists() and key_file.exists():
        authority = trustme.CA.from_pem(ca_file.read_bytes(), key_file.read_bytes())
    else:
        authority = trustme.CA()
        key_file.touch(mode=0o600)
        key_file.write_bytes(authority.private_key_pem.bytes())
        ca_file.write_bytes(authority.cert_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = authority.issue_cert(*_HOSTS)
    with tempfile.TemporaryDirectory() as scratch:
        chain = Path(scratch) / "server.pem"
        certificate.private_key_and_cert_chain_pem.write_to_path(str(chain))
        context.load_cert_chain(chain)
    return context


def fingerprint(ca_file: Path) -> str:
    """The CA's serial number in hex, to tell two apart."""
    return f"{x509.load_pem_x509_certificate(ca_file.read_bytes()).serial_number:x}"
