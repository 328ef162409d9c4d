"""Who may do what, naively: the half of the model of `model_gate` that judges acts (has this one force?)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from model_parts import BOUND, DAY, LAWS, NOTICE, Deal, Terms, Walkout

from guildbook.govern.acts import Act, ActKind


class Judge:
    """Judges acts. `terms`: of each document, by hash."""

    def __init__(self, terms: dict[str, Terms]) -> None:
        self.terms = terms
        self.keys: set[str] = set()
        self.signs: dict[str, str] = {}
        self.licensees: set[str] = set()
        self.last: dict[str, int] = {}
        self.words: dict[str, list[Act]] = defaultdict(list)
        self.pauses: dict[str, list[Act]] = defaultdict(list)
        self.leaving: dict[str, bool] = {}
        self.charters: dict[str, dict[str, Any]] = {}
        self.rolls: dict[tuple[str, str], list[Act]] = defaultdict(list)
        """(collective, worker) → found, join, leave, mandate, unmandate."""
        self.waiting: dict[str, set[str]] = defaultdict(set)
        """Collective → who asks to join; the founder too, until it begins."""
        self.beginning: dict[str, str] = {}
        """Collective that has not begun → its founder."""
        self.vouches: dict[str, list[tuple[str, str]]] = defaultdict(list)
        """Collective → (who vouches, for whom)."""
        self.forbids: dict[str, list[Act]] = defaultdict(list)
        self.ballots: dict[str, dict[str, Any]] = {}
        self.deals: dict[str, Deal] = {}
        self.strikes: dict[str, Walkout] = {}
        self.vaults: dict[str, dict[str, Any]] = {}
        self.recorded: list[Act] = []
        self.notices: dict[tuple[str, str, str], tuple[tuple[str, str], int]] = {}
        """(worker, recipient, agreement) → (text, terms), when first."""
        self.read: dict[tuple[str, str, str], int] = {}
        """(worker, recipient, terms) → from when these may be used."""

    # -- membership

    def member(self, collective: str, worker: str, time: int) -> bool:
        inside, left = False, None
        for act in self.rolls[collective, worker]:
            if act.kind in {ActKind.FOUND, ActKind.JOIN}:
                inside, left = True, None
            elif act.kind in {ActKind.LEAVE, ActKind.ERASE_BEGIN}:
                left = int(max(act.body.get("effective", act.time), act.time))
        return inside and (left is None or left > time)

    def mandated(self, collective: str, worker: str, wanted: set[tuple[str, str]]) -> bool:
        given: set[tuple[str, str]] = set()
        left: int | None = None
        for act in self.rolls[collective, worker]:
            said = act.body.get("class", ""), act.body.get("purpose", "")
            if act.kind is ActKind.MANDATE:
                given.add(said)
            elif act.kind is ActKind.UNMANDATE:
                given.discard(said)
            elif act.kind in {ActKind.LEAVE, ActKind.ERASE_BEGIN}:
                left = int(max(act.body.get("effective", act.time), act.time))
                if left <= act.time:
                    given.clear()
            elif act.kind is ActKind.JOIN:
                if left is not None and left <= act.time:
                    given.clear()
                left = None
        return bool(given & wanted)

    def steward(self, collective: str, person: str, time: int) -> bool:
        """Only founders are stewards here, and only until they leave or their term ends."""
        until, left = 0, None
        for act in self.rolls[collective, person]:
            if act.kind is ActKind.FOUND:
                until = act.time + self.charters[collective].get("term_days", 730) * DAY
            elif act.kind in {ActKind.LEAVE, ActKind.ERASE_BEGIN}:
                left = int(max(act.body.get("effective", act.time), act.time))
                if left <= act.time:
                    until = 0
            elif act.kind is ActKind.JOIN:
                if left is not None and left <= act.time:
                    until = 0
                left = None
        return until > time and self.member(collective, person, time)

    def members(self, collective: str, time: int) -> set[str]:
        return {w for c, w in list(self.rolls) if c == collective and self.member(c, w, time)}

    # -- acts

    def take(self, act: Act, *, genuine: bool = True) -> bool:
        """Whether an act has force; if so it is taken in. `genuine`: it is signed with the key of its person."""
        if act.by in self.keys or act.kind is ActKind.ENROL:
            if not genuine or act.time <= self.last.get(act.by, -1):
                return False
        elif act.key:
            return False
        judge = getattr(self, "_" + act.kind.replace("-", "_"))
        if not judge(act, act.body):
            return False
        if act.key:
            self.last[act.by] = act.time
        return True

    def _by_the_worker(self, act: Act) -> bool:
        worker = act.body["worker"]
        return act.by == worker if worker in self.keys else act.by in {worker, ""}

    def _by_steward(self, collective: str, act: Act) -> bool:
        return act.by in self.keys and self.steward(collective, act.by, act.time)

    def _enrol(self, act: Act, body: Any) -> bool:
        self.keys.add(body["person"])
        self.signs[body["person"]] = body["sign"]
        if body["role"] == "licensee":
            self.licensees.add(body["person"])
        return True

    def _permit(self, act: Act, body: Any) -> bool:
        if not self._by_the_worker(act):
            return False
        self.words[body["worker"]].append(act)
        return True

    _refuse = _clear = _permit

    def _pause(self, act: Act, body: Any) -> bool:
        if not self._by_the_worker(act):
            return False
        self.pauses[body["worker"]].append(act)
        return True

    _resume = _pause

    def _erase_begin(self, act: Act, body: Any) -> bool:
        worker = body["worker"]
        if act.by not in {worker, ""}:
            return False
        self.leaving[worker] = True
        self.words[worker].append(act)
        self.read = {key: since for key, since in self.read.items() if key[0] != worker}
        for collective in self.charters:
            self._stop_waiting(collective, worker)
            if self.member(collective, worker, act.time):
                self.rolls[collective, worker].append(act)
        return True

    def _readmit(self, act: Act, body: Any) -> bool:
        if not self._by_the_worker(act):
            return False
        self.leaving[body["worker"]] = False
        return True

    def _found(self, act: Act, body: Any) -> bool:
        if act.by != body["founder"] or body["collective"] in self.charters:
            return False
        self.charters[body["collective"]] = body["charter"]
        if body["charter"].get("admission") == "vouched":
            self.waiting[body["collective"]].add(body["founder"])
            self.beginning[body["collective"]] = body["founder"]
        else:
            self.rolls[body["collective"], body["founder"]].append(act)
        return True

    def _vouch(self, act: Act, body: Any) -> bool:
        name, whom = body["collective"], body["worker"]
        waiting = self.waiting[name]
        if self.charters.get(name, {}).get("admission") != "vouched" or act.by not in self.keys or act.by == whom:
            return False
        if not (act.by in waiting or self.member(name, act.by, act.time)) or whom not in waiting:
            return False
        if body["sign"] != self.signs[whom]:
            return False
        self.vouches[name].append((act.by, whom))
        while entering := self._entering(name, act.time):
            first = self.beginning.pop(name, "")
            for one in entering:
                self._stop_waiting(name, one)
                kind = ActKind.FOUND if one == first else ActKind.JOIN
                self.rolls[name, one].append(Act(kind, act.time, one))
        return True

    def _entering(self, name: str, time: int) -> set[str]:
        """Who waits, and whose key enough people know."""
        said, waiting = set(self.vouches[name]), self.waiting[name]
        if name in self.beginning:
            first = self.beginning[name]
            both = {one for one in waiting if {(first, one), (one, first)} <= said}
            return {first, *both} if first in waiting and len(both) > 1 else set()
        found: set[str] = set()
        for one in waiting:
            by = {other for other, whom in said if whom == one and self.member(name, other, time)}
            if len(by) > 1 or any(self.steward(name, other, time) for other in by):
                found.add(one)
        return found

    def _stop_waiting(self, name: str, worker: str) -> None:
        self.waiting[name].discard(worker)
        self.vouches[name] = [(by, whom) for by, whom in self.vouches[name] if whom != worker]

    def _join(self, act: Act, body: Any) -> bool:
        if not self._by_the_worker(act):
            return False
        if act.kind is ActKind.JOIN and body["worker"] not in self.keys:
            return False
        known = act.kind is not ActKind.JOIN or self.member(body["collective"], body["worker"], act.time)
        if not known and self.charters.get(body["collective"], {}).get("admission") == "vouched":
            self.waiting[body["collective"]].add(body["worker"])
            return True
        self.rolls[body["collective"], body["worker"]].append(act)
        return True

    def _leave(self, act: Act, body: Any) -> bool:
        return self.member(body["collective"], body["worker"], act.time) and self._join(act, body)

    _mandate = _leave
    _unmandate = _join

    def _forbid(self, act: Act, body: Any) -> bool:
        if not self._by_steward(body["collective"], act):
            return False
        self.forbids[body["collective"]].append(act)
        return True

    _unforbid = _forbid

    def _ballot_open(self, act: Act, body: Any) -> bool:
        if not self._by_steward(body["collective"], act) or body["ballot"] in self.ballots:
            return False
        if set(body["roll"]) != self.members(body["collective"], act.time) or body["closes"] <= act.time:
            return False
        self.ballots[body["ballot"]] = {**body, "result": "", "by": act.by, "opened": act.time}
        return True

    def _ballot_close(self, act: Act, body: Any) -> bool:
        ballot = self.ballots.get(body["ballot"])
        if ballot is None or ballot["result"] or act.by != ballot["by"]:
            return False
        cast, roll = sum(body["counts"].values()), len(ballot["roll"])
        if cast > roll or (act.time < ballot["closes"] and cast < roll):
            return False
        charter = self.charters[body["collective"]]
        if not cast or cast / roll < charter.get("quorum_ppm", 500_000) / 1e6:
            ballot["result"] = "no-quorum"
        else:
            ballot["result"] = "yes" if body["counts"].get("yes", 0) / cast > 0.5 else "no"
        return True

    def _side(self, deal: Deal, act: Act) -> str:
        if act.by not in self.keys:
            return ""
        if act.by == deal.licensee:
            return "licensee"
        return "collective" if self.steward(deal.collective, act.by, act.time) else ""

    def _offer(self, act: Act, body: Any) -> bool:
        name, side = body["licensee"], self._by_steward(body["collective"], act)
        if body["agreement"] in self.deals or not (side or (act.by == name and act.by in self.keys)):
            return False
        self.deals[body["agreement"]] = Deal(body["agreement"], body["collective"], name, [body["hash"]], act.time)
        return True

    def _counter(self, act: Act, body: Any) -> bool:
        deal = self.deals.get(body["agreement"])
        if deal is None or deal.force or not self._side(deal, act):
            return False
        deal.hashes.append(body["hash"])
        deal.latest = act.time
        return True

    def _ratify(self, act: Act, body: Any) -> bool:
        deal, ballot = self.deals.get(body["agreement"]), self.ballots.get(body["ballot"])
        if deal is None or ballot is None or ballot["result"] != "yes" or ballot["subject"] != body["hash"]:
            return False
        if ballot["collective"] != deal.collective or deal.hashes[-1] != body["hash"]:
            return False
        if ballot["opened"] < deal.latest:
            return False
        deal.ratified.add(body["hash"])
        self._enforced(deal)
        return True

    def _sign(self, act: Act, body: Any) -> bool:
        deal = self.deals.get(body["agreement"])
        side = "" if deal is None else self._side(deal, act)
        if deal is None or not side or deal.hashes[-1] != body["hash"]:
            return False
        if side == "collective" and body["hash"] not in deal.ratified:
            return False
        deal.signed.add((body["hash"], side))
        self._enforced(deal)
        return True

    def _enforced(self, deal: Deal) -> None:
        newest = deal.hashes[-1]
        if newest in deal.ratified and {(newest, "collective"), (newest, "licensee")} <= deal.signed:
            deal.force = newest
            for other in self.deals.values():
                same = (other.collective, other.licensee) == (deal.collective, deal.licensee)
                if other is not deal and same and other.force and other.force == self.terms[newest].supersedes:
                    other.superseded = True

    def _terminate(self, act: Act, body: Any) -> bool:
        deal = self.deals.get(body["agreement"])
        if deal is None or not self._side(deal, act):
            return False
        if body["effective"] < act.time + self.terms[deal.hashes[-1]].end_notice:
            return False
        deal.ends.append(body["effective"])
        return True

    def _suspend(self, act: Act, body: Any) -> bool:
        deal = self.deals.get(body["agreement"])
        if deal is None or (act.by and not self._by_steward(deal.collective, act)):
            return False
        deal.suspended.add(body["clause"] or "*")
        return True

    def _unsuspend(self, act: Act, body: Any) -> bool:
        deal = self.deals.get(body["agreement"])
        if deal is None or not self._by_steward(deal.collective, act):
            return False
        clause = body["clause"] or "*"
        if deal.over and clause == "purposes.train-augment" and clause not in deal.suspended:
            return False
        deal.suspended.discard(clause)
        return True

    def _measure(self, act: Act, body: Any) -> bool:
        """All terms here have a bound of 5 %, and crossing it suspends."""
        deal = self.deals.get(body["agreement"])
        if deal is None or not deal.force or body["hash"] != deal.force or body["measure"] in deal.measured:
            return False
        steward = self._by_steward(deal.collective, act)
        if act.by and not steward:
            return False
        if "train-augment" not in self.terms[deal.force].uses or body["crossed"] is not (body["high"] > BOUND):
            return False
        deal.measured.add(body["measure"])
        if body["crossed"]:
            deal.over = True
        elif steward:
            deal.over = False
        return True

    def _strike_propose(self, act: Act, body: Any) -> bool:
        members = self.members(body["collective"], act.time)
        if act.by not in members or body["strike"] in self.strikes:
            return False
        if 2 * body["threshold"] < len(members) or not body["threshold"] <= len(body["shares"]) <= len(members):
            return False
        self.strikes[body["strike"]] = Walkout(dict(body))
        return True

    def _pledge(self, act: Act, body: Any) -> bool:
        strike = self.strikes.get(body["strike"])
        if strike is None or strike.over or strike.begins is not None or body["share"] in strike.pledged:
            return False
        strike.pledged.add(body["share"])
        return True

    def _strike_call(self, act: Act, body: Any) -> bool:
        strike = self.strikes.get(body["strike"])
        if strike is None or strike.over or strike.begins is not None:
            return False
        collective = strike.body["collective"]
        workers, members = {w for w, _ in body["pledges"]}, self.members(collective, act.time)
        if act.by not in members or min(len(strike.pledged), len(workers)) < strike.body["threshold"]:
            return False
        if not workers <= members or body["begins"] < act.time + self.charters[collective]["notice_days"] * DAY:
            return False
        strike.workers, strike.begins, strike.called = workers, body["begins"], act.time
        return True

    def _strike_end(self, act: Act, body: Any) -> bool:
        strike = self.strikes.get(body["strike"])
        if strike is None or strike.over or strike.body["collective"] != body["collective"]:
            return False
        if not self._by_steward(body["collective"], act):
            return False
        strike.over = True
        return True

    def _vault_make(self, act: Act, body: Any) -> bool:
        if not self._by_steward(body["collective"], act) or body["vault"] in self.vaults:
            return False
        self.vaults[body["vault"]] = {**body, "closed": False, "over": False, "given": []}
        return True

    def _vault_withhold(self, act: Act, body: Any) -> bool:
        vault = self.vaults.get(body["vault"])
        if vault is None or vault["over"] or vault["collective"] != body["collective"]:
            return False
        if not self._by_steward(body["collective"], act):
            return False
        vault["closed"] = act.kind is ActKind.VAULT_WITHHOLD if act.kind is not ActKind.VAULT_END else vault["closed"]
        vault["over"] = act.kind is ActKind.VAULT_END
        return True

    _vault_release = _vault_end = _vault_withhold

    def _vault_score(self, act: Act, body: Any) -> bool:
        vault, to = self.vaults.get(body["vault"]), body["licensee"]
        if vault is None or vault["over"] or vault["closed"] or vault["collective"] != body["collective"]:
            return False
        if act.by not in self.keys or act.by != (to or act.by):
            return False
        if not to and not self._by_steward(body["collective"], act):
            return False
        recent = [time for who, time in vault["given"] if who == to and time > act.time - vault["days"] * DAY]
        if (to and len(recent) >= vault["queries"]) or body["workers"] < 5 or body["cases"] < 30:
            return False
        vault["given"].append((to, act.time))
        return True

    def _law_step(self, act: Act, body: Any) -> bool:
        if not self._by_steward(body["collective"], act) or body["step"] not in set().union(*LAWS.values()):
            return False
        deal = self.deals.get(body["agreement"])
        if body["agreement"] and (deal is None or deal.collective != body["collective"]):
            return False
        if not body["done"] and body["step"] not in self.done(body["collective"], body["agreement"]):
            return False
        self.recorded.append(act)
        return True

    def done(self, collective: str, deal: str) -> set[str]:
        """What was recorded for just this agreement, or with an empty one for all."""
        found: set[str] = set()
        for body in (act.body for act in self.recorded):
            if (body["collective"], body["agreement"]) == (collective, deal):
                (found.add if body["done"] else found.discard)(body["step"])
        return found

    def _notice(self, act: Act, body: Any) -> bool:
        deal = self.deals.get(body.get("agreement", ""))
        steward = deal is not None and self.steward(deal.collective, act.by, act.time)
        if act.by and act.by not in self.licensees and not steward:
            return False
        key, said = self._place(body), (body["hash"], body.get("terms", "*"))
        if key not in self.notices or self.notices[key][0] != said:
            self.notices[key] = said, act.time
        return True

    @staticmethod
    def _place(body: Any) -> tuple[str, str, str]:
        return body["worker"], body["recipient"], body.get("agreement", "")

    def _acknowledge(self, act: Act, body: Any) -> bool:
        (text, terms), served = self.notices.get(self._place(body), (("", ""), 0))
        if not self._by_the_worker(act) or text != body["hash"]:
            return False
        deal = self.deals.get(body.get("agreement", ""))
        wait = NOTICE if deal and terms in deal.hashes else 0
        self.read[body["worker"], body["recipient"], terms] = served + wait
        return True

    def told(self, worker: str, deal: Deal, time: int) -> bool:
        """Whether they have read, in time, what tells of the terms of this agreement; else of any."""
        anything = self.read.get((worker, deal.licensee, "*"))
        since = self.read.get((worker, deal.licensee, deal.force), anything)
        return since is not None and since <= time
