"""The alarms of one life, due on the node's own monotonic clock.

Due times are local, so every pending alarm is armed again when the clock's rate changes. An alarm that is set anew is
moved: a later due time reuses the entry in the event queue, which looks again when it comes. A periodic
alarm keeps its grid, and while one ring of it waits in a lane no second one joins it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from .chance import within
from .kernel import ALARM
from .machine import Alarm, SetAlarm
from .trace import BadValue

if TYPE_CHECKING:
    from .host import Host


class Timer:
    """An alarm that is set."""

    __slots__ = ("about", "action", "cause", "due", "every", "name", "post", "ring", "wakes")

    def __init__(self, name: str, alarms: Alarms) -> None:
        self.name = name
        self.action = partial(alarms.look, self)
        self.due = 0  # on the node's monotonic clock
        self.every: int | None = None
        self.about: Any = None
        self.cause = 0
        self.post: Any = None  # the entry in the event queue that will look at this alarm
        self.wakes = 0  # the true time of that entry
        self.ring: Ring | None = None  # waiting in a lane


class Ring(Alarm):
    """An alarm on its way to the machine; `timer` is None once it was cancelled or moved."""

    __slots__ = ("timer",)

    def __init__(self, timer: Timer) -> None:
        self.name = timer.name
        self.about = timer.about
        self.cause = timer.cause
        self.timer: Timer | None = timer


class Alarms:
    """What a machine has set in this life."""

    __slots__ = ("_dial", "_host", "_kernel", "_ordinals", "_timers")

    def __init__(self, host: Host) -> None:
        self._host = host
        self._kernel = host.kernel
        self._dial = host.clock.monotonic
        self._timers: dict[str, Timer] = {}
        self._ordinals: dict[str, int] = {}  # how many ranges were drawn, per name

    def set(self, effect: SetAlarm, cause: int) -> None:
        """Set or move an alarm. Raises BadValue on a time that is none."""
        name, every = effect.name, effect.every
        if type(name) is not str:
            raise BadValue(f"SetAlarm: found name={name!r}, allowed: text")
        after = self._drawn(name, effect.after)
        if every is not None and (type(every) is not int or every <= 0):
            raise BadValue(f"SetAlarm {name}: found every={every!r}, allowed: ns as an int above 0")
        timer = self._timers.get(name)
        if timer is None:
            timer = self._timers[name] = Timer(name, self)
        elif timer.ring is not None:
            timer.ring.timer = None
            timer.ring = None
        timer.due = self._dial.read(self._kernel.now) + after
        timer.every = every
        timer.about = effect.about
        timer.cause = cause
        self._arm(timer)

    def _drawn(self, name: str, after: Any) -> int:
        if type(after) is int and after >= 0:
            return after
        good = isinstance(after, tuple) and len(after) == 2 and all(type(a) is int for a in after)
        if not good or not 0 <= after[0] <= after[1]:
            raise BadValue(
                f"SetAlarm {name}: found after={after!r}, allowed: ns as an int from 0, or a pair (low, high)"
            )
        ordinal = self._ordinals[name] = self._ordinals.get(name, 0) + 1
        return within(self._host.chance.word("alarms", self._host.node, self._host.life, name, ordinal), *after)

    def cancel(self, name: str) -> None:
        """Forget an alarm, also one whose ring waits in a lane. Raises BadValue on a name that is none."""
        if type(name) is not str:
            raise BadValue(f"CancelAlarm: found name={name!r}, allowed: text")
        timer = self._timers.pop(name, None)
        if timer is not None and timer.ring is not None:
            timer.ring.timer = None

    def taken(self, ring: Ring) -> bool:
        """Return whether a ring from a lane still counts; a single alarm is done with."""
        timer = ring.timer
        if timer is None:
            return False
        timer.ring = None
        if timer.every is None:
            del self._timers[timer.name]
        return True

    def arm_again(self) -> None:
        """Compute every due time anew: the clock's rate has changed."""
        for timer in self._timers.values():
            timer.post = None
            self._arm(timer)

    def _arm(self, timer: Timer) -> None:
        """See to it that the event queue looks at this alarm when it is due, or earlier."""
        kernel = self._kernel
        at = self._dial.when(timer.due)
        if at is None:
            timer.post = None  # the clock stands still; a change of rate arms it again
        elif timer.post is None or at < timer.wakes:
            timer.wakes = max(at, kernel.now)
            timer.post = kernel.post(timer.wakes, ALARM, timer.action)

    def look(self, timer: Timer, post: Any) -> None:
        """Ring if the alarm is due; look again later if it was moved."""
        if timer.post is not post or self._timers.get(timer.name) is not timer or self._host.alarms is not self:
            return  # moved to an earlier entry, cancelled, or of a life that is over
        host = self._host
        timer.post = None
        local = self._dial.read(self._kernel.now)
        if local < timer.due:
            self._arm(timer)
            return
        every = timer.every
        if every is not None:
            timer.due += every * ((local - timer.due) // every + 1)
            self._arm(timer)
        if timer.ring is not None:
            return  # a ring of it waits already: this one is skipped
        ring = Ring(timer)
        if host.idle:
            if every is None:
                del self._timers[timer.name]
            host.idle = False
            host.resume(ring)
        else:
            timer.ring = ring
            host.queue(ring)
