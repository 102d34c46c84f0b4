"""Measured round trips between regions, for `latency = { matrix = NAME }`.

A one-way delay is half of the round trip measured in that direction. Inside a region it is 0 here; the network
takes 250 us at least.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.units import MS


@dataclass(frozen=True)
class Matrix:
    """Mean round trips in ms, row = from, column = to, in the order of `regions`."""

    source: str
    regions: tuple[str, ...]
    rtt_ms: tuple[tuple[int, ...], ...]

    def one_way(self) -> Mapping[tuple[str, str], int]:
        """Return the one-way delays in ns by (from, to)."""
        return {
            (a, b): rtt * MS // 2
            for a, row in zip(self.regions, self.rtt_ms, strict=True)
            for b, rtt in zip(self.regions, row, strict=True)
        }


MATRICES: Mapping[str, Matrix] = {
    "ibm-cloud-2024-08": Matrix(
        "IBM Cloud VPC network latency page, means from 27 July to 25 August 2024",
        (
            "dallas",
            "toronto",
            "washington",
            "frankfurt",
            "london",
            "madrid",
            "osaka",
            "sydney",
            "tokyo",
            "saopaulo",
        ),
        (
            (0, 34, 31, 123, 113, 119, 150, 186, 143, 146),
            (34, 0, 19, 93, 82, 108, 168, 215, 162, 129),
            (31, 19, 0, 91, 75, 87, 172, 214, 164, 118),
            (123, 93, 91, 0, 13, 29, 232, 250, 233, 198),
            (113, 83, 75, 13, 0, 27, 244, 261, 243, 188),
            (122, 106, 88, 29, 27, 0, 257, 275, 258, 209),
            (150, 169, 172, 231, 243, 257, 0, 122, 9, 293),
            (186, 214, 214, 249, 261, 275, 122, 0, 115, 328),
            (143, 162, 166, 233, 244, 256, 9, 115, 0, 284),
            (144, 128, 119, 196, 187, 208, 291, 328, 283, 0),
        ),
    ),
}
