"""Times on arrows."""

from __future__ import annotations

from guildbook.teach.report.labels import curve, place_labels, width

DOWN = [(0.0, 0.0), (0.0, 100.0)]


def test_a_label_stands_in_the_middle_of_its_arrow() -> None:
    assert place_labels(["2 h"], [DOWN], []) == [(0.0, 50.0)]


def test_labels_give_way_to_each_other_and_to_boxes() -> None:
    first, second, third = place_labels(["2 h"] * 3, [DOWN] * 3, [(-9.0, 60.0, 9.0, 99.0)])
    assert first == (0.0, 50.0)
    assert second is not None
    assert second[1] < 40
    assert third is None or abs(third[1] - second[1]) >= 15


def test_no_room_no_label() -> None:
    assert place_labels(["2 h", ""], [DOWN, DOWN], [(-99.0, -99.0, 99.0, 199.0)]) == [None, None]


def test_a_bent_arrow_is_labelled_on_its_middle_piece() -> None:
    way = [(0.0, 0.0), (0.0, 100.0), (50.0, 200.0), (50.0, 300.0)]
    assert place_labels(["2 h"], [way], []) == [(25.0, 150.0)]
    assert curve(way[:2]) == "M0 0C0 50 0 50 0 100"
    assert width("2 h") > 15
