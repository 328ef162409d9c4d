"""The claims office's own system: mails, policies and claims as pages, and a verdict that others can ask for."""

from __future__ import annotations

import html
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from day_mailbox import Mailbox

PAGE_OF = 8
DEDUCTIBLE = 100


@dataclass(frozen=True)
class Claim:
    """What a mail asks for."""

    number: int
    policy: str
    items: tuple[int, ...]

    @property
    def name(self) -> str:
        return f"C-{self.number:03}"

    @property
    def payable(self) -> int:
        """What is right to pay: the items less the deductible."""
        return sum(self.items) - DEDUCTIBLE

    def letter(self) -> str:
        """The mail's text."""
        lines = "\n".join(f"Item {n}: {amount}" for n, amount in enumerate(self.items, 1))
        return f"Dear all,\n\nthis is our claim {self.name}.\n\nPolicy: {self.policy}\n{lines}\n\nRegards\n"


def claims(count: int) -> list[Claim]:
    """The day's claims."""

    def policy(n: int) -> str:
        return f"POL-{700 + PAGE_OF * (1 + n % 3) + n % PAGE_OF:04}"

    return [Claim(n, policy(n), (120 + 7 * n, 340 + 11 * n, 85 + 3 * n)) for n in range(1, count + 1)]


@dataclass
class Office:
    """Serves the pages on a port of its own until closed."""

    mailbox: Mailbox
    claims: list[Claim]
    verdicts: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        office = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({})

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._answer({name: values[0].strip() for name, values in parse_qs(raw).items()})

            def _answer(self, given: dict[str, str]) -> None:
                parts = urlsplit(self.path)
                asked = {name: values[0].strip() for name, values in parse_qs(parts.query).items()}
                title, body = office.page(parts.path, asked | given)
                page = body if title == "json" else _PAGE.format(title=html.escape(title), body=body)
                raw = page.encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json" if title == "json" else "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def page(self, path: str, asked: dict[str, str]) -> tuple[str, str]:
        """Title and body of a page."""
        match path.strip("/").split("/"):
            case ["mail"]:
                return "Mail: Inbox", "".join(
                    f"<p><a href='/mail/{n}'>{html.escape(subject)}</a></p>"
                    for n, subject in enumerate(self.mailbox.subjects(), 1)
                )
            case ["mail", number]:
                subject, text = self.mailbox.text(int(number))
                lines = "".join(f"<section>{_line(line)}</section>" for line in text.splitlines() if line.strip())
                return f"Mail: {subject}", f"<h1>{html.escape(subject)}</h1>{lines}<a href='/mail'>Back to inbox</a>"
            case ["policies"]:
                return "Policies", self._policies(asked)
            case ["claims", policy]:
                return "Claim form", _FORM.format(policy=html.escape(policy))
            case ["settle"]:
                return "Claim settled", self._settle(asked)
            case ["verdict", name]:
                return "json", json.dumps(self.verdicts.get(name, "unknown"))
            case _:
                return "Nothing here", ""

    def _policies(self, asked: dict[str, str]) -> str:
        every = [f"POL-{700 + n:04}" for n in range(200)]
        found = [each for each in every if asked["q"] in each] if asked.get("q") else every
        page = int(asked.get("page", "0"))
        rows = "".join(
            f"<tr><td>{each}</td><td><a href='/claims/{each}' aria-label='New claim'>New claim {each}</a></td></tr>"
            for each in found[page * PAGE_OF : (page + 1) * PAGE_OF]
        )
        following = f"<a href='/policies?page={page + 1}'>Next page</a>"
        search = "<form action='/policies'><label>Search <input name='q'></label><button>Find policy</button></form>"
        return f"{search}<table>{rows}</table>{following}"

    def _settle(self, asked: dict[str, str]) -> str:
        name, policy, payable = asked.get("claim", ""), asked.get("policy", ""), asked.get("payable", "")
        right = {c.name: (c.policy, str(c.payable)) for c in self.claims}
        verdict = "accepted" if right.get(name) == (policy, payable) else "rejected"
        self.verdicts[name] = verdict
        return f"<h1>Claim {html.escape(name)}: {verdict}</h1><a href='/mail'>Back to inbox</a>"


def _line(text: str) -> str:
    name, colon, value = text.partition(": ")
    return f"{html.escape(name)}:<br><div>{html.escape(value)}</div>" if colon else html.escape(text)


_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body style="font: 18px sans-serif">
<nav><a href="/mail">Mail</a> <a href="/policies">Policies</a></nav><main>{body}</main></body></html>"""
_FORM = """<h1>Claim form</h1><form action="/settle" method="post">
<p><label>Claim <input name="claim"></label></p>
<p><label>Policy number <input name="policy" value="{policy}"></label></p>
<p><label>Total <input name="total"></label></p>
<p><label>Payable <input name="payable"></label></p>
<p><button type="button" onclick="document.getElementById('said').textContent =
  Number(document.querySelector('[name=total]').value) - 100 == document.querySelector('[name=payable]').value
  ? 'Figures agree' : 'Figures do not agree'">Check figures</button> <span id="said"></span></p>
<p><button>Settle claim</button></p></form>"""
