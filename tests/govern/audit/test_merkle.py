"""The tree against the definitions of RFC 6962, written out, and against the vectors of Certificate Transparency."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.govern.audit import merkle
from guildbook.govern.audit.merkle import Name

# The eight leaves and their roots that Certificate Transparency's reference implementation is tested with.
LEAVES = [bytes.fromhex(x) for x in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")] + [
    bytes(range(0x60, 0x70))
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def by_definition(leaves: Sequence[bytes]) -> bytes:
    """MTH(D[n]) as RFC 6962 section 2.1 states it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + by_definition(leaves[:half]) + by_definition(leaves[half:])).digest()


class Tree:
    """All nodes in memory."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.known: dict[Name, bytes] = {}
        self.growth = merkle.Growth()
        for i, data in enumerate(leaves):
            self.known[0, i] = merkle.leaf_hash(data)
            for level, position, [value] in self.growth.extend([self.known[0, i]]):
                assert (level, position) not in self.known
                self.known[level, position] = value

    def nodes(self, names: Sequence[Name]) -> list[bytes]:
        return [self.known[name] for name in names]


def numbered(count: int) -> list[bytes]:
    return [b"leaf %d" % i for i in range(count)]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    tree = Tree(LEAVES[:size])
    assert tree.growth.root().hex() == ROOTS[size - 1]
    assert merkle.root(size, Tree(LEAVES).nodes).hex() == ROOTS[size - 1]


def test_the_empty_root_is_the_hash_of_nothing() -> None:
    assert merkle.root(0, Tree([]).nodes) == merkle.EMPTY == hashlib.sha256(b"").digest()


@pytest.mark.parametrize(
    ("index", "size", "path"),
    [
        (0, 1, ()),
        (
            0,
            8,
            (
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ),
        ),
        (
            5,
            8,
            (
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ),
        ),
        (2, 3, ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",)),
        (
            1,
            5,
            (
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ),
        ),
    ],
)
def test_paths_are_those_of_certificate_transparency(index: int, size: int, path: tuple[str, ...]) -> None:
    assert [h.hex() for h in merkle.inclusion(index, size, Tree(LEAVES).nodes)] == list(path)


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        (1, 1, ()),
        (
            1,
            8,
            (
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ),
        ),
        (
            6,
            8,
            (
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ),
        ),
        (
            2,
            5,
            (
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ),
        ),
    ],
)
def test_consistency_is_that_of_certificate_transparency(old: int, new: int, path: tuple[str, ...]) -> None:
    assert [h.hex() for h in merkle.consistency(old, new, Tree(LEAVES).nodes)] == list(path)


@given(st.integers(0, 200))
def test_the_root_is_that_of_the_definition(size: int) -> None:
    leaves = numbered(size)
    tree = Tree(leaves)
    assert tree.growth.root() == by_definition(leaves) == merkle.root(size, tree.nodes)
    assert len(tree.known) <= 2 * size


@given(st.data())
def test_growth_goes_on_from_its_peaks(data: st.DataObject) -> None:
    size, more = data.draw(st.integers(0, 100)), data.draw(st.integers(0, 40))
    leaves = numbered(size + more)
    begun = Tree(leaves[:size])
    growth = merkle.Growth(size, begun.nodes(merkle.peak_names(size)))
    whole = Tree(leaves)
    added: dict[Name, bytes] = {}
    while growth.size < len(leaves):
        part = leaves[growth.size : growth.size + data.draw(st.integers(1, 40))]
        for level, first, values in growth.extend([merkle.leaf_hash(leaf) for leaf in part]):
            added |= {(level, first + i): value for i, value in enumerate(values)}
    assert growth.root() == by_definition(leaves)
    assert {name: value for name, value in whole.known.items() if name[0]} == added | {
        name: value for name, value in begun.known.items() if name[0]
    }


@given(st.data())
def test_every_leaf_is_shown_to_be_in_and_no_other(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 150))
    index = data.draw(st.integers(0, size - 1))
    tree = Tree(numbered(size))
    leaf, root = tree.known[0, index], tree.growth.root()
    path = merkle.inclusion(index, size, tree.nodes)
    assert len(path) <= (size - 1).bit_length()
    assert merkle.verify_inclusion(leaf, index, size, path, root)
    other = data.draw(st.integers(-2, size + 3).filter(lambda i: i != index))
    assert not merkle.verify_inclusion(leaf, other, size, path, root)
    assert not merkle.verify_inclusion(merkle.leaf_hash(b"other"), index, size, path, root)
    assert not merkle.verify_inclusion(leaf, index, size, [*path, root], root)
    if path:
        spoilt = data.draw(st.integers(0, len(path) - 1))
        assert not merkle.verify_inclusion(leaf, index, size, path[:spoilt] + path[spoilt + 1 :], root)
        bent = [bytes([h[0] ^ 1]) + h[1:] if i == spoilt else h for i, h in enumerate(path)]
        assert not merkle.verify_inclusion(leaf, index, size, bent, root)


@given(st.data())
def test_a_tree_is_shown_to_begin_with_an_older_one_and_no_other(data: st.DataObject) -> None:
    new = data.draw(st.integers(0, 150))
    old = data.draw(st.integers(0, new))
    leaves = numbered(new)
    tree = Tree(leaves)
    before, after = by_definition(leaves[:old]), tree.growth.root()
    path = merkle.consistency(old, new, tree.nodes)
    assert merkle.verify_consistency(old, new, before, after, path)
    other = merkle.leaf_hash(b"other")
    assert not merkle.verify_consistency(old, new, other, after, path)
    if old:
        assert not merkle.verify_consistency(old, new, before, other, path)
        forked = [b"fork", *leaves[1:]]
        assert not merkle.verify_consistency(old, new, by_definition(forked[:old]), after, path)
        shown = merkle.consistency(old, new, Tree(forked).nodes)
        assert not merkle.verify_consistency(old, new, before, by_definition(forked), shown)
    assert not merkle.verify_consistency(old, new, before, after, [*path, other])
    for i in range(len(path)):
        assert not merkle.verify_consistency(old, new, before, after, path[:i] + path[i + 1 :])
        assert not merkle.verify_consistency(old, new, before, after, [*path[:i], other, *path[i + 1 :]])


def test_a_proof_for_a_large_tree_asks_for_few_nodes() -> None:
    asked: list[Name] = []

    def nodes(names: Sequence[Name]) -> list[bytes]:
        asked.extend(names)
        return [b"\0" * 32] * len(names)

    merkle.inclusion(123_456, 999_999, nodes)
    merkle.consistency(654_321, 999_999, nodes)
    assert len(asked) <= 90
    assert len(set(asked)) == len(set(asked[: len(asked)]))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_what_is_not_there_has_no_path(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        merkle.inclusion(index, size, Tree(numbered(5)).nodes)
    assert not merkle.verify_inclusion(b"", index, size, [], merkle.EMPTY)


@pytest.mark.parametrize(("old", "new"), [(6, 5), (-1, 5)])
def test_a_tree_does_not_begin_with_a_larger_one(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="does not begin"):
        merkle.consistency(old, new, Tree(numbered(5)).nodes)
    assert not merkle.verify_consistency(old, new, merkle.EMPTY, merkle.EMPTY, [])
