"""Horizontal places within given layers: chosen arrows straight, boxes apart, the rest as near as may be."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

_SWEEPS: Final = 24
_PIN: Final = 1e6


def straighten(
    layers: Sequence[Sequence[int]],
    widths: Mapping[int, float],
    links: Mapping[tuple[int, int], float],
    pinned: Collection[int] = (),
) -> dict[int, float]:
    """Centres of all nodes such that neighbours in a layer do not overlap and linked nodes stand over each other.

    `layers` lists the nodes from left to right, `widths` holds the room each takes, and `links` joins nodes of
    neighbouring layers with a weight. Each sweep moves one layer at a time to the weighted mean of what it is
    linked to; keeping the order and the distances is then an isotonic regression (pool adjacent violators),
    so each layer is placed at its least-squares optimum. Nodes in `pinned` stand at 0. Deterministic.
    """
    near: dict[int, list[tuple[int, float]]] = {}
    depth = {node: i for i, layer in enumerate(layers) for node in layer}
    for (a, b), weight in links.items():
        near.setdefault(a, []).append((b, weight))
        near.setdefault(b, []).append((a, weight))
    x: dict[int, float] = {}
    for layer in layers:
        _spread(layer, widths, x)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        # First by the layer before alone, so that the whole takes shape; later by both sides.
        both = sweep >= _SWEEPS // 2
        for layer in layers if down else reversed(layers):
            goals: list[float] = []
            weights: list[float] = []
            for node in layer:
                if node in pinned:
                    goals.append(0.0)
                    weights.append(_PIN)
                    continue
                pulls = [(x[m], w) for m, w in near.get(node, ()) if both or (depth[m] < depth[node]) == down]
                weight = sum(w for _, w in pulls)
                goals.append(sum(at * w for at, w in pulls) / weight if weight else x[node])
                weights.append(weight or 0.1)
            _settle(layer, widths, goals, weights, x)
    return x


def _spread(layer: Sequence[int], widths: Mapping[int, float], x: dict[int, float]) -> None:
    """Side by side, centred on 0."""
    left = -sum(widths[node] for node in layer) / 2
    for node in layer:
        x[node] = left + widths[node] / 2
        left += widths[node]


def _settle(
    layer: Sequence[int],
    widths: Mapping[int, float],
    goals: Sequence[float],
    weights: Sequence[float],
    x: dict[int, float],
) -> None:
    """The places nearest to the goals that keep the order and the room of each node."""
    offsets: list[float] = []
    right = 0.0
    for node in layer:
        offsets.append(right + widths[node] / 2)
        right += widths[node]
    # Blocks of (mean, weight, size) that move together.
    blocks: list[tuple[float, float, int]] = []
    for goal, weight, offset in zip(goals, weights, offsets, strict=True):
        mean, mass, size = goal - offset, weight, 1
        while blocks and blocks[-1][0] > mean:
            before, heavy, many = blocks.pop()
            mean, mass, size = (mean * mass + before * heavy) / (mass + heavy), mass + heavy, size + many
        blocks.append((mean, mass, size))
    places = [mean for mean, _, size in blocks for _ in range(size)]
    for node, place, offset in zip(layer, places, offsets, strict=True):
        x[node] = place + offset
