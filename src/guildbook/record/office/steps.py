"""What people do in the sample office: every step as the fields an event of it carries, in named pools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TASKS: Final = ("claim", "invoice", "report", "complaint")
"""The case types, as they stand before the first `:` of a case."""


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of interaction. `document` holds `{}` where the case number goes; empty: no document."""

    app: str
    action: str
    role: str
    name: str
    document: str = ""
    typed: bool = False
    """Whether a value is entered, so that `value_after` is set."""

    def fields(self, number: int = 10_000) -> dict[str, str]:
        """The event fields a reader of the traces would see, for labelling."""
        made = {"app": self.app, "action": self.action, "element_role": self.role, "element_name": self.name}
        if self.document:
            made["document"] = self.document.format(number)
        return made


@dataclass(frozen=True, slots=True)
class Way:
    """Two ways from one step to another: one quick event or several slower ones in the same app."""

    quick: Step
    slow: tuple[Step, ...]


def _claims(action: str, name: str, role: str = "button") -> Step:
    return Step("claims", action, role, name, typed=action == "type")


def _sheet(action: str, name: str, role: str = "cell") -> Step:
    return Step("spreadsheet", action, role, name, "figures {}.xlsx", typed=action == "type")


def _doc(action: str, name: str, document: str, role: str = "text") -> Step:
    return Step("editor", action, role, name, document, typed=action == "type")


def _mail(action: str, name: str, role: str = "button") -> Step:
    return Step("mail", action, role, name)


def _chat(action: str, name: str, role: str = "text") -> Step:
    return Step("chat", action, role, name)


def _web(action: str, name: str, role: str = "link") -> Step:
    return Step("browser", action, role, name)


FIXED: Final[dict[str, Step]] = {
    # claim
    "claim.register": _claims("register", "Incoming claim", "form"),
    "claim.list": _claims("open", "Work list", "list"),
    "claim.file": _claims("open", "Claim file", "form"),
    "claim.damage": _claims("type", "Damage description", "text"),
    "claim.cover": _claims("select", "Cover", "list"),
    "claim.letter": _mail("read", "Customer letter", "message"),
    "claim.documents": _claims("open", "Documents tab", "tab"),
    "claim.documents.saved": _claims("save", "Documents"),
    "claim.handover": _claims("assign", "Assessor", "list"),
    "claim.accept": _claims("accept", "Assigned file"),
    "claim.assess": _claims("open", "Assessment", "form"),
    "claim.photos": _claims("view", "Photos", "image"),
    "claim.estimate": _claims("type", "Loss estimate", "text"),
    "claim.report": _doc("write", "Assessment report", "assessment {}.docx"),
    "claim.reserve": _claims("type", "Reserve", "text"),
    "claim.liability": _claims("select", "Liability", "list"),
    "claim.decision": _doc("write", "Decision letter", "decision {}.docx"),
    "claim.approval": _mail("send", "Approval request", "message"),
    "claim.approved": _claims("approve", "Settlement"),
    "claim.sent": _mail("send", "Decision", "message"),
    "claim.pay": _claims("pay", "Settlement"),
    "claim.close": _claims("close", "Claim"),
    "claim.reopen": _claims("reopen", "Assessment"),
    # invoice
    "invoice.register": _claims("register", "Incoming invoice", "form"),
    "invoice.entry": _claims("open", "Invoice entry", "form"),
    "invoice.lines": _claims("check", "Invoice lines", "table"),
    "invoice.supplier": _claims("open", "Supplier", "form"),
    "invoice.order": _claims("match", "Purchase order", "table"),
    "invoice.book": _claims("book", "Ledger account", "list"),
    "invoice.note": _claims("type", "Posting text", "text"),
    "invoice.dispute": _mail("write", "Supplier query", "message"),
    "invoice.request": _claims("submit", "Approval queue"),
    "invoice.approved": _claims("approve", "Invoice"),
    "invoice.pay": _claims("schedule", "Payment"),
    "invoice.close": _claims("close", "Invoice"),
    "invoice.reopen": _claims("correct", "Invoice entry"),
    # report
    "report.order": _mail("read", "Figures request", "message"),
    "report.sheet": _sheet("open", "Figures sheet", "sheet"),
    "report.total": _sheet("check", "Total row"),
    "report.source": _claims("export", "Ledger extract"),
    "report.clean": _sheet("edit", "Extract", "range"),
    "report.pivot": _sheet("build", "Summary table", "table"),
    "report.chart": _sheet("format", "Chart", "chart"),
    "report.comment": _doc("write", "Commentary", "commentary {}.docx"),
    "report.send": _mail("send", "Figures", "message"),
    "report.close": _mail("file", "Figures request", "message"),
    "report.reopen": _sheet("correct", "Summary table", "table"),
    # complaint
    "complaint.register": _claims("register", "Complaint", "form"),
    "complaint.read": _mail("read", "Complaint", "message"),
    "complaint.file": _claims("open", "Complaint file", "form"),
    "complaint.history": _claims("view", "Contract", "form"),
    "complaint.reply": _doc("open", "Reply", "reply {}.docx"),
    "complaint.spelling": _doc("check", "Spelling", "reply {}.docx", "button"),
    "complaint.offer": _claims("type", "Offer", "text"),
    "complaint.argue": _doc("write", "Reasons", "reply {}.docx"),
    "complaint.send": _mail("send", "Reply", "message"),
    "complaint.close": _claims("close", "Complaint"),
    "complaint.reopen": _doc("revise", "Reasons", "reply {}.docx"),
    # slips happen everywhere
    "slip.claims": _claims("undo", "Edit"),
    "slip.editor": Step("editor", "undo", "button", "Edit"),
    "slip.spreadsheet": Step("spreadsheet", "undo", "button", "Edit"),
}

WAYS: Final[dict[str, Way]] = {
    "claim.w1": Way(
        _claims("press", "Keyboard search", "shortcut"),
        (
            _claims("click", "Menu", "menu"),
            _claims("click", "Find claim", "menu item"),
            _claims("type", "Claim number"),
        ),
    ),
    "claim.w2": Way(
        _claims("drop", "Document area", "area"),
        (_claims("click", "Add document"), _claims("click", "Browse"), _claims("select", "File list", "list")),
    ),
    "invoice.w1": Way(
        _claims("import", "Invoice line file"),
        (_claims("type", "Line amount", "text"), _claims("type", "Cost centre", "text")),
    ),
    "invoice.w2": Way(
        _claims("press", "Match all", "shortcut"),
        (_claims("click", "Line tick box", "box"), _claims("click", "Confirm line")),
    ),
    "report.w1": Way(
        _sheet("insert", "Formula"),
        (_sheet("type", "Cell value"), _sheet("type", "Next cell value")),
    ),
    "report.w2": Way(
        _sheet("fill down", "Column", "range"),
        (_sheet("copy", "Cell"), _sheet("paste", "Cell")),
    ),
    "complaint.w1": Way(
        _doc("insert", "Template", "reply {}.docx", "menu item"),
        (
            _doc("type", "Opening paragraph", "reply {}.docx"),
            _doc("type", "Middle paragraph", "reply {}.docx"),
            _doc("type", "Closing paragraph", "reply {}.docx"),
        ),
    ),
}

PREPARATIONS: Final[dict[str, tuple[Step, ...]]] = {
    "claim": (
        _doc("create", "Document pack", "pack {}.docx"),
        _mail("send", "Request for missing papers", "message"),
        _claims("sort", "Incoming papers", "list"),
        _doc("sketch", "Course of events", "notes {}.docx"),
    ),
    "invoice": (
        _claims("collect", "Delivery notes", "list"),
        _claims("group", "Lines by order", "table"),
        _claims("pin", "Supplier terms", "panel"),
        Step("spreadsheet", "open", "sheet", "Cost centre plan", "cost centres.xlsx"),
    ),
    "report": (
        _mail("send", "Request for branch figures", "message"),
        _sheet("freeze", "Last month", "sheet"),
        _sheet("lay out", "Check sheet", "sheet"),
        _sheet("name", "Ranges", "range"),
    ),
    "complaint": (
        _doc("write", "Timeline", "timeline {}.docx"),
        _claims("collect", "Call notes", "list"),
        _doc("outline", "Points to answer", "notes {}.docx"),
        _mail("gather", "Mail thread", "message"),
    ),
}
"""Steps that set up what follows: the pool for what saves time."""

CHECKS: Final[dict[str, tuple[Step, ...]]] = {
    "claim": (
        _claims("check", "Exclusions", "list"),
        _claims("check", "Earlier claims", "list"),
        _web("look up", "Sanctions list", "form"),
        _claims("check", "Photo dates", "image"),
        _claims("check", "Deductible", "text"),
        _web("look up", "Weather on the day", "form"),
        _claims("compare", "Repair quotes", "table"),
        _claims("check", "Premium status", "text"),
        _chat("call", "Customer", "contact"),
    ),
    "invoice": (
        _chat("call", "Supplier", "contact"),
        _web("look up", "Tax number", "form"),
        _claims("check", "Duplicate invoices", "list"),
        _claims("check", "Order limit", "text"),
        _claims("check", "Delivery date", "text"),
        _claims("check", "Discount terms", "text"),
        _claims("compare", "Bank details", "text"),
        _claims("check", "Payment block", "box"),
    ),
    "report": (
        _sheet("reconcile", "Totals", "range"),
        _sheet("compare", "Previous month", "range"),
        _web("look up", "Exchange rate", "form"),
        _sheet("check", "Cut-off date"),
        _sheet("check", "Missing branches", "range"),
        _sheet("mark", "Outliers", "range"),
        _sheet("note", "Differences"),
        _claims("check", "Open postings", "list"),
    ),
    "complaint": (
        _mail("read", "Earlier correspondence", "message"),
        _claims("check", "Reply deadline", "text"),
        _claims("listen to", "Call recording", "player"),
        _doc("check", "Policy wording", "policy {}.pdf"),
        _web("look up", "Ombudsman ruling", "form"),
        _claims("check", "Earlier promises", "list"),
        _doc("read aloud", "Draft", "reply {}.docx"),
        _chat("call", "Complainant", "contact"),
    ),
}
"""Steps that look at something: the pool for what makes an outcome better."""

TOPICS: Final[dict[str, tuple[Step, ...]]] = {
    "claim": tuple(_chat("ask", t) for t in ("Recourse", "Cover question", "Repair network", "Fraud signs")),
    "invoice": tuple(_chat("ask", t) for t in ("Tax treatment", "Contract terms", "Missing order")),
    "report": tuple(_chat("ask", t) for t in ("Reserve movement", "Late postings", "Branch mapping")),
    "complaint": tuple(_chat("ask", t) for t in ("Legal position", "Goodwill", "Data request")),
}
ANSWERS: Final[dict[str, Step]] = {t: _chat("answer", f"{t.capitalize()} question") for t in TASKS}

ORDERS: Final[dict[str, tuple[Step, Step]]] = {
    "claim": (_claims("set", "Coverage result", "list"), _claims("set", "Loss date", "text")),
    "invoice": (_claims("set", "Receipt of goods", "box"), _claims("set", "Due date", "text")),
    "report": (_sheet("lock", "Input sheet", "sheet"), _sheet("refresh", "Links", "button")),
    "complaint": (_claims("set", "Complaint reason", "list"), _claims("set", "Responsible unit", "list")),
}
"""Two steps that are always both done; which comes first may matter."""

MISTAKES: Final[dict[str, Step]] = {
    "claim": _claims("skip", "Damage photos", "box"),
    "invoice": _claims("override", "Amount check", "box"),
    "report": _sheet("paste over", "Formulas", "range"),
    "complaint": _mail("forward", "Complaint unread", "message"),
}
"""What inexperienced people do now and then; it may make a bad end likelier."""
RECOVERIES: Final[dict[str, Step]] = {
    "claim": _chat("arrange", "Second inspection", "contact"),
    "invoice": _mail("request", "Corrected invoice", "message"),
    "report": _sheet("restore", "Saved version", "sheet"),
    "complaint": _chat("apologise to", "Complainant", "contact"),
}
"""What can be done about the mistake of the same task, and is done only then."""
CARE: Final[dict[str, Step]] = {
    "claim": _claims("confirm", "Vehicle data", "form"),
    "invoice": _claims("confirm", "Line totals", "table"),
    "report": _sheet("confirm", "Axis units", "chart"),
    "complaint": _doc("confirm", "Recipient", "reply {}.docx"),
}
"""After it a case may need going over again less often."""
EARLY: Final[dict[str, tuple[Step, Step, Step]]] = {
    task: (_mail("order", asked, "message"), work, _mail("open", asked, "message"))
    for task, asked, work in (
        ("claim", "Police report", _claims("draft", "Loss sheet", "form")),
        ("invoice", "Delivery slip", _claims("draft", "Posting", "form")),
        ("report", "Branch extract", _sheet("draft", "Layout", "sheet")),
        ("complaint", "Expert view", _doc("draft", "Outline", "reply {}.docx")),
    )
}
"""A request, other work, and what came of the request: asked for first, it is waited for while the work goes on."""

FEATURES: Final[dict[str, tuple[Step, Step]]] = {
    "claim": (_claims("press", "Split view", "shortcut"), _claims("open", "Phrase list", "panel")),
    "invoice": (_claims("press", "Next field", "shortcut"), _claims("open", "Saved filter", "panel")),
    "report": (_sheet("press", "Repeat last edit", "shortcut"), _sheet("open", "Formula audit", "panel")),
    "complaint": (
        _claims("press", "Customer card", "shortcut"),
        _doc("open", "Side by side", "reply {}.docx", "panel"),
    ),
}
"""What the tools of a task can do anywhere in it; it may save time."""
CONSULT: Final[dict[str, Step]] = {task: _chat("ask", f"Second opinion on the {task}") for task in TASKS}
"""A question that anybody may ask; it may help those who are new to the task."""

NOTICE: Final = _mail("get", "New case notice", "message")
"""What tells of a new case at the very time it comes, where anything depends on when it comes."""
LATE: Final[dict[str, Step]] = {
    "claim": _claims("check", "Courier list", "list"),
    "invoice": _claims("check", "Value date", "text"),
    "report": _sheet("check", "Posting clock", "sheet"),
    "complaint": _mail("check", "Evening post", "message"),
}
"""It may matter late in the day, and only then."""
HURRIED: Final[dict[str, Step]] = {
    "claim": _claims("tidy", "File index", "list"),
    "invoice": _claims("tidy", "Attachments", "list"),
    "report": _sheet("tidy", "Sheet names", "sheet"),
    "complaint": _claims("tidy", "Letter index", "list"),
}
"""What is left out when there is much to do. It changes nothing."""
SECOND: Final[dict[str, Step]] = {
    "claim": _claims("review", "Settlement draft", "form"),
    "invoice": _claims("review", "Booking draft", "form"),
    "report": _sheet("review", "Figures draft", "sheet"),
    "complaint": _doc("review", "Reply draft", "reply {}.docx"),
}
"""A colleague looks at the case once more; it may matter who."""

CASELESS: Final[dict[str, Step]] = {
    "inbox": _mail("open", "Inbox", "list"),
    "mail": _mail("read", "Message", "message"),
    "answer": _mail("write", "Answer", "message"),
    "tidy": _mail("archive", "Message", "message"),
    "channel": _chat("open", "Channel", "list"),
    "chatter": _chat("write", "Message"),
    "page": _web("open", "Page"),
    "intranet": _web("search", "Intranet", "form"),
    "minutes": _doc("edit", "Meeting notes", "minutes.docx"),
    "calendar": _mail("open", "Calendar", "view"),
}


def _catalogue() -> tuple[Step, ...]:
    pools: list[Step] = [*FIXED.values(), *ANSWERS.values(), *CASELESS.values()]
    for way in WAYS.values():
        pools += [way.quick, *way.slow]
    for single in (MISTAKES, RECOVERIES, CARE):
        pools += single.values()
    for by_task in (PREPARATIONS, CHECKS, TOPICS, ORDERS, EARLY, FEATURES):
        for steps in by_task.values():
            pools += steps
    pools += CONSULT.values()
    pools.append(NOTICE)
    for single in (LATE, HURRIED, SECOND):
        pools += single.values()
    return tuple(dict.fromkeys(pools))


CATALOGUE: Final = _catalogue()
CODE: Final[dict[Step, int]] = {step: code for code, step in enumerate(CATALOGUE)}
"""Position in `CATALOGUE`: the small number arrays carry instead of a step."""
