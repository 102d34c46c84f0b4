import tomllib

from scenarios.lines import line_map, locate

TEXT = '''# a comment
a = 1
"b c" = [
  1, # [
  2]
d.e = "#[ \\" x"
[x]
s = """ many lines
[not] = 1
k = 2
"""
y = 3
[[f]]
k = 1
[[f]]
k = 2
[f.sub]
z = { a = 1, b = [1,
 2] }
'''


def test_every_key_is_found_on_the_line_where_it_stands():
    lines = line_map(TEXT)
    assert lines["a",] == 2
    assert lines["b c",] == 3
    assert lines["d", "e"] == 6
    assert lines["x", "y"] == 12
    assert (lines["f", 0, "k"], lines["f", 1, "k"]) == (14, 16)
    assert lines["f", 1, "sub", "z"] == 18


def test_text_inside_a_long_string_is_no_key():
    lines = line_map(TEXT)
    assert ("not",) not in lines
    assert ("x", "k") not in lines


def test_a_key_inside_an_inline_table_is_on_the_line_of_its_table():
    assert locate(line_map(TEXT), ("f", 1, "sub", "z", "a")) == 18


def test_all_keys_that_toml_reads_are_in_the_map():
    def keys(value, path=()):
        if isinstance(value, dict):
            for key, inner in value.items():
                yield (*path, key)
                yield from keys(inner, (*path, key))
        elif isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
            for i, inner in enumerate(value):
                yield from keys(inner, (*path, i))

    lines = line_map(TEXT)
    for key in keys(tomllib.loads(TEXT)):
        inline = key[:4] == ("f", 1, "sub", "z") and len(key) > 4
        array = (*key, 0) in lines  # has no line of its own, its entries have
        assert inline or array or key in lines, key
