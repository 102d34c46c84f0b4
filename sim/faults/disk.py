"""Disks that are slow, stall, are full, have errors, or forget a bit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

from ..targets import Target
from ..units import Duration, Share
from .base import Aims, Fault, Levers, Mend


@dataclass(frozen=True, kw_only=True)
class DiskFault(Fault):
    """Writes take long or fail while the fault lasts; bits that rot stay rotten.

    When a write fails, the effects that waited for it are discarded, and a node that had not asked to be told
    crashes: it boots when its disk is sound again.
    """

    kind = "disk"
    colour = "#9c6644"

    nodes: Annotated[tuple[Target, ...], "whom it strikes"]
    slow: Annotated[Duration, "added to the time of every sync that begins; times add"] = 0
    stall: Annotated[bool, "no sync ends; all end when the fault is over"] = False
    full: Annotated[bool, 'every write fails; a model that asked is told "full"'] = False
    eio: Annotated[Share, 'share of writes that fail, "100%" for all; a model that asked is told "eio"'] = Fraction(0)
    bitrot: Annotated[Share, "share of the durable values that are spoilt when the fault strikes"] = Fraction(0)
    detected: Annotated[bool, "a checksum finds what rotted: the next life lacks it, else has one bit wrong"] = False
    only: Annotated[str, "limit `bitrot` to this key, or to tuples that begin with it"] = ""

    def wrong(self) -> Iterator[tuple[str, str]]:
        if not (self.slow or self.stall or self.full or self.eio or self.bitrot):
            yield "", "nothing happens, allowed: one or more of slow, stall, full, eio, bitrot"
        if not self.bitrot:
            for name in ("detected", "only"):
                if getattr(self, name):
                    yield name, "found without bitrot, which it belongs to"

    def apply(self, levers: Levers, aims: Aims) -> Mend:
        hosts, cause, now = levers.struck(aims), levers.cause, levers.kernel.now
        for host in hosts:
            disk = host.disk
            disk.slow += [self.slow] if self.slow else []
            disk.stalled += [cause] if self.stall else []
            disk.full += [cause] if self.full else []
            disk.eio += [(cause, self.eio)] if self.eio else []
            disk.changed()
            disk.rot(self.bitrot, self.only, self.detected, now)

        def mend() -> None:
            for host in hosts:
                disk = host.disk
                if self.slow:
                    disk.slow.remove(self.slow)
                if self.stall:
                    disk.stalled.remove(cause)
                if self.full:
                    disk.full.remove(cause)
                if self.eio:
                    disk.eio.remove((cause, self.eio))
                disk.changed()
                host.disk_changed(cause)

        return mend
