"""The page's server without a browser: who is answered, what is answered, runs that end."""

from __future__ import annotations

import contextlib
import multiprocessing
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from exploring import process
from starlette.testclient import TestClient

from guildbook.model.errors import InputError
from guildbook.server.explore import explorer
from guildbook.server.explore.__main__ import main
from guildbook.server.explore.agents import Agents
from guildbook.simulate.question import question
from guildbook.simulate.running import FIELDS, averaged, simulated
from guildbook.simulate.scenario import Scenario

BASE = Scenario(world="one", workers=2_000, months=24, seeds=2)
HERE = "http://127.0.0.1:5630"


@pytest.fixture
def client() -> Iterator[TestClient]:
    agents = Agents()
    yield TestClient(explorer(BASE, agents), base_url=HERE)
    agents.close()


def until(ask: Callable[[], Any], is_so: Callable[[Any], bool], seconds: float = 120) -> Any:
    """Ask until it is so."""
    end = time.monotonic() + seconds
    while not is_so(found := ask()):
        assert time.monotonic() < end, found
        time.sleep(0.05)
    return found


def test_the_page_may_run_nothing_but_its_own_and_ask_nobody_else(client: TestClient) -> None:
    page = client.get("/")
    policy = page.headers["content-security-policy"]
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    for part in ("style.css", "main.js", "state.js", "panel.js", "chart.js", "figures.js", "agents.js"):
        assert client.get(f"/{part}").status_code == 200
        assert part in page.text or part.endswith(".js")
    assert client.get("/agents.py").status_code == 404
    assert client.get("/../explore/agents.py").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"}, {"host": "127.0.0.1.evil.example:5630"}, {"host": ""},
        {"origin": "https://evil.example"}, {"origin": "http://127.0.0.1:81"}, {"origin": "null"},
        {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
    ],
)  # fmt: skip
def test_pages_of_others_get_nothing(client: TestClient, headers: dict[str, str]) -> None:
    for method, path in (("GET", "/api/world"), ("GET", "/api/twin"), ("POST", "/api/agents")):
        assert client.request(method, path, headers=headers).status_code == 403


def test_a_link_from_elsewhere_may_be_followed(client: TestClient) -> None:
    assert client.get("/?licence=0.5", headers={"sec-fetch-site": "cross-site"}).status_code == 200


def test_what_there_is_to_set_has_its_source(client: TestClient) -> None:
    world = client.get("/api/world").json()
    said = {each["name"]: each for each in world["parameters"]}
    assert said["phi"]["source"] == "assumption"
    assert "Chinchilla" in said["data_exponent"]["source"] or "Hoffmann" in said["data_exponent"]["source"]
    assert [field["name"] for field in world["fields"]] == list(FIELDS)
    assert world["limits"]["workers"]["start"] == 2_000


def test_the_twin_is_the_one_of_a_run(client: TestClient) -> None:
    found = client.get("/api/twin?phi=0.9&b.licence=0.5").json()["policies"]
    for policy, scenario in zip(found, question(BASE, [("phi", "0.9"), ("b.licence", "0.5")]).scenarios, strict=True):
        run = averaged(scenario)
        assert policy["hash"] == scenario.digest()
        for name in FIELDS:
            assert policy["months"][name] == run.of(name).tolist()


@pytest.mark.parametrize(
    "words", ["licence=7", "x=1", "licence=%zz", "%", "&&&=&", "licence", "b.=1", "=", "a" * 9_000]
)
def test_what_is_wrong_with_a_link_is_said(client: TestClient, words: str) -> None:
    for method, path in (("GET", "/api/twin"), ("POST", "/api/agents")):
        found = client.request(method, f"{path}?{words}")
        assert found.status_code == 400, words
        assert found.json()["message"]


def test_agents_are_those_of_a_run_with_the_same_seeds(client: TestClient) -> None:
    began = client.post("/api/agents?seed=3&seeds=2&b.licence=0.5&months=18")
    assert began.status_code == 202
    where = f"/api/agents/{began.json()['id']}"
    found = until(lambda: client.get(where).json(), lambda said: said["state"] != "running")
    assert (found["state"], found["progress"]) == ("done", 1.0)
    assert found["result"]["seeds"] == [3, 4]
    asked = question(BASE, [("seed", "3"), ("seeds", "2"), ("b.licence", "0.5"), ("months", "18")])
    runs = [[simulated(each, seed).of("wage") for seed in (3, 4)] for each in asked.scenarios]
    for policy, (one, two) in zip(found["result"]["policies"], runs, strict=True):
        assert policy["months"]["middle"]["wage"] == pytest.approx((one + two) / 2)
        assert policy["months"]["low"]["wage"] <= policy["months"]["high"]["wage"]
    paired = sorted(float((b - a)[-12:].mean()) for a, b in zip(*runs, strict=True))
    assert found["result"]["difference"]["last"]["middle"]["wage"] == pytest.approx(sum(paired) / 2)


def test_a_run_is_ended_by_the_next_and_by_whoever_asks(client: TestClient) -> None:
    long = "/api/agents?workers=100000&seeds=100&months=600"
    first = client.post(long).json()["id"]
    second = client.post(long).json()["id"]
    assert client.get(f"/api/agents/{first}").json()["code"] == "no-run"
    assert client.delete(f"/api/agents/{second}").json() == {"state": "cancelled"}
    assert client.get(f"/api/agents/{second}").json()["state"] == "cancelled"
    assert client.delete("/api/agents/none").status_code == 400


def test_a_run_that_nobody_looks_at_ends() -> None:
    agents = Agents(unwatched=0.3)
    asked = question(BASE, [("workers", "100000"), ("seeds", "100"), ("months", "600")])
    name = agents.begin(asked)
    time.sleep(2)
    assert agents.told(name)["state"] == "cancelled"
    with pytest.raises(InputError):
        agents.told("another")


def test_a_run_that_dies_is_told_of() -> None:
    agents, others = Agents(), set(multiprocessing.active_children())  # pools of other tests in this process
    name = agents.begin(question(BASE, [("workers", "100000"), ("seeds", "100"), ("months", "600")]))
    (child,) = set(multiprocessing.active_children()) - others
    child.kill()
    until(lambda: agents.told(name)["state"], lambda state: state == "failed")
    agents.close()


def _lives(pid: int) -> bool:
    """Whether a process is there that has not ended: one that nobody has asked for has no command line any more."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_process_listens_on_this_machine_alone_and_ends_when_told(small: Path) -> None:
    with process(str(small)) as (running, where):
        port = int(where.rsplit(":", 1)[1].strip("/"))
        assert httpx2.get(f"{where}api/world").json()["name"] == "small"
        assert httpx2.get(where, headers={"host": "evil.example"}).status_code == 403
        with socket.socket() as other:
            assert other.connect_ex(("127.0.0.2", port)) != 0
        assert main(["--no-open", "--port", str(port)]) == 1  # taken
    assert running.returncode == 0


def test_the_command_is_the_process_and_ends_its_run_with_it(small: Path) -> None:
    command = [sys.executable, "-m", "guildbook", "simulate", "explore", str(small), "--no-open"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stderr is not None
            where = running.stderr.readline().strip()
            began = httpx2.post(f"{where}api/agents?workers=200000&seeds=100&months=600")
            assert began.status_code == 202
            run = f"{where}api/agents/{began.json()['id']}"
            until(lambda: httpx2.get(run).json()["progress"], bool)
            played = _children(running.pid)
            running.terminate()
            assert running.wait(30) == 0
        finally:
            running.kill()
    assert played
    until(lambda: [pid for pid in played if _lives(pid)], lambda left: not left)


def _children(parent: int) -> list[int]:
    """Processes that a process has started."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(path.parent.name))
    return found


def test_what_is_no_scenario_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("months: soon\n")
    assert main(["--no-open", str(path)]) == 1
    assert "soon" in capsys.readouterr().err
