"""The state machine: registers and lists by key, and sessions, by which an operation happens once (D 6.3)."""

from __future__ import annotations

from typing import Any, NamedTuple

from sim.machine import fingerprint


class Command(NamedTuple):
    """What a client wants; its operations have rising numbers, and a retry keeps its number."""

    client: str
    op: int
    action: str
    args: tuple[Any, ...]


class Store:
    """Values by key; a session remembers a client's last operation and what it was answered.

    Sessions begin with a client's first operation and never end: a run has few clients, and nothing registers them.
    """

    def __init__(self, remembers: bool = True) -> None:
        self.remembers = remembers
        self.values: dict[str, Any] = {}
        self.sessions: dict[str, tuple[int, Any]] = {}
        self.digest = ""

    def told(self, client: str, op: int) -> tuple[str, Any] | None:
        """Return the outcome and answer of an operation that has happened, None if it may happen yet.

        One that is older than the client's last is not executed any more, whether or not it was: nobody waits for it.
        """
        last, answer = self.sessions.get(client, (0, None))
        return None if op > last else ("ok", answer) if op == last else ("unsure", None)

    def apply(self, command: Command) -> tuple[tuple[str, Any], bool]:
        """Return a command's outcome and answer, and whether it took effect now rather than before."""
        told = self.told(command.client, command.op)
        if told is not None:
            return told, False
        answer = self._do(command.action, command.args)
        if self.remembers:
            self.sessions[command.client] = (command.op, answer)
        self.digest = fingerprint((self.digest, command))
        return ("ok", answer), True

    def _do(self, action: str, args: tuple[Any, ...]) -> Any:
        key, *given = args
        held = self.values.get(key)
        if action == "read":
            return held
        if action == "write":
            self.values[key] = given[0]
        elif action == "append":
            self.values[key] = (*(held or ()), given[0])
        elif action == "cas":
            if held != given[0]:
                return False
            self.values[key] = given[1]
            return True
        return None

    def dump(self, sessions: bool = True) -> tuple[Any, ...]:
        """Return all of it as a value; without `sessions` what clients were answered is left out."""
        kept = tuple(sorted((client, *last) for client, last in self.sessions.items())) if sessions else ()
        return tuple(sorted(self.values.items())), kept, self.digest

    def load(self, state: tuple[Any, ...]) -> None:
        """Take over what was dumped."""
        values, sessions, self.digest = state
        self.values = dict(values)
        self.sessions = {client: (op, answer) for client, op, answer in sessions}
