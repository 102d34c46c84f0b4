import json

import pytest

from scenarios.complaints import UsageError
from scenarios.histories import detect, read

LOG = """INFO  jepsen.core - Worker 0 starting
INFO  jepsen.util - 0\t:invoke\t:read\tnil
INFO  jepsen.util - 1   :invoke :write  3
INFO  jepsen.util - :nemesis\t:info\t:start\t"cut off #{n1}"
INFO  jepsen.util - 0\t:ok\t:read\tnil
INFO  jepsen.util - 1\t:info\t:write\t:timed-out
2014-06-01 INFO [jepsen worker 3] jepsen.util: 3\t:invoke\t:cas\t[3 4]
INFO  jepsen.util - 3\t:fail\t:cas\t[3 4]
INFO  jepsen.util - 4\t:invoke\t:cas\t[3 5]
INFO  jepsen.util - 4\t:fail\t:cas\t:timed-out
INFO  jepsen.util - 5\t:invoke\t:read\tnil
"""
EDN = """; a comment
{:index 0, :type :invoke, :f :write, :value 1, :process 0, :time 1000}
{:index 1, :type :info, :f :start-partition, :value "n1|n2", :process :nemesis, :time 2000}
{:index 2, :type :ok, :f :write, :value 1, :process 0, :time 3000}
"""


def written(tmp_path, text, name="history.txt"):
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path


def rows(history):
    return [(o.op, o.process, o.action, o.args, o.outcome, o.value) for o in history.operations]


def test_a_jepsen_log_is_read_past_other_lines_and_the_nemesis(tmp_path):
    assert rows(read(written(tmp_path, LOG), "jepsen-log", "cas-register")) == [
        (2, 0, "read", (None,), "ok", None),
        (3, 1, "write", (None, 3), "info", None),
        (7, 3, "cas", (None, 3, 4), "ok", False),  # the comparison failed, which is an answer
        (9, 4, "cas", (None, 3, 5), "fail", None),  # it could not be tried, so it did not happen
        (11, 5, "read", (None,), None, None),  # no answer before the end
    ]


def test_carriage_returns_change_nothing(tmp_path):
    plain = read(written(tmp_path, LOG, "a.log"), "jepsen-log", "cas-register")
    assert rows(plain) == rows(
        read(written(tmp_path, LOG.replace("\n", "\r\n"), "b.log"), "jepsen-log", "cas-register")
    )


def test_edn_is_read_with_times_and_without_the_nemesis(tmp_path):
    (operation,) = read(written(tmp_path, EDN), "edn", "register").operations
    assert (operation.op, operation.invoked, operation.ended, operation.outcome) == (2, 1000, 3000, "ok")


def test_json_is_read_as_an_array_and_as_lines(tmp_path):
    events = [
        {"index": 0, "process": 0, "type": "invoke", "f": "txn", "value": [["append", 1, 1], ["r", 2, None]]},
        {"index": 1, "process": 0, "type": "ok", "f": "txn", "value": [["append", 1, 1], ["r", 2, [1]]]},
    ]
    array = read(written(tmp_path, json.dumps(events), "a.json"), "json", "list-append")
    lines = read(written(tmp_path, "".join(json.dumps(e) + "\n" for e in events), "b.json"), "json", "list-append")
    assert rows(array) == rows(lines)
    assert array.operations[0].value == (("append", 1, 1), ("r", 2, (1,)))


def test_pairs_of_key_and_value_are_told_from_values(tmp_path):
    keyed = (
        '[{"process":0,"type":"invoke","f":"read","value":[7,null]},{"process":0,"type":"ok","f":"read","value":[7,3]}]'
    )
    (operation,) = read(written(tmp_path, keyed), "json", "register").operations
    assert (operation.args, operation.value) == ((7,), 3)
    cas = '[{"process":0,"type":"invoke","f":"cas","value":[1,2]},{"process":0,"type":"ok","f":"cas","value":[1,2]}]'
    assert read(written(tmp_path, cas), "json", "cas-register").operations[0].args == (None, 1, 2)


def test_times_may_differ_from_the_order_that_indices_give(tmp_path):
    text = event(0, "invoke", time=5) + event(1, "ok", time=4)
    (operation,) = read(written(tmp_path, text), "edn", "register").operations
    assert (operation.order, operation.end_order) == (1, 2)


def test_a_transaction_need_not_say_that_it_is_one(tmp_path):
    text = '[{"process":0,"type":"invoke","value":[["r",1,null]]},{"process":0,"type":"ok","value":[["r",1,[]]]}]'
    (operation,) = read(written(tmp_path, text), "json", "list-append").operations
    assert (operation.action, operation.value) == ("txn", (("r", 1, ()),))


def test_what_only_some_events_pair_is_no_pair(tmp_path):
    text = """{"process":0,"type":"invoke","f":"add","value":[0,1]}
{"process":0,"type":"ok","f":"add","value":[0,1]}
{"process":0,"type":"invoke","f":"read","value":[0,null]}
{"process":0,"type":"ok","f":"read","value":[[0,1],[0,2],[0,3]]}
"""
    add, reading = read(written(tmp_path, text), "json", "set").operations
    assert (add.args, reading.value) == ((None, (0, 1)), ((0, 1), (0, 2), (0, 3)))


@pytest.mark.parametrize(
    ("text", "name", "form"),
    [
        (LOG, "x.log", "jepsen-log"),
        (EDN, "x.txt", "edn"),
        ("{:process 0}\n", "x", "edn"),
        ('[{"process": 0}]', "x", "json"),
        ('{"format":"netsplit.history/1","actions":{}}\n', "x", "netsplit"),
    ],
)
def test_the_format_is_told_by_the_content(text, name, form, tmp_path):
    assert detect(tmp_path / name, text) == form


def event(index, kind, process=0, f="write", value="1", time=None):
    time = index * 1000 if time is None else time
    return f"{{:index {index}, :type :{kind}, :f :{f}, :value {value}, :process {process}, :time {time}}}\n"


def timed(kind, time):
    return f"{{:type :{kind}, :f :write, :value 1, :process 0, :time {time}}}\n"


UTIL = "INFO  jepsen.util - "
TXN = '[{"process":0,"type":"invoke","f":"txn","value":[["w",1,1]]}]'
BAD = {
    "cut off inside a map": ("edn", event(0, "invoke") + event(1, "ok")[:-20], ":2: found the end of the file"),
    "out of order by index": ("edn", event(1, "invoke") + event(0, "ok"), ":2: index: found 0 after 1"),
    "out of order by time": ("edn", timed("invoke", 5) + timed("ok", 4), ":2: time: found 4 after 5"),
    "a line twice": ("edn", event(0, "invoke") * 2, ":2: index: found 0 twice: a line is duplicated"),
    "two invocations": ("edn", event(0, "invoke") + event(1, "invoke"), ":2: process 0 invokes write while its write"),
    "an end without a beginning": ("edn", event(0, "ok"), ":1: process 0 ends write (ok), but has none open"),
    "an end of something else": ("edn", event(0, "invoke") + event(1, "ok", f="read"), ":2: process 0 ends read, but"),
    "an unknown type": ("edn", event(0, "begin"), ':1: type: found "begin", allowed: invoke ok fail info'),
    "an action of another model": ("edn", event(0, "invoke", f="enqueue"), ':1: found "enqueue"'),
    "a cas of three": ("edn", event(0, "invoke", f="cas", value="[1 2 3]"), ":1: value: found (1, 2, 3), allowed"),
    "no event": ("edn", '{:name "etcd"}\n', ":1: found \"name\", allowed: type, process, f too"),
    "not a map": ("edn", "42\n", ":1: found 42, allowed: a map"),
    "a process that is no number": ("edn", event(0, "invoke", process="1.5"), ":1: process: found 1.5"),
    "no operation at all": ("edn", event(0, "info", process=":nemesis"), "found no operation"),
    "an empty file": ("edn", " \n", "the file is empty"),
    "a log cut short": ("jepsen-log", LOG[:-10], ":11: the last line has no end"),
    "a log with a broken line": ("jepsen-log", UTIL + "0\t:invoke\t\n", ":1: found "),
    "a log with a broken value": ("jepsen-log", UTIL + "0\t:invoke\t:cas\t[1 2\n", ":1: value: found the end"),
    "a log of something else": ("jepsen-log", "hello\n", "found no operation"),
    "json cut short": ("json", '[{"process": 0,\n"type":', ":2: not JSON"),
    "json of other things": ("json", "[1]", ":1: found 1, allowed: an object"),
    "json too deep": ("json", "[" * 100_000, ":1: not JSON"),
    "a transaction of unknown parts": ("json", TXN, ":1: value"),
    "no such format": ("xml", "x", 'found "xml"'),
}  # fmt: skip


@pytest.mark.parametrize(("form", "text", "said"), BAD.values(), ids=BAD)
def test_what_cannot_be_a_history_is_refused_with_file_and_line(form, text, said, tmp_path):
    path = written(tmp_path, text)
    model = "list-append" if "txn" in text else "cas-register"
    with pytest.raises(UsageError) as refused:
        read(path, form, model)
    assert said in str(refused.value)
    assert form == "xml" or str(refused.value).startswith(str(path))


def test_text_that_is_not_utf8_is_refused_with_its_line(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"{:a 1}\n\xff")
    with pytest.raises(UsageError, match=r"x:2: not UTF-8"):
        read(path, "edn", "register")


def test_more_operations_than_can_be_judged_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("scenarios.histories.events.OPERATIONS_MAX", 1)
    text = event(0, "invoke") + event(1, "ok") + event(2, "invoke")
    with pytest.raises(UsageError, match=r":3: found more than 1 operations"):
        read(written(tmp_path, text), "edn", "register")


HEAD = {"format": "netsplit.history/1", "actions": {"write": ["key", "value"], "read": ["key"]}}


def ours(*events):
    base = {"at": 0, "process": 0, "client": "c1", "op": 1, "action": "write", "args": ["k", 1], "node": "n1"}
    lines = [HEAD, *({"index": i} | base | e for i, e in enumerate(events))]
    return "".join(json.dumps(line) + "\n" for line in lines)


OURS = {
    "cut short": (ours({"type": "invoke"})[:-5], ":2: the last line has no end"),
    "a line missing": (ours({"type": "invoke"}, {"type": "ok", "index": 2}), ":3: index: found 2, allowed: 1"),
    "time runs back": (ours({"type": "invoke", "at": 5}, {"type": "ok", "at": 4}), ":3: at: found 4, allowed"),
    "invoked twice": (ours({"type": "invoke"}, {"type": "invoke", "process": 1}), ":3: op 1 is invoked twice"),
    "two open": (ours({"type": "invoke"}, {"type": "invoke", "op": 2}), ":3: process 0 has op 1 open"),
    "ended twice": (ours({"type": "invoke"}, {"type": "ok"}, {"type": "ok"}), ":4: op 1 ends (ok), but is not open"),
    "ended as another": (
        ours({"type": "invoke"}, {"type": "ok", "action": "read", "args": ["k"]}),
        ":3: op 1 ends as read",
    ),
    "no such action": (ours({"type": "invoke", "action": "cas"}), ':2: action: found "cas", allowed: write read'),
    "arguments missing": (ours({"type": "invoke", "args": []}), ":2: args: found []"),
    "an unknown type": (ours({"type": "begin"}), ':2: type: found "begin"'),
    "another version": (ours().replace("history/1", "history/2"), ":1: format: found"),
    "nothing done": (ours(), "found no operation"),
    "no JSON": (ours() + "x\n", ":2: not a JSON object"),
    "half a character": (ours() + '{"type": "\\ud800"}\n', ":2: not a JSON object"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), OURS.values(), ids=OURS)
def test_what_cannot_be_our_history_is_refused_with_file_and_line(text, said, tmp_path):
    with pytest.raises(UsageError) as refused:
        read(written(tmp_path, text, "history.jsonl"), "netsplit", "")
    assert said in str(refused.value)


def test_our_own_history_is_read_back_as_it_was(tmp_path):
    from histories import history

    made = history("1 write:x 1", "2 read:x", "1 ok", "2 ok 1", "1 write:x 2", "1 info", "2 read:x")
    again = read(written(tmp_path, "".join(made.lines())), "netsplit", "")
    assert again.operations == made.operations
