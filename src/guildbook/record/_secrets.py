"""What a secret looks like in text: card numbers, IBANs, passwords, tokens, keys. Own rules, on text alone.

Each rule replaces what it finds by a mark such as `[card]`. Text without a secret stays as it is, byte for byte.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Final, NamedTuple

from guildbook.record._secret_keys import KEYS, KEYS_RE2
from guildbook.record._secret_people import FORMS, PEOPLE_RE2, SAID, SAID_NUMBER, said_end, whole

# Password, db_password, X-Api-Key, AWS_SECRET_ACCESS_KEY, csrftoken …; `pass` alone only as a word of its own.
_NAME: Final = (
    r"(?<![a-z0-9])(?:(?:[a-z0-9][a-z0-9_.\-]{0,60}?)?(?:password|passwort|passwd|passphrase|passcode|kennwort"
    r"|wachtwoord|contrase[nñ]a|pwd|secret|token|credentials?"
    r"|(?:api|access|private|secret|auth|encryption|signing|account|master)[_.\-]?key(?:[_.\-]?id)?)"
    r"|(?:[a-z0-9]{1,30}[_.\-]){0,3}pass)"
)
# The same in running text, and in other languages.
_WORD: Final = (
    r"(?:\bpass ?(?:word|wort|phrase|code)|\bpwd?|\bkennwort|\bzugangscode|\bmot de passe|\bcontrase[nñ]a|\bsenha"
    r"|\bwachtwoord|\bhasło|\bl[öo]senord"
    r"|\badgangskode|\bpassord|\bsalasana|\bheslo|\bjelszó|пароль|密码|密碼|パスワード|비밀번호|暗証番号)"
)
# A verb that says what it is; then what follows need not be a plain word.
_IS: Final = r"(?:\s{0,2}[:：=]|\s(?:is|ist|lautet|est|es|är|er|è|was|war)\b:?)\s{0,2}"
_CODE: Final = (
    r"(?:\b(?:verification|security|log-?in|sign-?in|one-?time|confirmation|authentication|access|activation"
    r"|recovery|2fa|mfa|sms)[ \-]?"
    r"(?:pass)?(?:code|word|pin)|\w{0,20}(?:best[äa]tigungs|sicherheits|einmal|freischalt|zugangs|anmelde)(?:code"
    r"|kennwort|passwort|pin)"
    r"|\b(?:otp|i?tan|2fa|mfa|totp|pin)(?:[ \-](?:code|number))?)"
)
# What is already a mark, a variable (`$TOKEN`), or the second sign of `==` and `::` is no secret.
_NOT: Final = r"(?!\[[a-z]+(?: [0-9a-f]{10})?\]|\$[({A-Za-z_]|[=:])"
_BARE: Final = r"[^\s\"'`;&|<>,)\]}]+"
_VALUE: Final = rf"{_NOT}(?:\"(?:[^\"\\]|\\.)+\"|'[^']+'|{_BARE})"
# What a password has and a word has not: a digit or a sign within, or capitals after the first letter.
_ODD: Final = (
    rf"{_NOT}(?:(?=[^\s]*[0-9!#$%&*+?@^_=])[^\s\"'<>|,;]{{4,}}[^\s\"'<>|,;.)!?]|(?=[^\s]*[0-9])[^\s\"'<>|,;]{{4,}})"
)
_SCHEME: Final = r"(?:basic|bearer|token|digest|negotiate)\s+"
_PEM: Final = r"[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
_GAP: Final = "[ \\-.\n\r\t\u00a0\u202f]{0,2}"
"""Between the groups of a number, as forms and recognised screens have it."""
_CARD: Final = (
    rf"[2-6](?:[0-9]{{12,18}}|[0-9]{{3}}{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}{_GAP}[0-9]{{1,7}}"
    rf"|[0-9]{{3}}{_GAP}[0-9]{{6}}{_GAP}[0-9]{{4,5}})"
)
_IBAN_LENGTHS: Final = range(15, 35)
_BLANK: Final = "[ \n\u00a0\u202f]"
_IBAN: Final = (
    rf"[A-Z]{{2}}[0-9]{{2}}(?:[A-Z0-9]{{11,30}}|(?:{_BLANK}[A-Z0-9]{{4}}){{2,7}}(?:{_BLANK}[A-Z0-9]{{1,3}})?)"
)
_IBAN_LOWER: Final = r"[a-z]{2}[0-9]{2}[a-z0-9]{11,30}"

# Issuer prefixes with their lengths (ISO/IEC 7812-1; the issuers' published ranges).
_ISSUERS: Final = (
    (re.compile(r"4"), (13, 16, 19)),
    (re.compile(r"5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"30[0-5]|3[689]"), (14, 16, 17, 18, 19)),
    (re.compile(r"35(?:2[89]|[3-8])|6011|64[4-9]|65|62"), (16, 17, 18, 19)),
    (re.compile(r"50|5[6-9]|6[37]"), (13, 14, 15, 16, 17, 18, 19)),
)


def card_end(found: str) -> int:
    """How many characters of `found` are a payment card number (issuer, length, Luhn check); 0 when none."""
    digits = [int(c) for c in found if c.isdigit()]
    number = "".join(map(str, digits))
    if not any(prefix.match(number) and len(number) in lengths for prefix, lengths in _ISSUERS):
        return 0
    total = sum(digits[-1::-2]) + sum(sum(divmod(2 * d, 10)) for d in digits[-2::-2])
    return len(found) if total % 10 == 0 else 0


def iban_end(found: str) -> int:
    """How many characters of `found` are an account number by ISO 13616 (remainder 1, mod 97-10); 0 when none.

    Words in capitals may follow, so that the longest valid beginning counts.
    """
    ends = (len(found), *sorted((m.start() for m in re.finditer(_BLANK, found)), reverse=True))
    for end in ends:
        plain = re.sub(_BLANK, "", found[:end]).upper()
        if len(plain) in _IBAN_LENGTHS and int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1:
            return end
    return 0


class Rule(NamedTuple):
    """One kind of secret. Group 1 of the expression is kept, what follows becomes the mark."""

    mark: str
    pattern: re.Pattern[str]
    end: Callable[[str], int] = len
    """How much of what was found is the secret; 0: it is none after all."""


def _rule(mark: str, kept: str, secret: str, end: Callable[[str], int] = len) -> Rule:
    return Rule(mark, re.compile(f"({kept}){secret}", re.ASCII), end)


RULES: Final = (
    _rule("key", "", rf"-----BEGIN {_PEM}(?:(?!-----END)[\s\S])*(?:-----END {_PEM})?"),
    _rule("password", r"(?i:\b[a-z][a-z0-9+.\-]{0,30}://[^\s/:@\"']{0,200}:)", rf"{_NOT}[^\s/@\"']+(?=@)"),
    _rule(
        "secret",
        rf"(?i:\bauthorization[\"']?\s?[:=]\s?[\"']?(?:{_SCHEME})?)",
        rf"(?i:(?!{_SCHEME})){_NOT}[^\s\"']+",
    ),
    _rule(
        "key",
        r"https://hooks\.slack\.com/(?:services|workflows)/T[A-Z0-9]{6,12}/[A-Z0-9]{6,12}/",
        r"[A-Za-z0-9/]{16,64}",
    ),
    _rule("password", r"(?i:\bjdbc:oracle:[a-z]+:[^\s/:@]{1,60}/)", rf"{_NOT}[^\s/@\"']+(?=@)"),
    _rule(
        "secret",
        r"(?i:<(?:[a-z0-9]+:)?(?:password|passwd|passphrase|secret|token|api-?key)>\s?)",
        rf"{_NOT}[^\s<]+(?=<)",
    ),
    _rule("secret", r"\bhtpasswd\s(?:-\S+\s){1,4}\S+\s\S+\s", _VALUE),
    _rule("code", rf"(?i:{_CODE}\b[^0-9\n]{{0,24}}\n?[^0-9\n]{{0,8}})", r"[0-9]{3}[ \-]?[0-9]{1,5}(?![0-9.,:/]*[0-9])"),
    _rule(
        "code",
        r"(?<![0-9A-Za-z.,/:\-])(?:[A-Z]-)?",
        rf"[0-9]{{3}}[ \-]?[0-9]{{2,5}}(?=\s(?:is|as|ist|est)\s[^\n0-9]{{0,40}}(?i:{_CODE}))",
    ),
    _rule("secret", r"(?i:\bbearer\s+)", rf"{_NOT}[A-Za-z0-9._~+/\-]{{16,}}=*"),
    _rule("secret", rf"(?i:--?{_NAME}\s+)", rf"(?!-){_VALUE}"),
    _rule("secret", rf"(?i:{_NAME}[\"']?\s?[=:]\s?)", _VALUE),
    _rule("secret", rf"(?i:{_WORD}{_IS}[\"'„“«]?)", _ODD),
    _rule("secret", rf"(?i:{_WORD}\s)", rf"{_NOT}(?=[^\s]*[0-9])(?=[^\s]*[A-Za-z])[^\s\"'<>|,;=:/()]{{6,}}"),
    _rule("secret", rf"(?im:^[ \t]*{_WORD}[ \t]*[:：]?[ \t]*\r?\n[ \t]*)", _ODD),
    _rule("secret", r"\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^\n|;&]{0,500}?\s-p", rf"{_NOT}[^\s\-]\S*"),
    _rule("secret", r"\bsshpass\s+-p\s?", _VALUE),
    _rule("secret", r"\bcurl\b[^\n|;&]{0,500}?\s(?:-u|--user)[\s=]?[^\s:]{1,200}:", rf"{_NOT}\S+"),
    _rule("key", "", rf"(?<![A-Za-z0-9])(?:{'|'.join(KEYS)})"),
    _rule("key", "", r"\beyJ[A-Za-z0-9_\-]{8,2000}\.eyJ[A-Za-z0-9_\-]{8,8000}\.[A-Za-z0-9_\-]{0,2000}"),
    _rule("key", "", r"\beyJ[A-Za-z0-9_\-]{15,2000}(?:\.[A-Za-z0-9_\-]{0,8000}){3}\.[A-Za-z0-9_\-]{8,2000}"),
    *(
        _rule("number", "", rf"(?<![A-Za-z0-9.\-]){form}(?![A-Za-z0-9]|[.\-][0-9])", whole(holds))
        for form, holds in FORMS
    ),
    _rule("number", SAID, SAID_NUMBER, said_end),
    _rule("iban", "", rf"(?<![A-Za-z0-9]){_IBAN_LOWER}(?![A-Za-z0-9])", iban_end),
    _rule("iban", "", rf"(?<![A-Za-z0-9]){_IBAN}(?![A-Za-z0-9])", iban_end),
    _rule("card", "", rf"(?<![A-Za-z0-9])(?<![0-9]\.){_CARD}(?![A-Za-z0-9]|\.[0-9])", card_end),
)

_BREAK: Final = r"(?:[ .\t\r\n\x{a0}\x{202f}-]|\\[nrt]|\\u(?:00a0|202f)){0,4}"
"""A gap in a number, as it stands in text or in JSON."""
SUSPECT: Final = (
    r"(?i)pass|kennwort|wachtwoord|contrase|\bpw|pwd|senha|hasło|senord|adgangskode|salasana|heslo|jelsz|пароль|密码"
    r"|密碼|パスワード|비밀번호|暗証番号"
    r"|secret|token|credential|authorization|bearer|zugangscode|mot de passe"
    r"|(?:verification|security|log-?in|sign-?in|one-?time|confirmation|authentication|access|activation|recovery"
    r"|2fa|mfa|sms)[ -]?(?:code|pin|word)"
    r"|(?:tigungs|sicherheits|einmal|freischalt|anmelde|zugangs)(?:code|kennw|passw|pin)|otp|tan\b|2fa|mfa|\bpin\b"
    r"|n(?:pin|tan|pw)\b"
    r"|(?:api|access|private|auth|encryption|signing|account|master)[_. -]?key|://[^/@]*:[^/@]*@|jdbc:oracle|mysql"
    r"|mariadb|curl|hooks\.slack"
    rf"|{KEYS_RE2}|eyJ|{PEOPLE_RE2}"
    rf"|[A-Z]{{2}}[0-9]{{2}}{_BREAK}[A-Z0-9]{{4}}{_BREAK}[A-Z0-9]{{4}}|[2-6][0-9]{{3}}(?:{_BREAK}[0-9]){{9}}"
)
"""One expression in RE2's language that finds in every text which a rule would change."""

FIELD: Final = re.compile(
    rf"(?i)(?:{_NAME}$|pass(?:word|wd|phrase|code)|kennwort|passwort|mot de passe|contrase[nñ]a|senha\b|\bpin\b"
    rf"|\bcvv2?\b|\bcvc2?\b"
    r"|(?:security|verification|one-?time|confirmation)[ _\-]?code|social[ _\-]?security|\bssn\b|secret\b|api[ _\-]?key"
    r"|card[ _\-]?(?:number|no\b|num)|\biban\b)"
)
"""Names of fields whose content is secret whatever it looks like."""
FIELD_RE2: Final = (
    r"(?i)pass(word|wd|phrase|code)|kennwort|passwort|mot de passe|contrase[nñ]a|senha\b|\bpin\b|\bcvv2?\b|\bcvc2?\b"
    r"|(security|verification|one-?time|confirmation)[ _-]?code|social[ _-]?security|\bssn\b|secret\b|token\b"
    r"|api[_ -]?key"
    r"|card[ _-]?(number|no\b|num)|\biban\b"
)
"""The same for element roles, names and ids, in RE2's language."""
_ROUNDS: Final = 4


def without_secrets(text: str, *, keep_apart: bool = False) -> str:
    """`text` with every secret replaced by its mark; the same object when there is none.

    `keep_apart` puts 40 bits of a hash into the mark, so that two ids stay two. With some 10¹⁵ card numbers about a
    thousand share a mark.
    """
    for _ in range(_ROUNDS):  # a mark may bring to light what the secret before it hid
        before = text
        for rule in RULES:
            text = _apply(rule, text, keep_apart=keep_apart)
        if text == before:
            break
    return text


def _apply(rule: Rule, text: str, *, keep_apart: bool) -> str:
    at = 0
    pieces: list[str] = []
    done = 0
    while match := rule.pattern.search(text, at):
        start = match.end(1)
        size = rule.end(text[start : match.end()])
        if not size:
            at = match.start() + 1
            continue
        secret = text[start : start + size]
        pieces += (text[done:start], _mark(rule.mark, secret if keep_apart else ""))
        done = at = start + size
    return "".join((*pieces, text[done:])) if pieces else text


def _mark(name: str, secret: str) -> str:
    if not secret:
        return f"[{name}]"
    return f"[{name} {hashlib.blake2b(secret.encode('utf-8', 'replace'), digest_size=5).hexdigest()}]"
