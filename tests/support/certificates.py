"""Certificates for tests, made with the openssl command: good ones and bad ones."""

import ssl
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificates:
    """``ca`` signed the server certificates good, expired and wrong_name; ``foreign_ca`` is nobody's.

    ``plain_ca`` is an authority as `openssl req -x509` makes it in most guides, without key usage and without an
    authority key identifier; it signed the server certificate plain, which has no identifier either.
    """

    folder: Path

    @property
    def ca(self) -> str:
        return str(self.folder / "ca.pem")

    @property
    def foreign_ca(self) -> str:
        return str(self.folder / "foreign.pem")

    @property
    def plain_ca(self) -> str:
        return str(self.folder / "plain_ca.pem")

    def pem(self, name: str) -> str:
        """Give the file with certificate and key, as HAProxy's ``crt`` wants it."""
        return str(self.folder / f"{name}.pem")

    def server(self, name: str) -> ssl.SSLContext:
        """Give the context of a server that shows the certificate ``name``."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem(name))
        return context


def make(folder: Path) -> Certificates:
    """Make all of them below ``folder``."""

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    for name in ("ca", "foreign"):
        files = ["-keyout", f"{name}.key", "-out", f"{name}.pem"]
        usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]  # without it Python 3.13 takes it for no authority
        openssl("req", "-x509", *key, *files, *usage, "-days", "2", "-subj", f"/CN={name}")
    (folder / "index.txt").touch()
    (folder / "sign.cnf").write_text(
        "[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\n"
        "policy=any\ncopy_extensions=copy\nunique_subject=no\n[any]\ncommonName=supplied\n",
    )
    for name, names, dates in (
        ("good", "DNS:localhost,IP:127.0.0.1", ["-days", "2"]),
        ("expired", "DNS:localhost,IP:127.0.0.1", ["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"]),
        ("wrong_name", "DNS:elsewhere.example", ["-days", "2"]),
    ):
        openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}",
                "-addext", f"subjectAltName={names}")  # fmt: skip
        openssl("ca", "-batch", "-config", "sign.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-notext",
                "-in", f"{name}.csr", "-out", f"{name}.crt", *dates)  # fmt: skip
        (folder / f"{name}.pem").write_text((folder / f"{name}.crt").read_text() + (folder / f"{name}.key").read_text())
    _make_plain(folder, openssl)
    return Certificates(folder)


def _make_plain(folder: Path, openssl: Callable[..., None]) -> None:
    """Make an authority and a certificate of it that Python 3.13 and later refuse by default."""
    (folder / "plain.cnf").write_text(
        "[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=CA:TRUE\n"
        "[leaf]\nsubjectAltName=DNS:localhost,IP:127.0.0.1\nauthorityKeyIdentifier=none\n",
    )
    key = ["-newkey", "rsa:2048", "-nodes", "-config", "plain.cnf"]
    openssl("req", "-x509", *key, "-extensions", "ca", "-keyout", "plain_ca.key", "-out", "plain_ca.pem",
            "-days", "2", "-subj", "/CN=plain authority")  # fmt: skip
    openssl("req", *key, "-keyout", "plain.key", "-out", "plain.csr", "-subj", "/CN=plain")
    openssl("x509", "-req", "-in", "plain.csr", "-CA", "plain_ca.pem", "-CAkey", "plain_ca.key", "-set_serial", "7",
            "-extfile", "plain.cnf", "-extensions", "leaf", "-days", "2", "-out", "plain.crt")  # fmt: skip
    (folder / "plain.pem").write_text((folder / "plain.crt").read_text() + (folder / "plain.key").read_text())


SNI_HEADER = b"# Frontend/Bind\tSNI\tNegative Filter\tType\tFilename\tNotAfter\tNotBefore\n"


def sni_line(bind: str, name: str, end: float, file: str = "/etc/x.pem") -> bytes:
    """Return a line of ``show ssl sni``; ``end`` is in seconds since 1970."""
    shown = time.strftime("%b %e %H:%M:%S %Y GMT", time.gmtime(end))
    return f"{bind}\t{name}\t-\trsa\t{file}\t{shown}\tNov 28 05:05:09 2026 GMT\n".encode()


def sni_list(*lines: bytes) -> bytes:
    """Return an answer to ``show ssl sni``."""
    return SNI_HEADER + b"".join(lines) + b"\n"
