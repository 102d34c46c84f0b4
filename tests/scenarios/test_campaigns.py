import re

import pytest

from scenarios.campaigns import CAMPAIGNS, PAGE, measure, page, renewed

SLICE = 25


@pytest.fixture(scope="module")
def results():
    return [measure(campaign, workers=2, most=SLICE) for campaign in CAMPAIGNS]


def test_every_claim_holds_over_a_slice_of_its_seeds(results):
    assert [result["unexpected"] for result in results] == [0] * len(CAMPAIGNS)


def test_every_drawn_schedule_is_over_by_heal_and_replays_to_the_same_digest(results):
    replayed = [result["amiss"] for campaign, result in zip(CAMPAIGNS, results, strict=True) if campaign.replay]
    assert replayed == [[], []]


def test_no_claim_is_vacuous_throughout(results):
    claimed = {"redex/crash_is_noticed": ("detected_in_time", "settled_after_failover")}
    claimed["redex/heal_settles"] = claimed["redex/nemesis"] = ("settled_after_heal",)
    claimed["careless/nemesis"] = ("leader_elected",)
    claimed["crdt_state/logs_under_any_network"] = ("logs_converge", "counts_are_true", "nothing_is_invented")
    claimed["crdt_state/registers_under_any_network"] = ("greatest_stamp_wins",)
    claimed["crdt_state/states_under_any_network"] = ("states_are_somebodys", "agreement_is_kept")
    claimed["crdt_state/checkpoints_under_loss"] = ("checkpoints_are_sound",)
    claimed["redex/premises_quiet"] = ("leadership_lasts", "catches_up")
    claimed["redex/premises_crash"] = ("detected_in_time", "settled_after_failover", "leadership_lasts")
    claimed["redex/premises_crash"] += ("loses_the_unserved",)
    claimed["redex/premises_components"] = ("led_by_believers", "settled_in_components")
    claimed["redex/premises_cuts"] = ("settled_after_heal", "leadership_lasts", "catches_up")
    claimed["redex/premises_one_writer"] = ("single_writer_agrees",)
    claimed["redex/premises_none"] = ("acts_by_the_rules", "appends_only")
    claimed["redex/hardened_nemesis"] = ("one_leader_per_term", "log_matching", "committed_survives")
    durable = ("acknowledged_survives_losses", "answered_in_time")
    claimed["quorum_write/premises_hold"] = (*durable, "acknowledged_is_durable", "nothing_invented")
    claimed["quorum_write/odd_majorities_intersect"] = ("quorums_intersect",)
    claimed["quorum_write/lost_disks_are_survived"] = durable
    claimed["quorum_write/everyone_pushes_all"] = ("states_agree",)
    raft = ("linearizable", "one_leader_per_term", "log_matching", "accepted_survives")
    claimed["raft/nemesis"] = claimed["raft/nemesis_reconfigures"] = claimed["raft/nemesis_disks"] = raft
    claimed["abd/nemesis"] = ("linearizable", "one_value_per_tag")
    claimed["primary_backup/nemesis"] = claimed["chain/nemesis"] = raft
    claimed["multipaxos/nemesis"] = ("linearizable", "one_leader_per_term", "leader_has_majority", "accepted_survives")
    claimed["ecs/invariants"] = ("publication_backed", "unique_clock", "no_invention", "held_stays_held")
    claimed["ecs/invariants"] += ("applied_once_in_a_life", "published_is_held", "published_survives", "pull_is_sound")
    claimed["ecs/converges"] = claimed["ecs/lossy_pull"] = claimed["ecs/lossy_pull_unaided"] = ("no_holes",)
    claimed["ecs/hardened_storm"] = ("unique_clock", "applied_in_order", "applied_exactly_once", "applied_everywhere")
    for result in results:
        for name in claimed[result["scenario"]]:
            assert result["properties"][name].get("holds", 0) >= SLICE * 9 // 10


def test_the_page_was_made_for_the_campaigns_as_they_are():
    text = PAGE.read_text("utf-8")
    rows = re.findall(r"^\| .* \| `(\S+)` \| (\d+) \| 0 \| (?:0|not replayed) \| `[0-9a-f]{32}` \|$", text, re.M)
    assert rows == [(campaign.scenario, str(campaign.seeds)) for campaign in CAMPAIGNS]


def test_the_page_has_a_row_for_every_campaign(results):
    assert page(CAMPAIGNS, results, "2000-01-01").count("| 0 | ") == len(CAMPAIGNS)


def test_one_campaign_measured_again_replaces_its_row_and_section_alone(results):
    whole = page(CAMPAIGNS, results, "2000-01-01")
    other = [dict(result, digest="f" * 32, properties={"x": {"holds": 1}}) for result in results]
    made = renewed(whole, page(CAMPAIGNS[1:2], other[1:2], "2000-01-01"))
    assert made == page(CAMPAIGNS, [results[0], other[1], *results[2:]], "2000-01-01")
    grown = renewed(page([], [], "2000-01-01"), page(CAMPAIGNS[1:2], other[1:2], "2000-01-01"))
    assert grown == page(CAMPAIGNS[1:2], other[1:2], "2000-01-01")
    with pytest.raises(ValueError, match="measure all campaigns"):
        renewed(whole, page(CAMPAIGNS[1:2], other[1:2], "2000-01-02"))
