"""The hashes and texts of section 4: the seed's own outputs, and the libraries that it names."""

from __future__ import annotations

from hashlib import sha256

import blake3 as blake3_library
import pytest
import xxhash

from models.ecs.blake3 import blake3
from models.ecs.events import APPLIED, PUBLISHED, RECEIVED, TraceEvent
from models.ecs.objects import idempotency_key, oid
from models.ecs.ring import ConsistentHashRing, symbol_key, vnode_point
from models.ecs.symbols import auth_tag
from models.ecs.tla import export_tla_trace
from models.ecs.xxh3 import xxh3_64

ALL_ONES = b"\xff" * 16
KEY = bytes(range(32))
# Around the edges of blocks, chunks and subtrees.
LENGTHS = [0, 1, 63, 64, 65, 127, 128, 1023, 1024, 1025, 2047, 2048, 2049, 3072, 3073, 4096, 5121, 8193, 31744, 70001]


def data(length: int) -> bytes:
    return bytes((7 * i + length) % 251 for i in range(length))


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("key", [None, KEY])
def test_blake3_is_the_librarys(length: int, key: bytes | None) -> None:
    expected = blake3_library.blake3(data(length)) if key is None else blake3_library.blake3(data(length), key=key)
    assert blake3(data(length), key) == expected.digest()


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="key: found 3 bytes, allowed: 32"):
        blake3(b"", b"abc")


@pytest.mark.parametrize("length", [*range(4, 9), *range(17, 33)])
def test_xxh3_is_the_librarys(length: int) -> None:
    assert xxh3_64(data(length)) == xxhash.xxh3_64_intdigest(data(length))


@pytest.mark.parametrize("length", [0, 3, 9, 16, 33])
def test_xxh3_refuses_what_nothing_here_hashes(length: int) -> None:
    with pytest.raises(ValueError, match="allowed: 4 to 8 or 17 to 32"):
        xxh3_64(bytes(length))


@pytest.mark.parametrize(
    ("seq", "capsule", "key"),
    [
        (0, bytes(16), "7d317135315ac94dcfb6729c5813a85a"),
        (1, oid(1), "5c584ade3d0c00152015e3927c46f910"),
        (42, oid(10), "40da496f5cfb5e265b87d162a01285ef"),
        (77, oid(9), "b9ee7c77a09a4b3e214a22d68df433ff"),
        (2**64 - 1, ALL_ONES, "08c44288ded5a173588267ad4266b2fb"),
    ],
)
def test_idempotency_keys_are_the_seeds(seq: int, capsule: bytes, key: str) -> None:
    assert idempotency_key(seq, capsule).hex() == key


@pytest.mark.parametrize(
    ("object_id", "esi", "payload", "tag"),
    [
        (oid(1), 0, b"\x01\x02\x03", "b24d21f909a8779b17ef8640cae56cfc"),
        (oid(1), 0, b"", "32ffc9576fb17f9e42afe1e7a96fb656"),
        (oid(1), 1, b"\x1e\x28", "2d7a2eb1ff52e1d9bbf85805925a1261"),
        (ALL_ONES, 2**32 - 1, b"hello", "ebd4bb3026506771e793997117754058"),
    ],
)
def test_tags_are_the_seeds(object_id: bytes, esi: int, payload: bytes, tag: str) -> None:
    assert auth_tag(object_id, esi, payload).hex() == tag


@pytest.mark.parametrize(
    ("node", "vnode", "point"),
    [
        (1, 0, 0x2FBC593564DB792E),
        (1, 1, 0x575B8805E3A758FF),
        (2, 0, 0x2086C65C91EEE243),
        (3, 99, 0xF56B65E59ADFD236),
        (4, 0, 0xCA22290AD95E7178),
    ],
)
def test_points_of_virtual_nodes_are_the_seeds(node: int, vnode: int, point: int) -> None:
    assert vnode_point(node, vnode) == point


@pytest.mark.parametrize(
    ("object_id", "esi", "key"),
    [
        (oid(42), 0, 0xB9A0E7116F44461D),
        (oid(42), 1, 0x99B4BC3C324D5352),
        (oid(1), 0, 0x24B19D3508497315),
        (oid(1), 999, 0xE01FFF2C4AF15BC2),
    ],
)
def test_keys_of_symbols_are_the_seeds(object_id: bytes, esi: int, key: int) -> None:
    assert symbol_key(object_id, esi) == key


@pytest.mark.parametrize(("nodes", "owners"), [((1, 2, 3), "3222112312333231"), ((1, 2, 3, 4), "3442112314433444")])
def test_owners_are_the_seeds(nodes: tuple[int, ...], owners: str) -> None:
    ring = ConsistentHashRing(nodes, 100)
    assert "".join(str(ring.route(oid(42), esi)) for esi in range(16)) == owners


def test_shares_and_moves_are_the_seeds() -> None:
    three = ConsistentHashRing((1, 2, 3), 100)
    four = three.add_node(4)
    before = [three.route(oid(1), esi) for esi in range(1000)]
    after = [four.route(oid(1), esi) for esi in range(1000)]
    moved = [(b, a) for b, a in zip(before, after, strict=True) if b != a]
    assert [before.count(node) for node in (1, 2, 3)] == [339, 314, 347]
    assert [moved.count((node, 4)) for node in (1, 2, 3)] == [103, 92, 76]
    assert len(moved) == 271
    assert len({point for point, _ in four.ring}) == 400  # no ties


@pytest.mark.parametrize(
    ("events", "size", "digest"),
    [
        ((PUBLISHED, RECEIVED, APPLIED), 363, "2aef7ff9b29cf7f37259ea03b384585cc283388cd8e9155519878be0ca3431f4"),
        ((), 157, "71410bdba132da98214b584cc6ed5bc0de8ee050a5800e92bf50d2509feb7ffa"),
    ],
)
def test_the_tla_text_is_the_seeds(events: tuple[str, ...], size: int, digest: str) -> None:
    text = export_tla_trace(TraceEvent(1 + (i > 0), 1, oid(1), what) for i, what in enumerate(events))
    assert (len(text), sha256(text.encode()).hexdigest()) == (size, digest)
