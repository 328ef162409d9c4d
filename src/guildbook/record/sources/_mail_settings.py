"""What the worker said about a mail account, and where its password comes from; we keep none."""

from __future__ import annotations

import ipaddress
import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

from guildbook.model.errors import InputError, UsageError

SERVICE: Final = "guildbook-mail"
"""Under which the password lies in the keyring; its user is `USER@HOST`."""
_KNOWN: Final = frozenset({
    "host", "user", "port", "security", "insecure", "certificate", "folders", "bodies", "without", "password_command",
    "token_command",
})  # fmt: skip
_PORTS: Final = {"tls": 993, "starttls": 143, "plain": 143}
_HIGHEST_PORT: Final = 65_535
_MOST_FOLDERS: Final = 8
_WAIT: Final = 30.0
_HOST: Final = re.compile(r"^[A-Za-z0-9_.:\-]{1,253}$")


@dataclass(frozen=True, slots=True)
class Settings:
    """A mail account."""

    host: str
    user: str
    port: int
    security: str
    """`tls`, `starttls` or `plain`."""
    certificate: str
    """A file with a certificate to trust besides those of the system; empty for none."""
    folders: tuple[str, ...]
    """Names of folders; `sent` is whichever the server says it is."""
    bodies: tuple[str, ...]
    """Folders and parts of addresses whose mails' texts are kept; `*` for all."""
    without: tuple[str, ...]
    """Folders and parts of addresses whose mails are never recorded."""
    password_command: str
    token_command: str

    @property
    def account(self) -> str:
        """For the keyring."""
        return f"{self.user}@{self.host}"


def settings_of(said: Mapping[str, Any]) -> Settings:
    """Read what was said. Raises `UsageError` that names the setting."""
    given = {str(name).replace("-", "_").lower(): str(value).strip() for name, value in said.items()}
    for name in given:
        if name not in _KNOWN:
            raise UsageError(f"mail has no setting {name!r}.", f"Settings: {', '.join(sorted(_KNOWN))}.")
    host, user = given.get("host", ""), given.get("user", "")
    if not _HOST.match(host):
        raise UsageError("mail needs the setting host.", "For example: --set host=imap.example.org")
    if not user or not user.isprintable():
        raise UsageError("mail needs the setting user.", "For example: --set user=ada@example.org")
    security = given.get("security", "tls").lower()
    if security not in _PORTS:
        raise UsageError(f"security cannot be {security!r}.", f"It is one of: {', '.join(_PORTS)}.")
    if security == "plain" and not _is_here(host) and given.get("insecure", "").lower() != "yes":
        raise UsageError(
            f"security=plain would send the password to {host} so that anybody on the way can read it.",
            "Use security=tls; or, if you know better, say insecure=yes as well.",
        )
    if given.get("password_command") and given.get("token_command"):
        raise UsageError("password_command and token_command cannot both be given.", "Take away one of them.")
    for name in ("password_command", "token_command"):
        _words(name, given.get(name, ""))
    folders = _listed(given.get("folders", "INBOX,sent"))
    if not 1 <= len(folders) <= _MOST_FOLDERS:
        raise UsageError(f"folders cannot be {len(folders)} names.", f"Name 1 to {_MOST_FOLDERS}, with commas.")
    return Settings(
        host=host,
        user=user,
        port=_port(given.get("port", str(_PORTS[security]))),
        security=security,
        certificate=given.get("certificate", ""),
        folders=folders,
        bodies=_listed(given.get("bodies", "").lower()),
        without=_listed(given.get("without", "").lower()),
        password_command=given.get("password_command", ""),
        token_command=given.get("token_command", ""),
    )


def lacking(settings: Settings) -> str:
    """Why there would be no password; empty where there may be one."""
    if settings.password_command or settings.token_command or find_spec("keyring") is not None:
        return ""
    return (
        "There is no keyring to take the password from: pip install 'guildbook[keyring]', or --set password_command=…"
    )


def secret_of(settings: Settings) -> str:
    """The password or token, asked for anew each time. Raises `InputError` where there is none."""
    command = settings.token_command or settings.password_command
    if command:
        return _told(_words("password_command", command))
    import keyring  # noqa: PLC0415 - an extra, and slow to load
    import keyring.errors  # noqa: PLC0415

    try:
        found = keyring.get_password(SERVICE, settings.account)
    except keyring.errors.KeyringError as error:
        raise InputError(f"The keyring cannot be asked: {error}.", "Unlock it, or use password_command.") from None
    if not found:
        raise InputError(
            f"The keyring has no password of {settings.account}.",
            f"Put it there: keyring set {SERVICE} {shlex.quote(settings.account)}",
            "mail-password",
        )
    return found


def _told(words: list[str]) -> str:
    """The first line that a command writes; what it complains of stays with it, since it may hold the password."""
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_WAIT, check=False)
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise InputError(
            f"{words[0]} gave no password: {type(error).__name__}.", "Try the command yourself.", "mail-password"
        ) from None
    line = done.stdout.decode("utf-8", "replace").split("\n", 1)[0].rstrip("\r")
    if done.returncode or not line:
        raise InputError(
            f"{words[0]} gave no password: it ended with {done.returncode}.",
            "Try the command yourself.",
            "mail-password",
        )
    return line


def _words(name: str, command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise UsageError(f"{name} cannot be read: {error}.", "Quote it as for a shell.") from None


def _port(text: str) -> int:
    if not (text.isdigit() and 0 < int(text[:6]) <= _HIGHEST_PORT and len(text) < 6):  # noqa: PLR2004 - digits of a port
        raise UsageError(f"port cannot be {text!r}.", "It is a number, mostly 993.")
    return int(text)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _is_here(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
