"""Differences: none if and only if two agreements are equal, and each under its clause."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.govern.agreement.clauses import ORDER, clauses
from guildbook.govern.agreement.diff import diff, diff_text
from guildbook.model.agreement import Agreement, Price
from guildbook.model.canonical import canonical


@given(data=st.data())
@settings(max_examples=80)
def test_nothing_differs_if_and_only_if_both_are_equal(
    records: st.SearchStrategy[Agreement], data: st.DataObject
) -> None:
    one, other = data.draw(records), data.draw(records)
    assert diff(one, one) == ()
    found = diff(one, other)
    assert (found == ()) == (one == other)
    back = diff(other, one)
    assert [(c.clause, c.before, c.after) for c in found] == [(c.clause, c.after, c.before) for c in back]
    assert [c.number for c in found] == sorted({c.number for c in found})
    for change in found:
        assert ORDER[change.number - 1] == change.clause
        assert change.before == clauses(one)[change.number - 1].text
        canonical(change.to_dict())
    assert (diff_text(found) == "The two say the same.\n") == (one == other)


def test_one_change_is_told_where_it_is_spoken_of(agreement: Agreement) -> None:
    changed = replace(agreement, price=Price(kind="royalty", royalty=40_000, currency="USD"))
    found = {c.clause: c for c in diff(agreement, changed)}
    assert [f.path for f in found["price"].fields] == [
        "price.amount", "price.currency", "price.every_days", "price.kind", "price.royalty"
    ]  # fmt: skip
    assert found["payout"].fields == ()  # its sentence names the currency
    told = diff_text(tuple(found.values()))
    assert (
        "9. Price\n  - The licensee pays 10000.00 EUR every 90 days.\n  + The licensee pays 4 % of the revenue" in told
    )
    assert "    price.kind: flat → royalty" in told
