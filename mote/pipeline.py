"""MoTe: every task behind one call."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import cosine_similarity

from mote import device as devices
from mote.checkpoint import CheckpointError, digest, load, load_lexicon, load_ted, load_vocabulary, read_config
from mote.coding import VIEWS, Limits, decode_motions, decode_texts, encode_motions
from mote.demands import Demand, cut, demanded, met, miscounted, recounted
from mote.inputs import count_inputs, for_each, listed
from mote.lexicon import plainer
from mote.models.claims import ACTION, Among, ClaimReader, ClaimReaderConfig, Claims
from mote.models.med import MED, MEDConfig
from mote.models.mtdm import MTDM, MTDMConfig
from mote.models.retrieval import Retrieval, RetrievalConfig
from mote.models.text_autoencoder import TextAutoencoder
from mote.models.words import wordless
from mote.motion.facts import measure
from mote.motion.features import LAYOUT
from mote.motion.motion import Motion
from mote.motion.retarget import fit
from mote.motion.sequence import join
from mote.reference import REAL, RealClips
from mote.said import said, truth
from mote.sampling import TASKS, Choice, Side, Task, sample_latents, sides_made

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
HALVED_AFTER = (0.25, 0.25, 0.375)
"""A motion made from a text is the best of eight draws, where the model has `claims` to tell; after each of these
shares of the steps the better half goes on (train/NOTES.md)."""
PAIRS = 2
"""A motion and a sentence that are made together are the better of so many such pairs, told likewise."""

CLOSENESS = 2.0
"""How much the cosine of the two counts there, beside the logarithm of the probability that the claims are kept: it
tells of what is no claim (train/NOTES.md)."""

LASTING = (0.3, 0.36, 0.42, 0.47, 0.53, 0.58, 0.64, 0.7)
"""How long a motion lasts whose length is left to the model: its draws are told the lengths that such shares of motions
do not exceed, by what the text says, and the length of the one that is kept is the motion's."""
LONGER = (0.4, 0.5, 0.58, 0.64, 0.7, 0.76, 0.82, 0.88)
"""The same where what is too long is cut: after so many steps."""
FROM_SHORT = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
"""The same where something is counted and nothing can be cut: two waves are short, and no reader says how short."""

UNCLAIMED = math.exp(-12)
"""How probably the strangest text that can be understood claims no action.
(train/NOTES.md)."""
HEARD = 0.5
"""The share of the way from what a given text means to what it means in words that training had (`mote.lexicon`)."""
LIKENED = 0.6
"""The share of the way from what a given text means to what the captions nearest to it mean: unseen words do what was
asked more often (train/NOTES.md)."""
WORDED = 0.7
"""The same of what is made to be said: latents of text lie between those of sentences that all fit, and few of them are
a sentence's own (train/NOTES.md)."""


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
        self.vocabulary, self.lexicon = tuple(vocabulary), lexicon or {}
        self.retrieval = retrieval and retrieval.eval()
        self.claims = claims and claims.eval()
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
        claims = self.claimed([text], self.heard([text]))
        if claims is None or ACTION not in claims:
            return self.ted.strangeness([text]).item()
        return (claims[ACTION][0, -1].item() / UNCLAIMED) ** (1 / 6)

    def nearest(self, text: str, count: int = 3) -> list[str]:
        """The prompts of the model's vocabulary that mean most nearly what a sentence does, the nearest first.

        Raises:
            ValueError: the text has no words.
        """
        meanings, _ = self.ted.parts(self.heard([text]))
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
        meaning, _ = self.ted.parts(self.heard([given]))
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
        if task not in TASKS:
            raise ValueError(f"there is no task {task!r}: the tasks are {', '.join(TASKS)}")
        texts, motions = listed(text, str, "text"), listed(motion, Motion, "motion")
        count = count_inputs(task, {"text": texts, "motion": motions})
        count = count or (len(seed) if isinstance(seed, Sequence) and seed else 1)
        seeds = _seeds(count, seed, samples)
        strength = usual_guidance(task) if guidance is None else guidance
        motion_guidance, text_guidance = strength if isinstance(strength, tuple) else (strength, strength)
        made = sides_made(task)
        reflected = bool(motions) and "text" in made
        motions += [motion.mirror() for motion in motions if reflected]
        copies = 2 if reflected else 1
        with torch.autocast(self.device.type, torch.bfloat16, enabled=devices.fast_bf16(self.device)):
            views, lengths = encode_motions(self.med, motions) if motions else (None, None)  # (b, views, l, d), (b,)
            if views is not None:
                views = views.repeat_interleave(samples, dim=0)
            heard = self.heard(texts) if texts else None  # (texts, k, d)
            claims = None if heard is None else self.claimed(texts, heard)
            alike = self._known.alike(claims) if claims and self._known else None
            understood = None if heard is None else self.ted.likened(heard, LIKENED, texts=texts, alike=alike)
            told = for_each(count, seconds, "seconds")
            asked = self._asked(texts, claims, told, samples) if "motion" in made else []
            choice = self._choice(heard, claims, asked, samples)
            frames = self._frames(told * copies, lengths).repeat_interleave(samples)
            motion_latents, text_latents, frames = sample_latents(
                self.mtdm,
                self.mtdm.config.schedule,
                task,
                motion=None if views is None else views[:, 0],
                text=None if understood is None else understood.repeat_interleave(samples, dim=0),
                frames=frames,
                seeds=seeds * copies,
                steps=steps,
                motion_guidance=motion_guidance,
                text_guidance=text_guidance,
                motion_rise=MOTION_RISE,
                text_draws=len(VIEWS),
                motion_views=views,
                motion_choice=choice,
                callback=callback,
            )
            if asked and motion_latents is not None:
                motion_latents, frames = cut(self.med, motion_latents, frames, asked)
                motion_latents = met(self.med, motion_latents, frames, asked)
            shown = [motion for motion in motions[:count] for _ in range(samples)]
            return self._samples(made, motion_latents, text_latents, frames, seeds, shown, asked)

    @torch.no_grad()
    def heard(self, texts: list[str]) -> Float[Tensor, "b k d"]:
        """Latents of texts; where one has words that training never had, a share of the way (`HEARD`) to those of the
        same in words that it had.

        Raises:
            ValueError: a text has no words.
        """
        latents = self.ted.encode(texts).float()
        both = zip(texts, self._plain(texts), strict=True)
        plain = {row: other for row, (text, other) in enumerate(both) if other != text}
        if plain:
            rows = [*plain]
            latents[rows] = torch.lerp(latents[rows], self.ted.encode([*plain.values()]).float(), HEARD)
        return latents

    def _plain(self, texts: Sequence[str]) -> list[str]:
        """Texts in words that training had."""
        return [plainer(text, self.lexicon) for text in texts]

    @torch.no_grad()
    def claimed(self, texts: list[str], heard: Float[Tensor, "b k d"]) -> Claims | None:
        """What texts claim, by their latents as they are `heard`, by their words, and by such words as training had;
        None where the model has no `claims` to tell.

        Raises:
            ValueError: a text has no words.
        """
        if self.claims is None:
            return None
        ways = (self.ted.rows(*self.ted.tokenize(way)) for way in (texts, self._plain(texts)))
        return self.claims.claimed(self.ted.parts(heard)[0], *ways)

    def _asked(
        self, texts: Sequence[str], claims: Claims | None, seconds: Sequence[float | None], samples: int
    ) -> list[Demand]:
        """What texts ask for that is measured, for each of their samples, where the model can tell; of motions as
        HumanML3D has them."""
        if self.claims is None or claims is None or self.med.config.layout != LAYOUT:
            return []
        told = zip(said(texts, claims, self.claims.config.classes), seconds, strict=True)
        asked = [demanded(saying, lasts=lasts is not None) for saying, lasts in told]
        return [demand for demand in asked for _ in range(samples)]

    def _choice(
        self, heard: Tensor | None, claims: Claims | None, asked: Sequence[Demand], samples: int
    ) -> Choice | None:
        """How the best of several draws is kept, where the model can tell: by what texts (texts, k, d) claim as they
        are said, since what they are taken to mean has less of their numbers, and so for how long it lasts. Where
        nothing was said half as many draws are enough.
        """
        if self.claims is None:
            return None
        if heard is None or claims is None:
            return Choice(self._fits, HALVED_AFTER[1:], PAIRS)
        meanings, _ = self.ted.parts(heard)  # (texts, k, m)
        of = asked[::samples]
        lengths = self.claims.frames(meanings, [*map(_lasting, of)] or LASTING)  # (texts, draws)
        least = [round(min(one.seconds, self.limits.most) * self.limits.fps) for one in of] or [0]
        lengths = lengths.maximum(lengths.new_tensor(least)[:, None])
        fits = partial(self._fits, claims=_for_each(claims, samples * len(heard)), asked=asked)
        return Choice(fits, HALVED_AFTER, PAIRS, lengths.repeat_interleave(samples, dim=0))

    def _fits(
        self,
        motions: Tensor,
        texts: Tensor,
        frames: Tensor,
        claims: Claims | None = None,
        asked: Sequence[Demand] = (),
    ) -> Tensor:
        """How probable it is that motions' latents (b, l, d) show what texts claim, each for as many of the motions, or
        what is meant by latents of text (b, k, d); how nearly they have as many steps as were asked for; and how near
        the two lie in the space of the retrieval, if there is one, (b,)."""
        assert self.claims is not None
        meanings, _ = self.ted.parts(texts)
        fit = self.claims.kept(motions, _for_each(claims, len(motions)) if claims else self.claims.meant(meanings))
        each = [one for one in asked for _ in range(len(motions) // len(asked))]
        if each:
            fit = fit - miscounted(self.med, motions, frames, each)
        if self.retrieval is None:
            return fit
        places = self.retrieval.place_motions(motions), self.retrieval.place_texts(meanings)
        return fit + CLOSENESS * (places[0] * places[1]).sum(dim=-1)

    @torch.no_grad()
    def worded(self, latents: Float[Tensor, "b k d"], motions: Float[Tensor, "b l d"] | None) -> Float[Tensor, "b k d"]:
        """Latents of text that were made, nearer to known captions: by what these claim, to such as their motions show,
        where they have any."""
        shown = None if self._known is None or motions is None else self._known.shown(motions)
        return self.ted.likened(latents, WORDED, alike=shown)

    def _written(self, latents: Tensor, shown: list[Motion], count: int) -> list[str]:
        """The sentences of `count` latents; where their motions are there and can be measured, of those that beam
        search found the one that says most that is so and least that is not."""
        if self.claims is None or self.med.config.layout != LAYOUT or not shown:
            return decode_texts(self.ted, latents, count)
        texts = decode_texts(self.ted, latents, count, self.ted.config.beams)
        spoken = {row: text for row, text in enumerate(texts) if not wordless(text)}
        if not spoken:
            return texts[:: len(texts) // count]
        claims = self.claimed([*spoken.values()], self.heard([*spoken.values()]))
        facts = [measure(fit(motion, self.med.config.skeleton)) for motion in shown]
        each, so = len(texts) // count, [-math.inf] * len(texts)
        for row, saying in zip(spoken, said([*spoken.values()], claims or {}, self.claims.config.classes), strict=True):
            so[row] = truth(saying, facts[row // each])
        best = (max(range(row, row + each), key=so.__getitem__) for row in range(0, len(texts), each))
        return [texts[row] for row in best]

    @cached_property
    def _known(self) -> Among | None:
        """The captions that TED knows, where the model can tell what they claim."""
        return self.claims.among(self.ted.known_meanings()) if self.claims and self.ted.config.known else None

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
            texts = [*self._written(self.worded(text_latents, motion_latents), shown, len(seeds))]
        return [
            Sample(motion=motion, text=text, seed=seed)
            for motion, text, seed in zip(motions, texts, seeds, strict=True)
        ]

    def _frames(self, seconds: Sequence[float | None], lengths: Tensor | None) -> Tensor:
        """Frames of each input's motion, (count,): those asked for, or its own; 0 leaves the choice to the model."""
        for asked in seconds:
            if asked is not None and not self.limits.include(asked):
                raise ValueError(f"seconds is from {self.limits.least:g} to {self.limits.most:g}, not {asked:g}")
        frames = torch.tensor([round((asked or 0) * self.limits.fps) for asked in seconds], device=self.device)
        return frames if lengths is None else torch.where(frames > 0, frames, lengths)


def _seeds(count: int, seed: int | Sequence[int] | None, samples: int) -> list[int]:
    """The seed of every sample of every input, those of one input one after another."""
    if samples < 1:
        raise ValueError(f"samples is at least 1, not {samples}")
    starts = for_each(count, secrets.randbelow(2**31) if seed is None else seed, "seed")
    for start in starts:
        if not 0 <= start < 2**63:
            raise ValueError(f"a seed is a whole number from 0 to {2**63 - 1}, not {start}")
    return [start + number for start in starts for number in range(samples)]


def _for_each(claims: Claims, count: int) -> Claims:
    """The claims of some texts for so many motions, those of one text one after another."""
    return {kind: each.repeat_interleave(count // len(each), dim=0) for kind, each in claims.items()}


def _lasting(asked: Demand) -> tuple[float, ...]:
    """The shares by which the draws of a text get their lengths, by what it asks for."""
    if asked.cut:
        return LONGER
    return LASTING if asked.lasts or asked.counted is None else FROM_SHORT


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
