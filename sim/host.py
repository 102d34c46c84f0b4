"""One node: a machine, its lanes, alarms, disk and clock, driven by a SimPy process.

The process is parked on one event for ever; whoever has an input for an idle host resumes it inside its own event.
So an input meets a queue only while the host is busy (service time), paused, or in the middle of a step. A
crash ends a life: the old process stays parked and is never resumed, a new life gets a new one.
"""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .alarms import Alarms, Ring
from .chance import Chance, within
from .clock import Clock
from .disk import Disk, Failed
from .kernel import DONE, Kernel
from .link import Link, Packet
from .machine import (
    OUTCOMES,
    Alarm,
    Answer,
    Ask,
    Boot,
    CancelAlarm,
    Cluster,
    Effect,
    Forget,
    Input,
    Lane,
    Machine,
    NodeId,
    Note,
    Now,
    Operate,
    Persist,
    Persisted,
    Receive,
    Send,
    SetAlarm,
    Stop,
    Unhandled,
)  # fmt: skip
from .network import Network, UnknownNode
from .recorder import Recorder
from .trace import BadValue, Booted, Crashed, steady
from .units import clock_text

if TYPE_CHECKING:
    from .clients import Desk

ROLES = ("leader", "follower", "candidate", "idle")
ONE_LANE = (Lane("all", 1024),)


class ModelError(Exception):
    """The machine raised, returned the wrong thing or named something unknown. One message says where and what."""


class Moment(Now):
    """The Now of a running host: each reading is made when it is asked for."""

    __slots__ = ("_clock", "_host", "_kernel")

    def __init__(self, host: Host) -> None:
        self._host = host
        self._kernel = host.kernel
        self._clock = host.clock

    @property
    def monotonic(self) -> int:  # type: ignore[override]
        return self._clock.monotonic.read(self._kernel.now)

    @property
    def wall(self) -> int:  # type: ignore[override]
        return self._clock.wall.read(self._kernel.now)

    def word(self, i: int = 0) -> int:
        host = self._host
        return host.chance.word("node", host.node, host.life, host.steps, i)


class Strike(NamedTuple):
    """A crash to come between two effects: what the disk keeps, the fault's record, and whether the machine reboots."""

    how: str
    cause: int | None
    reboot: bool


class _Queue:
    """The inputs that wait in one lane; `room` is left for messages and operations, for alarms take none."""

    __slots__ = ("items", "room")

    def __init__(self, room: int) -> None:
        self.items: deque[Input] = deque()
        self.room = room


class Host:
    """A node's life and death. `idle`, `resume` and `queue` are the network's hot path."""

    def __init__(
        self,
        node: NodeId,
        kernel: Kernel,
        recorder: Recorder,
        network: Network,
        chance: Chance,
        clock: Clock,
        disk: Disk,
        cluster: Cluster,
        factory: Callable[[NodeId, Cluster], Machine],
        service: int = 0,
        records_max: int = 1 << 62,
    ) -> None:
        self.node = node
        self.kernel = kernel
        self.recorder = recorder
        self.network = network
        self.chance = chance
        self.clock = clock
        self.disk = disk
        # What adds up to the service time of one input, faults' shares too; empty if an input takes no time. The loop
        # of a life holds this very list, so it sees a fault in mid-life and pays no more than for a number.
        self.services: list[int] = [service] if service else []
        self._records_max = records_max
        self._cluster = cluster
        self._factory = factory
        self.desk: Desk | None = None
        self.links: dict[NodeId, Link] = {}
        self._enter: Callable[[Any], Any] = _nobody  # resumes the process of this life

        self.life = 0
        self.steps = 0
        self.machine: Machine | None = None
        self.view: Any = None
        self.led_since = 0  # the record by which this node last became leader
        self.why_down = "down"
        self.idle = False
        self.resume: Callable[[Any], Any] = _nobody
        self._moment = Moment(self)
        self._down = 0  # faults that hold it down
        self._still = 0  # faults that hold it still
        self._wanted = False  # it has booted, or was to, and has not stopped
        self._working = False  # a service time is running
        self._serving: Any = None  # the input that it is for
        self._done: Any = None  # the entry in the event queue that ends it, None during a pause
        self._left = 0  # service time: when it ends, or in a pause how much of it is left
        self._strike: Strike | None = None  # a crash that waits for a step with two effects
        self._here: Strike | None = None  # a crash that falls right behind the note that is being performed
        self._reboot = False

        self._urgent: deque[Input] = deque()  # what follows from the step before, ahead of every lane
        self._lanes: list[_Queue] = []
        self._lane_of: dict[type, int] = {}
        self._rest = 0
        self._queued = 0
        self.alarms = Alarms(self)
        self._held: deque[tuple[Effect, int, int]] = (
            deque()
        )  # effect, cause, and for a Persist the writes that it waits for
        self._tells: deque[tuple[Persisted, int, int]] = deque()  # to be told, cause, and the writes that it waits for
        self._syncing = False
        self._synced_to: int | None = None  # a sync ended during a pause
        self._stuck: int | None = None  # a sync would have ended, but the disk is stalled
        self._failed: dict[int, Failed] = {}  # writes that failed and whose effects are still to be discarded
        self._unsound: Failed | None = None  # a write failed and the machine had not asked to be told
        self._gave_up = False  # it crashed of that; it boots when its disk is sound again
        self._perform: Mapping[type, Callable[[Any, int], None]] = {
            Send: self._send, SetAlarm: self._set_alarm, CancelAlarm: self._cancel_alarm, Persist: self._persist,
            Forget: self._forget, Answer: self._answer, Note: self._note, Stop: self._stop,
        }  # fmt: skip
        clock.on_rate = lambda: self.alarms.arm_again()

    # -- life and death ------------------------------------------------------------------------------------

    @property
    def live(self) -> bool:
        return self.machine is not None

    def boot(self, cause: int | None = None) -> None:
        """Begin a life: a new machine that finds what the disk kept; of a node that faults hold, when they are over."""
        self._wanted = True
        if self._down or self._still or self.live:
            return
        if self.life == 0 or self._reboot:
            self.clock.first_boot()
            self._reboot = False
        self.life += 1
        self.steps = 0
        try:
            self.machine = self._factory(self.node, self._cluster)
        except Exception as error:
            raise ModelError(self.blame("when it was made", error)) from error
        lanes = self.machine.LANES or ONE_LANE
        self._lanes = [_Queue(lane.room) for lane in lanes]
        self._lane_of = {kind: i for i, lane in enumerate(lanes) for kind in lane.takes}
        self._rest = next((i for i, lane in enumerate(lanes) if not lane.takes), len(lanes) - 1)
        self._queued = 0
        boot = Boot(self.disk.read(), self.life)
        boot.cause = self.recorder.record("boot", self.kernel.now, self.node, cause, Booted(self.life))
        self._enter = self.kernel.start(self._run(boot, self.life))

    def crash(self, how: str, cause: int | None, reboot: bool = False, after: int | None = None) -> None:
        """End this life: volatile state, queues and waiting effects are gone, the disk keeps what `how` says.

        A node that is down already has only its disk and its clock to lose.
        """
        if self.live:
            self._end(Crashed(self.life, how, after), cause)
            self.why_down = "down"
        self.disk.crash(how, self.chance.word("strike", self.node, self.life, "torn"))
        self._reboot = self._reboot or reboot

    def strike_between(self, how: str, cause: int | None, reboot: bool) -> None:
        """Crash inside the next step that has two effects or more, between two of them."""
        if not self.live:
            self.crash(how, cause, reboot)
        elif self._strike is None:
            self._strike = Strike(how, cause, reboot)

    def strike_here(self, how: str, cause: int | None, reboot: bool) -> None:
        """Crash right behind the note that this host is performing; its caller is told of that very note."""
        self._here = Strike(how, cause, reboot)

    def _fall(self, strike: Strike, after: int | None = None) -> None:
        self._here = None
        self.crash(*strike, after)

    def strike_plainly(self) -> None:
        """Crash now if the step that a crash was waiting for has not come."""
        if self._strike is not None:
            self.crash(*self._strike)

    def hold_down(self, by: int, cause: int | None = None) -> None:
        """Count a fault that keeps this node down (1) or one that is over (-1); the last over boots what was up."""
        self._down += by
        if not self._down and self._wanted:
            self.boot(cause)

    def hold_still(self, by: int, cause: int | None = None) -> None:
        """Count a fault that pauses this node (1) or one that is over (-1): state is kept, inputs queue."""
        self._still += by
        if self._still:
            self.idle = False
            if self._done is not None:
                self._done, self._left = None, self._left - self.kernel.now
        elif self.live:
            if self._synced_to is not None:
                upto, self._synced_to = self._synced_to, None
                self._release(upto)
            if self._working:
                self._work(self._left)
            else:
                self.resume(None)
        elif self._wanted:
            self.boot(cause)

    def _end(self, crashed: Crashed, cause: int | None) -> None:
        seq = self.recorder.record("crash", self.kernel.now, self.node, cause, crashed)
        self.recorder.state(self.kernel.now, self.node, seq, None, self.view)
        left = [p for lane in self._lanes for p in lane.items]
        if self._serving is not None:
            left.insert(0, self._serving)
        self.machine = self.view = None
        self.idle = self._working = self._syncing = False
        self.resume = _nobody
        self._serving = self._done = None
        self._strike = self._synced_to = self._stuck = self._unsound = None
        self._failed = {}
        self._lanes, self._queued = [], 0
        self._urgent.clear()
        self.alarms = Alarms(self)
        self._held.clear()
        self._tells.clear()
        for p in left:
            if not isinstance(p, Ring):
                self.network.drop(self.node, p.cause, "crashed", isinstance(p, Receive))

    # -- the process ---------------------------------------------------------------------------------------

    def _run(self, p: Any, life: int) -> Generator[Any, Any, None]:
        # Attributes that never change are local variables here: this loop runs once for every message.
        kernel, recorder, network, counts = self.kernel, self.recorder, self.network, self.network.counts
        machine, moment, perform, held = self.machine, self._moment, self._perform, self._held
        if machine is None or self.life != life:
            return  # it crashed at the instant of its boot
        node, services, urgent, records_max = self.node, self.services, self._urgent, self._records_max
        step, send, note = machine.step, network.send, recorder.note
        look, make, role_at = self._looker(machine)
        seen: Any = None
        self.resume = self._enter
        wake = kernel.event()  # never triggered: who has an input resumes the process
        booting = True
        while True:
            self.steps += 1
            if booting:
                booting = False
                seq = p.cause
            else:
                seq = recorder.seq = recorder.seq + 1
                if p.__class__ is Packet:
                    counts.delivered += 1
                if seq > records_max:
                    raise ModelError(
                        self.blame("", f"the run has more than {records_max} records; it may go on for ever")
                    )
                if recorder.steps:
                    recorder.stepped(seq, kernel.now, node, p.cause, _described(p))
            effects: Any
            try:
                effects = step(p, moment)
                looks = look(machine)
            except Exception as error:
                raise ModelError(self.blame(f"on {_short(p)}", error)) from error
            if effects.__class__ is not list and (not isinstance(effects, Sequence) or isinstance(effects, str)):
                wrong = f"returned {_short(effects)}; return a sequence of effects, [] for nothing to do"
                raise ModelError(self.blame(f"on {_short(p)}", wrong))
            try:
                if looks != seen:
                    seen = looks
                    self._saw(make(looks), seq, role_at)
                if self._strike is not None and len(effects) > 1:
                    after = self._between(len(effects))
                    how, cause, reboot = self._strike
                    for effect in effects[:after]:
                        self._do(effect, seq)
                        if self.machine is not machine:
                            break  # it stopped before the crash fell
                    else:
                        self.crash(how, cause, reboot, after)
                    yield wake
                for effect in effects:
                    kind = effect.__class__
                    if kind is Send and not held:  # the two most frequent, without a lookup and a call
                        send(self, effect.dst, effect.msg, seq, effect.tell)
                    elif kind is Note and not held:
                        note(kernel.now, node, seq, effect.fact)
                        if self._here is not None:
                            after = 1 + next(i for i, e in enumerate(effects) if e is effect)
                            self._fall(self._here, after if after < len(effects) else None)
                            break
                    else:
                        act = perform.get(kind)
                        if act is None:
                            raise BadValue(f"returned {_short(effect)}, which is no effect")
                        act(effect, seq)
                        if self.machine is not machine:
                            break
                if held and not self._syncing:
                    self._sync()  # at the end of the step, so that it serves all of its writes
            except (BadValue, UnknownNode) as error:
                raise ModelError(self.blame(f"on {_short(p)}", error)) from error
            if self.machine is not machine:
                yield wake  # it stopped in this step; nobody resumes a life that is over
            p = None
            while p is None:
                if urgent:
                    p = urgent.popleft()
                elif self._queued and not self._still:
                    p = self._take()
                    if p is not None and services:
                        yield from self._serve(p, wake)
                else:
                    self.idle = not self._still
                    p = yield wake  # whoever resumes an idle host says first that it is idle no more
                    if services and p is not None:
                        yield from self._serve(p, wake)

    def _serve(self, p: Any, wake: Any) -> Generator[Any, Any, None]:
        """Be busy for the service time of one input; a pause prolongs it."""
        self._working = True
        self._serving = p
        self._work(sum(self.services))
        while self._working:
            yield wake
        self._serving = None

    def _work(self, span: int) -> None:
        """Be done with the input that is served after so long; a pause takes this entry back."""
        self._left = self.kernel.now + span
        self._done = self.kernel.post(self._left, DONE, self._worked)

    def _worked(self, done: Any) -> None:
        if done is self._done:
            self._working, self._done = False, None
            self.resume(None)

    def _looker(self, machine: Machine) -> tuple[Callable[[Any], Any], Callable[[Any], Any], int]:
        fields = machine.View._fields
        look: Any = attrgetter(*fields)
        if len(fields) == 1:
            only = look
            look = lambda m: (only(m),)  # noqa: E731  # attrgetter of one name returns no tuple
        # `_make` without its Python part: there are as many values as fields.
        return look, partial(tuple.__new__, machine.View), fields.index("role") if "role" in fields else -1

    def _saw(self, view: Any, cause: int, role_at: int) -> None:
        """Record what the machine looks like now."""
        was, self.view = self.view, view
        seq = self.recorder.state(self.kernel.now, self.node, cause, view, was)
        if role_at >= 0:
            role = view[role_at]
            if role not in ROLES:
                raise BadValue(f"View.role: found {role!r}, allowed: {', '.join(ROLES)}")
            if role == "leader" and (was is None or was[role_at] != "leader"):
                self.led_since = seq

    def _between(self, effects: int) -> int:
        return within(self.chance.word("strike", self.node, self.life, "after"), 1, effects - 1)

    # -- inputs --------------------------------------------------------------------------------------------

    def offer(self, p: Input) -> bool:
        """Give an input to the machine: now if the host is idle, else through its lane; return whether it took it."""
        if self.idle:
            self.idle = False
            self.resume(p)
            return True
        return self.queue(p)

    def queue(self, p: Input) -> bool:
        """Put an input in its lane and return True, or record why it cannot be."""
        if not self.live:
            self.network.drop(self.node, p.cause, self.why_down, isinstance(p, Receive))
            return False
        kind = p.msg.__class__ if isinstance(p, Receive) else _PUBLIC[p.__class__]
        lane = self._lanes[self._lane_of.get(kind, self._rest)]
        if kind is not Alarm:
            if lane.room <= 0:
                self.network.drop(self.node, p.cause, "lane-full", isinstance(p, Receive))
                return False
            lane.room -= 1
        lane.items.append(p)
        self._queued += 1
        return True

    def tell(self, p: Input, cause: int) -> None:
        """Put an input ahead of every lane: what became of an effect of this node's own."""
        p.cause = cause
        self._urgent.append(p)

    def _take(self) -> Input | None:
        for lane in self._lanes:
            if lane.items:
                self._queued -= 1
                p = lane.items.popleft()
                if isinstance(p, Ring):
                    return p if self.alarms.taken(p) else None
                lane.room += 1
                return p
        return None

    def _set_alarm(self, effect: SetAlarm, seq: int) -> None:
        self.alarms.set(effect, seq)

    def _cancel_alarm(self, effect: CancelAlarm, seq: int) -> None:
        self.alarms.cancel(effect.name)

    # -- effects -------------------------------------------------------------------------------------------

    def _do(self, effect: Effect, seq: int) -> None:
        act = self._perform.get(effect.__class__)
        if act is None:
            raise BadValue(f"returned {_short(effect)}, which is no effect")
        act(effect, seq)

    def _send(self, effect: Send, seq: int) -> None:
        if self._held:
            self._held.append((effect, seq, 0))
        else:
            self.network.send(self, effect.dst, effect.msg, seq, effect.tell)

    def _note(self, effect: Note, seq: int) -> None:
        if self._held:
            self._held.append((effect, seq, 0))
            return
        self.recorder.note(self.kernel.now, self.node, seq, effect.fact)
        if self._here is not None:
            self._fall(self._here)

    def _answer(self, effect: Answer, seq: int) -> None:
        if self._held:
            self._held.append((effect, seq, 0))
            return
        if effect.outcome not in OUTCOMES:
            raise BadValue(f"Answer: found outcome {effect.outcome!r}, allowed: {', '.join(OUTCOMES)}")
        if self.desk is not None:
            self.desk.answered(self, effect, seq)

    def _stop(self, effect: Stop, seq: int) -> None:
        if self._held:
            self._held.append((effect, seq, 0))
            return
        self._end(Crashed(self.life, "stopped", None), seq)
        self._wanted = False
        self.disk.crash("keep", 0)
        self.why_down = "stopped"

    def _forget(self, effect: Forget, seq: int) -> None:
        self.disk.forget(effect.key)

    def _persist(self, effect: Persist, seq: int) -> None:
        disk = self.disk
        at_once = effect.sync and disk.instant and not self._held
        if at_once and not effect.tell and not self._tells:
            disk.write_through(effect)
            return
        disk.write(effect)
        if effect.tell:
            self._tells.append((Persisted(effect.key), seq, disk.written))
        if at_once:
            self._synced(disk.written)
        elif effect.sync:
            self._held.append((effect, seq, disk.written))

    def _sync(self) -> None:
        """Begin a sync of all that is written by now."""
        self._syncing = True
        life, upto = self.life, self.disk.written

        def over(_: Any) -> None:
            if self.life != life or not self.live:
                return
            if self.disk.stalled:
                self._stuck = upto
            else:
                self._sync_over(upto)

        self.kernel.post(self.kernel.now + self.disk.sync_time, DONE, over)

    def _sync_over(self, upto: int) -> None:
        self._syncing = False
        self._synced(upto)
        if self._still:
            self._synced_to = upto
            return
        # Not idle meanwhile: a message to itself must not be taken before all that waited has left.
        idle, self.idle = self.idle, False
        self._release(upto)
        if idle:
            self.resume(None)

    def disk_changed(self, cause: int | None) -> None:
        """Go on with a disk on which a fault is over: end a sync that it stalled, boot a node that gave up on it."""
        if self._stuck is not None and not self.disk.stalled:
            upto, self._stuck = self._stuck, None
            self._sync_over(upto)
        if self._gave_up and self.disk.sound:
            self._gave_up = False
            self.hold_down(-1, cause)

    def _synced(self, upto: int) -> None:
        """Note that these writes are durable or failed, and tell the machine of those that it asked about."""
        failed = self.disk.synced(upto)
        self._failed |= failed
        while self._tells and self._tells[0][2] <= upto:
            told, seq, number = self._tells.popleft()
            if number in failed:
                told.why = failed.pop(number).why
            self.tell(told, seq)
        if failed and self._unsound is None:
            self._unsound = next(iter(failed.values()))

    def _give_up(self, failed: Failed) -> None:
        """Crash, for a write failed of which the machine had not asked to be told; until the disk is sound again."""
        self._end(Crashed(self.life, failed.why, None), failed.cause)
        self.why_down = "down"
        self.disk.crash("unsynced-lost", 0)
        self._gave_up = True
        self.hold_down(1)
        self.disk_changed(
            failed.cause
        )  # a sync that ended during a pause is heeded after it, and the disk may be sound

    def _release(self, upto: int) -> None:
        """Perform the effects that waited for these writes; those behind a later write wait for the next sync.

        What waited for a write that failed is discarded, also what waits for a later write as well.
        """
        if self._unsound is not None:
            self._give_up(self._unsound)
            return
        held, done = self._held, deque[tuple[Effect, int]]()
        lost = False
        while held:
            effect, seq, need = held[0]
            if need > upto:
                break
            held.popleft()
            lost = lost or need in self._failed
            if not lost:
                done.append((effect, seq))
        self._failed = {}
        behind = deque(e for e in held if not lost or isinstance(e[0], Persist))
        held.clear()  # so that what is released is performed, not held again
        life = self.life
        for effect, seq in done:
            if isinstance(effect, Persist):
                continue
            try:
                self._do(effect, seq)
            except (BadValue, UnknownNode) as error:
                raise ModelError(self.blame(f"when {_short(effect)} left the disk's queue", error)) from error
            if self.life != life or not self.live:
                return
        if behind:
            held.extend(behind)
            self._sync()

    # -- saying what went wrong ----------------------------------------------------------------------------

    def blame(self, when: str, error: Exception | str) -> str:
        text = f"{self.node} at {clock_text(self.kernel.now)}{when and ' '}{when}: "
        if isinstance(error, str):
            return text + error
        if isinstance(error, (BadValue, UnknownNode, Unhandled)):
            return text + str(error)
        return f"{text}{told(error)}"


_HERE, _LIBRARY = Path(__file__).parent, Path(traceback.__file__).parent


def told(error: Exception) -> str:
    """Return an error of a model's code as text, with the last line of it that is the model's own."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if _foreign(Path(f.filename))]
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {steady(str(error))}{where}"


def _foreign(path: Path) -> bool:
    """Return whether a file is neither ours nor the standard library's, whose lines move between versions."""
    return path.parent != _HERE and (_LIBRARY not in path.parents or "site-packages" in path.parts)


def _nobody(_: Any) -> None:
    """Take an input for a life that is over or has not begun."""


def _short(thing: Any) -> str:
    return steady(repr(thing))


_PUBLIC: dict[type, type] = {Ring: Alarm, Ask: Ask, Operate: Operate}


def _described(p: Any) -> str:
    kind = p.__class__
    if kind is Packet:
        return "receive"
    if kind is Ring:
        return "alarm " + p.name  # type: ignore[no-any-return]
    if kind is Ask or kind is Operate:
        return f"{kind.__name__.lower()} {p.action}"
    return kind.__name__.lower()  # type: ignore[no-any-return]
