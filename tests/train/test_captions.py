"""The caption grammar and the reader of captions."""

import re
from dataclasses import replace

import numpy as np
import pytest
from people import standing

from mote.motion.facts import Facts, measure
from mote.motion.motion import Motion
from mote.sides import mirror_text
from train.prepare.actions import ACTIONS, action_group, find_action
from train.prepare.captions import describe, paraphrase, read_caption, uses_held_out
from train.prepare.held_out import HELD_OUT
from train.prepare.reading import with_seconds
from train.prepare.words import STYLES, conjugate, style_group


def _words(text):
    return text.split()


BANDAI = _words(
    "bow bye byebye call dance-long dance-short dash guide kick punch respond run slash walk walk-back walk-left"
    " walk-right walk-turn-left walk-turn-right raise-up-left-hand raise-up-right-hand raise-up-both-hands"
    " wave-left-hand wave-right-hand wave-both-hands"
)
BANDAI_STYLES = _words(
    "active angry childish chimpira feminine giant happy masculinity musical normal not-confident old proud sad tired"
    " elderly exhausted masculine youthful"
)

MARKED = [style for style in STYLES if style != "unmarked"]


@pytest.fixture(scope="module")
def facts() -> Facts:
    """A walk of 5 s, straight ahead."""
    joints = standing(100)
    joints[..., 2] += np.linspace(0, 6, 100)[:, None]
    return replace(measure(Motion(joints)), steps=9)


def sentences(action, style, facts, *, split="train", count=10, side=None, seed=0):
    return describe(action, style, facts, split=split, rng=np.random.default_rng(seed), count=count, side=side)


@pytest.mark.parametrize("action", [*ACTIONS, *BANDAI])
@pytest.mark.parametrize("split", ["train", "test"])
def test_every_action_gives_different_clean_sentences(action, split, facts):
    texts = [caption.text for caption in sentences(action, "active", facts, split=split, count=8)]
    assert len(texts) == len(set(texts)) == 8
    for text in texts:
        assert re.fullmatch(r"[a-z0-9' ,-]+", text), text
        assert 1 <= len(text.split()) <= 20
        assert "  " not in text


def test_every_style_of_the_data_has_words(facts):
    for style in BANDAI_STYLES:
        claims = {read_caption(caption.text).style for caption in sentences("walk", style, facts, count=12)}
        assert claims <= {style_group(style), None}
        assert style_group(style) in claims


def test_an_unknown_action_or_style_is_an_error_that_names_it(facts):
    with pytest.raises(KeyError, match="juggle"):
        sentences("juggle", None, facts)
    with pytest.raises(KeyError, match="bored"):
        sentences("walk", "bored", facts)
    with pytest.raises(ValueError, match="contradicts"):
        sentences("wave-left-hand", None, facts, side="right")


@pytest.mark.parametrize("side", ["left", "right", "both"])
def test_side_words_are_right(side, facts):
    action = f"raise-up-{side}-hand{'s' if side == 'both' else ''}"
    wrong = {"left": r"\bright\b|both", "right": r"\bleft\b|both", "both": r"\bleft\b|\bright\b"}[side]
    texts = [caption.text for caption in sentences(action, "normal", facts, count=60)]
    assert not [text for text in texts if re.search(wrong, text)]
    assert sum(read_caption(text).side == side for text in texts) > 30


def test_measured_facts_are_told_and_unmeasured_ones_are_not(facts):
    texts = " ; ".join(caption.text for caption in sentences("walk", None, facts, count=80))
    for words in ("nine steps", "six meters", "straight", "forward"):
        assert words in texts
    for words in ("left", "right", "turn", "backward", "curve"):
        assert words not in texts
    turning = replace(facts, turn=-92.0, straightness=0.7, distance=1.0, displacement=0.7, steps=0)
    texts = " ; ".join(caption.text for caption in sentences("walk", None, turning, count=80))
    assert "quarter turn to the right" in texts
    assert "left" not in texts
    assert "steps" not in texts
    assert "straight" not in texts


def test_short_prompts_are_in_the_distribution(facts):
    texts = [
        caption.text for seed in range(40) for caption in sentences("wave-right-hand", "elderly", facts, seed=seed)
    ]
    assert 0.05 < np.mean([len(text.split()) <= 6 for text in texts]) < 0.5
    plain = {caption.text for seed in range(40) for caption in sentences("wave-right-hand", None, facts, seed=seed)}
    assert {"a person waves", "someone waves", "a person is waving"} & plain
    assert any(re.match(r"wave (with )?the right (hand|arm)$", text) for text in plain)


def test_clips_of_the_same_labels_seldom_share_a_sentence(facts):
    texts = [caption.text for seed in range(30) for caption in sentences("walk", "elderly", facts, count=8, seed=seed)]
    assert len(set(texts)) > 0.8 * len(texts)


def test_the_same_seed_gives_the_same_sentences(facts):
    assert sentences("bow", "sad", facts, seed=3) == sentences("bow", "sad", facts, seed=3)


def test_training_sees_no_held_out_wording_and_validation_none_of_the_test_splits(facts):
    for index, action in enumerate(ACTIONS):
        style = MARKED[index % len(MARKED)]
        assert not [c.text for c in sentences(action, style, facts) if c.held_out or uses_held_out(c.text)]
        for split in ("val", "test"):
            captions = sentences(action, style, facts, split=split, count=20)
            assert {caption.held_out for caption in captions} == {True, False}
            assert all(uses_held_out(caption.text) == caption.held_out for caption in captions)
    val, test = HELD_OUT["val"], HELD_OUT["test"]
    assert not set(val.words) & set(test.words)
    for action, phrases in val.actions.items():
        assert not set(phrases) & set(test.actions[action])


def test_held_out_wording_names_actions_and_styles_that_there_are():
    for held in HELD_OUT.values():
        assert held.actions.keys() <= ACTIONS.keys()
        assert held.styles.keys() <= STYLES.keys()


def test_the_reader_finds_what_the_grammar_wrote(facts):
    right, total, sided, named = 0, 0, 0, 0
    for index, action in enumerate([*ACTIONS, *BANDAI]):
        style = MARKED[index % len(MARKED)]
        for caption in sentences(action, style, facts, split="test", count=20):
            claims = read_caption(caption.text)
            right += claims.action == action_group(action) and claims.style in (None, style)
            total += 1
            expected = find_action(action)[1]
            limb = re.search(r"\b(left|right|both) (?:hand|arm|foot|leg)", caption.text)
            sided += limb is not None and claims.side == (limb[1] if expected is None else expected)
            named += limb is not None
    assert total > 2000
    assert named > 50
    assert right / total >= 0.99
    assert sided / named >= 0.99


@pytest.mark.parametrize(
    ("text", "action", "side", "style", "turn"),
    [
        ("a person waves", "wave", None, None, None),
        ("an old man walks slowly.", "walk", None, "elderly", None),
        ("Wave with the right hand", "wave", "right", None, None),
        ("someone is running", "run", None, None, None),
        ("a guy strolls along and turns to his left", "walk", None, None, "left"),
        ("a person walks and turns left", "walk", "left", None, "left"),
        ("the woman is raising both of her arms over her head", "raise-hand", "both", "feminine", None),
        ("a person walks clockwise in a circle", "walk", None, None, "right"),
        ("a tired person kicks with their left leg", "kick", "left", "exhausted", None),
        ("from a stand, a person runs ahead", "run", None, None, None),
        ("someone leans back and then throws a ball", "throw", None, None, None),
        ("a person stands still", "stand", None, None, None),
        ("a man stands, is pushed and takes a step to keep the balance", "pushed", None, None, None),
        ("a boxer throws hooks with the left fist", "punch", "left", None, None),
        ("blue water", None, None, None, None),
    ],
)
def test_claims_of_sentences_that_people_write(text, action, side, style, turn):
    claims = read_caption(text)
    assert (claims.action, claims.side, claims.style, claims.turn) == (action, side, style, turn)


def test_counts_and_speeds_are_read():
    claims = read_caption("a person slowly walks forward taking six steps")
    assert (claims.steps, claims.speed) == (6, "slow")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a person takes 4 steps", {"steps": 4}),
        ("a man walks for about two and a half meters", {"meters": 2.5}),
        ("someone jumps twice", {"times": 2}),
        ("the woman waves her left hand above her head five times", {"times": 5, "raised": "over"}),
        ("a person raises a hand to shoulder height for about three seconds", {"raised": "shoulder", "seconds": 3}),
        ("a man kicks high in the air", {}),
        ("the figure walks in a clockwise circle and comes to a stop", {"path": "circle", "stops": True}),
        ("a person walks straight ahead, turning around to the left", {"path": "straight", "turned": "half"}),
        ("someone walks on a curved path making a quarter turn", {"path": "curve", "turned": "quarter"}),
        ("a person walks, turning once around", {"turned": "full"}),
        ("a person stands with one foot before the other", {}),
    ],
)  # fmt: skip
def test_what_is_measured_is_read(text, said):
    claims = read_caption(text)
    kinds = ("steps", "meters", "seconds", "times", "path", "turned", "raised", "stops")
    assert {kind: value for kind in kinds if (value := getattr(claims, kind)) is not None} == said


def test_sentences_that_differ_in_what_is_measured_alone_claim_the_same():
    assert read_caption("a person walks straight for three meters") == read_caption("a person walks in a curve")
    assert read_caption("a person walks for three steps") != read_caption("a person walks for two steps")


def test_another_number_of_seconds_is_put_into_a_sentence_that_names_one():
    assert with_seconds("a man waves for about four seconds", 7) == "a man waves for about seven seconds"
    assert with_seconds("a man waves four times", 7) == "a man waves four times"


def test_mirroring_twice_changes_nothing(facts):
    for action in BANDAI:
        for caption in sentences(action, "musical", facts):
            assert mirror_text(mirror_text(caption.text)) == caption.text


def test_a_human_sentence_keeps_its_words_under_another_person():
    texts = {paraphrase("A person picks up his left shoe.", rng=np.random.default_rng(seed)) for seed in range(30)}
    assert len(texts) > 3
    assert all(text.endswith("picks up his left shoe") for text in texts)
    assert paraphrase("a woman waves", rng=np.random.default_rng(0)) == "a woman waves"


def test_verb_forms():
    verbs = ("walk", "wave", "punch", "carry", "run", "lie", "do", "stand", "hop")
    assert [conjugate(verb, "simple") for verb in verbs] == [
        "walks", "waves", "punches", "carries", "runs", "lies", "does", "stands", "hops",
    ]  # fmt: skip
    assert [conjugate(verb, "progressive") for verb in verbs] == [
        "is walking", "is waving", "is punching", "is carrying", "is running", "is lying", "is doing", "is standing",
        "is hopping",
    ]  # fmt: skip
    verbs = ("mimic", "begin", "sidestep", "transfer", "quit", "tip", "wheel", "act", "bow", "box", "swivel")
    assert [conjugate(verb, "gerund") for verb in verbs] == [
        "mimicking", "beginning", "sidestepping", "transferring", "quitting", "tipping", "wheeling", "acting",
        "bowing", "boxing", "swiveling",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("the figure's arms go up at head height", "both"),
        ("a person waves their arms several times", "both"),
        ("raising the left hand", "left"),
        ("a person waves", None),
        ("someone puts a hand up", None),
    ],
)
def test_hands_without_a_side_are_both(text: str, side: str | None) -> None:
    assert read_caption(text).side == side


@pytest.mark.parametrize(
    ("text", "meters", "seconds"),
    [
        ("a person walks forward for about ten meters", 10, None),
        ("someone runs over about one and a half meters for four seconds or so", 1.5, 4),
        ("a man walks for 15 meters", 15, None),
        ("a person walks for a long distance", None, None),
        ("a man waves for about a second", None, None),
    ],
)
def test_ways_and_times_are_read_and_leave_sentences_equal_in_meaning(text, meters, seconds):
    claims = read_caption(text)
    assert (claims.meters, claims.seconds) == (meters, seconds)
    assert claims == replace(claims, meters=3.0, seconds=3)
