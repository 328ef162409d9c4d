"""Precedence, origins and errors of the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from guildbook.config import FILE, Layer, load, settings, user_file
from guildbook.model import UsageError


def write_user(text: str) -> None:
    user_file().parent.mkdir(parents=True, exist_ok=True)
    user_file().write_text(text, encoding="utf-8")


def test_defaults_come_from_the_table(home: Path) -> None:
    config = load(home)
    for key, setting in settings().items():
        if key != "home":
            assert config.value(key) == setting.default
            assert config.origin(key).layer is Layer.DEFAULT
    assert config.home == home
    assert config.origin("home").layer is Layer.COMMAND_LINE


def test_home_is_in_the_users_data_folder(tmp_path: Path) -> None:
    assert load().home == tmp_path / "data" / "guildbook" / "book"


def test_home_from_the_environment_beats_the_users_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_user(f'home = "{tmp_path}/one"\n')
    assert load().home == tmp_path / "one"
    monkeypatch.setenv("GUILDBOOK_HOME", str(tmp_path / "two"))
    assert load().home == tmp_path / "two"
    assert str(load().origin("home")) == "environment (GUILDBOOK_HOME)"


def test_each_layer_beats_the_one_below(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_user("[distil]\njobs = 2\n")
    assert (load(home).distil.jobs, load(home).origin("distil.jobs").layer) == (2, Layer.USER_FILE)
    (home / FILE).write_text("# mine\n[distil]\n\njobs = 3\n", encoding="utf-8")
    assert load(home).distil.jobs == 3
    assert load(home).origin("distil.jobs").where == f"{home / FILE}, line 4"
    monkeypatch.setenv("GUILDBOOK_DISTIL_JOBS", "4")
    assert (load(home).distil.jobs, load(home).origin("distil.jobs").layer) == (4, Layer.ENVIRONMENT)
    last = load(home, {"distil.jobs": "5"})
    assert (last.distil.jobs, last.origin("distil.jobs").layer) == (5, Layer.COMMAND_LINE)


def test_an_empty_variable_is_unset(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUILDBOOK_DISTIL_JOBS", "")
    assert load(home).distil.jobs == 1


def test_a_relative_key_file_belongs_to_the_file_that_states_it(home: Path) -> None:
    (home / FILE).write_text('[store]\nkey_file = "../key"\n', encoding="utf-8")
    assert load(home).store.key_file == home / "../key"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[distil]\njob = 2\n", "line 2: there is no setting 'distil.job'. Did you mean 'distil.jobs'?"),
        ("[distil]\njobs = 0\n", "line 2: distil.jobs cannot be 0. It must be a whole number at least 1 and at most"),
        ("[distil]\njobs = true\n", "line 2: distil.jobs cannot be True. It must be a whole number"),
        ("[distil]\nfdr = nan\n", "line 2: distil.fdr cannot be nan. It must be a number"),
        ("[distil]\ngood_outcomes = 'ok'\n", "line 2: distil.good_outcomes cannot be 'ok'. It must be a list of words"),
        ("[distil]\ngood_outcomes = [\n 'a',\n 1]\n", "It must be a list of words"),
        ("[store]\nkey_file = 3\n", "store.key_file cannot be 3. It must be a path."),
        ("[output]\ncolor = 'red'\n", "It must be one of auto, always, never."),
        ('[store]\nledger_url = "a\\u0000b"\n', "It must be text without NUL."),
        ("home = 'x'\n", "line 1: a book cannot state its own home. Remove the line"),
        ("[distil\n", "is not valid TOML"),
        ("[[distil]]\njobs = 1\n", "line 2: there is no setting 'distil[].jobs'"),
    ],
)
def test_a_bad_file_names_place_and_remedy(home: Path, text: str, says: str) -> None:
    (home / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load(home)
    assert says in str(caught.value)
    assert str(home / FILE) in caught.value.what


def test_a_file_that_is_no_text_is_one_clear_error(home: Path) -> None:
    (home / FILE).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        load(home)


def test_bad_words_name_variable_or_command_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"On the command line: distil\.jobs cannot be 'two'"):
        load(home, {"distil.jobs": "two"})
    with pytest.raises(UsageError, match=r"no setting 'distil\.jbs'\. Did you mean 'distil\.jobs'\?"):
        load(home, {"distil.jbs": "2"})
    monkeypatch.setenv("GUILDBOOK_DISTIL_FDR", "2")
    with pytest.raises(UsageError, match=r"GUILDBOOK_DISTIL_FDR: distil\.fdr cannot be '2'"):
        load(home)


def test_rows_hide_passwords(home: Path) -> None:
    config = load(home, {"store.ledger_url": "postgresql://ann:secret@host/book"})
    shown = {setting.key: value for setting, value, _ in config.rows()}
    assert shown["store.ledger_url"] == "postgresql://ann:***@host/book"
    assert shown["distil.fdr"] == "0.05"
    assert list(shown) == list(settings())


def test_set_writes_the_books_file(home: Path) -> None:
    config = load(home)
    assert config.set("distil.good_outcomes", "fine, well done") == home / FILE
    config.set("distil.jobs", "2")
    config.set("store.key_file", str(home / "key"))
    again = load(home)
    assert again.distil.good_outcomes == ("fine", "well done")
    assert (again.distil.jobs, again.store.key_file) == (2, home / "key")
    with pytest.raises(UsageError, match="cannot be 'none'"):
        config.set("distil.jobs", "none")
    assert load(home) == again


def test_set_home_goes_to_the_users_file(tmp_path: Path) -> None:
    assert load().set("home", str(tmp_path / "mine")) == user_file()
    assert load().home == tmp_path / "mine"


def test_set_makes_the_folder(tmp_path: Path) -> None:
    load(tmp_path / "new").set("distil.jobs", "2")
    assert load(tmp_path / "new").distil.jobs == 2
