from reports.lag import behind


def test_lag_is_the_distance_to_the_furthest_live_node() -> None:
    steps = {"n1": [(0, 0), (10, 5)], "n2": [(0, 0), (20, 3)]}
    assert behind(steps) == {"n1": [(0, 0)], "n2": [(0, 0), (10, 5), (20, 2)]}


def test_a_node_that_is_down_neither_lags_nor_leads() -> None:
    steps = {"n1": [(0, 9), (10, None)], "n2": [(0, 4)]}
    assert behind(steps) == {"n1": [(0, 0), (10, None)], "n2": [(0, 5), (10, 0)]}
