import pytest

from scenarios.build import experiment
from scenarios.fingerprint import MODEL_ERROR, Fingerprint, clause, observe, of_error, unexpected
from scenarios.load import parse
from scenarios.run import prepare

NODES = ("n1", "n2", "n3")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("n1 and n2 both lead term 4", "n3 and n1 both lead term 12"),
        ("sequence 3 is c1.4 on n2 and c2.9 on n1", "sequence 11 is x7 on n1 and c2.1 on n3"),
        ("the tails differ: n1 4, n2 5, n3 5", "the tails differ: n1 4, n3 9"),
        ("n1 committed  at sequence 2", "n2 committed c1.4 at sequence 3"),
        ("n2 lost sequence 5, which n1 held at 3.412000s", "n1 lost sequence 8, which n2 held at 12.000001s"),
        ("n2 holds 'a b', not \"c\"", "n3 holds 'x', not \"y z\""),
    ],
)
def test_names_and_numbers_make_no_other_failure(one, other):
    assert clause(one, NODES) == clause(other, NODES)


def test_other_words_make_another_failure():
    assert clause("n1 lost sequence 3", NODES) != clause("n1 counted sequence 3", NODES)
    assert clause("alpha lost 3", ("alpha",)) != clause("alpha lost 3", NODES)


def test_a_model_error_is_told_by_its_input_and_what_was_raised():
    first = "n2 at 3.412000s on Receive(src='n3', msg=Copy(seq=4, payload='a')): KeyError: 4 (careless.py:31)"
    again = "n1 at 9.000000s on Receive(src='n2', msg=Copy(seq=17, payload='(b):')): KeyError: 17 (careless.py:38)"
    other = "n1 at 9.000000s on Receive(src='n2', msg=Copy(seq=17, payload='b')): ValueError: 17 (careless.py:38)"
    assert of_error(first, NODES) == of_error(again, NODES) != of_error(other, NODES)
    assert of_error(first, NODES) == Fingerprint(MODEL_ERROR, "on Receive Copy: KeyError: ... (...)")


def test_a_model_error_outside_a_step_has_a_fingerprint_too():
    assert of_error("n2 at 3s in contents(): KeyError: 4", NODES).clause == "KeyError: ..."


def test_roles_are_those_at_the_record_that_shows_it():
    made = prepare("careless/a_crash_forgets")
    observed = observe(made, made.plan(1), 1)
    found = {failure.fingerprint.property: failure.fingerprint for failure in observed.failures}
    assert found["same_payload"].roles == ("leader",)
    assert found["tails_agree"].roles == ("follower", "leader")


def test_a_run_is_judged_as_it_would_be_without_the_watching():
    made = prepare("careless/a_crash_forgets")
    observed = observe(made, made.plan(1), 1, ())
    assert [j.finding.name for j in observed.verdict.judged] == [prop.name for prop in made.properties]
    assert observed.verdict.word == "as-expected"
    assert unexpected(observed.failures) == []


def test_what_no_scenario_expects_is_unexpected():
    made = experiment(parse('about = "x"\nmodel = "careless"\nstop = "1s"\n[expect]\nleader_elected = "violated"\n'))
    observed = observe(made, made.plan(1), 1)
    assert unexpected(observed.failures) == []
    assert [j.finding.name for j in observed.verdict.judged if not j.met] == ["leader_elected"]
