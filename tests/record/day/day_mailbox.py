"""A Dovecot of the day's own, with one mailbox; it runs as whoever runs the tests."""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import shutil
import socket
import tempfile
import time
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

from day_desk import Desk, await_

_CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
mail_location = maildir:{folder}/mail
ssl = no
disable_plaintext_auth = no
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
first_valid_uid = {uid}
first_valid_gid = {gid}
"""
_OWN_USER = """
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
}}
"""
PASSWORD = "pass-of-the-day"


class Mailbox:
    """The claims office's mailbox."""

    def __init__(self, desk: Desk) -> None:
        # Root's Dovecot serves as others, who must reach the folder; the tests' own folders are closed to them.
        self.folder = Path(tempfile.mkdtemp(prefix="gb-imap-", dir="/tmp"))
        desk.after(lambda: shutil.rmtree(self.folder, ignore_errors=True))
        self.folder.chmod(0o755)
        (self.folder / "mail").mkdir()
        (self.folder / "run").mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        root = os.geteuid() == 0
        person = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.geteuid())
        if root:
            os.chown(self.folder / "mail", person.pw_uid, person.pw_gid)
        text = (_CONFIG + ("" if root else _OWN_USER)).format(
            folder=self.folder, port=self.port, user=person.pw_name, uid=person.pw_uid, gid=person.pw_gid,
            group=grp.getgrgid(person.pw_gid).gr_name, password=PASSWORD,
        )  # fmt: skip
        (self.folder / "dovecot.conf").write_text(text)
        self._desk = desk
        self._begin()
        await_(self._answers, "Dovecot")

    def _begin(self) -> None:
        self._process = self._desk.begin(["/usr/sbin/dovecot", "-F", "-c", str(self.folder / "dovecot.conf")])

    def _answers(self) -> bool:
        try:
            self.link().logout()
        except (OSError, imaplib.IMAP4.error):
            return False
        return True

    def link(self) -> imaplib.IMAP4:
        """A new connection, logged in; a Dovecot that ended is begun anew."""
        if self._process.poll() is not None:
            self._begin()
            time.sleep(1)
        made = imaplib.IMAP4("127.0.0.1", self.port, timeout=30)
        made.login("claims", PASSWORD)
        return made

    def deliver(self, sender: str, subject: str, text: str, folder: str = "INBOX") -> str:
        """A mail arrives, or with a folder is put there; its Message-ID."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, "Claims <claims@office.example>", subject
        mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain="example.org")
        mail.set_content(text)
        link = self.link()
        if folder != "INBOX":
            link.create(folder)
        link.append(folder, "", "", mail.as_bytes())
        link.logout()
        return str(mail["Message-ID"])

    def text(self, number: int) -> tuple[str, str]:
        """Subject and text of a mail of the inbox by its number from 1; it counts as read then."""
        from email import message_from_bytes
        from email.policy import default

        link = self.link()
        link.select("INBOX")
        _, found = link.fetch(str(number), "(BODY[])")
        link.logout()
        part = found[0]
        assert isinstance(part, tuple)
        mail = message_from_bytes(part[1], policy=default)
        body = mail.get_body(("plain",))
        return str(mail["Subject"]), body.get_content() if body else ""

    def subjects(self) -> list[str]:
        """What lies in the inbox."""
        link = self.link()
        _, (count, *_) = link.select("INBOX", readonly=True)
        total = int(count or b"0")
        out: list[str] = []
        if total:
            _, found = link.fetch(f"1:{total}", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
            out = [part[1].decode().partition(":")[2].strip() for part in found if isinstance(part, tuple)]
        link.logout()
        return out


def log_of(mailbox: Mailbox) -> str:
    """What Dovecot said, for a failing test."""
    path: Path = mailbox.folder / "dovecot.log"
    return path.read_text() if path.exists() else ""
