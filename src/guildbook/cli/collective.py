"""`collective`: workers found a collective, join it, delegate to it, elect who acts for it, and vote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from guildbook.cli import ballot
from guildbook.cli.ballot import For, Until, closing, moment
from guildbook.cli.identity import As, actor
from guildbook.cli.session import Json, say, session, show, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from guildbook.app import Book
    from guildbook.app.persons import Actor

Which = Annotated[str, typer.Argument(metavar="COLLECTIVE", help="Its name or id.")]
Class = Annotated[str | None, typer.Option("--class", metavar="CLASS", help="Which traces, e.g. mail; else all.")]
What = Annotated[str, typer.Option("--purpose", metavar="PURPOSE", help="What for; else for anything.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    collective = typer.Typer(no_args_is_help=True, help="Workers who decide together.")
    collective.command("found")(found)
    collective.command("join")(join)
    collective.command("admit")(admit)
    collective.command("vouch")(vouch)
    collective.command("leave")(leave)
    collective.command("list")(list_collectives)
    collective.command("show")(show_collective)
    collective.command("roles")(roles)
    collective.command("mandate")(mandate)
    collective.command("revoke")(revoke)
    collective.command("forbid")(forbid)
    collective.command("unforbid")(unforbid)
    collective.command("elect")(elect)
    collective.command("appeals")(appeals)
    collective.command("answer")(answer)
    ballot.register(collective)
    app.add_typer(collective, name="collective")


def found(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")],
    short: Annotated[str, typer.Option("--id", metavar="ID", help="Its id in agreements; else made of the name.")] = "",
    quorum: Annotated[float, typer.Option(metavar="SHARE", help="Of the members who must vote.", min=0, max=1)] = 0.5,
    majority: Annotated[
        float, typer.Option(metavar="SHARE", help="More than this share of votes must say yes.", min=0, max=1)
    ] = 0.5,
    term_days: Annotated[int, typer.Option(metavar="DAYS", help="How long an office lasts.", min=1)] = 730,
    notice_days: Annotated[int, typer.Option(metavar="DAYS", help="Notice before a strike.", min=0)] = 14,
    threshold: Annotated[
        float, typer.Option(metavar="SHARE", help="Of the members who must pledge for a strike.", min=0, max=1)
    ] = 0.5,
    law: Annotated[str, typer.Option(metavar="PROFILE", help="A law profile: see law list.")] = "",
    admission: Annotated[
        str,
        typer.Option(
            metavar="HOW", help="vouched: members sign whose key it is; steward: a steward admits; open: who asks."
        ),
    ] = "vouched",
    person: As = None,
    json: Json = False,
) -> None:
    """Found a collective. You are its first steward: at once, or where keys are vouched for once two others are in."""
    charter = {
        "quorum_ppm": _ppm(quorum), "majority_ppm": _ppm(majority), "term_days": term_days, "law": law,
        "strike_threshold_ppm": _ppm(threshold), "notice_days": notice_days, "admission": admission,
    }  # fmt: skip
    _do(context, person, json, lambda book, who: book.collective.found(name, who, charter, short))


def join(context: typer.Context, collective: Which, person: As = None, json: Json = False) -> None:
    """Join, or ask to: by the charter a steward admits you, or others vouch for your key."""
    _do(context, person, json, lambda book, who: book.collective.join(collective, who))


def admit(
    context: typer.Context,
    collective: Which,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who asked to join.")],
    person: As = None,
    json: Json = False,
) -> None:
    """Admit somebody who asked: a steward has seen who they are."""
    _do(context, person, json, lambda book, who: book.collective.admit(collective, name, who))


def vouch(
    context: typer.Context,
    collective: Which,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose key you know.")],
    told: Annotated[
        str,
        typer.Argument(metavar="FINGERPRINT", help="What identity show tells them, on their machine."),
    ],
    person: As = None,
    json: Json = False,
) -> None:
    """Sign that the key enrolled under a name is that person's, so that they can be a member."""
    _do(context, person, json, lambda book, who: book.collective.vouch(collective, name, told, who))


def leave(
    context: typer.Context,
    collective: Which,
    effective: Annotated[str | None, typer.Option(metavar="TIME", help="When, ISO 8601; else now.")] = None,
    person: As = None,
    json: Json = False,
) -> None:
    """Leave: from then on nothing the collective agreed covers your traces."""
    when = None if effective is None else moment(effective)
    _do(context, person, json, lambda book, who: book.collective.leave(collective, who, when))


def list_collectives(context: typer.Context, json: Json = False) -> None:
    """List the collectives of this book."""
    with session(context).book() as book:
        known = book.collective.list()
    if json:
        show(known)
    else:
        rows = [(c["collective"], c["name"], c["members"], c["admission"], c["law"]) for c in known]
        table(("id", "name", "members", "admission", "law"), rows)


def show_collective(context: typer.Context, collective: Which, person: As = None, json: Json = False) -> None:
    """Show a collective; to members also its roll with fingerprints, for comparing."""
    with session(context).book() as book:
        told = book.collective.show(collective, actor(context, book, person))
    _tell(told, json=json)


def roles(context: typer.Context, collective: Which, json: Json = False) -> None:
    """Show who holds which office until when."""
    with session(context).book() as book:
        held = book.collective.roles(collective)
    if json:
        show(held)
    else:
        table(("name", "office", "until"), [(o["name"], o["role"], o["until"][:19]) for o in held])


def mandate(
    context: typer.Context,
    collective: Which,
    trace_class: Class = None,
    purpose: What = "*",
    person: As = None,
    json: Json = False,
) -> None:
    """Delegate a class of your traces for a purpose: the collective may then agree to it, or refuse it."""
    _do(
        context, person, json,
        lambda book, who: book.collective.mandate(collective, who, trace_class=trace_class, purpose=purpose),
    )  # fmt: skip


def revoke(
    context: typer.Context,
    collective: Which,
    trace_class: Class = None,
    purpose: What = "*",
    person: As = None,
    json: Json = False,
) -> None:
    """Take a mandate back, as it was given."""
    _do(
        context, person, json,
        lambda book, who: book.collective.mandate(
            collective, who, trace_class=trace_class, purpose=purpose, given=False
        ),
    )  # fmt: skip


def forbid(
    context: typer.Context,
    collective: Which,
    trace_class: Class = None,
    purpose: What = "*",
    to: Annotated[str, typer.Option("--to", metavar="NAME", help="Whom (in-house: in the book); else all.")] = "*",
    person: As = None,
    json: Json = False,
) -> None:
    """The collective refuses what was delegated to it: no permission of a member's own counts against that."""
    _do(
        context, person, json,
        lambda book, who: book.collective.refuse(
            collective, who, trace_class=trace_class, purpose=purpose, recipient=to
        ),
    )  # fmt: skip


def unforbid(
    context: typer.Context,
    collective: Which,
    trace_class: Class = None,
    purpose: What = "*",
    to: Annotated[str, typer.Option("--to", metavar="NAME", help="Whom (in-house: in the book); else all.")] = "*",
    person: As = None,
    json: Json = False,
) -> None:
    """Take such a refusal back, as it was said."""
    _do(
        context, person, json,
        lambda book, who: book.collective.refuse(
            collective, who, trace_class=trace_class, purpose=purpose, recipient=to, refused=False
        ),
    )  # fmt: skip


def appeals(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[COLLECTIVE]", help="Its name or id; else all.")] = None,
    person: As = None,
    json: Json = False,
) -> None:
    """List what members object to in their statements: to a steward; to a member, their own."""
    with session(context).book() as book:
        made = book.statements.appeals(name, actor(context, book, person))
    if json:
        show(made)
    else:
        table(("appeal", "by", "entry", "about", "what is wrong", "answer"), [
            (a["appeal"][:12], a["by"], a["entry"], a["line"]["kind"], a["text"],
             "" if a["upheld"] is None else f"{'upheld' if a['upheld'] else 'dismissed'}: {a['answer']}")
            for a in made
        ])  # fmt: skip


def answer(
    context: typer.Context,
    appeal: Annotated[str, typer.Argument(metavar="APPEAL", help="Its id, or the beginning.")],
    text: Annotated[str, typer.Option(metavar="TEXT", help="The answer.")],
    uphold: Annotated[bool, typer.Option("--uphold/--dismiss", help="Whether they are right.")],
    person: As = None,
    json: Json = False,
) -> None:
    """Answer an appeal, as a steward. It stands in the member's next statement."""
    with session(context).book() as book:
        made = book.statements.answer(appeal, text, actor(context, book, person), upheld=uphold)
    show(made) if json else say(f"The appeal of {made['by']} is {'upheld' if uphold else 'dismissed'}.")


def elect(
    context: typer.Context,
    collective: Which,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who is to hold it.")],
    role: Annotated[str, typer.Option(metavar="ROLE", help="steward or auditor.")] = "steward",
    until: Until = None,
    days: For = 7.0,
    short: Annotated[str, typer.Option("--id", metavar="ID", help="The ballot's id; else made.")] = "",
    person: As = None,
    json: Json = False,
) -> None:
    """Open a ballot on who holds an office; where there is no steward, any member may elect one."""
    with session(context).book() as book:
        made = book.ballots.elect(collective, name, role, actor(context, book, person), closing(until, days), short)
    ballot.tell(made, json=json)


def _do(context: typer.Context, person: str | None, json: bool, act: Callable[[Book, Actor], dict[str, Any]]) -> None:
    with session(context).book() as book:
        told = act(book, actor(context, book, person))
    _tell(told, json=json)


def _tell(told: dict[str, Any], *, json: bool) -> None:
    if json:
        show(told)
        return
    charter = told["charter"]
    rows = [("id", told["collective"]), ("name", told["name"]), ("members", told["members"])]
    rows += [_rule(name, value) for name, value in charter.items() if name != "name"]
    table(("", ""), rows)
    for one in told.get("asking", ()):
        if charter["admission"] == "vouched":
            say(f"{one['name']} asks to join; {one['vouches']} have vouched. Ask them for the fingerprint that")
            say("  `guildbook identity show` prints on their machine, then: guildbook collective vouch "
                f"{told['collective']} {one['name']} FINGERPRINT")  # fmt: skip
        else:
            say(f"{one['name']} ({one['fingerprint']}) asks to join: guildbook collective admit.")
    if charter["law"]:
        say(f"Under {charter['law']} some things have to be done before anybody outside reads: guildbook law status")
    if "roll" in told:
        table(
            ("member", "fingerprint", "offices", "delegated", "leaves"),
            [
                (m["name"], m["fingerprint"], ", ".join(m["offices"]), ", ".join(m["mandates"]), m["leaves"] or "")
                for m in told["roll"]
            ],
        )
        for refusal in told["refusals"]:
            say(f"Refused: {' '.join(refusal)}.")


def _rule(name: str, value: object) -> tuple[str, object]:
    """A rule of a charter as people say it."""
    if name.endswith("_ppm") and isinstance(value, int):
        return name.removesuffix("_ppm").replace("_", " "), f"{value / 10_000:g} %"
    return name.replace("_", " "), value or "none" if name == "law" else value


def _ppm(share: float) -> int:
    return round(share * 1_000_000)
