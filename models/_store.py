"""What replicated logs are logs of: registers and lists by key, and sessions, by which an operation happens once.

A client has one operation open at a time and numbers them upwards; a retry keeps its number. So it is enough to
remember the last one of each client.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sim.machine import fingerprint

ACTIONS = {"read": ("key",), "write": ("key", "value"), "cas": ("key", "old", "value"), "append": ("key", "value")}


class Command(NamedTuple):
    """What a client wants."""

    client: str
    op: int
    action: str
    args: tuple[Any, ...]


class Store:
    """The state machine. `digest` is a fingerprint of every command that took effect, in order."""

    def __init__(self, sessions: bool = True) -> None:
        self.remembers = sessions
        self.values: dict[str, Any] = {}
        self.sessions: dict[str, tuple[int, Any]] = {}  # by client: its last operation and what it was answered
        self.digest = ""

    def done(self, client: str, op: int) -> bool:
        """Return whether an operation, or a later one of its client, has taken effect."""
        return op <= self.sessions.get(client, (0, None))[0]

    def told(self, client: str, op: int) -> tuple[str, Any]:
        """Return outcome and answer of an operation that is done; of one that is not the client's last none is left."""
        last, answer = self.sessions[client]
        return ("ok", answer) if op == last else ("unsure", None)

    def apply(self, command: Command) -> tuple[str, Any]:
        """Let a command take effect and return its outcome and answer."""
        answer = self.do(command.action, command.args)
        if self.remembers:
            self.sessions[command.client] = command.op, answer
        self.digest = fingerprint((self.digest, command))
        return "ok", answer

    def do(self, action: str, args: tuple[Any, ...]) -> Any:
        key, *given = args
        held = self.values.get(key)
        if action == "read":
            return held
        if action == "cas" and held != given[0]:
            return False
        self.values[key] = (*(held or ()), given[0]) if action == "append" else given[-1]
        return True if action == "cas" else None
