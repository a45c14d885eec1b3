"""What is measured of real clips, and the file that it becomes."""

import shutil
from dataclasses import asdict

import numpy as np
import pytest
from comparing import model_with

from mote.motion.facts import measure
from mote.motion.features import to_features
from mote.motion.motion import Motion
from mote.pipeline import MoTe
from train.data import Clips
from train.real import LEAST, SENTENCES, measure_real, pair_cosines, write
from train.retrieval import Groups

ACTIONS = {"walk": "walks", "jump": "jumps", "wave-right-hand": "waves his right hand"}
EACH = 15


@pytest.fixture(scope="module")
def clips() -> Clips:
    """Clips of three actions: bodies that are pushed along, each faster than the one before."""
    body = np.cumsum(np.full((22, 3), 0.05), axis=0)
    records, features = [], []
    for action, said in ACTIONS.items():
        for _ in range(EACH):
            way = np.arange(40)[:, None, None] * [0, 0, 0.001 * (1 + len(features))]
            motion = Motion(body[None] + way)
            texts = {"captions": [f"a person {said}"], "mirrored_captions": [f"a person {said}"]}
            facts = asdict(measure(Motion(np.repeat(body[None], 40, axis=0))))
            records.append({"action": action, "style": None, "side": None, "facts": facts, **texts})
            features.append(to_features(motion.joints).astype(np.float16))
    return Clips(features, records)


def test_clips_are_grouped_by_their_speed_and_come_back_from_the_file(tiny_model, tiny_folder, tmp_path, clips):
    real = measure_real(tiny_model, clips)
    assert len(real.speed) == len(clips) // LEAST - 1
    assert real.speed[0] == pytest.approx(23, abs=1.5), "millimetres a frame, the middle of 1 to 45"
    assert real.match == real.agreement == ()
    folder = shutil.copytree(tiny_folder, tmp_path / "model")
    assert write(real, folder).stat().st_size < 4096
    assert MoTe.from_pretrained(folder, device="cpu").real == real


def test_pairs_are_of_one_clip_or_of_clips_that_show_something_else(tiny_model, clips):
    model = model_with(tiny_model, None)
    cosines = pair_cosines(model.retrieval, Groups(model.med, model.ted, clips, sentences=SENTENCES))
    apart = len(clips) ** 2 - 3 * EACH**2
    two = SENTENCES * (SENTENCES - 1) // 2
    counts = {name: len(values) for name, values in cosines.items()}
    assert counts == {
        "match": SENTENCES * len(clips), "mismatch": SENTENCES * apart,
        "agreement": two * len(clips), "disagreement": two * apart,
    }  # fmt: skip
    assert cosines["agreement"] == pytest.approx(1, abs=1e-5), "each clip has one sentence, told four times"
    assert cosines["disagreement"].min() < 0.999
    whole = measure_real(model, clips, clips)
    assert whole.match[0] == pytest.approx(cosines["match"].min(), rel=1e-2)
