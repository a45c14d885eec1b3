"""Every task through the public call, on a tiny model: kinds, lengths, seeds, batches and bad input."""

import math
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from mote import MoTe, Motion, pipeline, reading, sampling, writing
from mote.checkpoint import CheckpointError
from mote.coding import with_sides
from mote.models.claims import Among, ClaimReader, ClaimReaderConfig
from mote.models.retrieval import Retrieval, RetrievalConfig
from mote.motion.kinematics import with_bone_lengths
from mote.motion.skeleton import HUMANML3D
from mote.said import Said
from mote.sampling import TASKS, sides_made


@pytest.fixture(scope="module")
def walk() -> Motion:
    """Somebody with swinging limbs who moves ahead for three seconds."""
    frames = np.arange(60)
    rest = np.zeros((22, 3))
    for joint, parent in enumerate(HUMANML3D.parents):
        if parent >= 0:
            rest[joint] = rest[parent] + HUMANML3D.offsets[joint]
    joints = np.repeat(rest[None], 60, axis=0)
    joints[..., 2] += 0.03 * frames[:, None]
    joints[:, [20, 21], 2] += 0.2 * np.sin(frames / 4)[:, None] * [1, -1]
    return Motion(with_bone_lengths(joints, HUMANML3D)).on_floor()


def inputs(task, walk, count=1):
    first = TASKS[task][0]
    given = {}
    if first.text == "given":
        given["text"] = ["a person walks forward", "a man waves"][:count]
    if first.motion == "given":
        given["motion"] = [walk, walk[:45]][:count]
    return given


@pytest.mark.parametrize("task", TASKS)
def test_every_task_makes_what_its_roles_say(tiny_model, walk, task):
    results = tiny_model.generate(task, **inputs(task, walk), samples=2, steps=2, seed=3)
    made = sides_made(task)
    assert [sample.seed for sample in results] == [3, 4]
    for sample in results:
        assert (sample.motion is not None) == ("motion" in made)
        assert (sample.text is not None) == ("text" in made)
        if sample.motion is not None:
            assert sample.motion.joints.shape[1:] == (22, 3)
            assert sample.motion.fps == 20
            assert abs(sample.motion.joints[..., 1].min()) < 1e-5
            bones = sample.motion.joints[:, 1:] - sample.motion.joints[:, list(HUMANML3D.parents[1:])]
            assert np.allclose(np.linalg.norm(bones, axis=-1), HUMANML3D.lengths[1:], atol=1e-4)


@pytest.mark.parametrize("seconds", [1.5, 4.0, 9.8])
def test_the_length_asked_for_is_the_length_made(tiny_model, seconds):
    (sample,) = tiny_model.generate("text-to-motion", text="a man waves", seconds=seconds, steps=1, seed=0)
    assert sample.motion.seconds == pytest.approx(seconds)


def test_a_variation_keeps_the_length_of_its_motion(tiny_model, walk):
    (sample,) = tiny_model.generate("motion-variation", motion=walk, steps=1, seed=0)
    assert len(sample.motion) == len(walk) - 1  # the last frame has no velocity


def test_the_same_seed_gives_the_same_result_alone_and_in_a_batch(tiny_model):
    texts = ["a person walks forward", "a man waves his left hand", "someone jumps"]
    batch = tiny_model.generate("text-to-motion", text=texts, seconds=2, steps=3, seed=11)
    alone = tiny_model.generate("text-to-motion", text=texts[1], seconds=2, steps=3, seed=11)
    other = tiny_model.generate("text-to-motion", text=texts[1], seconds=2, steps=3, seed=12)
    assert np.allclose(batch[1].motion.joints, alone[0].motion.joints, atol=1e-4)
    assert not np.allclose(other[0].motion.joints, alone[0].motion.joints, atol=1e-2)


def test_a_caption_is_the_same_alone_and_in_a_batch(tiny_model, walk):
    batch = tiny_model.generate("motion-to-text", motion=[walk[:40], walk], samples=2, steps=2, seed=11)
    alone = tiny_model.generate("motion-to-text", motion=walk, samples=2, steps=2, seed=11)
    assert [sample.text for sample in batch[2:]] == [sample.text for sample in alone]


@pytest.mark.parametrize("task", TASKS)
def test_each_input_has_its_own_seed_and_length(tiny_model, walk, task):
    """A batch of what others asked for, padded to the longest, gives everyone what they would have got alone."""
    first = TASKS[task][0]
    given = {"text": ["a person walks forward", "a man waves his left hand"], "motion": [walk[:40], walk]}
    given = {side: both for side, both in given.items() if first[side] == "given"}
    options = {"samples": 2, "steps": 3}
    together = tiny_model.generate(task, **given, seconds=[None, 5.0], seed=[11, 70], **options)
    assert [sample.seed for sample in together] == [11, 12, 70, 71]
    for number, (seconds, seed) in enumerate(((None, 11), (5.0, 70))):
        own = {side: both[number] for side, both in given.items()}
        alone = tiny_model.generate(task, **own, seconds=seconds, seed=seed, **options)
        for one, other in zip(alone, together[2 * number :][:2], strict=True):
            assert one.text == other.text
            if one.motion is not None:
                np.testing.assert_allclose(other.motion.joints, one.motion.joints, atol=1e-5)


def test_left_and_right_change_places_where_the_motion_and_its_mirror_image_say_so(tiny_model):
    texts = ["a man waves his left hand", "a person walks forward", "someone turns right"]
    mirrored = ["a man waves his right hand", "a person walks forward", "someone turns left"]
    difference = tiny_model.ted.encode(texts) - tiny_model.ted.encode(mirrored)
    assert with_sides(tiny_model.ted, texts, difference) == texts
    assert with_sides(tiny_model.ted, texts, -difference) == mirrored
    assert with_sides(tiny_model.ted, texts[1:2], difference[1:2]) == texts[1:2]


@pytest.mark.parametrize(("task", "own"), [("text-to-motion", (5.0, 7.0)), ("joint", (7.5, 7.0))])
def test_a_task_has_its_own_guidance_where_none_is_asked_for(tiny_model, walk, task, own, monkeypatch):
    asked = []

    def sample_latents(*arguments, **options):
        asked.append((options["motion_guidance"], options["text_guidance"]))
        return sampling.sample_latents(*arguments, **options)

    monkeypatch.setattr(pipeline, "sample_latents", sample_latents)
    for guidance in (None, 2.0, (3.0, 4.0)):
        tiny_model.generate(task, **inputs(task, walk), seconds=2.0, steps=1, guidance=guidance)
    assert asked == [own, (2.0, 2.0), (3.0, 4.0)]


def test_64_prompts_are_one_batch(tiny_model):
    results = tiny_model.generate("text-to-motion", text=["a person walks"] * 64, seconds=2, steps=1, seed=0)
    assert len(results) == 64


def test_the_callback_counts_every_step_of_every_stage(tiny_model, walk):
    seen = []
    tiny_model.generate("motion-variation", motion=walk, steps=3, callback=lambda *count: seen.append(count))
    assert seen == [(number, 6) for number in range(1, 7)]


@pytest.mark.parametrize(
    ("task", "arguments", "message"),
    [
        ("dance", {}, "there is no task 'dance'"),
        ("text-to-motion", {}, "needs a text"),
        ("text-to-motion", {"text": []}, "empty list"),
        ("text-to-motion", {"text": 3.0}, "text"),
        ("text-to-motion", {"text": [1]}, "text is a str"),
        ("text-to-motion", {"text": "?!"}, "no words"),
        ("text-to-motion", {"text": "walk", "seconds": 60.0}, "seconds is from 1.5 to 9.8"),
        ("text-to-motion", {"text": "walk", "samples": 0}, "samples"),
        ("text-to-motion", {"text": "walk", "steps": 0}, "steps"),
        ("text-to-motion", {"text": "walk", "seed": -1}, "seed"),
        ("text-to-motion", {"text": ["walk", "run"], "seed": [1]}, "seed is one for all inputs"),
        ("text-to-motion", {"text": ["walk", "run"], "seconds": [2.0, 60.0]}, "seconds is from 1.5 to 9.8, not 60"),
        ("text-to-motion", {"text": "walk", "seconds": [2.0, 3.0]}, "seconds is one for all inputs"),
        ("motion", {"seed": []}, "seed is one for all inputs"),
        ("motion", {"text": "walk"}, "takes no text"),
        ("motion-to-text", {"text": "walk"}, "motion"),
    ],
)
def test_bad_input_is_told_in_a_sentence(tiny_model, task, arguments, message):
    with pytest.raises(ValueError, match=message):
        tiny_model.generate(task, **arguments)


def test_a_motion_that_is_too_long_is_told_so(tiny_model, walk):
    long = Motion(np.repeat(walk.joints, 5, axis=0))
    with pytest.raises(ValueError, match=r"lasts 15.0 s.*cut it"):
        tiny_model.generate("motion-to-text", motion=long)


def test_a_model_that_is_nowhere_is_told_in_a_sentence(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(CheckpointError, match="neither a folder here nor a repository"):
        MoTe.from_pretrained("no/such-model")


def test_parts_that_do_not_fit_are_refused(tiny_folder, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(tiny_folder, folder)
    config = folder / "med" / "config.json"
    config.write_text(config.read_text().replace('"dim": 8', '"dim": 4'))
    with pytest.raises(CheckpointError, match="has shape"):
        MoTe.from_pretrained(folder)


@pytest.mark.parametrize("task", ["text-to-motion", "joint", "motion-variation"])
def test_a_model_that_reads_claims_keeps_the_best_of_several_draws(tiny_model, choosy_folder, walk, task):
    choosy = MoTe.from_pretrained(choosy_folder, device="cpu")
    choosy.claims.motion.register_forward_pre_hook(lambda _, inputs: 1e4 * inputs[0])  # its latents are all but zero
    batches: list[int] = []
    hook = choosy.claims.motion.register_forward_hook(lambda _, inputs, __: batches.append(len(inputs[0])))
    given = inputs(task, walk)
    chosen = choosy.generate(task, **given, samples=2, steps=2, seed=3)
    hook.remove()
    expected = {"text-to-motion": [2 * 8], "joint": [2 * 2 * 4, 2 * 2], "motion-variation": [2 * 4]}
    assert batches == expected[task], "all halvings are after the first of two steps, and of two pairs one is kept"
    alone = choosy.generate(task, **given, steps=2, seed=4)
    assert np.allclose(chosen[1].motion.joints, alone[0].motion.joints, atol=1e-4), "each sample has its own draws"
    first = tiny_model.generate(task, **given, samples=2, steps=2, seed=3)
    assert not all(len(one.motion) == len(other.motion) and np.allclose(one.motion.joints, other.motion.joints)
                   for one, other in zip(chosen, first, strict=True))  # fmt: skip


def test_of_draws_that_keep_the_claims_alike_the_one_is_kept_that_the_space_has_nearest(choosy_folder, monkeypatch):
    model = MoTe.from_pretrained(choosy_folder, device="cpu")
    model.retrieval = Retrieval(RetrievalConfig(motion=(2, 8), text=(3, 8), width=8, heads=2)).eval()
    monkeypatch.setattr(model.claims, "kept", lambda motions, *_: torch.zeros(len(motions)))
    lengths = torch.tensor([[33, 38, 44, 49, 55, 60, 66, 71]])
    monkeypatch.setattr(model.claims, "frames", lambda *_: lengths)
    one, other = torch.tensor([1.0, 0.0]), torch.tensor([0.6, 0.8])
    monkeypatch.setattr(model.retrieval, "place_texts", lambda texts: one.expand(len(texts), 2))
    for nearest in range(8):
        places = torch.stack([one if row == nearest else other for row in range(8)])
        monkeypatch.setattr(model.retrieval, "place_motions", lambda _, places=places: places)
        [made] = model.generate("text-to-motion", text="a person walks", steps=2, seed=0)
        assert len(made.motion) == lengths[0, nearest]


def test_a_motion_lasts_as_long_as_its_text_says_unless_asked_otherwise_and_shows_what_that_says(
    choosy_model, monkeypatch
):
    meanings, claimed = [], []

    def frames(read, shares):
        meanings.append(read)
        return torch.tensor([[33, 44, 55, 66] * 2, [70] * 8])

    monkeypatch.setattr(choosy_model.claims, "frames", frames)
    kept = choosy_model.claims.kept
    monkeypatch.setattr(choosy_model.claims, "kept", lambda *given: (claimed.append(given[1]), kept(*given))[1])
    texts = ["a person walks", "a person waves for a while"]
    own, said = (choosy_model.generate("text-to-motion", text=texts, seconds=seconds, samples=2, seed=5, steps=2)
                 for seconds in (None, [None, 2.0]))  # fmt: skip
    lengths = [len(one.motion) for one in own]
    assert set(lengths[:2]) <= {33, 44, 55, 66}, "that of the draw which is kept"
    assert lengths[2:] == [70, 70]
    assert [len(one.motion) for one in said] == [*lengths[:2], 40, 40]
    as_said, _ = choosy_model.ted.parts(choosy_model.ted.encode(texts))
    torch.testing.assert_close(meanings[0], as_said)
    for kind, each in choosy_model.reader.claimed(texts).items():
        torch.testing.assert_close(claimed[0][kind], each.repeat_interleave(2 * 8, dim=0))


def test_readers_of_other_latents_are_refused(tiny_model):
    other = Retrieval(RetrievalConfig(motion=(2, 8), text=(3, 9), width=8, heads=2))
    with pytest.raises(CheckpointError, match="the meaning is 3 x 8, the retrieval needs 3 x 9"):
        MoTe(tiny_model.med, tiny_model.ted, tiny_model.mtdm, retrieval=other)
    sizes = {"text": (3, 8), "classes": {"action": ("walk",)}, "lengths": (30, 60), "width": 8}
    for motion, words, said in (
        ((2, 9), 16, "the motion latent is 2 x 8, the reader of claims needs 2 x 9"),
        ((2, 8), 15, r"the table of words is (\d+) x 16, the reader of claims needs \1 x 15"),
    ):
        claims = ClaimReader(ClaimReaderConfig(motion=motion, words=words, **sizes))
        with pytest.raises(CheckpointError, match=said):
            MoTe(tiny_model.med, tiny_model.ted, tiny_model.mtdm, claims=claims)


def test_a_text_claims_what_its_words_do_and_what_such_words_do_as_training_had(choosy_folder, monkeypatch):
    model = MoTe.from_pretrained(choosy_folder, device="cpu")
    monkeypatch.setattr(model.reader, "lexicon", {"trots": "runs"})
    read: list[torch.Tensor] = []
    hook = model.claims.words.register_forward_hook(lambda _, inputs, __: read.append(inputs[0]))
    model.reader.claimed(["a person trots"])
    hook.remove()
    wanted = [model.ted.rows(*model.ted.tokenize([text])) for text in ("a person trots", "a person runs")]
    torch.testing.assert_close(read, wanted)


@pytest.mark.parametrize(("action", "once"), [("jump", True), ("wave", False)])
def test_what_is_done_several_times_is_understood_as_once_but_for_waves(choosy_model, monkeypatch, action, once):
    monkeypatch.setattr(reading, "said", lambda texts, *_: [Said(action=action)] * len(texts))
    twice, single = (choosy_model.reader.read([text]) for text in ("a person jumps twice", "a person jumps"))
    assert torch.equal(twice.understood, single.understood) == once
    assert not torch.equal(twice.heard, single.heard), "for what is counted, all that was said counts"


@pytest.mark.parametrize("row", [0, 1])
def test_a_made_text_goes_to_the_known_captions_that_claim_what_its_motion_shows(choosy_folder, monkeypatch, row):
    model = MoTe.from_pretrained(choosy_folder, device="cpu")
    known = ["a person walks", "somebody waves"]
    model.ted.config = replace(model.ted.config, known=len(known))
    model.ted.familiar.know(model.ted.meanings(known), known)
    monkeypatch.setattr(reading, "WORDED", 1.0)
    monkeypatch.setattr(Among, "shown", lambda *_: -50 * (1 - torch.eye(2)[[row, row, row]]))
    config = model.ted.config
    made = torch.randn(3, config.tokens, config.width)
    worded = model.reader.worded(made, torch.zeros(3, *model.claims.config.motion))
    meaning, spelling = model.ted.parts(worded)
    torch.testing.assert_close(meaning, model.ted.known_meanings()[[row, row, row]])
    torch.testing.assert_close(spelling, model.ted.parts(made)[1])
    alone, _ = model.ted.parts(model.reader.worded(made, None))
    assert not torch.allclose(alone, meaning), "without a motion nothing is shown"


@pytest.mark.parametrize(("unclaimed", "strangeness"), [(0.0, 0.0), (math.exp(-12), 1.0), (math.exp(-6), math.e)])
def test_what_may_claim_no_action_is_strange(choosy_model, monkeypatch, unclaimed, strangeness):
    claims = {"action": torch.tensor([[1 - unclaimed, unclaimed]])}
    monkeypatch.setattr(choosy_model.reader, "claimed", lambda *_: claims)
    assert choosy_model.strangeness("a person walks") == pytest.approx(strangeness)


def test_of_the_sentences_that_the_search_finds_the_one_is_written_that_says_most_that_is_so(choosy_model, monkeypatch):
    motion = choosy_model.generate("motion", seconds=2.0, steps=1, seed=1)[0].motion
    found: list[list[str]] = []

    def decode_texts(ted, latents, count, each=1):
        found.append([f"a person walks for {number} seconds" for _ in range(count) for number in (7, 2, 9, 5)[:each]])
        return found[-1]

    monkeypatch.setattr(writing, "decode_texts", decode_texts)
    monkeypatch.setattr(writing, "said", lambda texts, *_: [Said(seconds=int(text.split()[-2])) for text in texts])
    written = choosy_model.generate("motion-to-text", motion=[motion, motion], samples=2, steps=1, seed=0)
    assert [sample.text for sample in written] == ["a person walks for 2 seconds"] * 4
    assert len(found[0]) == 4 * choosy_model.ted.config.beams
    [sentence] = choosy_model.generate("text", steps=1, seed=0)
    assert sentence.text == "a person walks for 7 seconds", "of no motion nothing is measured"


@pytest.mark.parametrize(("found", "written"), [(["", "( )", "a person walks", "-"], "a person walks"), ([""] * 4, "")])
def test_of_sentences_without_words_nothing_is_asked(choosy_model, walk, monkeypatch, found, written):
    monkeypatch.setattr(writing, "decode_texts", lambda ted, latents, count, each=1: found[:each] * count)
    texts = [sample.text for sample in choosy_model.generate("motion-to-text", motion=walk, samples=2, steps=1, seed=0)]
    assert texts == [written, written]
