"""Planted secrets: passwords, keys of many makers, numbers with check digits, codes, as they stand in what is recorded.

Made by chance from a seed, from the formats that makers and registries publish; none is anybody's. Numbers of people
have right check digits, so that what looks for them can be held to the digits.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

Chance = random.Random
LETTERS: Final = string.ascii_letters
ALNUM: Final = string.ascii_letters + string.digits
HEX: Final = "0123456789abcdef"
URL: Final = ALNUM + "_-"


@dataclass(frozen=True, slots=True)
class Planted:
    """One secret in one row of one source."""

    kind: str
    source: str
    row: dict[str, Any]
    """As a source hands it in, but for its time."""
    secret: str
    """What may be found nowhere afterwards."""


def some(chance: Chance, letters: str, count: int) -> str:
    """So many letters by chance."""
    return "".join(chance.choice(letters) for _ in range(count))


# Keys of makers: prefix, alphabet and length as their documentation or their own scanners' rules give them.
VENDORS: Final[dict[str, Callable[[Chance], str]]] = {
    "aws": lambda c: "AKIA" + some(c, string.ascii_uppercase + "234567", 16),
    "github": lambda c: "ghp_" + some(c, ALNUM, 36),
    "github app": lambda c: "ghs_" + some(c, ALNUM, 36),
    "github fine": lambda c: f"github_pat_{some(c, ALNUM, 22)}_{some(c, ALNUM, 59)}",
    "gitlab": lambda c: "glpat-" + some(c, URL, 20),
    "gitlab runner": lambda c: "glrt-" + some(c, URL, 20),
    "slack bot": lambda c: f"xoxb-{some(c, string.digits, 12)}-{some(c, string.digits, 12)}-{some(c, ALNUM, 24)}",
    "slack app": lambda c: f"xapp-1-A{some(c, string.digits, 10)}-{some(c, string.digits, 12)}-{some(c, HEX, 64)}",
    "slack hook": lambda c: (
        f"https://hooks.slack.com/services/T{some(c, string.digits, 8)}/B{some(c, string.digits, 8)}/"
        + some(c, ALNUM, 24)
    ),
    "stripe": lambda c: "sk_live_" + some(c, ALNUM, 24),
    "stripe restricted": lambda c: "rk_live_" + some(c, ALNUM, 24),
    "stripe webhook": lambda c: "whsec_" + some(c, ALNUM, 32),
    "openai": lambda c: "sk-proj-" + some(c, ALNUM, 48),
    "openai old": lambda c: f"sk-{some(c, ALNUM, 20)}T3BlbkFJ{some(c, ALNUM, 20)}",
    "anthropic": lambda c: "sk-ant-api03-" + some(c, URL, 93) + "AA",
    "google": lambda c: "AIza" + some(c, URL, 35),
    "google oauth": lambda c: "ya29." + some(c, URL, 60),
    "google client": lambda c: "GOCSPX-" + some(c, URL, 28),
    "twilio": lambda c: "SK" + some(c, HEX, 32),
    "sendgrid": lambda c: f"SG.{some(c, URL, 22)}.{some(c, URL, 43)}",
    "mailgun": lambda c: "key-" + some(c, HEX, 32),
    "mailchimp": lambda c: f"{some(c, HEX, 32)}-us{c.randint(1, 20)}",
    "npm": lambda c: "npm_" + some(c, ALNUM, 36),
    "pypi": lambda c: "pypi-AgEIcHlwaS5vcmc" + some(c, URL, 70),
    "docker": lambda c: "dckr_pat_" + some(c, URL, 27),
    "digitalocean": lambda c: "dop_v1_" + some(c, HEX, 64),
    "heroku": lambda c: "HRKU-" + some(c, URL, 40),
    "shopify": lambda c: "shpat_" + some(c, HEX, 32),
    "square": lambda c: "sq0atp-" + some(c, URL, 22),
    "huggingface": lambda c: "hf_" + some(c, LETTERS, 34),
    "replicate": lambda c: "r8_" + some(c, ALNUM, 37),
    "groq": lambda c: "gsk_" + some(c, ALNUM, 52),
    "xai": lambda c: "xai-" + some(c, ALNUM, 80),
    "databricks": lambda c: "dapi" + some(c, HEX, 32),
    "grafana": lambda c: f"glsa_{some(c, ALNUM, 32)}_{some(c, HEX, 8)}",
    "linear": lambda c: "lin_api_" + some(c, ALNUM, 40),
    "notion": lambda c: "ntn_" + some(c, ALNUM, 46),
    "airtable": lambda c: f"pat{some(c, ALNUM, 14)}.{some(c, HEX, 64)}",
    "figma": lambda c: "figd_" + some(c, URL, 40),
    "postman": lambda c: f"PMAK-{some(c, HEX, 24)}-{some(c, HEX, 34)}",
    "newrelic": lambda c: "NRAK-" + some(c, string.ascii_uppercase + string.digits, 27),
    "sentry": lambda c: "sntryu_" + some(c, HEX, 64),
    "vault": lambda c: "hvs." + some(c, URL, 90),
    "doppler": lambda c: "dp.pt." + some(c, ALNUM, 43),
    "telegram": lambda c: f"{c.randint(10**8, 10**10 - 1)}:AA{some(c, URL, 33)}",
    "atlassian": lambda c: "ATATT3xFfGF0" + some(c, URL, 170),
    "bitbucket": lambda c: "ATBB" + some(c, ALNUM, 32),
    "planetscale": lambda c: "pscale_tkn_" + some(c, URL, 43),
    "supabase": lambda c: "sbp_" + some(c, HEX, 40),
    "netlify": lambda c: "nfp_" + some(c, ALNUM, 36),
    "rubygems": lambda c: "rubygems_" + some(c, HEX, 48),
    "dropbox": lambda c: "sl." + some(c, URL, 138),
    "terraform": lambda c: f"{some(c, ALNUM, 14)}.atlasv1.{some(c, URL, 64)}",
    "age": lambda c: "AGE-SECRET-KEY-1" + some(c, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58),
    "azure storage": lambda c: "AccountKey=" + base64.b64encode(c.randbytes(64)).decode(),
}


def password(chance: Chance) -> str:
    """As people and programs choose them, with at least one digit."""
    forms: tuple[Callable[[], str], ...] = (
        lambda: some(chance, LETTERS, chance.randint(5, 9)) + str(chance.randint(10, 9999)),
        lambda: some(chance, ALNUM + "!#%*+-.?_", chance.randint(9, 16)) + str(chance.randint(0, 9)) + "x",
        lambda: "-".join(some(chance, string.ascii_lowercase, 5) for _ in range(3)) + str(chance.randint(10, 99)),
        lambda: some(chance, string.ascii_uppercase, 1) + some(chance, string.ascii_lowercase, 7)
        + str(chance.randint(1950, 2026)) + "!",
    )  # fmt: skip
    return chance.choice(forms)()


PASSWORD_TEXTS: Final = (
    "password: {}", "Password = {}", "Passwort: {}", "The password is {} for now", "Das Passwort lautet {}",
    "Kennwort ist {}", "mot de passe : {}", "contraseña: {}", "senha: {}", "wachtwoord: {}", "hasło: {}",
    "пароль: {}", "密码: {}", "パスワード：{}", "pw: {}", "pwd={}", "passphrase: {}", "PASSWORD={} make deploy",
    "db_password: {}", '{{"password": "{}"}}', "login ada, password {}", "user: ada\npassword: {}\n",
    "Username\nada\nPassword\n{}\nSign in", "mysql -u root -p{} shop", "sshpass -p {} ssh host", "curl -u ada:{} https://x.example",
    "psql postgres://ada:{}@db.example/shop", "redis://:{}@cache.example:6379/0", "mongodb+srv://app:{}@c.example/x",
    "Server=db;User Id=sa;Password={};Encrypt=yes", "jdbc:oracle:thin:scott/{}@db.example:1521:x",
    "jdbc:postgresql://db/x?user=a&password={}", "ftp://ada:{}@files.example/", "htpasswd -b file ada {}",
    "wget --password={} https://x.example", "net use z: \\\\srv\\x /user:ada password={}", "export DB_PASS={}",
    "https://x.example/login?user=ada&password={}", "ansible_become_pass: {}", "[client]\nuser=a\npassword={}",
    "spring.datasource.password={}", "<password>{}</password>", "--db-password {} --verbose",
)  # fmt: skip
"""Passwords without quotes or blanks."""
CODE_TEXTS: Final = (
    "Your verification code is {}", "{} is your verification code", "Ihr Bestätigungscode lautet {}", "OTP: {}",
    "TAN {}", "Use security code {} to sign in", "login code: {}", "one-time password {}", "2FA code: {}",
    "Einmalkennwort: {}", "Your authentication code\n{}\nexpires in 5 minutes", "PIN: {}", "Sicherheitscode: {}",
    "Enter {} as your confirmation code", "MFA code {}",
)  # fmt: skip
TEXTS: Final = ("{}", "see {} there", "key={}", "x\n{}\ny", '"{}"', "({})", "token {}", "a,{},b", "pay: {}.")


# Numbers of people, accounts and cards, with right check digits.


def luhn(digits: str) -> str:
    """The digits with their check digit (ISO/IEC 7812-1)."""
    total = sum(int(c) if i % 2 else sum(divmod(2 * int(c), 10)) for i, c in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def card(chance: Chance) -> str:
    """A payment card."""
    begin, length = chance.choice(
        (("4", 16), ("51", 16), ("5555", 16), ("2223", 16), ("34", 15), ("37", 15), ("6011", 16))
    )
    number = luhn(begin + some(chance, string.digits, length - 1 - len(begin)))
    if len(number) == 15:
        parts = (number[:4], number[4:10], number[10:])
    else:
        parts = tuple(number[i : i + 4] for i in range(0, 16, 4))
    return chance.choice(("", " ", "-", "\n", "\u00a0", ".")).join(parts)


def iban(chance: Chance) -> str:
    """An account number (ISO 13616)."""
    country, length = chance.choice(
        (("DE", 22), ("NL", 18), ("FR", 27), ("ES", 24), ("GB", 22), ("IT", 27), ("AT", 20))
    )
    letters = string.digits if country in {"DE", "ES", "AT"} else string.digits + string.ascii_uppercase
    account = some(chance, letters, length - 4)
    check = 98 - int("".join(str(int(c, 36)) for c in f"{account}{country}00")) % 97
    whole = f"{country}{check:02}{account}"
    form = chance.randrange(4)
    spaced = " ".join(whole[i : i + 4] for i in range(0, len(whole), 4))
    return (whole, spaced, whole.lower(), spaced.replace(" ", "\u00a0"))[form]


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(c) * w for c, w in zip(digits, weights, strict=True))


def _until(make: Callable[[], str | None]) -> str:
    while (found := make()) is None:
        pass
    return found


def _birth(chance: Chance) -> tuple[int, int, int]:
    return chance.randint(50, 99), chance.randint(1, 12), chance.randint(1, 28)


def _bsn(c: Chance) -> str | None:
    base = some(c, "123456789", 8)
    check = _weighted(base, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return f"BSN {base}{check}" if check < 10 else None


def _steuer(c: Chance) -> str:
    digits = c.sample(string.digits, 9)
    digits = [*digits, digits[0]]
    if digits[0] == "0":
        digits[0], digits[1] = digits[1], digits[0]
    product = 10
    for each in digits:
        product = ((int(each) + product) % 10 or 10) * 2 % 11
    return "Steuer-ID " + "".join(digits) + str((11 - product) % 10)


def _cpf(c: Chance) -> str:
    base = some(c, string.digits, 9)
    for count in (10, 11):
        rest = _weighted(base, tuple(range(count, 1, -1))) * 10 % 11
        base += str(rest % 10)
    return f"{base[:3]}.{base[3:6]}.{base[6:9]}-{base[9:]}"


def _pesel(c: Chance) -> str:
    year, month, day = _birth(c)
    base = f"{year:02}{month:02}{day:02}{some(c, string.digits, 4)}"
    return f"PESEL: {base}{-_weighted(base, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10}"


def _hetu(c: Chance) -> str:
    year, month, day = _birth(c)
    date, serial = f"{day:02}{month:02}{year:02}", f"{c.randint(2, 899):03}"
    return f"{date}-{serial}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(date + serial) % 31]}"


def _nir(c: Chance) -> str:
    year, month, _ = _birth(c)
    base = f"{c.choice('12')}{year:02}{month:02}{c.randint(1, 95):02}{c.randint(1, 990):03}{c.randint(1, 999):03}"
    text = f"{base[0]} {base[1:3]} {base[3:5]} {base[5:7]} {base[7:10]} {base[10:]} {97 - int(base) % 97:02}"
    return c.choice((text, text.replace(" ", "")))


def _fiscale(c: Chance) -> str:
    """The two tables of the decree of 23 December 1976."""
    odd = dict(zip(string.digits + string.ascii_uppercase, (
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10,
        22, 25, 24, 23), strict=True))  # fmt: skip
    year, _, day = _birth(c)
    base = f"{some(c, 'BCDFGLMNPRST', 6)}{year:02}{c.choice('ABCDEHLMPRST')}{day:02}H{c.randint(100, 999)}"
    total = sum(odd[x] if i % 2 == 0 else int(x, 36) - (10 if x.isalpha() else 0) for i, x in enumerate(base))
    return base + string.ascii_uppercase[total % 26]


def _chinese(c: Chance) -> str:
    _, month, day = _birth(c)
    base = f"{c.choice(('110101', '310115', '440305'))}19{c.randint(50, 99)}{month:02}{day:02}{c.randint(1, 999):03}"
    return base + "10X98765432"[_weighted(base, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11]


def _ahv(c: Chance) -> str:
    base = "756" + some(c, string.digits, 9)
    check = -_weighted(base, (1, 3) * 6) % 10
    return f"756.{base[3:7]}.{base[7:11]}.{base[11]}{check}"


def _belgian(c: Chance) -> str:
    year, month, day = _birth(c)
    base = f"{year:02}{month:02}{day:02}{c.randint(1, 997):03}"
    return f"{base[:2]}.{base[2:4]}.{base[4:6]}-{base[6:]}.{97 - int(base) % 97:02}"


def _swedish(c: Chance) -> str:
    year, month, day = _birth(c)
    whole = luhn(f"{year:02}{month:02}{day:02}{c.randint(0, 999):03}")
    return f"{whole[:6]}-{whole[6:]}"


def _dni(c: Chance) -> str:
    number = c.randint(10_000_000, 99_999_999)
    return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


def _ssn(c: Chance) -> str:
    return f"{c.randint(100, 665)}-{c.randint(10, 99)}-{c.randint(1000, 9999)}"


def _nino(c: Chance) -> str:
    parts = (
        some(c, "ABCEGHJ", 1) + some(c, "ABCEGHJKL", 1),
        *(f"{c.randint(0, 99):02}" for _ in range(3)),
        c.choice("ABCD"),
    )
    return c.choice(("", " ")).join(parts)


PEOPLE: Final[dict[str, Callable[[Chance], str]]] = {
    "nl": lambda c: _until(lambda: _bsn(c)), "de": _steuer, "br": _cpf, "pl": _pesel, "fi": _hetu, "fr": _nir,
    "it": _fiscale, "cn": _chinese, "ch": _ahv, "be": _belgian, "se": _swedish, "es": _dni, "us": _ssn, "gb": _nino,
    "ca": lambda c: "SIN " + (n := luhn(some(c, "1234567", 8)))[:3] + " " + n[3:6] + " " + n[6:],
}  # fmt: skip


def pem(chance: Chance) -> str:
    """A private key's text."""
    kind = chance.choice(
        ("RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY", "PGP PRIVATE KEY BLOCK")
    )
    body = base64.b64encode(chance.randbytes(90)).decode()
    lines = "\n".join(body[i : i + 64] for i in range(0, len(body), 64))
    return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----"


def jwt(chance: Chance) -> str:
    """A signed token (RFC 7519)."""
    body = base64.urlsafe_b64encode(b'{"sub":"%d"}' % chance.randint(10**8, 10**9)).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{body}.{some(chance, URL, 43)}"


CARRIERS: Final[dict[str, Callable[[str], dict[str, Any]]]] = {
    "mail": lambda text: {"app": "mail", "action": "send", "value_after": f"Dear Bo,\n{text}\nBest, Ada"},
    "subject": lambda text: {"app": "mail", "action": "open", "window": f"Re: {text}", "document": text},
    "shell": lambda text: {"app": "bash", "action": "run", "value_after": text, "window": "ada@desk"},
    "browser": lambda text: {
        "app": "firefox",
        "action": "change",
        "element_name": "notes",
        "value_before": text,
        "value_after": f"{text} ",
    },
    "cell": lambda text: {
        "app": "calc",
        "action": "edit",
        "element_role": "cell",
        "element_id": "Sheet1!B3",
        "value_after": text,
    },
    "document": lambda text: {"app": "writer", "action": "edit", "value_before": "", "value_after": f"Notes. {text}"},
    "title": lambda text: {"app": "firefox", "action": "focus", "window": f"{text} — Mozilla Firefox"},
    "screen": lambda text: {"app": "screen", "action": "see", "value_after": f"File Edit View\n{text}\nOK  Cancel"},
    "git": lambda text: {"app": "git", "action": "commit", "value_after": f"fix: {text}", "attributes": "{}"},
    "attributes": lambda text: {"app": "chat", "action": "send", "attributes": _json({"body": text})},
    "object": lambda text: {
        "app": "files",
        "action": "open",
        "objects": [{"id": f"file:/tmp/{text}", "type": "document", "qualifier": ""}],
    },
    "selector": lambda text: {"app": "firefox", "action": "click", "element_selector": f"a[title='{text}']"},
}


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


SECRET_FIELDS: Final = (
    "Password", "Passwort", "Kennwort", "Confirm password", "PIN", "CVV", "Card number", "Security code", "api key",
    "Current passcode", "Client secret", "Mot de passe", "Contraseña", "One-time code", "Verification code",
    "Social security number", "IBAN",
)  # fmt: skip


_NUMBERS: Final = ((card, "card", 60), (iban, "iban", 40), (pem, "private key", 10), (jwt, "token", 15))


def planted(seed: int = 1) -> list[Planted]:
    """More than five hundred, in every carrier."""
    chance = Chance(seed)
    carriers = list(CARRIERS.items())
    out: list[Planted] = []

    def put(kind: str, text: str, secret: str) -> None:
        name, carry = carriers[len(out) % len(carriers)]
        out.append(Planted(kind, name, carry(text), secret))

    for _ in range(4):
        for text in PASSWORD_TEXTS:
            secret = password(chance)
            put("password", text.format(secret), secret)
    for _ in range(3):
        for vendor, make in VENDORS.items():
            secret = make(chance)
            told = secret.rpartition("/")[2] if vendor == "slack hook" else secret.removeprefix("AccountKey=")
            put(f"key of {vendor}", chance.choice(TEXTS).format(secret), told)
    for _ in range(3):
        for text in CODE_TEXTS:
            code = f"{chance.randint(100_000, 999_999)}"
            put("code", text.format(code), code)
    for _ in range(4):
        for country, make in PEOPLE.items():
            whole = make(chance)
            secret = whole
            for word in ("BSN ", "Steuer-ID ", "PESEL: ", "SIN "):
                secret = secret.removeprefix(word)
            put(f"person in {country}", chance.choice(("{}", "her number: {}", "({})")).format(whole), secret)
    for make, kind, count in _NUMBERS:
        for _ in range(count):
            secret = make(chance)
            told = secret.split("\n")[1] if kind == "private key" else secret
            put(kind, chance.choice(("{}", "see {} there", "x\n{}\ny")).format(secret), told)
    return out + _fields(chance)


def _fields(chance: Chance) -> list[Planted]:
    """What is typed into fields that call themselves secret, whatever it looks like."""
    out: list[Planted] = []
    for name in SECRET_FIELDS:
        for key in ("element_name", "element_id", "element_role"):
            secret = some(chance, string.ascii_lowercase, 12)
            row = {"app": "firefox", "action": "change", key: name, "value_before": secret[:6], "value_after": secret}
            out.append(Planted("field", "form", row, secret))
    return out
