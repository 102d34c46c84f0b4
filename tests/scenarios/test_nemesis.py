"""What `[nemesis]` draws: within its budget, the same for the same seed, and nothing but ordinary faults."""

import tomllib
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from puppets import Ping, Puppet, perform, plan, rang

from scenarios import schema
from scenarios.build import experiment
from scenarios.complaints import ScenarioError
from scenarios.load import fault_of, parse
from scenarios.nemesis import DRAWN, USUAL, allowed, enabled, schedule
from scenarios.plan import planned
from scenarios.run import replay_file
from scenarios.schema import Nemesis
from scenarios.sweep import sweep
from scenarios.topologies import shaped
from sim.chance import Chance
from sim.faults import KINDS
from sim.latency import Uniform
from sim.machine import Boot
from sim.topology import Topology
from sim.units import MS, S, duration
from sim.world import run

HEAL = 8 * S
SEEDS = st.integers(0, 2**63 - 1)
NODES = st.integers(1, 7).map(lambda count: tuple(f"n{i}" for i in range(1, count + 1)))


def spans(low, high):
    pairs = st.tuples(st.integers(low, high), st.integers(low, high)).map(lambda pair: tuple(sorted(pair)))
    return st.one_of(st.integers(low, high), pairs)


OPTIONS = st.builds(
    Nemesis,
    kinds=st.lists(st.sampled_from(sorted(DRAWN)), unique=True).map(tuple),
    share=st.fractions(0, 1),
    at=st.integers(0, 4 * S),
    until=st.one_of(st.none(), st.integers(5 * S, HEAL)),
    every=spans(100 * MS, 2 * S),
    lasting=spans(1, 4 * S),
    storm=st.tuples(st.integers(1, 4), st.integers(4, 9)),
    calm=spans(0, 2 * S),
    most=st.integers(1, 5),
    down=st.one_of(st.sampled_from(["minority", "any"]), st.integers(0, 7)),
)


def times(faults):
    """Return (begin, end, fault) of each."""
    return [(duration(f["at"]), duration(f["at"]) + duration(f["lasting"]), f) for f in faults]


def victims(fault):
    """Return whom a fault keeps from working: of two sides that cannot meet, the smaller."""
    kind = fault["kind"]
    if kind in ("crash", "pause", "swizzle") or (kind == "disk" and "slow" not in fault):
        return set(fault["nodes"])
    if kind in ("hold", "flap"):
        return set(fault["src"] if fault["src"] != "all" else fault["dst"])
    return set(min(fault["groups"], key=len)) if kind == "partition" else set()


# -- budget ------------------------------------------------------------------------------------------------


@given(SEEDS, NODES, OPTIONS)
def test_every_drawn_fault_is_over_by_until(seed, nodes, options):
    until = HEAL if options.until is None else options.until
    for begin, end, _ in times(schedule(seed, nodes, HEAL, options)):
        assert options.at <= begin < end <= until


@given(SEEDS, NODES, OPTIONS)
def test_at_no_time_are_more_faults_active_than_allowed(seed, nodes, options):
    found = times(schedule(seed, nodes, HEAL, options))
    for begin, _, _ in found:
        assert sum(b <= begin <= e for b, e, _ in found) <= options.most


@given(SEEDS, NODES, OPTIONS)
def test_at_no_time_are_more_nodes_down_or_cut_off_than_allowed(seed, nodes, options):
    options = replace(options, down=options.down if isinstance(options.down, int) else "minority")
    found = times(schedule(seed, nodes, HEAL, options))
    for begin, _, _ in found:
        hit = set().union(*(victims(f) for b, e, f in found if b <= begin <= e))
        assert len(hit) <= allowed(options.down, len(nodes))


def test_minority_leaves_a_majority_and_any_leaves_nobody():
    assert [allowed("minority", n) for n in (1, 2, 3, 4, 5)] == [0, 0, 1, 1, 2]
    assert allowed("any", 5) == 5


@given(SEEDS)
def test_asked_for_slightly_too_much_a_majority_goes_down(seed):
    options = Nemesis(kinds=("crash", "pause"), every=10 * MS, lasting=4 * S, storm=(9, 9), most=9, down=2)
    found = times(schedule(seed, ("n1", "n2", "n3"), HEAL, options))
    most = max(len(set().union(*(victims(f) for b, e, f in found if b <= at <= e))) for at, _, _ in found)
    assert most == 2


@given(SEEDS, NODES, OPTIONS)
def test_between_two_storms_it_is_calm(seed, nodes, options):
    options = replace(options, storm=(3, 3), calm=S, kinds=("clock",))
    found = times(schedule(seed, nodes, HEAL, options))
    for i in range(3, len(found), 3):
        assert found[i][0] > max(end for _, end, _ in found[:i]) + S


# -- which kinds, and when ---------------------------------------------------------------------------------


@given(SEEDS, NODES, OPTIONS)
def test_the_same_seed_draws_the_same_schedule(seed, nodes, options):
    assert schedule(seed, nodes, HEAL, options) == schedule(seed, nodes, HEAL, options)


@given(SEEDS, NODES, OPTIONS, st.data())
def test_disabling_a_kind_leaves_every_other_fault_at_its_time(seed, nodes, options, data):
    before = schedule(seed, nodes, HEAL, options)
    kinds = options.kinds or USUAL
    gone = data.draw(st.sampled_from(kinds))
    after = schedule(seed, nodes, HEAL, replace(options, kinds=tuple(k for k in kinds if k != gone) or ("link",)))
    kept = {(f["kind"], f["at"], f["lasting"]) for f in after}
    assert {(f["kind"], f["at"], f["lasting"]) for f in before if f["kind"] != gone} <= kept


@given(SEEDS, NODES, OPTIONS)
def test_without_a_budget_of_nodes_other_faults_keep_every_field(seed, nodes, options):
    options = replace(options, kinds=(), down="any", share=1)
    before = schedule(seed, nodes, HEAL, options)
    after = schedule(seed, nodes, HEAL, replace(options, kinds=tuple(k for k in USUAL if k != "crash")))
    assert [f for f in before if f["kind"] != "crash" and f not in after] == []


@given(SEEDS, NODES, OPTIONS)
def test_the_budget_changes_no_time(seed, nodes, options):
    options = replace(options, kinds=("clock", "crash", "partition"), share=1)
    free, tight = (schedule(seed, nodes, HEAL, replace(options, down=down)) for down in ("any", "minority"))
    assert [f["at"] for f in free] == [f["at"] for f in tight]


def test_each_seed_enables_its_own_subset_and_never_none():
    found = [enabled(Chance(seed), Nemesis()) for seed in range(400)]
    assert all(found)
    assert len({tuple(kinds) for kinds in found}) > 30
    for kind in USUAL:
        assert 160 <= sum(kind in kinds for kinds in found) <= 240


@given(SEEDS)
def test_every_enabled_kind_gets_its_share_of_the_times(seed):
    options = Nemesis(share=1, every=20 * MS, lasting=20 * MS, calm=0)
    found = [f["kind"] for f in schedule(seed, ("n1", "n2", "n3"), HEAL, options)]
    for kind in USUAL:
        assert kind in found, "the lowest weight against five of the highest is one time in forty"


def test_seeds_differ_in_their_rates():
    counts = sorted(len(schedule(seed, ("n1", "n2", "n3"), 20 * S, Nemesis())) for seed in range(100))
    assert counts[10] * 2 <= counts[90]


def test_the_kinds_that_can_be_drawn_are_these():
    assert tuple(DRAWN) == (*USUAL, "hold", "flap", "swizzle", "slow", "disk", "edge")
    assert set(DRAWN) == set(KINDS) - {"operate"}


@given(SEEDS, NODES, OPTIONS)
def test_kinds_that_nobody_names_are_the_usual_ones(seed, nodes, options):
    named = schedule(seed, nodes, HEAL, replace(options, kinds=USUAL))
    assert schedule(seed, nodes, HEAL, replace(options, kinds=())) == named


FIVE = ("n1", "n2", "n3", "n4", "n5")
RING = Topology(shaped(schema.Topology(shape="ring"), FIVE), {node: node for node in FIVE})


@given(SEEDS, st.integers(0, 5), st.integers(1, 5))
def test_drawn_cuts_of_edges_part_no_more_nodes_than_the_budget_allows(seed, down, most):
    options = Nemesis(kinds=("edge",), every=(10 * MS, 500 * MS), most=most, down=down)
    drawn = times(schedule(seed, tuple(RING.place), HEAL, options, RING))
    for moment in sorted({begin for begin, _, _ in drawn}):
        cut = RING.cut(edge for begin, end, f in drawn if begin <= moment <= end for edge in f["cut"])
        reached = {a: {b for b in RING.place if a == b or cut.between(a, b) is not None} for a in RING.place}
        assert 5 - max(map(len, reached.values())) <= down


def test_edges_of_a_ring_are_drawn_up_to_the_budget():
    options = Nemesis(kinds=("edge",), every=50 * MS, most=3, down=2)
    drawn = [fault for seed in range(9) for fault in schedule(seed, tuple(RING.place), HEAL, options, RING)]
    assert {len(fault["cut"]) for fault in drawn} == {1, 2}


def test_without_a_topology_no_edge_is_drawn():
    assert schedule(1, ("n1", "n2", "n3"), HEAL, Nemesis(kinds=("edge",))) == []


@pytest.mark.parametrize("kind", sorted(DRAWN))
def test_every_kind_that_can_be_drawn_is_drawn_and_read_like_a_written_one(kind):
    options = Nemesis(kinds=(kind,), every=200 * MS, storm=(9, 9), calm=0)
    found = schedule(1, tuple(RING.place), HEAL, options, RING)
    assert len(found) > 5
    for table in found:
        assert fault_of(table).fault.kind == kind


def test_two_nodes_have_no_minority_to_lose():
    options = Nemesis(kinds=("crash", "pause", "partition"), every=20 * MS)
    assert schedule(1, ("n1", "n2"), HEAL, options) == []


# -- in a file ---------------------------------------------------------------------------------------------

TOP = 'about = "x"\nmodel = "./my_log.py"\nstop = "6s"\nheal = "4s"\n'
CLIENTS = '[clients]\nworkload = "append"\nevery = "50ms"\n'
TRIGGERED = '[[fault]]\nkind = "pause"\nnodes = "itself"\nwhen = { note = "stored", seq = 3 }\nlasting = "100ms"\n'


def replayed(folder, text, seed):
    """Return a run's outcome, the scenario that it would leave, and the outcome of that."""
    made = experiment(parse(text, folder / "s.toml"))
    first = run(made.plan(seed), seed)
    written = replay_file(made, seed, first)
    again = experiment(parse(written, folder / "s.toml"))
    return first, tomllib.loads(written), run(again.plan(seed), seed)


def test_the_written_scenario_holds_the_drawn_faults_behind_the_written_ones(folder):
    first, written, again = replayed(folder, TOP + TRIGGERED + CLIENTS + "[nemesis]\n", 5)
    assert "nemesis" not in written
    assert written["fault"][0]["when"] == {"note": "stored", "seq": 3}, "a trigger stays a trigger"
    assert [f["kind"] for f in written["fault"]] == [f.kind for f in first.faults]
    assert len(first.faults) > 1
    assert again.digest == first.digest


@settings(max_examples=20)
@given(SEEDS, st.sampled_from(["minority", "any", 2]), st.integers(1, 6), st.sampled_from(["1/3", "1"]))
def test_whatever_is_drawn_runs_is_mended_by_heal_and_replays(tmp_path_factory, seed, down, most, share):
    from scenarios.new_model import new_model

    folder = tmp_path_factory.mktemp("nemesis")
    new_model("my_log", folder)
    shown = f'"{down}"' if isinstance(down, str) else down
    options = f'[nemesis]\ndown = {shown}\nmost = {most}\nshare = "{share}"\nevery = ["10ms", "500ms"]\n'
    first, _, again = replayed(
        folder, TOP + '[cluster]\nnodes = [2, 5]\n[disks]\nsync = "2ms"\n' + CLIENTS + options, seed
    )
    assert first.model_error is None
    assert {f.phase for f in first.faults} <= {"mended", "done"}
    assert all(f.end <= 4 * S for f in first.faults)
    assert again.digest == first.digest


@pytest.mark.parametrize("name", ["redex/nemesis", "careless/nemesis"])
def test_the_catalogues_nemeses_replay(name):
    result = sweep(name, range(6001, 6013), replay=True).result()
    assert result["amiss"] == result["model_errors"] == []


def test_a_sweep_tells_when_a_run_does_not_replay(monkeypatch):
    import scenarios.sweep.work as module

    monkeypatch.setattr(module, "replay_file", lambda made, seed, outcome: replay_file(made, seed + 1, outcome))
    result = sweep("careless/nemesis", range(1, 3), replay=True).result()
    assert [row["seed"] for row in result["amiss"]] == [1, 2]
    assert "replays to digest" in result["amiss"][0]["what"]


def test_a_run_for_which_nothing_was_drawn_says_so(folder, tmp_path):
    from scenarios.run import run as run_scenario

    made = experiment(parse(TOP + CLIENTS + '[nemesis]\nevery = "5s"\n', folder / "s.toml"))
    done = run_scenario(made, 1, tmp_path / "out", plots=False)
    assert any("the nemesis drew no fault" in remark for remark in done.result["remarks"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('kinds = ["crsh"]\n', 'nemesis.kinds.0: found "crsh" (did you mean "crash"?), allowed: crash, pause'),
        ('kinds = ["operate"]\n', 'found "operate"'),
        ('kinds = ["edge"]\n', 'nemesis.kinds.0: found "edge" without edges, allowed: with a [network] topology'),
        ('until = "5s"\n', "nemesis.until: found 5s, allowed: by heal (4s)"),
        ('at = "4s"\n', "nemesis.at: found 4s, allowed: before until (4s)"),
        ('every = "0s"\n', 'nemesis.every: found "0s", allowed: a time above 0'),
        ('every = ["1us", "1s"]\n', "nemesis.every: found 1us, allowed: at least a 10000th"),
        ('lasting = ["0s", "1s"]\n', 'nemesis.lasting: found "0s"'),
        ("most = 0\n", "nemesis.most: found 0, allowed: an integer from 1"),
        ("down = 4\n", "nemesis.down: found 4, allowed: 0 to 3"),
        ('down = "majority"\n', 'nemesis.down: found "majority", allowed: a number of nodes, "minority", or "any"'),
        ("storm = [3, 1]\n", "nemesis.storm: found [3, 1], allowed: a count from 1 to 1000"),
        ('share = "3/2"\n', 'nemesis.share: found "3/2", allowed: a share'),
        ('clam = "1s"\n', 'did you mean "calm"?'),
    ],
)
def test_a_mistake_is_told_with_its_line(folder, text, said):
    with pytest.raises(ScenarioError) as caught:
        experiment(parse(TOP + "[nemesis]\n" + text, folder / "s.toml"))
    assert len(caught.value.lines) == 1, caught.value.lines
    assert said in caught.value.lines[0]
    assert "s.toml:6: " in caught.value.lines[0]


def test_a_nemesis_needs_heal(folder):
    with pytest.raises(ScenarioError, match="needs heal"):
        experiment(parse(TOP.replace('heal = "4s"\n', "") + "[nemesis]\n", folder / "s.toml"))


# -- composition: what overlapping faults do to a world ----------------------------------------------------


def chatter(me: Puppet, input, now):
    """Say something to everybody every 10 ms."""
    if isinstance(input, Boot):
        me.alarm("beat", 10 * MS, 10 * MS)
    elif rang(input, "beat"):
        me.broadcast(Ping(me.life))


def chaos(seed):
    """Run chatterers in a world in which six faults may overlap, everybody may be down, and heal mends the last."""
    usual = Nemesis(share=1, every=(5 * MS, 30 * MS), lasting=(5 * MS, 300 * MS), storm=(50, 50), most=6, down="any")
    options = replace(usual, kinds=tuple(kind for kind in DRAWN if kind != "edge"))
    tables = schedule(seed, ("n1", "n2", "n3", "n4"), 500 * MS, options)
    entries = [fault_of(table) for table in tables]
    entries = [replace(e, timing=replace(e.timing, lasting=None)) if e.timing.at > 350 * MS else e for e in entries]
    faults = tuple(planned(entry, "deliver") for entry in entries)
    show = perform(plan(chatter, 4, stop=S, heal=500 * MS, faults=faults, latency=Uniform(5 * MS, 5 * MS)), seed)
    assert show.outcome.model_error is None
    assert show.outcome.stats["faults_fired"] == len(faults) > 10
    return show


def active(show, kind):
    """Return the faults of a kind."""
    return [fault for fault in show.outcome.faults if fault.kind == kind]


@settings(max_examples=25)
@given(SEEDS)
def test_after_heal_the_world_is_as_if_nothing_had_been(seed):
    show = chaos(seed)
    sends = {r["seq"]: r for r in show.of("send") if r["at"] > 600 * MS}
    heard = {}
    for step in show.of("step", input="receive"):
        if step["cause"] in sends:
            heard.setdefault(step["cause"], []).append(step["at"] - sends[step["cause"]]["at"])
    due = [seq for seq, r in sends.items() if r["at"] < S - 5 * MS]
    assert [heard.get(seq) for seq in due] == [[5 * MS]] * len(due)
    for node in ("n1", "n2", "n3", "n4"):
        beats = [at for at in show.at("step", node, input="alarm beat") if at > 600 * MS]
        assert {b - a for a, b in pairwise(beats)} == {10 * MS}


@settings(max_examples=25)
@given(SEEDS)
def test_what_one_fault_mends_another_still_breaks(seed):
    show = chaos(seed)
    for fault in (*active(show, "crash"), *active(show, "pause")):
        for node in fault.nodes:
            assert [at for at in show.at("boot", node) if fault.begin < at < fault.end] == []
            if fault.kind == "pause":
                assert [at for at in show.at("step", node) if fault.begin < at < fault.end] == []


@settings(max_examples=25)
@given(SEEDS)
def test_a_link_is_cut_as_long_as_any_partition_cuts_it(seed):
    show = chaos(seed)
    handled = {step["cause"] for step in show.of("step", input="receive")}
    for fault in active(show, "partition"):
        first, second = fault.fields["groups"]
        cut = [(first, second)] if fault.fields["oneway"] else [(first, second), (second, first)]
        for send in show.of("send"):
            severed = any(send["node"] in src and send["dst"] in dst for src, dst in cut)
            if severed and fault.begin < send["at"] < fault.end:
                assert send["seq"] not in handled


def test_no_drawn_clock_fault_does_nothing():
    nodes, only = ("n1", "n2", "n3"), Nemesis(kinds=("clock",))
    faults = [fault for seed in range(400) for fault in schedule(seed, nodes, 20 * S, only)]
    assert len(faults) > 400
    assert not [fault for fault in faults if fault.get("drift") == "0ppm" or fault.get("jump") == "0ms"]
