"""The order of evidence once more, naively: for holding the gate against.

Written from the design and the pages, not from the code under test: it keeps the acts in lists by topic, scans them at
every question, and knows nothing of worlds, indexes or SQL. It judges acts (`model_acts`) and requests.
"""

from __future__ import annotations

from model_acts import Judge
from model_parts import BOUND, DAY, LAWS, Deal, Terms, Walkout

from guildbook.govern.acts import ActKind
from guildbook.model.decision import Request

__all__ = ["ALLOWING", "BOUND", "CHAINS", "CLOSED", "DAY", "LAWS", "OWN", "Model", "Terms"]

CHAINS = {
    "coach": ("coach", "teach-people", "any"),
    "train-people": ("train-people", "teach-people", "any"),
    "train-augment": ("train-augment", "train-ai", "any"),
    "train-substitute": ("train-substitute", "train-ai", "any"),
    "evaluate": ("evaluate", "study", "any"),
    "research": ("research", "study", "any"),
    "export": ("export", "any"),
}
"""Each purpose with the groups over it."""
CLOSED = {"private-chat", "emotion", "union", "off-duty", "health"}
"""Classes nobody may allow (some of them)."""
OWN = {"coach", "train-people"}
ALLOWING = frozenset({"own-right", "agreement", "worker-permit", "vault", "import-terms", "own-purpose"})


class Model(Judge):
    """Judges requests by the acts that were taken in."""

    # -- requests

    def word(self, worker: str, purpose: str, trace_class: str, recipient: str) -> bool | None:
        """What the worker last said of just this; of this recipient, else of all."""
        nearest: bool | None = None
        general: bool | None = None
        for act in self.words[worker]:
            body = act.body
            if act.kind is ActKind.ERASE_BEGIN:  # only what was refused outlives it
                nearest, general = nearest and None, general and None
                continue
            if (body["purpose"], body["class"]) != (purpose, trace_class):
                continue
            said = None if act.kind is ActKind.CLEAR else act.kind is ActKind.PERMIT
            if body["recipient"] == "*":
                nearest, general = None, said
            elif body["recipient"] == recipient:
                nearest = said
        return general if nearest is None else nearest

    def paused(self, worker: str, trace_class: str) -> bool:
        still: set[str] = set()
        for act in self.pauses[worker]:
            if act.kind is ActKind.PAUSE:
                still.add(act.body["class"])
            elif act.body["class"] == "*":
                still = set()
            else:
                still.discard(act.body["class"])
        return bool(still & {trace_class, "*"})

    def decide(self, r: Request) -> tuple[str, tuple[str, ...]]:
        """(reason, clauses one of which is cited); the reasons that allow are in `ALLOWING`."""
        if r.purpose == "unlearn":
            return "no-permission", ()
        chain = CHAINS[r.purpose]
        if self.leaving.get(r.worker):
            return "erasing", ()
        if r.worker == r.recipient:
            return "own-right", ()
        if r.trace_class in CLOSED:
            return "base-policy", ()
        classes, purposes, recipients = {r.trace_class, "*"}, {*chain, "*"}, {r.recipient, "*"}
        if any(self.word(r.worker, p, c, r.recipient) is False for p in chain for c in classes):
            return "worker-refusal", ()
        if self.paused(r.worker, r.trace_class):
            return "paused", ()
        for name, strike in self.strikes.items():
            if self._struck(strike, r, classes, purposes, recipients):
                return "strike", (name,)
        return self._vaulted(r) or self._bargained(r, {(c, p) for c in classes for p in purposes}, recipients)

    def _vaulted(self, r: Request) -> tuple[str, tuple[str, ...]] | None:
        """What is held out is for its own vault, and only while whoever did it is in that."""
        held = next((word[5:] for word in r.terms or () if word.startswith("held:")), "")
        if r.vault not in {"", held}:
            return "no-permission", ()
        if not held:
            return None
        vault = self.vaults.get(held)
        inside = vault is not None and self._inside(vault["collective"], r)
        if not r.vault and vault is not None and (vault["over"] or not inside):
            return None
        if not r.vault or vault is None or (r.purpose, r.use) != ("evaluate", "evaluate"):
            return "held-out", (held,)
        if vault["over"] or vault["closed"]:
            return "vault-withheld", (held,)
        if not inside:
            return "no-permission", ()
        return ("vault", (held,)) if r.recipient == "" else None

    def _inside(self, collective: str, r: Request) -> bool:
        classes, purposes = (r.trace_class, "*"), ("evaluate", "study", "any")
        if not self.member(collective, r.worker, r.time):
            return False
        if any(self.word(r.worker, p, c, "") is False for p in purposes for c in classes):
            return False
        told = {"", "somebody", *(act.body.get("recipient", "") for act in self.words[r.worker])} - {"*"}
        if any(self.word(r.worker, "evaluate", c, to) for c in classes for to in told):
            return True
        return self.mandated(collective, r.worker, {(c, p) for c in classes for p in (*purposes, "*")})

    def _struck(self, strike: Walkout, r: Request, *scope: set[str]) -> bool:
        body = strike.body
        if r.worker not in strike.workers or strike.over or strike.begins is None or r.time < strike.begins:
            return False
        if not self._stayed(body["collective"], r.worker, strike.called, r.time):
            return False
        classes, purposes, recipients = scope
        meant = classes & set(body["classes"]) and purposes & set(body["purposes"])
        if not meant or not recipients & set(body["recipients"]):
            return False
        return not any(c in classes and p in purposes and t in recipients for c, p, t in body["carve_outs"])

    def _stayed(self, collective: str, worker: str, since: int, time: int) -> bool:
        """Whether somebody has been a member all the while: who left and came back strikes no longer."""
        left: int | None = None
        for act in self.rolls[collective, worker]:
            if act.kind in {ActKind.LEAVE, ActKind.ERASE_BEGIN}:
                left = int(max(act.body.get("effective", act.time), act.time))
            elif act.kind in {ActKind.JOIN, ActKind.FOUND}:
                if left is not None and since <= left <= act.time:
                    return False
                left = None
        return self.member(collective, worker, time)

    def _bargained(self, r: Request, pairs: set[tuple[str, str]], recipients: set[str]) -> tuple[str, tuple[str, ...]]:
        mine = [c for c in self.charters if self.member(c, r.worker, r.time)]
        strict = [LAWS[law] for c in mine if (law := self.charters[c].get("law"))]
        clauses: list[str] = []
        informed: list[str] = []
        over: list[str] = []
        for collective in mine:
            if not self.mandated(collective, r.worker, pairs):
                continue
            closed: set[tuple[str, str, str]] = set()
            for act in self.forbids[collective]:
                what = act.body["class"], act.body["purpose"], act.body["recipient"]
                (closed.add if act.kind is ActKind.FORBID else closed.discard)(what)
            if any((c, p) in pairs and t in recipients for c, p, t in closed):
                return "collective-refusal", (collective,)
            found = [d for d in self.deals.values() if d.collective == collective and self._covers(d, r)]
            meter = r.use == "measure"
            ours = [d for d in found if meter or not self._over(d, r)]
            clauses += [f"{d.id}#purposes.{r.purpose}" for d in ours]
            informed += [f"{d.id}#purposes.{r.purpose}" for d in ours if self.told(r.worker, d, r.time)]
            over += [f"{d.id}#purposes.{r.purpose}" for d in found if self._over(d, r)]
        outside = r.recipient != ""
        if clauses:
            return self._lawful(clauses, informed, strict) if outside and strict else ("agreement", tuple(clauses))
        none = ("bound-crossed", tuple(over)) if over else ("no-permission", ())
        if strict and outside:
            return none
        if any(self.word(r.worker, r.purpose, c, r.recipient) for c in (r.trace_class, "*")):
            return "worker-permit", ()
        if outside:
            return none
        if r.terms is None or "unstated" in r.terms:
            return ("own-purpose" if r.purpose in OWN else "no-permission"), ()
        return ("import-terms" if r.purpose in r.terms else "no-permission"), ()

    def _lawful(self, clauses: list[str], informed: list[str], strict: list[set[str]]) -> tuple[str, tuple[str, ...]]:
        if not informed:
            return "notice-not-served", tuple(clauses)
        ready = [clause for clause in informed if self._recorded(clause, strict)]
        return ("agreement", tuple(ready)) if ready else ("step-not-recorded", tuple(informed))

    @staticmethod
    def _over(deal: Deal, r: Request) -> bool:
        return deal.over and r.purpose == "train-augment"

    def _recorded(self, clause: str, needed: list[set[str]]) -> bool:
        deal = self.deals[clause.partition("#")[0]]
        return self.done(deal.collective, "") | self.done(deal.collective, deal.id) >= set().union(*needed)

    def _covers(self, deal: Deal, r: Request) -> bool:
        if not deal.force or deal.superseded or deal.licensee != r.recipient:
            return False
        if deal.suspended & {"*", f"purposes.{r.purpose}"}:
            return False
        terms = self.terms[deal.force]
        uses = terms.uses.get(r.purpose, set())
        if not (r.use in uses or (uses and r.use == "measure")) or r.trace_class in terms.without:
            return False
        if not terms.classes & {r.trace_class, "*"}:
            return False
        if terms.first_month and r.month < terms.first_month:
            return False
        if terms.last_month and (not r.month or r.month > terms.last_month):
            return False
        return terms.begins <= r.time < min([terms.ends, *deal.ends])
