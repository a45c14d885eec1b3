"""What sentences ask for that is measured: understood, counted and met."""

import math
from dataclasses import replace

import pytest
import torch

from mote.coding import decode_motions, encode_motions
from mote.demands import (
    ASTRAY,
    CLIMBED,
    FARTHEST,
    HURRY,
    LEAP,
    MISSING,
    Demand,
    cut,
    demanded,
    met,
    miscounted,
    recounted,
)
from mote.motion.facts import Facts, measure
from mote.motion.grades import JUMPS, PACES, path, raised_to, turned
from mote.said import Said, said
from train.claims import CLASSES
from train.prepare.actions import ACTIONS


def asked(text: str = "", lasts: bool = False, **classes: str) -> Demand:
    """What a text asks for that surely claims this."""
    rows = {kind: names.index(classes[kind]) if kind in classes else len(names) for kind, names in CLASSES.items()}
    claims = {kind: torch.eye(len(CLASSES[kind]) + 1)[row][None] for kind, row in rows.items()}
    [saying] = said([text], claims, CLASSES)
    return demanded(saying, lasts=lasts)


@pytest.fixture(scope="module")
def walk(committed):
    """A standardised latent of a walk of five seconds, and its length."""
    (sample,) = committed.generate("text-to-motion", text="a person walks forward", seconds=5.0, seed=0)
    latents, frames = encode(committed, sample.motion)
    return latents, frames


@torch.no_grad()
def encode(model, motion):
    views, frames = encode_motions(model.med, [motion])
    return views[:, 0], frames


@torch.no_grad()
def shown(model, latents, frames) -> Facts:
    (motion,) = decode_motions(model.med, latents, frames)
    return measure(motion)


def test_a_sentence_that_names_nothing_measured_asks_for_nothing(committed, walk):
    demand = asked(action="walk", style="active")
    assert not demand.bounds
    assert demand.counted is None
    assert torch.equal(met(committed.med, *walk, [demand]), walk[0])
    assert miscounted(committed.med, *walk, [demand]).tolist() == [0]


@pytest.mark.parametrize("meters", [2, 4.5, 8])
def test_the_way_is_as_long_as_was_said(committed, walk, meters):
    latents = met(committed.med, *walk, [asked(f"a person walks {meters} metres", action="walk", meters="5")])
    assert shown(committed, latents, walk[1]).distance == pytest.approx(meters, rel=0.1)


def test_a_turn_in_degrees_is_made_to_the_side_that_was_said(committed, walk):
    latents = met(committed.med, *walk, [asked("a person turns 140 degrees", turn="right")])
    assert shown(committed, latents, walk[1]).turn == pytest.approx(-140, abs=15)


def test_what_is_spelled_out_counts_more_than_what_is_claimed_and_what_is_unsure_does_not():
    demand = asked("a hand at shoulder height, for sixteen or 16 steps", side="left", raised="chest", steps="8")
    assert demand.steps == 16
    assert demand.bounds == asked(side="left", raised="shoulder").bounds
    claims = {kind: torch.full((1, len(names) + 1), 1 / (len(names) + 1)) for kind, names in CLASSES.items()}
    assert [*map(demanded, said([""], claims, CLASSES))] == [Demand(bounds={})]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("size", ["slight", "quarter", "half", "full"])
def test_the_turn_is_as_large_as_was_said_and_to_that_side(committed, walk, side, size):
    latents = met(committed.med, *walk, [asked(action="walk", turn=side, turned=size)])
    facts = shown(committed, latents, walk[1])
    assert turned(facts) == size
    assert (facts.turn > 0) == (side == "left")


def test_a_turn_to_no_side_goes_on_to_the_side_that_it_leads_to(committed, walk):
    to_the_right = met(committed.med, *walk, [asked(turn="right", turned="quarter")])
    facts = shown(committed, met(committed.med, to_the_right, walk[1], [asked(turned="half")]), walk[1])
    assert turned(facts) == "half"
    assert facts.turn < 0


@pytest.mark.parametrize("shape", ["straight", "circle"])
def test_the_way_has_the_shape_that_was_said(committed, walk, shape):
    facts = shown(committed, met(committed.med, *walk, [asked(path=shape)]), walk[1])
    assert path(facts) == shape


def test_who_is_to_stop_stands_at_the_end(committed, walk):
    assert not shown(committed, *walk).stops
    assert shown(committed, met(committed.med, *walk, [asked(stops="True")]), walk[1]).stops


@pytest.mark.parametrize("height", ["head", "over"])
def test_a_hand_is_raised_as_high_as_was_said(committed, height):
    (sample,) = committed.generate("text-to-motion", text="a person raises the left hand", seconds=3.0, seed=0)
    latents, frames = encode(committed, sample.motion)
    facts = shown(committed, met(committed.med, latents, frames, [asked(side="left", raised=height)]), frames)
    assert raised_to("left", facts) == height


def test_pace_is_that_of_the_action_and_gives_way_to_a_distance():
    slow, fast = (asked(action="walk", speed=speed).bounds["speed"] for speed in ("slow", "fast"))
    assert slow[1] < 0.7 < 1.35 < fast[0]
    assert asked(action="run", speed="slow").bounds["speed"][1] > fast[0]
    assert not asked(action="wave", speed="slow").bounds
    assert [*asked(action="walk", speed="fast", meters="3").bounds] == ["distance"]


def test_each_of_several_motions_gets_what_was_asked_of_it_whatever_the_others_get(committed, walk):
    latents, frames = (torch.cat([each, each, each]) for each in walk)
    asks = [asked(meters="2"), asked(), asked(meters="6", turn="left", turned="half")]
    together = met(committed.med, latents, frames, asks)
    alone = torch.cat([met(committed.med, *walk, [each]) for each in asks])
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-4)


def test_what_cannot_be_is_not_forced(committed, walk):
    latents = met(committed.med, *walk, [Demand(bounds={"turn": (5000.0, math.inf)})])
    assert (latents - walk[0]).norm().item() == pytest.approx(FARTHEST, rel=1e-3)


def test_a_way_that_does_not_fit_into_the_time_is_gone_as_fast_as_it_can_be(committed, walk):
    latents = met(committed.med, *walk, [asked("a person walks 300 meters", action="walk")])
    speed = shown(committed, latents, walk[1]).speed
    assert speed == pytest.approx(HURRY * PACES["walk"][1], rel=0.1)
    unhurried = met(committed.med, *walk, [asked("turns 90 degrees", action="walk", turn="left")])
    assert shown(committed, unhurried, walk[1]).distance == pytest.approx(shown(committed, *walk).distance, rel=0.1)


def test_it_works_in_inference_mode(committed, walk):
    with torch.inference_mode():
        latents = met(committed.med, *(each.clone() for each in walk), [asked(meters="2")])
    torch.testing.assert_close(latents, met(committed.med, *walk, [asked(meters="2")]))


def test_steps_that_are_too_many_are_cut_off_but_not_where_the_length_was_told(committed, walk):
    latents, frames = cut(committed.med, *walk, [asked(action="walk", steps="4")])
    assert frames < walk[1]
    assert shown(committed, latents, frames).steps == pytest.approx(4, abs=1)
    for told in (asked(action="walk", steps="4", seconds="5"), asked(lasts=True, action="walk", steps="4")):
        assert torch.equal(cut(committed.med, *walk, [told])[1], walk[1])
    assert torch.equal(cut(committed.med, *walk, [asked("in 20 steps")])[1], walk[1]), "none can be added"


def test_what_is_missing_costs_more_than_what_can_be_cut_off(committed, walk):
    steps = shown(committed, *walk).steps
    few, right, many = (
        miscounted(committed.med, *walk, [asked(action="walk", steps=str(steps + more))]).item() for more in (2, 0, -2)
    )
    assert right <= many < few
    fixed = miscounted(committed.med, *walk, [asked(lasts=True, action="walk", steps=str(steps - 2))]).item()
    assert fixed > many


@pytest.mark.parametrize("more", [-2, 4])
def test_steps_are_as_many_as_were_said_where_the_length_is_free(committed, walk, more):
    with torch.no_grad():
        motions = decode_motions(committed.med, *walk)
    steps = str(measure(motions[0]).steps + more)
    asks = [asked(action="walk", steps=steps, **more) for more in ({}, {"seconds": "5"}, {"meters": "3"})]
    right, *others = recounted(motions * 4, [*asks, asked(action="walk")], committed.limits)
    assert measure(right).steps == int(steps)
    assert all(other is motions[0] for other in others)


def test_a_prompt_that_names_how_often_is_done_as_often(committed):
    texts = ["a person waves three times", "someone waves with the right hand five times"]
    for sample, times in zip(committed.generate("text-to-motion", text=texts, seed=0), (3, 5), strict=True):
        assert demanded(Said(action="wave", times=times)).found(sample.motion) == times


def test_nothing_is_done_so_often_or_so_seldom_that_the_model_could_not_read_it(committed):
    texts = ["a person jumps twenty times", "someone waves twice", "a person waves once"] * 3
    for sample in committed.generate("text-to-motion", text=texts, seed=[*range(9)]):
        assert committed.limits.include(sample.motion.seconds)


def test_waves_are_counted_and_never_cut_and_jumps_are():
    wave, jump, kick, bow = (asked(action=action, times="3") for action in ("wave", "jump", "kick", "bow"))
    assert (wave.counted, wave.cut, jump.counted, jump.cut, kick.counted) == (3, False, 3, True, 3)
    assert bow.counted is None, "nothing counts bows"
    assert {row.group for row in ACTIONS.values() if row.kind == "jump"} == JUMPS


def test_a_leap_is_no_jump_whatever_was_counted(walk, committed):
    standing = shown(committed, *walk)
    jump, leap = (replace(standing, jumps=2, jump_height=height) for height in (0.5, LEAP + 0.1))
    twice, some, walks = asked("jumps twice", action="jump"), asked(action="jump"), asked(action="walk")
    assert (twice.cost(jump), some.cost(jump), walks.cost(leap)) == (0, 0, 0)
    assert (twice.cost(leap), some.cost(leap)) == (2 * MISSING, MISSING)
    assert twice.cost(leap) > twice.cost(replace(jump, jumps=1)), "one jump can be made two, a leap stays one"


@pytest.mark.parametrize("text", ["a person jumps twice", "a person jumps three times", "jumping up and down"])
def test_who_jumps_jumps_no_higher_than_people_do(committed, text):
    heights = [
        measure(one.motion).jump_height for one in committed.generate("text-to-motion", text=text, samples=4, seed=0)
    ]
    assert max(heights) < LEAP


def test_a_climb_that_leads_the_other_way_costs_more_than_any_other(walk, committed):
    level = shown(committed, *walk)
    up, down, both = (asked(text, action="climb") for text in ("climbs", "climbs down", "climbs up and down"))
    costs = [[one.cost(replace(level, rise=rise)) for rise in (-0.6, 0.0, 0.6)] for one in (up, down, both)]
    assert costs == [[ASTRAY, ASTRAY, 0], [0, ASTRAY, ASTRAY], [0, 0, 0]]


@pytest.mark.parametrize(("text", "way"), [("someone climbs the stairs", 1), ("a man descends the stairs", -1)])
def test_who_climbs_goes_up_or_down_as_was_said(committed, text, way):
    made = committed.generate("text-to-motion", text=text, samples=4, seed=60)
    rises = [way * measure(sample.motion).rise for sample in made]
    assert min(rises) > CLIMBED
