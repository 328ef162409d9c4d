"""Knowledge as plain data."""

from __future__ import annotations

from dataclasses import asdict

from guildbook.model.knowledge import Effect, Kind, Knowledge, Practice, Span, When


def test_plain_form_is_that_of_the_standard_library() -> None:
    effect = Effect("good-rate", 0.2, 0.1, 0.3, 100, 0.001)
    spans = (Span("claim:1", ("a", "b")), Span("claim:2", ()))
    when = When(task="Handle claim", activity="close")
    practice = Practice("workflow-1", Kind.WORKFLOW, "Check first.", when, ("check",), (), effect, evidence=spans)
    known = Knowledge("hash", 3, 2, 1, 0, practices=(practice,), period=(1, 2), notes=("note",))
    assert known.to_dict() == asdict(known)
    assert repr(known.to_dict()) == repr(asdict(known))
