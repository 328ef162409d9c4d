"""How a claim is settled: clumsily, and well."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from day_desk import Desk, await_
from day_office import DEDUCTIBLE, PAGE_OF, Claim, Office
from day_shell import Shell

BROWSER = "Chromium"
SHEET = "claims.xlsx"
SLOW = 30
"""ms a key when numbers are typed off another window."""
QUICK = 10
LOST = 3.0
"""Seconds that reading page by page and reckoning in the head take at least…"""
TIMES = 1.5
"""…and so many times what a claim takes that is done well, so that a slow machine does not hide it."""
SETTLE = 0.15
"""Seconds until a person who turned to a window, goes on."""
PASTED = 2.0
"""Seconds after which what was pasted will not come any more."""
PAUSE = 0.8
"""Seconds until the next claim is taken up."""


@dataclass
class Hands:
    """What a worker has in hand."""

    desk: Desk
    office: Office
    page: Any
    """Playwright's page, in a Chromium that has a window."""
    shell: Shell
    lost: float = LOST
    """Seconds that a claim takes longer that is done clumsily, typing aside."""

    def front(self) -> None:
        """Turn to the browser."""
        self.desk.show(BROWSER)
        time.sleep(SETTLE)

    def open_mail(self, claim: Claim) -> None:
        self.front()
        self.page.get_by_role("link", name="Mail", exact=True).click()
        self.page.get_by_role("link", name=claim.name).first.click()
        self.page.get_by_text(claim.policy).wait_for()

    def fill(self, label: str, text: str, delay: int) -> None:
        field = self.page.get_by_label(label, exact=True)
        field.click()
        field.press_sequentially(text, delay=delay)
        if field.input_value() != text:  # a key was lost on the way, as it happens on a busy machine
            field.fill(text)

    def row(self, cells: list[str], delay: int) -> None:
        """Write a row of the sheet."""
        self.desk.show(SHEET)
        time.sleep(SETTLE)
        for cell in cells:
            self.desk.type(cell, delay)
            self.desk.keys("Tab")
        self.desk.keys("Return")
        time.sleep(SETTLE)

    def save(self) -> None:
        """Save the sheet, as one does before going home."""
        path = self.desk.home / "Documents" / SHEET
        before = path.stat().st_mtime_ns
        self.desk.show(SHEET)
        time.sleep(SETTLE)
        self.desk.keys("ctrl+s")
        await_(lambda: path.stat().st_mtime_ns != before, "the sheet to be saved", 60)

    def book(self, claim: Claim, payable: str) -> None:
        """Note it in the ledger, and ask what became of it."""
        self.shell.run(f"echo {claim.name},{claim.policy},{payable} >> ledger.csv")
        self.shell.run(f"git commit -qam 'Settle {claim.name}'")
        self.shell.run(f"claims {claim.name}")
        time.sleep(PAUSE)


def clumsily(hands: Hands, claim: Claim, *, slips: bool) -> None:
    """Look the policy up page by page, do the sum in the head, type everything off, and hand it in unchecked."""
    page = hands.page
    hands.open_mail(claim)
    page.get_by_role("link", name="Policies").click()
    pages = (int(claim.policy[4:]) - 700) // PAGE_OF
    for _ in range(pages):
        page.get_by_role("link", name="Next page").click()
        page.wait_for_timeout(hands.lost * 500 / pages)
    page.locator("tr", has_text=claim.policy).get_by_role("link").click()
    hands.fill("Claim", claim.name, SLOW)
    payable = claim.payable + (10 if slips else 0)
    total = payable + DEDUCTIBLE
    hands.row([claim.name, *map(str, claim.items), str(total), str(payable)], SLOW)
    hands.front()
    page.wait_for_timeout(hands.lost * 500)
    hands.fill("Total", str(total), SLOW)
    hands.fill("Payable", str(payable), SLOW)
    page.get_by_role("button", name="Settle claim").click()
    page.get_by_text(f"Claim {claim.name}:").wait_for()
    hands.book(claim, str(payable))


def _carried(page: Any, number: str) -> bool:
    """Copy a number out of the mail and paste it into the search; whether it arrived."""
    page.get_by_text(number, exact=True).click(click_count=3)
    page.keyboard.press("Control+c")
    page.get_by_role("link", name="Policies").click()
    page.get_by_label("Search").click()
    page.keyboard.press("Control+v")
    end = time.monotonic() + PASTED
    while page.get_by_label("Search").input_value().strip() != number:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def well(hands: Hands, claim: Claim, number: int) -> None:
    """Copy the policy's number and search for it, let the sheet do the sum, and check before handing in."""
    page = hands.page
    hands.open_mail(claim)
    while not _carried(page, claim.policy):
        page.go_back()  # a key was lost on the way, as it happens on a busy machine
    page.keyboard.press("Enter")
    page.get_by_role("link", name="New claim").click()
    hands.fill("Claim", claim.name, QUICK)
    row = number + 2
    hands.row([claim.name, *map(str, claim.items), f"=SUM(B{row}:D{row})", f"=E{row}-{DEDUCTIBLE}"], QUICK)
    hands.front()
    hands.fill("Total", str(sum(claim.items)), QUICK)
    hands.fill("Payable", str(claim.payable), QUICK)
    page.get_by_role("button", name="Check figures").click()
    page.get_by_text("Figures agree").wait_for()
    page.get_by_role("button", name="Settle claim").click()
    page.get_by_text(f"Claim {claim.name}:").wait_for()
    hands.book(claim, str(claim.payable))
