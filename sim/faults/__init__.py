"""One misfortune a file. A fault is a frozen value; `apply` strikes and returns what mends it; levers count and add.

A fault says whom it strikes (`targets`), is given the nodes that those targets stood for when it fired, and knows
nothing of when that was: the world schedules, resolves, records and mends. The fields of a fault are the keys of
`[[fault]]` in a scenario file, and their trailing texts its field reference.
"""

from .base import FOREVER, Fault, Levers, Planned, When
from .clock import ClockFault
from .crash import Crash
from .disk import DiskFault
from .link import LinkFault
from .operate import Operate
from .packet import PacketFault
from .partition import Partition
from .pause import Pause
from .slow import Slow

KINDS: dict[str, type[Fault]] = {
    fault.kind: fault
    for fault in (Partition, LinkFault, PacketFault, Crash, Pause, Slow, ClockFault, DiskFault, Operate)
}

__all__ = [
    "FOREVER", "KINDS", "ClockFault", "Crash", "DiskFault", "Fault", "Levers", "LinkFault", "Operate", "PacketFault",
    "Partition", "Pause", "Planned", "Slow", "When",
]  # fmt: skip
