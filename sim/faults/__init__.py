"""One misfortune a file. A fault is a frozen value; `apply` strikes and returns what mends it; levers count and add.

A fault says whom it strikes (`targets`), is given the nodes that those targets stood for when it fired, and knows
nothing of when that was: the world schedules, resolves, records and mends. The fields of a fault are the keys of
`[[fault]]` in a scenario file, and their trailing texts its field reference.
"""

from .base import FOREVER, Fault, Levers, Planned, When
from .clock import ClockFault
from .crash import Crash
from .disk import DiskFault
from .edge import EdgeFault
from .flap import Flap
from .hold import Hold
from .link import LinkFault
from .operate import Operate
from .packet import PacketFault
from .partition import Partition
from .pause import Pause
from .slow import Slow
from .swizzle import Swizzle

KINDS: dict[str, type[Fault]] = {
    fault.kind: fault
    for fault in (
        Partition, LinkFault, EdgeFault, PacketFault, Hold, Flap, Swizzle, Crash, Pause, Slow, ClockFault, DiskFault,
        Operate,
    )
}  # fmt: skip

__all__ = [
    "FOREVER", "KINDS", "ClockFault", "Crash", "DiskFault", "EdgeFault", "Fault", "Flap", "Hold", "Levers", "LinkFault",
    "Operate", "PacketFault", "Partition", "Pause", "Planned", "Slow", "Swizzle", "When",
]  # fmt: skip
