import pytest

from scenarios.histories.edn import BadEdn, Keyword, forms


def read(text):
    return [value for _, value in forms(text)]


def test_values_of_every_kind_are_read():
    text = """{:a nil, :b [1 -2 3N], "c" (true false), :d #{"x\\n" 1.5}, :e \\a} #_ {:gone 1} ; a comment
    #jepsen.history.Op{:f :read}"""
    assert read(text) == [
        {"a": None, "b": (1, -2, 3), "c": (True, False), "d": frozenset({"x\n", 1.5}), "e": "a"},
        {"f": "read"},
    ]
    assert isinstance(read(":ok")[0], Keyword)


def test_one_vector_around_everything_is_opened_and_lines_are_kept():
    assert list(forms("[{:a 1}\n\n {:a 2}]")) == [(1, {"a": 1}), (3, {"a": 2})]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("{:a 1}\n{:b 2", 2, "before the } of line 2: it was cut short"),
        ("[{:a 1}\n", 2, "before the ] of line 1"),
        ("{:a [1 2}]", 1, r"found \}, allowed: \] for line 1"),
        ('{:a "x', 1, "a string that does not end"),
        ("{:a}", 1, "a key that has no value"),
        ("}", 1, "closes nothing"),
        ("{:a 12x}", 1, "no number"),
        ("#foo", 1, "after #foo"),
        ("[" * 500, 1, "more than 100 brackets"),
        ("[1] 2", 1, "after the end"),
    ],
)
def test_what_is_no_edn_is_refused_with_its_line(text, line, said):
    with pytest.raises(BadEdn, match=said) as refused:
        read(text)
    assert refused.value.line == line
