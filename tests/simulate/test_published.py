"""Whichever public files are there become a world, in the layouts of several years."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from openpyxl import Workbook

from guildbook.model import InputError, UsageError
from guildbook.simulate.public import jobs, top_coded
from guildbook.simulate.published import built_in, jobs_and_wage, published
from guildbook.simulate.running import averaged
from guildbook.simulate.scenario import Scenario


@pytest.mark.data
def test_all_files_become_the_network_with_the_statistics_jobs(shared_data: Path) -> None:
    found = published(shared_data / "labour")
    assert len(found.world) == 539
    assert found.made["joined"] + found.made["grown_with_their_group"]["occupations"] == 539
    assert found.made["joined_share_of_jobs"] > 0.85
    assert found.made["share_of_all_jobs"] == pytest.approx(1, abs=0.01)
    assert found.made["mean_wage"] == pytest.approx(67.92, abs=0.5)
    assert len(found.made["files"]) == 4
    assert found.made["missing"] == []


@pytest.mark.data
def test_without_the_network_it_is_the_major_groups(shared_data: Path, tmp_path: Path) -> None:
    for name in ("oews-2024/national_M2024_dl.xlsx", "gpts-are-gpts/full_labelset.tsv"):
        shutil.copy(shared_data / "labour" / name, tmp_path)
    found = published(tmp_path)
    assert len(found.world) == 22
    assert {one["file"] for one in found.made["missing"]} == {
        "asec_to_bls_mobility_edgelist.csv", "occ_names_bls_minor_major.csv",
    }  # fmt: skip
    assert found.world.exposure == pytest.approx(built_in().world.exposure, abs=0.0005)
    assert found.world.weights == pytest.approx(built_in().world.weights)
    other = published(tmp_path, "gpt-4-gamma")
    assert (other.world.exposure >= found.world.exposure).mean() > 0.9
    title, held, wage = jobs_and_wage(tmp_path, "13-1031") or ("", 0, 0.0)
    assert "Claims" in title
    assert held > 100_000
    assert 40 < wage < 120
    assert jobs_and_wage(tmp_path, "99-9999") is None
    assert jobs_and_wage(None, "13-1031") is None


@pytest.mark.data
def test_without_the_statistics_it_is_the_network_as_it_was_published(shared_data: Path, tmp_path: Path) -> None:
    shutil.copytree(shared_data / "labour" / "occupational-mobility", tmp_path / "mobility")
    shutil.copy(shared_data / "labour" / "gpts-are-gpts" / "full_labelset.tsv", tmp_path)
    found = published(tmp_path)
    assert len(found.world) == 539
    assert "joined" not in found.made


TASKS = "\tO*NET-SOC Code\tTask ID\tTask\thuman_exposure_agg\tgpt4_exposure\n"


def office(folder: Path, heads: tuple[str, ...], name: str, wage: int | str = 50_000) -> None:
    """A small national file in some year's layout."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(heads)
    sheet.append(("00-0000", "All", "total", 300, 60_000))
    sheet.append(("43-0000", "Office", "major", 100, wage))
    sheet.append(("43-1011", "Clerks", "detailed", 100, wage))
    sheet.append(("11-0000", "Management", "Major", 200, 65_000))
    sheet.append(("11-1011", "Chiefs", "Detailed", "**", "*"))
    sheet.append(("11-1021", "Managers", "detailed", 200, 65_000))
    book.save(folder / name)
    rows = ["0\t43-1011.00\t1\tFile\tE1\tE1", "1\t43-1011.00\t2\tStamp\tE0\tE2", "2\t11-1021.00\t3\tDecide\tE0\tE0"]
    (folder / "full_labelset.tsv").write_text(TASKS + "\n".join(rows) + "\n")


@pytest.mark.parametrize(
    ("heads", "name"),
    [
        (("OCC_CODE", "OCC_TITLE", "O_GROUP", "TOT_EMP", "A_MEAN"), "national_M2024_dl.xlsx"),
        (("occ_code", "occ_title", "o_group", "tot_emp", "a_mean"), "national_M2019_dl.xlsx"),
        (("OCC_CODE", "OCC_TITLE", "OCC_GROUP", "TOT_EMP", "A_MEAN"), "national_M2016_dl.xlsx"),
        (("OCC_CODE", "OCC_TITLE", "GROUP", "TOT_EMP", "A_MEAN"), "national_M2011_dl.xlsx"),
    ],
)
def test_layouts_of_other_years_are_read(tmp_path: Path, heads: tuple[str, ...], name: str) -> None:
    office(tmp_path, heads, name)
    world = published(tmp_path).world
    assert dict(zip(world.codes, world.jobs.tolist(), strict=True)) == {"43-0000": 100, "11-0000": 200}
    exposure = dict(zip(world.codes, world.exposure.tolist(), strict=True))
    assert exposure == {"43-0000": 0.5, "11-0000": 0.0}
    assert len(jobs(tmp_path)) == 6


def test_a_wage_that_is_not_told_beyond_a_bound_is_that_years_bound(tmp_path: Path) -> None:
    assert (top_coded("national_M2024_dl.xlsx"), top_coded("national_M2019_dl.xlsx")) == (239.2, 208.0)
    office(tmp_path, ("OCC_CODE", "OCC_TITLE", "O_GROUP", "TOT_EMP", "A_MEAN"), "national_M2019_dl.xlsx", "#")
    assert {row.code: row.wage for row in jobs(tmp_path)}["43-1011"] == 208.0


def test_what_is_wrong_with_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        published(tmp_path / "gone")
    with pytest.raises(InputError, match=r"bls\.gov"):
        published(tmp_path)
    with pytest.raises(UsageError, match="people-beta"):
        published(tmp_path, "everybody-delta")
    heads = ("OCC_CODE", "OCC_TITLE", "O_GROUP", "TOT_EMP", "WAGES")
    office(tmp_path, heads, "national_M2024_dl.xlsx")
    with pytest.raises(InputError, match="A_MEAN"):
        published(tmp_path)
    (tmp_path / "national_M2024_dl.xlsx").write_bytes(b"PK not a workbook")
    with pytest.raises(InputError, match="no workbook"):
        published(tmp_path)
    (tmp_path / "full_labelset.tsv").unlink()
    with pytest.raises(InputError, match="no exposure"):
        published(tmp_path)


def test_the_built_in_world_runs_as_ever() -> None:
    assert built_in().made["jobs"] == pytest.approx(154_187_380, rel=1e-6)
    assert averaged(Scenario(months=6)).of("wage")[0] > 0
