"""What a secret looks like in text: card numbers, IBANs, passwords, tokens, keys. Own rules, on text alone.

Each rule replaces what it finds by a mark such as `[card]`. Text without a secret stays as it is, byte for byte.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Final, NamedTuple

# Password, db_password, X-Api-Key, AWS_SECRET_ACCESS_KEY, csrftoken …; `pass` alone only as a word of its own.
_NAME: Final = (
    r"(?<![a-z0-9])(?:(?:[a-z0-9][a-z0-9_.\-]{0,60}?)?(?:password|passwort|passwd|passphrase|passcode|kennwort|wachtwoord|contrase[nñ]a|pwd|secret|token|credentials?"
    r"|(?:api|access|private|secret|auth|encryption|signing)[_.\-]?key(?:[_.\-]?id)?)|(?:[a-z0-9]{1,30}[_.\-]){0,3}pass)"
)
# What is already a mark, a variable (`$TOKEN`), or the second sign of `==` and `::` is no secret.
_NOT: Final = r"(?!\[[a-z]+(?: [0-9a-f]{10})?\]|\$[({A-Za-z_]|[=:])"
_BARE: Final = r"[^\s\"'`;&|<>,)\]}]+"
_VALUE: Final = rf"{_NOT}(?:\"(?:[^\"\\]|\\.)+\"|'[^']+'|{_BARE})"
_SCHEME: Final = r"(?:basic|bearer|token|digest|negotiate)\s+"
_PEM: Final = r"[A-Z ]{0,40}PRIVATE KEY-----"
_CARD: Final = (
    r"[2-6](?:[0-9]{12,18}|[0-9]{3}([ \-])[0-9]{4}\2[0-9]{4}\2[0-9]{1,7}|[0-9]{3}([ \-])[0-9]{6}\3[0-9]{4,5})"
)
_IBAN_LENGTHS: Final = range(15, 35)
_IBAN: Final = r"[A-Z]{2}[0-9]{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?)"

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
    ends = (len(found), *sorted((m.start() for m in re.finditer(" ", found)), reverse=True))
    for end in ends:
        plain = found[:end].replace(" ", "")
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
    _rule("secret", r"(?i:\bbearer\s+)", rf"{_NOT}[A-Za-z0-9._~+/\-]{{16,}}=*"),
    _rule("secret", rf"(?i:--?{_NAME}\s+)", rf"(?!-){_VALUE}"),
    _rule("secret", rf"(?i:{_NAME}[\"']?\s?[=:]\s?)", _VALUE),
    _rule("secret", r"\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^\n|;&]{0,500}?\s-p", rf"{_NOT}[^\s\-]\S*"),
    _rule("secret", r"\bsshpass\s+-p\s?", _VALUE),
    _rule("secret", r"\bcurl\b[^\n|;&]{0,500}?\s(?:-u|--user)[\s=]?[^\s:]{1,200}:", rf"{_NOT}\S+"),
    _rule("key", "", r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"),
    _rule("key", "", r"\b(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{40,255})"),
    _rule("key", "", r"\b(?:glpat-[A-Za-z0-9_\-]{20,255}|xox[abposr]-[A-Za-z0-9\-]{10,255})"),
    _rule("key", "", r"\b(?:sk|rk|pk)[-_](?:live|test|proj|ant)[-_][A-Za-z0-9_\-]{16,255}"),
    _rule("key", "", r"\bAIza[A-Za-z0-9_\-]{35}"),
    _rule("key", "", r"\beyJ[A-Za-z0-9_\-]{8,2000}\.eyJ[A-Za-z0-9_\-]{8,8000}\.[A-Za-z0-9_\-]{0,2000}"),
    _rule("iban", "", rf"(?<![A-Za-z0-9]){_IBAN}(?![A-Za-z0-9])", iban_end),
    _rule("card", "", rf"(?<![A-Za-z0-9])(?<![0-9]\.){_CARD}(?![A-Za-z0-9]|\.[0-9])", card_end),
)

SUSPECT: Final = (
    r"(?i)pass|kennwort|wachtwoord|contrase|pwd|secret|token|credential|authorization|bearer"
    r"|(?:api|access|private|auth|encryption|signing)[_. -]?key|://[^/@]*:[^/@]*@|mysql|mariadb|curl"
    r"|AKIA|ASIA|AROA|AIDA|gh[pousr]_|glpat-|xox[abposr]-|[srp]k[-_]|AIza|eyJ"
    r"|(?-i:[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4})|[2-6][0-9]{3}(?:[ -]?[0-9]){9}"
)
"""One expression in RE2's language that finds in every text which a rule would change."""

FIELD: Final = re.compile(
    rf"(?i)(?:{_NAME}$|pass(?:word|wd|phrase|code)|kennwort|passwort|\bpin\b|\bcvv2?\b|\bcvc2?\b|security code"
    r"|card[ _\-]?(?:number|no\b|num)|\biban\b)"
)
"""Names of fields whose content is secret whatever it looks like."""
FIELD_RE2: Final = (
    r"(?i)pass(word|wd|phrase|code)|kennwort|passwort|\bpin\b|\bcvv2?\b|\bcvc2?\b|security code"
    r"|card[ _-]?(number|no\b|num)|\biban\b|\bsecret|\btoken\b|api[_ -]?key"
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
