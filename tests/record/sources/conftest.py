"""What the sources' tests share: a real Dovecot, run without privileges."""

from __future__ import annotations

import imaplib
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NoReturn

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PASSWORD = "correct horse"
_QUICK = "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp"
_CONFIG = """
base_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{folder}/%u
first_valid_uid = 1
first_valid_gid = 1
ssl = {ssl}
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
ssl_client_ca_file =
disable_plaintext_auth = {secure}
auth_mechanisms = plain login
imap_capability = {capability}
mail_max_userip_connections = 100
mail_fsync = never
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/passwd
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
  mailbox Trash {{
    auto = create
    special_use = \\Trash
  }}
  mailbox Archive {{
    auto = create
    special_use = \\Archive
  }}
  mailbox Projekte {{
    auto = create
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {secured}
    ssl = yes
  }}
}}
service auth {{
  unix_listener auth-userdb {{
    mode = 0600
  }}
}}
"""


@dataclass
class Dovecot:
    """A mail server of this test alone."""

    folder: Path
    plain: int
    secured: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def certificate(self) -> Path:
        return self.folder / "cert.pem"

    def start(self) -> None:
        as_user = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []
        with (self.folder / "out").open("ab") as out:
            self.process = subprocess.Popen(
                [*as_user, "/usr/sbin/dovecot", "-F", "-c", str(self.folder / "dovecot.conf")],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        for _ in range(1_200):
            if self.process.poll() is not None:
                break
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.plain), 1):
                return
            time.sleep(0.05)
        pytest.fail(f"dovecot did not start: {(self.folder / 'out').read_text()} {self.log()}")

    def stop(self) -> None:
        if self.process is None:
            return
        pid = (self.folder / "run/master.pid").read_text().strip() if (self.folder / "run/master.pid").exists() else ""
        with suppress(ProcessLookupError, ValueError):
            os.kill(int(pid), signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        self.process = None

    def log(self) -> str:
        return (self.folder / "log").read_text() if (self.folder / "log").exists() else ""

    def client(self) -> imaplib.IMAP4_SSL:
        """Another mail program of the same account."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        made = imaplib.IMAP4_SSL("127.0.0.1", self.secured, ssl_context=context, timeout=20)
        made.login("ada@example.org", PASSWORD)
        return made

    def configure(self, *, ssl_said: str = "yes", secure: str = "yes", capability: str = "") -> None:
        user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        group = subprocess.run(["id", "-gn", user.pw_name], capture_output=True, text=True, check=True).stdout.strip()
        (self.folder / "dovecot.conf").write_text(
            _CONFIG.format(
                folder=self.folder,
                user=user.pw_name,
                group=group,
                uid=user.pw_uid,
                gid=user.pw_gid,
                plain=self.plain,
                secured=self.secured,
                ssl=ssl_said,
                secure=secure,
                capability=capability,
            )
        )
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.iterdir()):
                os.chown(path, user.pw_uid, user.pw_gid)


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


@pytest.fixture
def quick_folder() -> Iterator[Path]:
    """A folder in memory where there is one: what waits for the disk waits long on a busy machine."""
    folder = Path(tempfile.mkdtemp(prefix="gb-mail-", dir=_QUICK))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def dovecot(missing_part: Callable[[str, str], NoReturn]) -> Iterator[Dovecot]:
    """A running Dovecot with the account `ada@example.org`."""
    if not Path("/usr/sbin/dovecot").exists():
        missing_part("imap", "Dovecot not present")
    folder = Path(tempfile.mkdtemp(prefix="gb-imap-", dir=_QUICK))  # a short name: sockets lie in it
    folder.chmod(0o755)
    _certificate(folder)
    (folder / "passwd").write_text(f"ada@example.org:{PASSWORD}\n")
    for name in ("run", "home"):
        (folder / name).mkdir()
    made = Dovecot(folder, _free_port(), _free_port())
    made.configure()
    try:
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)
