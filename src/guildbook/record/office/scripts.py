"""The four tasks as they are played, move by move. Slots differ from person to person; the rest everybody does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from guildbook.record.office.play import Play

_HOUR: Final = 3600.0


def settle_claim(play: Play) -> None:
    """Settle a claim: mail room, handler, colleague asked, assessor, team lead, accountant."""
    play.notice()
    play.duty("claim.register", 55.0, "mail room", 0.0)
    play.do("claim.letter", 70.0, wait=0.7 * _HOUR)
    play.anchor("claim.list")
    play.ways("claim.w1")
    play.do("claim.file", 20.0)
    play.mistake()
    play.option(1)
    play.option(2)
    play.do("claim.damage", 120.0)
    play.slip("claims")
    play.option(3)
    play.do("claim.cover", 40.0)
    play.early()
    play.ask()
    play.consult()
    play.option(4)
    play.circumstance("late")
    play.circumstance("hurried")
    play.order()
    play.anchor("claim.documents")
    play.ways("claim.w2")
    play.do("claim.documents.saved", 10.0)
    play.recover()
    play.option(5)
    assessor = play.request("claim.handover", "claim.accept", 12.0)
    play.do("claim.assess", 40.0, assessor)
    play.do("claim.photos", 150.0, assessor)
    play.do("claim.estimate", 200.0, assessor)
    play.do("claim.report", 420.0, assessor)
    play.do("claim.reserve", 45.0, wait=0.5 * _HOUR)
    play.care()
    play.option(6)
    play.second()
    play.do("claim.liability", 60.0)
    play.rework("claim.reopen", "claim.liability")
    play.do("claim.decision", 480.0)
    play.slip("editor")
    play.request("claim.approval", "claim.approved", 25.0)
    play.do("claim.sent", 40.0, wait=0.3 * _HOUR)
    accountant = play.rng.choice(play.staff.pools["accounts"], play.sheet.rows)
    play.do("claim.pay", 45.0, accountant, wait=1.0 * _HOUR)
    play.end("claim.close", wait=0.6 * _HOUR)


def pay_invoice(play: Play) -> None:
    """Pay an invoice: mail room, accountant, colleague asked, team lead."""
    play.notice()
    play.duty("invoice.register", 45.0, "mail room", 0.0)
    play.anchor("invoice.entry")
    play.ways("invoice.w1", "invoice.w2")
    play.do("invoice.lines", 60.0)
    play.mistake()
    play.slip("claims")
    play.option(1)
    play.option(2)
    play.do("invoice.supplier", 30.0)
    play.early()
    play.option(3)
    play.ask()
    play.consult()
    play.option(4)
    play.circumstance("late")
    play.circumstance("hurried")
    play.order()
    play.do("invoice.order", 260.0)
    play.recover()
    play.option(5)
    play.do("invoice.note", 90.0)
    play.option(6)
    play.do("invoice.book", 240.0)
    play.care()
    play.second()
    play.do("invoice.dispute", 300.0)
    play.rework("invoice.reopen", "invoice.lines")
    play.do("invoice.request", 15.0)
    play.duty("invoice.approved", 50.0, "invoice.approved", 0.5 * _HOUR)
    play.do("invoice.pay", 60.0, wait=0.6 * _HOUR)
    play.end("invoice.close")


def make_report(play: Play) -> None:
    """Make a branch's figures in the spreadsheet and send them."""
    play.notice()
    play.do("report.order", 50.0)
    play.anchor("report.sheet")
    play.ways("report.w1", "report.w2")
    play.do("report.total", 40.0)
    play.mistake()
    play.slip("spreadsheet")
    play.option(1)
    play.option(2)
    play.do("report.source", 60.0)
    play.early()
    play.option(3)
    play.ask()
    play.consult()
    play.option(4)
    play.circumstance("late")
    play.circumstance("hurried")
    play.order()
    play.do("report.clean", 260.0)
    play.recover()
    play.option(5)
    play.do("report.pivot", 320.0)
    play.care()
    play.option(6)
    play.second()
    play.do("report.chart", 160.0)
    play.rework("report.reopen", "report.chart")
    play.do("report.comment", 420.0, wait=0.8 * _HOUR)
    play.do("report.send", 40.0)
    play.end("report.close")


def answer_complaint(play: Play) -> None:
    """Answer a complaint: mail room, officer, colleague asked."""
    play.notice()
    play.duty("complaint.register", 50.0, "mail room", 0.0)
    play.do("complaint.read", 90.0, wait=0.8 * _HOUR)
    play.do("complaint.file", 20.0)
    play.mistake()
    play.option(1)
    play.option(2)
    play.do("complaint.history", 80.0)
    play.early()
    play.option(3)
    play.ask()
    play.consult()
    play.option(4)
    play.circumstance("late")
    play.circumstance("hurried")
    play.order()
    play.anchor("complaint.reply")
    play.ways("complaint.w1")
    play.do("complaint.spelling", 25.0)
    play.recover()
    play.slip("editor")
    play.option(5)
    play.do("complaint.argue", 620.0)
    play.care()
    play.option(6)
    play.second()
    play.do("complaint.offer", 160.0, wait=0.7 * _HOUR)
    play.rework("complaint.reopen", "complaint.spelling")
    play.do("complaint.send", 70.0)
    play.end("complaint.close")


SCRIPTS: Final[dict[str, Callable[[Play], None]]] = {
    "claim": settle_claim,
    "invoice": pay_invoice,
    "report": make_report,
    "complaint": answer_complaint,
}
SHARES: Final[dict[str, float]] = {"claim": 0.26, "invoice": 0.27, "report": 0.23, "complaint": 0.24}
"""Share of each task among the cases."""
