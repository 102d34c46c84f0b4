import pytest

from scenarios.build import experiment
from scenarios.complaints import ScenarioError
from scenarios.load import parse

TOP = 'about = "x"\nmodel = "./my_log.py"\nstop = "10s"\nheal = "8s"\n'
PARTITION = '[[fault]]\nkind = "partition"\nat = "1s"\n'


PAUSE = '[[fault]]\nkind = "pause"\nnodes = "n1"\n'
CRASH = '[[fault]]\nkind = "crash"\n'


def complaint(folder, text):
    with pytest.raises(ScenarioError) as caught:
        experiment(parse(TOP + text, folder / "s.toml"))
    assert len(caught.value.lines) == 1, caught.value.lines
    return caught.value.lines[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PARTITION + 'groups = [["n1"], ["n1", "n2"]]\n', 'found "n1" in groups 0 and 1'),
        (PARTITION + 'groups = ["all", "rest"]\n', 'found "all" beside other groups'),
        (PARTITION + 'groups = ["n1"]\n', "two or more"),
        (PARTITION + 'groups = [["n1"], []]\n', "an empty group"),
        (PARTITION + 'groups = ["n1", "random(9)"]\n', "at most random(3)"),
        (PARTITION + 'groups = ["n1", "region(mars)"]\n', "the regions"),
        ('[[fault]]\nkind = "pause"\nnodes = "n7"\nat = "1s"\n', 'found "n7", allowed: a node\'s name'),
        ('[[fault]]\nkind = "pause"\nnodes = "n1"\n', "at: missing"),
        ('[[fault]]\nkind = "pause"\nnodes = "n1"\nat = "9s"\n', "before heal (8s)"),
        ('[[fault]]\nkind = "pause"\nnodes = "n1"\nat = ["7s", "9s"]\n', "before heal (8s)"),
        ('[[fault]]\nkind = "pause"\nnodes = "n1"\nat = "1s"\nlasting = "8s"\n', "ends at 9s, allowed: by heal"),
        ('[[fault]]\nkind = "pause"\nnodes = "n1"\nat = "1s"\nnth = 2\n', "found without when"),
        ('[[fault]]\nkind = "pause"\nnodes = "n1"\nwhen = { note = "sotred" }\n', 'did you mean "stored"?'),
        ('[[fault]]\nkind = "pause"\nnodes = "n1"\nwhen = { note = "stored", sqe = 3 }\n', 'did you mean "seq"?'),
        ('[[fault]]\nkind = "pause"\nnodes = "n1"\nwhen = { record = "state", term = 3 }\n', "no field of it"),
        ('[[fault]]\nkind = "pause"\nnodes = "n1"\nwhen = { seq = 3 }\n', "either note = FACT or record = KIND"),
        ('[[fault]]\nkind = "operate"\nnodes = "n1"\nat = "1s"\naction = "resign"\n', 'found "resign"'),
        ('[[fault]]\nkind = "operate"\nnodes = "n1"\nat = "1s"\naction = "boot"\nlasting = "1s"\n', "an instant"),
        (PAUSE + 'at = "1s"\narmed = "1/2"\n', 'armed: found without when = { note = "point" }'),
        (PAUSE + 'when = { note = "stored" }\nfires = "1/2"\n', 'fires: found without when = { note = "point" }'),
        (PAUSE + 'when = { note = "point" }\n', 'found "point", allowed: the model\'s facts stored'),
        ('[[fault]]\nkind = "pause"\nnodes = "itself"\nat = "1s"\n', 'nodes: found "itself" without when'),
        (CRASH + 'nodes = "itself"\nat = "1s"\n', 'nodes: found "itself" without when'),
        (CRASH + 'nodes = "n1"\nwhen = { note = "stored" }\nstrike = "here"\n', 'allowed: with nodes = "itself"'),
        (CRASH + 'nodes = "itself"\nwhen = { record = "send" }\nstrike = "here"\n', "and when = { note = FACT }"),
        (CRASH + 'nodes = "itself"\nwhen = { note = "stored" }\nafter = "1s"\nstrike = "here"\n', "without after"),
        ('[clients]\nworkload = "register"\n', "needs"),
        ('[clients]\nworkload = "append"\nbeside = ["n9"]\n', 'found "n9"'),
        ('[clients]\nworkload = "append"\nevery = "0s"\n', "above 0"),
        ('[[ask]]\nat = "1s"\nnode = "n1"\naction = "append"\n', "found 0 arguments"),
        ('[[ask]]\nat = "1s"\nnode = "n1"\naction = "read"\n', 'found "read"'),
        ('[[ask]]\nat = "1s"\nnode = "n1"\naction = "append"\nargs = ["x"]\ntimes = 3\n', "time between two"),
        ('[cluster.params]\nthnik = "1ms"\n', 'did you mean "think"?'),
        ('[cluster.params]\nthink = "soon"\n', 'found "soon", allowed: a time'),
        ('[cluster.params.n2]\nthnik = "1ms"\n', 'did you mean "think"?'),
        ('[cluster.boot]\nn9 = "1s"\n', 'found "n9"'),
        ('[cluster.place]\nn1 = "mars"\n[network]\nlatency = { matrix = "ibm-cloud-2024-08" }\n', 'found "mars"'),
        ('[network]\nlatency = { uniform = ["1ms", "2ms"], lognormal = "3ms" }\n', "one of them"),
        ('[network]\nlatency = { uniform = ["1ms", "2ms"], jitter = "5%" }\n', "found without matrix"),
        ('[clocks]\nwall_start = "yesterday"\n', "a date such as"),
        ('[expect]\nsingel_leader = "holds"\n', 'did you mean "single_leader"?'),
        ('[expect]\nsingle_leader = "hold"\n', "allowed: holds, violated, unknown, vacuous"),
        ('[expect]\none_leader_per_term = "holds"\n', "the model lacks state.term"),
        ('[expect.hardened]\nsingle_leader = "holds"\n', 'found "hardened"'),
        ('[expect]\nsingle_leader = { verdict = "holds", within = "1s" }\n', "only on eventual properties"),
        ('[expect]\ntails_agree = { verdict = "holds", within = "5s" }\n', "stop comes before"),
        ('profile = "hardened"\n', 'found "hardened", allowed: as-written'),
        (
            '[[fault]]\nkind = "pause"\nnodes = "n1"\nat = "1s"\nevery = "2s"\n',
            "lasting: missing: a fault that strikes again",
        ),
        (
            '[[fault]]\nkind = "pause"\nnodes = "n1"\nat = "1s"\nevery = "2s"\nlasting = "2s"\n',
            "found 2s, allowed: below every (2s)",
        ),
        (
            '[[fault]]\nkind = "pause"\nnodes = "n1"\nat = "1s"\nevery = "2s"\nlasting = ["1s", "3s"]\n',
            "found 3s, allowed: below every (2s)",
        ),
        (
            '[[fault]]\nkind = "pause"\nnodes = "n1"\nat = "1s"\nevery = "2s"\nlasting = "for-ever"\n',
            "a time below every",
        ),
        ('[[fault]]\nkind = "pause"\nnodes = "n1"\nat = "1s"\ntimes = 2\n', "times: found without every"),
        (
            '[[fault]]\nkind = "pause"\nnodes = "n1"\nat = "1s"\nevery = "2s"\nlasting = "1s"\ntimes = 0\n',
            "times: found 0, allowed: an integer from 1",
        ),
        (
            '[[fault]]\nkind = "operate"\nnodes = "n1"\nat = "1s"\naction = "boot"\nevery = "0s"\n',
            'every: found "0s", allowed: a time above 0',
        ),
        ('[[fault]]\nkind = "pause"\nnodes = "n1"\nat = "1s"\nuntil = { note = "sotred" }\n', 'did you mean "stored"?'),
        (
            '[[fault]]\nkind = "pause"\nnodes = "n1"\nat = "1s"\nuntil = { record = "boot", lfie = 2 }\n',
            'did you mean "life"?',
        ),
        (
            '[[fault]]\nkind = "pause"\nnodes = "n1"\nat = "1s"\nlasting = "for-ever"\nuntil = { record = "boot" }\n',
            "until: found beside lasting",
        ),
        (
            '[[fault]]\nkind = "operate"\nnodes = "n1"\nat = "1s"\naction = "boot"\nuntil = { record = "boot" }\n',
            "an instant, allowed: no until",
        ),
        (
            '[[fault]]\nkind = "pause"\nnodes = "rack(r9)"\nat = "1s"\n',
            "allowed: the racks of [cluster.rack] (there are none)",
        ),
        (
            '[[fault]]\nkind = "pause"\nnodes = "rack(r9)"\nat = "1s"\n[cluster.rack]\nn1 = "r1"\n',
            "allowed: the racks r1",
        ),
        ('[cluster.rack]\nn9 = "r1"\n', 'found "n9"'),
        (
            '[[fault]]\nkind = "clock"\nnodes = "n1"\nat = "1s"\n',
            "fault.0: nothing happens, allowed: one or more of jump",
        ),
        (
            '[[fault]]\nkind = "clock"\nnodes = "n1"\nat = "1s"\njump = "1s"\nwhich = "wall"\n',
            "which: found without drift or freeze",
        ),
        (
            '[[fault]]\nkind = "clock"\nnodes = "n1"\nat = "1s"\nfreeze = true\nwhich = "monotonic"\nmend = "slew"\n',
            "only the monotonic clock is struck",
        ),
        (
            '[[fault]]\nkind = "clock"\nnodes = "n1"\nat = "1s"\nstrobe = "1s"\nperiod = "0s"\n',
            'period: found "0s", allowed: a time above 0',
        ),
        (
            '[[fault]]\nkind = "clock"\nnodes = "n1"\nat = "1s"\nslew = "1s"\nrate = "200%"\n',
            'rate: found "2000000ppm", allowed: above 0',
        ),
        (
            '[[fault]]\nkind = "clock"\nnodes = "n1"\nat = "1s"\nreset = "2024"\n',
            'reset: found "2024", allowed: true-time, 1970',
        ),
        (
            '[[fault]]\nkind = "disk"\nnodes = "n1"\nat = "1s"\n',
            "fault.0: nothing happens, allowed: one or more of slow, stall",
        ),
        ('[[fault]]\nkind = "disk"\nnodes = "n1"\nat = "1s"\neio = true\n', "eio: found True, allowed: a share"),
        (
            '[[fault]]\nkind = "disk"\nnodes = "n1"\nat = "1s"\nfull = true\ndetected = true\n',
            "detected: found without bitrot",
        ),
        (
            '[[fault]]\nkind = "disk"\nnodes = "n1"\nat = "1s"\nfull = true\nonly = "log"\n',
            "only: found without bitrot",
        ),
        (
            '[[fault]]\nkind = "slow"\nnodes = "n1"\nat = "1s"\nservice = "0s"\n',
            'service: found "0s", allowed: a time above 0',
        ),
        ('[clocks]\nntp = { every = "0s" }\n', 'clocks.ntp.every: found "0s"'),
        ('[clocks]\nntp = { slew = "0ppm" }\n', 'clocks.ntp.slew: found "0ppm"'),
        ('[clocks]\nntp = { evry = "1s" }\n', 'did you mean "every"?'),
    ],
)
def test_a_broken_rule_gets_one_complaint_that_names_it(folder, text, said):
    assert said in complaint(folder, text)


def test_a_scenario_with_faults_needs_heal(folder):
    text = 'about = "x"\nmodel = "./my_log.py"\nstop = "10s"\n' + PARTITION + 'groups = ["n1", "rest"]\n'
    with pytest.raises(ScenarioError, match="needs heal"):
        experiment(parse(text, folder / "s.toml"))


def test_mistakes_are_found_although_the_model_is_missing(folder):
    text = TOP.replace("my_log", "nobody") + PARTITION + 'groups = [["n9"], "rest"]\n'
    with pytest.raises(ScenarioError) as caught:
        experiment(parse(text, folder / "s.toml"))
    assert ["there is no file" in line for line in caught.value.lines] == [True, False]


def test_a_model_that_does_not_import_is_blamed_with_its_line(folder):
    (folder / "broken.py").write_text("x = 1\ny = nothing\n")
    with pytest.raises(ScenarioError, match=r"broken\.py:2: NameError"):
        experiment(parse(TOP.replace("my_log", "broken"), folder / "s.toml"))


def test_a_model_without_a_machine_says_what_to_write(folder):
    (folder / "empty.py").write_text("x = 1\n")
    with pytest.raises(ScenarioError, match="machine = YourMachine"):
        experiment(parse(TOP.replace("my_log", "empty"), folder / "s.toml"))


def test_a_range_of_nodes_is_drawn_from_the_seed(folder):
    found = experiment(parse(TOP + "[cluster]\nnodes = [2, 5]\n", folder / "s.toml"))
    counts = {len(found.nodes(seed)) for seed in range(40)}
    assert counts == {2, 3, 4, 5}


def test_names_are_padded_to_the_width_of_the_count(folder):
    found = experiment(parse(TOP + "[cluster]\nnodes = 12\n", folder / "s.toml"))
    assert found.nodes(1)[0] == "n01"
    assert list(found.nodes(1)) == sorted(found.nodes(1))
