"""What runs say to a continuous-integration service."""

from dataclasses import replace

import pytest

from scenarios.ci import ANNOTATIONS_MAX, Case, github_annotations, junit, summary

GOOD = Case("toy", "s/toy.toml", 1, "ab12")
SEEN = "unexpected: p is violated: a < b & c"
BAD = Case("toy", "s/toy,a:b.toml", 7, "cd34", SEEN, "line\x00 1\nline 2", "netsplit run x")


def test_junitparser_reads_every_case() -> None:
    parser = pytest.importorskip("junitparser", reason="reading JUnit needs junitparser")
    suite = next(iter(parser.JUnitXml.fromstring(junit("netsplit", [GOOD, BAD]).encode())))
    cases = list(suite)
    assert [(case.classname, case.name) for case in cases] == [("toy", "seed 1"), ("toy", "seed 7")]
    assert [bool(case.result) for case in cases] == [False, True]
    assert cases[1].result[0].message == BAD.failure
    assert "netsplit run x" in cases[1].result[0].text
    assert (suite.tests, suite.failures) == (2, 1)


def test_what_xml_cannot_hold_is_replaced() -> None:
    assert "\x00" not in junit("n", [BAD])


def test_an_annotation_escapes_what_github_reads_as_its_own() -> None:
    line = github_annotations([GOOD, BAD])[0]
    head, _, text = line.removeprefix("::error ").partition("::")
    assert head == "file=s/toy%2Ca%3Ab.toml,line=1,title=toy seed 7"
    assert text == "unexpected: p is violated: a < b & c%0Areplay: netsplit run x"


def test_no_more_annotations_than_are_shown() -> None:
    assert len(github_annotations([replace(BAD, seed=i) for i in range(50)])) == ANNOTATIONS_MAX


def test_the_summary_counts_and_says_how_to_see_it_again() -> None:
    text = summary("netsplit", [GOOD, BAD])
    assert "2 runs, 1 unexpected" in text
    assert "| toy | 7 | unexpected: p is violated: a &lt; b & c | `netsplit run x` |" in text


def test_a_summary_of_good_runs_has_no_table() -> None:
    assert summary("netsplit", [GOOD]) == "### netsplit: 1 runs, 0 unexpected\n"
