from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guildbook.model import InputError
from guildbook.plugins import ImportOptions
from guildbook.record.importers import _rows, _shell_history, shell
from guildbook.record.importers._shell_command import action_of
from guildbook.record.importers.shell import ShellImporter

SHELL = ShellImporter()
NOBODY = ImportOptions()
Reader = Callable[..., Any]
# The table as atuin 18 makes it.
ATUIN = """CREATE TABLE history (id text primary key, timestamp integer not null, duration integer not null,
    exit integer not null, command text not null, cwd text not null, session text not null, hostname text not null,
    deleted_at integer, unique(timestamp, cwd, command))"""

COLUMNS = ", ".join(
    f"x AS {name}" for name in ("timestamp", "duration", "exit", "command", "cwd", "session", "hostname")
)

ENDLESS = f"""CREATE VIEW history AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
    SELECT {COLUMNS} FROM n"""


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.fixture
def atuin(tmp_path: Path) -> Path:
    path = tmp_path / "history.db"
    rows = [
        ("1", 1_700_000_002_000_000_500, 3_000_000_000, 1, "cargo test", "/home/ada/x", "s1", "box:ada", None),
        ("2", 1_700_000_001_000_000_000, -1, -1, "vim a", "/home/ada", "s1", "box:ada", None),
        ("3", 1_700_000_003_000_000_000, 5_000_000, 0, "git push", "unknown", "s2", "box:ada", None),
        ("4", 1_700_000_004_000_000_000, 5, 0, "secret", "/", "s2", "box:ada", 1_700_000_005),
    ]
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(ATUIN)
        database.executemany("INSERT INTO history VALUES (?,?,?,?,?,?,?,?,?)", rows)
        database.commit()
    return path


def test_bash_with_times(tmp_path: Path, read: Reader) -> None:
    path = write(
        tmp_path / "h",
        b"orphan\n#1700000000\ngit commit -m x\n"
        b"#1700000005\nfor i in 1 2\ndo echo $i\ndone\n#1700000005\nls\n#1700000009\n",
    )
    result = read(SHELL, path, worker="ada")
    assert [(r["action"], r["value_after"], r["time"].timestamp(), r["seq"]) for r in result.rows] == [
        ("git commit", "git commit -m x", 1_700_000_000, 0),
        ("for", "for i in 1 2\ndo echo $i\ndone", 1_700_000_005, 0),
        ("ls", "ls", 1_700_000_005, 1),
    ]
    assert [(r.line, r.reason, r.text) for r in result.rejected] == [(1, "no time", "orphan")]
    assert {r["worker"] for r in result.rows} == {"ada"}
    assert {r["app"] for r in result.rows} == {"shell"}
    assert SHELL.describe(path, NOBODY) == "bash history: 4 commands"


def test_a_file_without_times_gets_guessed_ones(tmp_path: Path, read: Reader) -> None:
    path = write(tmp_path / ".bash_history", b"ls\n\ncd x\nmake\n")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    rows = read(SHELL, path).rows
    assert [r["time"].timestamp() for r in rows] == [1_699_999_880, 1_699_999_940, 1_700_000_000]
    assert {r["attributes"] for r in rows} == {'{"time":"estimated"}'}
    assert "guessed" in SHELL.describe(path, NOBODY)
    assert SHELL.sniff(path, b"ls\n") > 0.8
    assert SHELL.sniff(tmp_path / "notes.txt", b"ls\n") == 0


def test_zsh_extended(tmp_path: Path, read: Reader) -> None:
    metafied = "é".encode().replace(b"\xa9", b"\x83\x89")  # 0xa9 is one of the bytes zsh writes in two
    path = write(
        tmp_path / "h",
        b": 1700000000:7;make -C x all\n: 1700000010:0;echo a\\\nb "
        + metafied
        + b"\nstray\n: 1700000020:0;docker compose up\n",
    )
    result = read(SHELL, path)
    assert [(r["action"], r["value_after"], r.get("duration")) for r in result.rows] == [
        ("make all", "make -C x all", 7_000_000),
        ("echo", "echo a\nb é", None),
        ("docker compose up", "docker compose up", None),
    ]
    assert [(r.line, r.text) for r in result.rejected] == [(4, "stray")]
    assert SHELL.describe(path, NOBODY).startswith("zsh history")


def test_zsh_without_times_reads_its_own_encoding_too(tmp_path: Path, read: Reader) -> None:
    path = write(tmp_path / ".zsh_history", b"echo \xc3\x83\x89\nls\n")
    assert [r["value_after"] for r in read(SHELL, path).rows] == ["echo é", "ls"]


def test_fish(tmp_path: Path, read: Reader) -> None:
    path = write(
        tmp_path / "fish_history",
        b"- cmd: echo a\\nb \\\\n\n  when: 1700000000\n  paths:\n    - a\n"
        b"- cmd: no time\n- cmd: git status\n  when: 1700000001\n",
    )
    result = read(SHELL, path)
    assert [(r["action"], r["value_after"]) for r in result.rows] == [
        ("echo", "echo a\nb \\n"),
        ("git status", "git status"),
    ]
    assert [(r.line, r.text) for r in result.rejected] == [(5, "no time")]


def test_atuin_has_directory_exit_duration_and_session(atuin: Path, read: Reader) -> None:
    before = sorted(p.name for p in atuin.parent.iterdir())
    rows = read(SHELL, atuin, worker="ada").rows
    keys = ("action", "document", "outcome", "duration", "session", "device", "attributes")
    assert [tuple(r.get(k) for k in keys) for r in rows] == [
        ("vim", "/home/ada", None, None, "s1", "box", None),
        ("cargo test", "/home/ada/x", "bad", 3_000_000, "s1", "box", '{"exit":1}'),
        ("git push", None, "good", 5_000, "s2", "box", None),
    ]
    assert rows[1]["time"].timestamp() == 1_700_000_002
    assert sorted(p.name for p in atuin.parent.iterdir()) == before
    assert SHELL.sniff(atuin, atuin.read_bytes()[:65536]) > 0.9
    assert SHELL.describe(atuin, NOBODY) == "atuin history"


def test_atuins_journal_is_read_and_counts_in_the_fingerprint(atuin: Path, read: Reader) -> None:
    before = SHELL.fingerprint(atuin, NOBODY)
    with closing(sqlite3.connect(atuin)) as database:
        database.execute("PRAGMA wal_autocheckpoint = 0")
        database.execute("INSERT INTO history VALUES ('9', 1700000009000000000, 1, 0, 'top', '/', 's', 'h', NULL)")
        database.commit()
        assert SHELL.fingerprint(atuin, NOBODY) != before
        assert [r["action"] for r in read(SHELL, atuin).rows][-1] == "top"


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE other (x)",
        "CREATE TABLE history (command, cwd, session)",
        ENDLESS,
    ],
)
def test_another_database_is_one_clear_error(tmp_path: Path, read: Reader, sql: str) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute(sql)
    assert "no table of commands" in str(read(SHELL, path).error)


def test_a_damaged_database_is_one_clear_error(atuin: Path, read: Reader) -> None:
    atuin.write_bytes(atuin.read_bytes()[:5000])
    assert "no readable atuin history" in str(read(SHELL, atuin).error)


def test_strange_values_in_a_database_are_rejected_or_left_out(tmp_path: Path, read: Reader) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE history (timestamp, duration, exit, command, cwd, session, hostname)")
        insert = "INSERT INTO history VALUES (?,?,?,?,?,?,?)"
        database.execute(insert, ("later", 1, 0, "ls", "/", "s", "h"))
        database.execute(insert, (1_700_000_000_000_000_000, "x", None, b"\xff", None, 3, None))
        database.execute(insert, (1_700_000_000_000_000_000, None, "x", "ls", None, 3, None))
        database.commit()
    result = read(SHELL, path)
    assert len(result.rows) == 1
    assert sorted(r.reason for r in result.rejected) == ["no command", "no time"]


def test_a_history_is_its_importers_own(tmp_path: Path, read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "h", b"#1700000000\nls\n")
    monkeypatch.setenv("LOGNAME", "cleo")
    assert read(SHELL, path).rows[0]["worker"] == "cleo"

    def nobody() -> str:
        raise KeyError("uid")

    monkeypatch.setattr(shell.getpass, "getuser", nobody)
    assert "worker" not in read(SHELL, path).rows[0]


def test_a_history_that_was_trimmed_in_front_keeps_its_events(tmp_path: Path, read: Reader) -> None:
    whole = read(SHELL, write(tmp_path / "a", b"#1700000000\nls\n#1700000001\ncd\n#1700000001\npwd\n")).rows
    assert read(SHELL, write(tmp_path / "b", b"#1700000001\ncd\n#1700000001\npwd\n")).rows == whole[1:]


def test_long_histories_come_in_chunks(tmp_path: Path, read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_rows, "CHUNK_ROWS", 10)
    data = b"".join(b"#%d\nls %d\n" % (1_700_000_000 + i, i) for i in range(35))
    result = read(SHELL, write(tmp_path / "h", data))
    assert result.chunks == 4
    assert len(result.rows) == 35


def test_too_large_or_missing_files_are_errors(tmp_path: Path, read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "cannot be read" in str(read(SHELL, tmp_path / "nothing").error)
    monkeypatch.setattr(_shell_history, "LARGEST", 3)
    assert "too large" in str(read(SHELL, write(tmp_path / "h", b"#1700000000\nls\n")).error)


@pytest.mark.parametrize(
    ("command", "action"),
    [
        ("git -C /x -c a.b=c commit -m 'a b'", "git commit"),
        ("sudo -u root apt-get install -y vim", "apt-get install"),
        ("FOO=1 BAR='a b' make test", "make test"),
        ("env FOO=1 /usr/bin/python3 -m pytest -q", "python3 -m pytest"),
        ("python x.py", "python"),
        ("npm run build", "npm run build"),
        ("docker compose -f x.yml up", "docker compose up"),
        ("docker run -it x", "docker run"),
        ("kubectl -n ns get pods", "kubectl get"),
        ("gh pr create", "gh pr create"),
        ("git", "git"),
        ("git --version", "git"),
        ("cat a | grep b", "cat"),
        ("git | cat x", "git"),
        ("FOO=bar", "set"),
        ("FOO=bar; ls -l", "ls"),
        ("# a note", "comment"),
        ("( cd x && ls )", "cd"),
        ('"my tool" x', "other"),
        ("./run.sh x", "run.sh"),
        ("", "other"),
        ("$(x)", "other"),
        ("time nohup cargo build --release", "cargo build"),
        ("systemctl --user restart x", "systemctl restart"),
    ],
)  # fmt: skip
def test_the_action_is_program_and_subcommand(command: str, action: str) -> None:
    assert action_of(command) == action


@given(st.text(max_size=200))
def test_every_command_has_a_short_action(command: str) -> None:
    assert 0 < len(action_of(command)) <= 200


pieces = st.sampled_from(
    [b"#1700000000", b": 1700000000:5;ls", b"- cmd: ls", b"  when: 1700000000", b"\\", b"\x83", b"\xff", b"ls", b"",
     b"SQLite format 3\0", b"#99999999999", b"  paths:"]
)  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(pieces | st.binary(max_size=20), max_size=12).map(b"\n".join))
def test_no_bytes_break_it(tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path / ".bash_history", data)
    SHELL.sniff(path, data)
    with suppress(InputError):
        SHELL.describe(path, NOBODY)
        for chunk in SHELL.read(path, NOBODY):
            chunk.events.validate(full=True)
