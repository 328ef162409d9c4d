"""In processes of their own: pytest's may have threads, and then none is forked."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")

BEGINNING = """
import json, os, signal, sys, threading, time
from pathlib import Path
from guildbook.distil.companion import companion
HERE = os.getpid()

def there():
    return os.getpid() != HERE

def double(n):
    time.sleep(0.01)
    return there(), 2 * n
"""


def said(script: str) -> Any:
    """What a script of its own printed as JSON; its errors, and warnings, are this test's."""
    words = [sys.executable, "-W", "error", "-c", BEGINNING + script]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_both_take_a_share_and_the_order_stays() -> None:
    few, many, large, alone = said("""
with companion() as helper:
    few = helper.share(double, range(40))
    many = helper.share(abs, range(-600, 0))
    large = [len(data) for data in helper.share(bytes, [9_000_000] * 8)]
    alone = helper.share(double, [1])
print(json.dumps([few, many, large, alone]))
""")
    assert [value for _, value in few] == list(range(0, 80, 2))
    assert {by_other for by_other, _ in few} == {True, False}
    assert many == list(range(600, 0, -1))
    assert large == [9_000_000] * 8
    assert alone == [[False, 2]]


def test_what_it_was_readied_for_is_there_when_it_is_asked() -> None:
    found = said("""
STATE = []

def ready():
    STATE.append(1)

def state(n):
    time.sleep(0.01)
    return there(), list(STATE)

with companion() as helper:
    helper.begin(ready)
    print(json.dumps(helper.share(state, range(20))))
""")
    assert dict(found) == {True: [1], False: []}


def test_an_error_comes_out_here_and_nothing_is_lost_after_it() -> None:
    assert said("""
def careful(n):
    time.sleep(0.01)
    return 100 // (n - 7)

with companion() as helper:
    try:
        helper.share(careful, range(10))
    except ZeroDivisionError as error:
        message = str(error)
    print(json.dumps([message, [value for _, value in helper.share(double, range(3))]]))
""") == ["integer division or modulo by zero", [0, 2, 4]]


def test_what_a_killed_companion_leaves_is_done_here() -> None:
    before, amid, readied = said("""
def deadly(n):
    time.sleep(0.01)
    if there() and n > 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return n

def fail():
    raise MemoryError

with companion() as helper:
    os.kill(helper.pid, signal.SIGKILL)
    before = helper.share(deadly, range(20))
with companion() as helper:
    amid = helper.share(deadly, range(20))
with companion() as helper:
    helper.begin(fail)
    readied = helper.share(deadly, range(20))
print(json.dumps([before, amid, readied]))
""")
    assert before == amid == readied == list(range(20))


def test_it_keeps_no_file_of_ours_and_heeds_no_ctrl_c(tmp_path: Path) -> None:
    files, handlers = said(f"""
kept = os.open({str(tmp_path / "kept")!r}, os.O_CREAT | os.O_WRONLY)
os.set_inheritable(kept, True)

def files(n):
    time.sleep(0.01)
    names = [f"/proc/self/fd/{{number}}" for number in os.listdir("/proc/self/fd")]
    return there() and [(int(name.rpartition("/")[2]), os.readlink(name)) for name in names if os.path.lexists(name)]

def interrupted(n):
    time.sleep(0.01)
    return there() and [signal.getsignal(s) == how for s, how in
        ((signal.SIGINT, signal.SIG_IGN), (signal.SIGTERM, signal.SIG_DFL))]

with companion() as helper:
    os.kill(helper.pid, signal.SIGINT)
    print(json.dumps([[s for s in helper.share(f, range(20)) if s][0] for f in (files, interrupted)]))
""")
    assert sorted(files)[:3] == [[0, "/dev/null"], [1, "/dev/null"], [2, "/dev/null"]]
    assert {where.partition(":")[0] for number, where in files if number > 2} <= {"pipe", "/dev/null"}
    assert handlers == [True, True]


def test_it_ends_with_the_process_it_belongs_to_even_amid_its_work() -> None:
    script = """
def busy(n):
    if there():
        print("never seen", file=sys.stderr)
    while True:
        pass

with companion() as helper:
    print(helper.pid, flush=True)
    helper.share(busy, range(2))
"""
    words = [sys.executable, "-c", BEGINNING + script]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        time.sleep(0.2)
        assert _lives(pid)
        process.kill()
        assert process.communicate(timeout=10) == ("", "")  # and so nobody holds its ends of the pipes
    until = time.monotonic() + 10
    while _lives(pid):
        assert time.monotonic() < until
        time.sleep(0.02)


def test_it_ends_when_the_work_is_broken_off_and_does_not_grow() -> None:
    grown, left = said("""
class Stop(BaseException):
    pass

def stop(signum, frame):
    raise Stop

def size():
    return int(Path(f"/proc/{helper.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

def endless(n):
    time.sleep(60)

signal.signal(signal.SIGALRM, stop)
with companion() as helper:
    helper.share(len, [bytes(6_000_000)] * 4)
    before = size()
    for _ in range(20):
        helper.share(len, [bytes(6_000_000)] * 4)
    grown = size() - before
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        helper.share(endless, range(4))
    except Stop:
        pass
    print(json.dumps([grown, os.path.exists(f"/proc/{helper.pid}")]))
""")
    assert grown < 60_000_000  # 480 MB went through it
    assert not left


def test_none_is_forked_where_it_is_not_safe_or_not_wanted() -> None:
    assert said("""
found = []
with companion(wanted=False) as helper:
    found.append(helper is None)
waiting = threading.Event()
thread = threading.Thread(target=waiting.wait)
thread.start()
with companion() as helper:
    found.append(helper is None)
waiting.set()
thread.join()
with companion() as helper:
    found.append(helper is None)
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
with companion() as helper:
    found.append(helper is None)
print(json.dumps(found))
""") == [True, True, False, True]


def test_none_is_forked_where_a_stream_is_closed() -> None:
    script = "os.close(0)\nwith companion() as helper:\n    print(json.dumps(helper is None))"
    assert said(script) is True


def _lives(pid: int) -> bool:
    """Whether a process is there and not merely waiting for somebody to take note of its end."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
