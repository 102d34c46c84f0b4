"""Section 5 of the specification: each of its 18 rows is a test with the row's own name, in the order of the table.

Other tests of this folder go further; what is a row stands only here.
"""

from __future__ import annotations

import pytest

from models.crdt_state.checkpoint import DistributedCheckpointer, GlobalDistributedCheckpoint, make_node_checkpoint
from models.crdt_state.counters import GCounter, PnCounter
from models.crdt_state.digests import fnv_root
from models.crdt_state.errors import CheckpointVerificationFailed
from models.crdt_state.eventlog import CrdtEventLog
from models.crdt_state.gossip import GossipMessage, StateReplicationManager
from models.crdt_state.partners import Partners
from models.crdt_state.register import LwwRegister


def manager(node: str, *peers: str, fanout: int = 3, stale_rounds: int = 10) -> StateReplicationManager:
    partners = Partners(fanout, stale_rounds)
    for peer in peers:
        partners.add_peer(peer, 0)
    return StateReplicationManager(node, partners)


def test_g_counter_basic() -> None:
    counter = GCounter()
    counter.increment("node-1")
    counter.increment("node-1")
    counter.increment("node-2")
    assert counter.value() == 3


def test_g_counter_merge() -> None:
    one, other = GCounter({"node-1": 5}), GCounter({"node-1": 3, "node-2": 7})
    one.merge(other)
    assert one.value() == 12


def test_g_counter_merge_idempotent() -> None:
    counter = GCounter({"node-1": 10})
    counter.merge(GCounter(counter.counts))
    assert counter.value() == 10


def test_pn_counter_basic() -> None:
    counter = PnCounter()
    for _ in range(3):
        counter.increment("node-1")
    counter.decrement("node-1")
    assert counter.value() == 2


def test_pn_counter_merge() -> None:
    one, other = PnCounter(), PnCounter()
    one.increment("node-1")
    other.increment("node-2")
    other.decrement("node-2")
    one.merge(other)
    assert one.value() == 1


def test_lww_register_write_and_read() -> None:
    register = LwwRegister()
    register.write_at(b"hello", "node-1", 100)
    assert register.read() == b"hello"


def test_lww_register_last_write_wins() -> None:
    register = LwwRegister()
    register.write_at(b"first", "node-1", 100)
    register.write_at(b"second", "node-2", 200)
    register.write_at(b"old", "node-3", 50)
    assert register.read() == b"second"


def test_lww_register_merge() -> None:
    one, other = LwwRegister(), LwwRegister()
    one.write_at(b"r1-value", "node-1", 100)
    other.write_at(b"r2-value", "node-2", 200)
    one.merge(other)
    assert (one.read(), one.timestamp()) == (b"r2-value", 200)


def test_crdt_event_log_append() -> None:
    log = CrdtEventLog("node-1")
    assert [log.append(b"event-0", 1), log.append(b"event-1", 2)] == [0, 1]
    stats = log.stats()
    assert (stats.total_entries, stats.event_counter, stats.activity_counter) == (2, 2, 2)


def test_crdt_event_log_registers() -> None:
    log = CrdtEventLog("node-a")
    log.set_register("config", b"v1", 100)
    assert log.get_register("config") == b"v1"
    log.set_register("config", b"v2", 100)
    assert log.get_register("config") is not None


def test_crdt_event_log_merge() -> None:
    one, other = CrdtEventLog("node-1"), CrdtEventLog("node-2")
    one.append(b"n1-event", 1)
    other.append(b"n2-event", 2)
    other.append(b"n2-event-2", 3)
    one.merge_remote(other.export_state())
    assert (one.stats().total_entries, one.stats().contributing_nodes) == (3, 2)


def test_crdt_event_log_record_removal() -> None:
    log = CrdtEventLog("node-x")
    log.append(b"e1", 1)
    log.append(b"e2", 2)
    log.record_removal()
    assert (log.stats().event_counter, log.stats().activity_counter) == (2, 1)


def test_distributed_checkpointer_completes_on_all_nodes() -> None:
    checkpointer = DistributedCheckpointer(["n1", "n2"])
    assert checkpointer.submit_node_checkpoint(make_node_checkpoint("ckpt-1", "n1", 100, b"state-n1")) is None
    whole = checkpointer.submit_node_checkpoint(make_node_checkpoint("ckpt-1", "n2", 110, b"state-n2"))
    assert isinstance(whole, GlobalDistributedCheckpoint)
    assert (whole.checkpoint_id, len(whole.node_checkpoints)) == ("ckpt-1", 2)
    assert (whole.min_logical_time, whole.max_logical_time, whole.is_complete) == (100, 110, True)


def test_distributed_checkpointer_rejects_bad_merkle() -> None:
    checkpointer = DistributedCheckpointer(["n1"])
    part = make_node_checkpoint("ckpt-bad", "n1", 50, b"data")._replace(merkle_root="deadbeef")
    with pytest.raises(CheckpointVerificationFailed):
        checkpointer.submit_node_checkpoint(part)
    assert checkpointer.stats().failed_verifications == 1


def test_state_replication_gossip_produced() -> None:
    node = manager("node-1", "node-2", "node-3", fanout=2, stale_rounds=5)
    node.update_local_state(b"my-state")
    messages = node.produce_gossip(0)
    assert 1 <= len(messages) <= 2
    assert {message.from_node for message in messages} == {"node-1"}
    assert all(message.state_digest for message in messages)


def test_state_replication_receive_sync() -> None:
    node = manager("node-2", "node-1")
    node.update_local_state(b"old-state")
    new = b"new-state-from-node-1"
    assert node.receive_gossip(GossipMessage("node-1", "node-2", 1, fnv_root(new), new, 0), 0) is True
    assert node.local_digest == fnv_root(new)
    assert (node.stats().messages_received, node.stats().sync_count) == (1, 1)


def test_state_replication_no_sync_when_same_digest() -> None:
    node = manager("node-x", "node-y")
    node.update_local_state(b"shared-state")
    assert node.receive_gossip(GossipMessage("node-y", "node-x", 1, node.local_digest, None, 0), 0) is False
    assert node.stats().sync_count == 0


def test_merkle_root_deterministic() -> None:
    assert fnv_root(b"hello world") == fnv_root(b"hello world")
    assert fnv_root(b"hello world") != fnv_root(b"different")
