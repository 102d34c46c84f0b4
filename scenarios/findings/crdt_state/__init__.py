"""The weaknesses of crdt_state, CW-1 to CW-36 of its specification, each an entry.

registers     CW-1 to CW-5
logs          CW-6 to CW-16
states        CW-17 to CW-27
checkpoints   CW-28 to CW-36
bench         machines stepped by hand, and what a run's records say
"""

from __future__ import annotations

from . import checkpoints, logs, registers, states

WEAKNESSES = (*registers.ENTRIES, *logs.ENTRIES, *states.ENTRIES, *checkpoints.ENTRIES)
