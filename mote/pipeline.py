"""MoTe: every task behind one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import cosine_similarity

from mote import device as devices
from mote.checkpoint import CheckpointError, digest, load, load_lexicon, load_ted, load_vocabulary, read_config
from mote.coding import VIEWS, Limits, decode_motions, encode_motions
from mote.demands import Demand, cut, met, recounted
from mote.draws import Chooser
from mote.inputs import Inputs
from mote.models.claims import ClaimReader, ClaimReaderConfig
from mote.models.med import MED, MEDConfig
from mote.models.mtdm import MTDM, MTDMConfig
from mote.models.retrieval import Retrieval, RetrievalConfig
from mote.models.text_autoencoder import TextAutoencoder
from mote.motion.motion import Motion
from mote.motion.sequence import join
from mote.reading import Reader
from mote.reference import REAL, RealClips
from mote.sampling import Side, Task, sample_latents, sides_made
from mote.writing import written

STEPS = 8
"""Denoising steps; more make nothing better, fewer lose rare actions (train/NOTES.md)."""
PAPER_GUIDANCE = (7.5, 7.0)
"""Guidance of motion and of text, as the paper finds best (MoTe, section 4)."""
GUIDANCE = (5.0, 7.0)
"""The same where one side is made for the other: a denoiser that practised guided walks (`train.refine`) needs less
(train/NOTES.md). Pairs that are made together keep the paper's."""
MOTION_RISE = 1.0
"""How the motion's guidance rises as the noise falls (`sample_latents`): strange words are understood more often, and
the motion trembles less, than with guidance that is the same at all times (train/NOTES.md)."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One result: the motion and the caption that the task made (None where it makes none), and the seed of it."""

    motion: Motion | None
    text: str | None
    seed: int


class MoTe:
    """The two autoencoders and the denoiser, ready to generate."""

    def __init__(
        self,
        med: MED,
        ted: TextAutoencoder,
        mtdm: MTDM,
        vocabulary: Sequence[str] = (),
        retrieval: Retrieval | None = None,
        claims: ClaimReader | None = None,
        name: str = "unnamed",
        folder: Path | None = None,
        real: RealClips | None = None,
        lexicon: Mapping[str, str] | None = None,
    ) -> None:
        """Put the three together.

        Args:
            vocabulary: prompts that are known to work, one for each action.
            retrieval: where there is one, motions and sentences can be compared and searched for, and draws are chosen
                by it as well.
            claims: where there are some, a text is understood by them, and a motion made from it is the best of several
                draws.
            name: what the model is called.
            folder: where its weights were read, if they were.
            real: what real clips measure, to judge results by.
            lexicon: words that are heard as others beside themselves, and those.

        Raises:
            CheckpointError: the denoiser, the retrieval or the claims were made for latents of another size.
        """
        config = mtdm.config
        motion, text = (med.config.tokens, med.config.dim), (ted.config.tokens, ted.config.width)
        meaning = (ted.config.tokens, ted.config.meaning_width)
        needed = [
            ("denoiser", "motion latent", motion, (config.motion_tokens, config.motion_dim)),
            ("denoiser", "text latent", text, (config.text_tokens, config.text_dim)),
        ]
        for part, reader in (("retrieval", retrieval), ("reader of claims", claims)):
            if reader:
                needed.append((part, "motion latent", motion, reader.config.motion))
                needed.append((part, "meaning", meaning, reader.config.text))
        if claims:
            words = len(ted.words), ted.words.shape[1]
            needed.append(("reader of claims", "table of words", words, (words[0], claims.config.words)))
        for part, what, has, needs in needed:
            if has != needs:
                raise CheckpointError(f"the {what} is {has[0]} x {has[1]}, the {part} needs {needs[0]} x {needs[1]}")
        self.med, self.ted, self.mtdm = med.eval(), ted.eval(), mtdm.eval()
        self.vocabulary = tuple(vocabulary)
        self.retrieval = retrieval and retrieval.eval()
        self.claims = claims and claims.eval()
        self.reader = Reader(self.ted, self.claims, lexicon)
        self.name, self.folder, self.real = name, folder, real

    @classmethod
    def from_pretrained(cls, path: str | Path, device: str | None = None) -> MoTe:
        """The model in a folder with `med`, `ted`, `mtdm`, perhaps `retrieval` and `claims`, or in one of the Hub's.

        Args:
            device: cuda, mps or cpu; the best that is there where left out.

        Raises:
            CheckpointError: the folder does not hold such a model; the message says what differs.
            ValueError: there is no such device.
        """
        where = devices.choose(device)
        folder = Path(path) if Path(path).is_dir() else _download(str(path))
        return cls(
            load(MED, MEDConfig, folder / "med", where),
            load_ted(folder / "ted", where),
            load(MTDM, MTDMConfig, folder / "mtdm", where),
            load_vocabulary(folder),
            load(Retrieval, RetrievalConfig, space, where) if (space := folder / "retrieval").exists() else None,
            load(ClaimReader, ClaimReaderConfig, claims, where) if (claims := folder / "claims").exists() else None,
            Path(path).resolve().name,
            folder,
            read_config(RealClips, folder, REAL) if (folder / REAL).exists() else None,
            load_lexicon(folder),
        )

    @property
    def device(self) -> torch.device:
        return next(self.mtdm.parameters()).device

    @cached_property
    def limits(self) -> Limits:
        """How long its motions are."""
        return Limits.of(self.med.config)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the weights as they lie on disk (`mote.checkpoint.digest`); empty where no folder holds them."""
        return digest(self.folder) if self.folder else ""

    def strangeness(self, text: str) -> float:
        """How far a sentence is from what the model was trained on: 0 is like it, above 1 it can hardly be understood.

        That is how probably it claims no action that the model knows, or, where the model has no `claims` to tell, how
        far it lies from known captions.

        Raises:
            ValueError: the text has no words.
        """
        return self.reader.strangeness(text)

    def nearest(self, text: str, count: int = 3) -> list[str]:
        """The prompts of the model's vocabulary that mean most nearly what a sentence does, the nearest first.

        Raises:
            ValueError: the text has no words.
        """
        meanings, _ = self.ted.parts(self.reader.heard([text]))
        likeness = cosine_similarity(meanings.flatten(1), self._meanings, dim=-1)  # (prompts,)
        return [self.vocabulary[row] for row in likeness.topk(min(count, len(self.vocabulary))).indices.tolist()]

    @cached_property
    def _meanings(self) -> Tensor:
        """The meanings (prompts, size) of the vocabulary."""
        if not self.vocabulary:
            return self.ted.familiar.mean.new_empty(0, len(self.ted.familiar.mean))
        return self.ted.meanings([*self.vocabulary])

    @torch.inference_mode()
    def match(self, one: Motion | str, other: Motion | str) -> float:
        """How nearly a motion and a sentence, or two of a kind, mean the same: from -1 to 1, the cosine of their places
        in the space of the `retrieval`. What real pairs have is in `real`.

        Raises:
            ValueError: the model has no such space, a text has no words, or a motion is too short or too long for it.
        """
        return (self.place(one) @ self.place(other)).item()

    @torch.inference_mode()
    def place(self, given: Motion | str) -> Float[Tensor, " space"]:
        """Where a motion or a sentence is among all others (`mote.models.retrieval`); of unit length.

        Raises:
            ValueError: the model has no `retrieval`, the text has no words, or the motion is not within the `limits`.
        """
        if self.retrieval is None:
            raise ValueError("this model has no retrieval: it cannot compare motions and sentences")
        if isinstance(given, Motion):
            return self.retrieval.place_motions(encode_motions(self.med, [given])[0][:, 0])[0].cpu()
        meaning, _ = self.ted.parts(self.reader.heard([given]))
        return self.retrieval.place_texts(meaning)[0].cpu()

    @torch.inference_mode()
    def generate(
        self,
        task: Task,
        *,
        text: str | Sequence[str] | None = None,
        motion: Motion | Sequence[Motion] | None = None,
        seconds: float | Sequence[float | None] | None = None,
        samples: int = 1,
        steps: int = STEPS,
        guidance: float | tuple[float, float] | None = None,
        seed: int | Sequence[int] | None = None,
        callback: Callable[[int, int], None] | None = None,
    ) -> list[Sample]:
        """Results of a task, `samples` for each text or motion, those of one input one after another.

        Args:
            text, motion: what the task is given, one or a list; a list is one batch.
            seconds: length of the motions to make, within the `limits`; None lets the model choose, or, for variations
                of a motion, keeps the length of the original. A list has one for each input.
            guidance: how strongly each generated side follows the other, for both or as (motion, text); 1 is none, and
                None the task's own (`usual_guidance`).
            seed: sample i of every input comes from seed + i; None draws a seed. A list has one for each input, and
                says how many results there are of a task that takes none.
            callback: called after each denoising step with the steps done and all steps.

        Raises:
            ValueError: the task is unknown, an input is missing, of the wrong kind or length, or out of range.
        """
        given = Inputs.of(task, text, motion, seconds=seconds, seed=seed, samples=samples, limits=self.limits)
        strength = usual_guidance(task) if guidance is None else guidance
        motion_guidance, text_guidance = strength if isinstance(strength, tuple) else (strength, strength)
        made = sides_made(task)
        mirrored = [one.mirror() for one in given.motions] if "text" in made else []
        copies = 2 if mirrored else 1
        with torch.autocast(self.device.type, torch.bfloat16, enabled=devices.fast_bf16(self.device)):
            frames = torch.tensor([round((told or 0) * self.limits.fps) for told in given.seconds * copies])
            views = None
            if given.motions:
                views, lengths = encode_motions(self.med, given.motions + mirrored)  # (b, views, l, d), (b,)
                views = views.repeat_interleave(samples, dim=0)
                frames = torch.where(frames > 0, frames, lengths.cpu())
            read = self.reader.read(given.texts) if given.texts else None
            choose = self._chooser
            asked = choose.asked(read, given.seconds, samples) if choose and read and "motion" in made else []
            motion_latents, text_latents, frames = sample_latents(
                self.mtdm,
                self.mtdm.config.schedule,
                task,
                motion=None if views is None else views[:, 0],
                text=None if read is None else read.understood.repeat_interleave(samples, dim=0),
                frames=frames.repeat_interleave(samples),
                seeds=given.seeds * copies,
                steps=steps,
                motion_guidance=motion_guidance,
                text_guidance=text_guidance,
                motion_rise=MOTION_RISE,
                text_draws=len(VIEWS),
                motion_views=views,
                motion_choice=choose.choice(read, asked, samples) if choose else None,
                callback=callback,
            )
            if asked and motion_latents is not None:
                motion_latents, frames = cut(self.med, motion_latents, frames, asked)
                motion_latents = met(self.med, motion_latents, frames, asked)
            shown = [one for one in given.motions for _ in range(samples)]
            return self._samples(made, motion_latents, text_latents, frames, given.seeds, shown, asked)

    @cached_property
    def _chooser(self) -> Chooser | None:
        """What keeps the best of several draws, where the model can tell."""
        if self.claims is None:
            return None
        return Chooser(med=self.med, ted=self.ted, claims=self.claims, retrieval=self.retrieval)

    def _samples(
        self,
        made: Sequence[Side],
        motion_latents: Tensor | None,
        text_latents: Tensor | None,
        frames: Tensor,
        seeds: list[int],
        shown: list[Motion],
        asked: Sequence[Demand],
    ) -> list[Sample]:
        """The decoded latents of the sides that a task made, one sample for each seed; `shown` are the motions that
        texts were made of, `asked` is what texts ask of motions."""
        motions: list[Motion | None] = [None] * len(seeds)
        texts: list[str | None] = [None] * len(seeds)
        if "motion" in made and motion_latents is not None:
            shown = decode_motions(self.med, motion_latents, frames)
            motions = [*(recounted(shown, asked, self.limits) if asked else shown)]
        if "text" in made and text_latents is not None:
            texts = [*written(self.reader, self.med.config, text_latents, motion_latents, shown, len(seeds))]
        return [
            Sample(motion=motion, text=text, seed=seed)
            for motion, text, seed in zip(motions, texts, seeds, strict=True)
        ]


def usual_guidance(task: Task) -> tuple[float, float]:
    """The guidance of motion and of text that a task has where none is asked for."""
    return PAPER_GUIDANCE if task == "joint" else GUIDANCE


def one_after_another(made: Sequence[Sample], samples: int) -> list[Sample]:
    """The motions of several inputs, `samples` of each, joined to one for each seed; the captions are left out."""
    motions = [sample.motion for sample in made if sample.motion is not None]
    return [
        Sample(motion=join(motions[number::samples]), text=None, seed=made[number].seed) for number in range(samples)
    ]


def _download(name: str) -> Path:
    try:
        return Path(snapshot_download(name))
    except (OSError, HfHubHTTPError, HFValidationError, LocalEntryNotFoundError) as error:
        raise CheckpointError(
            f"{name} is neither a folder here nor a repository of the Hub that can be reached: "
            "give the path of a folder with med, ted and mtdm, such as checkpoints/mote-open"
        ) from error
