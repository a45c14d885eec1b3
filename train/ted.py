"""Train TED: its encoder to mean what the teacher means, its decoder to write back what the encoder read.

Run as `python -m train.ted --data RAW --manifest PREPARED/manifest.jsonl --out RUN`.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from mote import device as devices
from mote.checkpoint import load, save
from mote.models.ted import END, PAD, TED, TEDConfig, clean
from train.loop import FitConfig, fit
from train.prepare import text
from train.teacher import MEANING, Teacher, embed_cached, make_reader, make_table, make_writer


@dataclass(frozen=True, kw_only=True)
class TEDTraining:
    """How TED is trained.

    Args:
        batch: captions in a batch, read and written back.
        heard: sentences with substituted words in a batch, read only.
        noise: largest deviation of the noise on a latent before it is written, in deviations of the latent; each
            caption draws its own between 0 and this. A latent that diffusion made is never exact.
        meaning: weight of the distance between the teacher's embedding and what a linear map makes of the latent.
        spelled: sentences for each word of the captions, with the word put where it was not, to be written back.
        own: share of our own clips' captions among those that are written back.
    """

    batch: int = 32
    heard: int = 8
    noise: float = 0.3
    meaning: float = 1.0
    pieces: int = 3000
    spelled: int = 1
    own: float = 0.8
    seed: int = 0


@dataclass(frozen=True)
class Batch:
    """Sentences to read, for the first of them the pieces to write back; the teacher's embeddings, NaN if unknown."""

    ids: Tensor
    mask: Tensor
    pieces: Tensor
    meaning: Tensor


class TEDTrainer(nn.Module):
    """TED and the linear map from its latent to the teacher's embedding, which only training needs.

    Args:
        decoder_only: the encoder stays as it is, and with it the latents that MTDM has learned.
    """

    def __init__(self, ted: TED, *, decoder_only: bool = False) -> None:
        super().__init__()
        self.ted = ted
        self.meaning = nn.Linear(ted.config.tokens * ted.config.width, MEANING)
        ted.requires_grad_(not decoder_only)
        ted.from_latent.requires_grad_(True)
        ted.decoder.requires_grad_(True)
        ted.table.requires_grad_(False)  # a word that no caption has stays beside the words it means the same as


class Sentences:
    """Sentences with their tokens and the teacher's embeddings, drawn in batches of about one length."""

    def __init__(self, ted: TED, texts: Sequence[str], meaning: Tensor, weights: Sequence[int]) -> None:
        assert ted.reader is not None
        assert ted.writer is not None
        limit = ted.config.max_pieces
        pieces = [writing.ids for writing in ted.writer.encode_batch(list(texts))]
        self.pieces = [torch.tensor([*row, END][:limit]) for row in pieces]
        self.ids = [
            torch.tensor(reading.ids[: ted.config.max_words]) for reading in ted.reader.encode_batch(list(texts))
        ]
        self.meaning = meaning
        order = [index for index, count in enumerate(weights) for _ in range(count)]
        self.order = torch.tensor(sorted(order, key=lambda index: len(self.ids[index])))

    def draw(self, count: int, generator: torch.Generator) -> list[int]:
        """Indices of `count` sentences out of a random window of eight times as many of like length."""
        window = min(8 * count, len(self.order))
        start = int(torch.randint(len(self.order) - window + 1, (), generator=generator))
        chosen = torch.randint(window, (count,), generator=generator)
        return self.order[start + chosen].tolist()


def loss(
    model: TEDTrainer, batch: Batch, generator: torch.Generator, *, config: TEDTraining
) -> tuple[Tensor, dict[str, float]]:
    """Cross-entropy of the written pieces from noised latents, and the cosine distance of the meaning."""
    latents = model.ted.read(batch.ids, batch.mask)  # (b, k, d)
    known = batch.meaning[:, 0].isfinite()
    distance = 1 - F.cosine_similarity(model.meaning(latents[known].flatten(1)), batch.meaning[known], dim=-1).mean()
    written = latents[: len(batch.pieces)]  # (c, k, d)
    scale = config.noise * torch.rand(len(written), 1, 1, generator=generator)
    noise = torch.randn(written.shape, generator=generator)
    logits = model.ted.write(written + (scale * noise).to(written), batch.pieces)  # (c, n, pieces)
    entropy = F.cross_entropy(logits.float().flatten(0, 1), batch.pieces.flatten(), ignore_index=PAD)
    total = entropy + config.meaning * distance
    return total, {"entropy": entropy.item(), "meaning": distance.item()}


def recovered(ted: TED, texts: Sequence[str], *, batch: int = 64, noise: float = 0.0) -> dict[str, float]:
    """Share of words that come back after encode and decode, wherever they stand, and of sentences that do exactly.

    A sentence's share is matched words over the words of the longer of the two. Noise is in deviations of a latent.
    """
    words = total = exact = 0
    for start in range(0, len(texts), batch):
        chosen = [clean(sentence) for sentence in texts[start : start + batch]]
        latents = ted.encode(chosen)  # (b, k, d)
        for before, after in zip(chosen, ted.decode(latents + noise * torch.randn_like(latents)), strict=True):
            counts = text.count_words([before]), text.count_words([after])
            words += (counts[0] & counts[1]).total()
            total += max(counts[0].total(), counts[1].total())
            exact += before == after
    return {"words": words / total, "exact": exact / len(texts)}


def build(captions: Sequence[str], folder: Path, config: TEDTraining) -> TED:
    """An untrained TED with the teacher's rows in its table; its vocabularies are made once and kept in the folder."""
    if (folder / "reader.json").exists():
        reader, writer = (Tokenizer.from_file(str(folder / name)) for name in ("reader.json", "writer.json"))
    else:
        words = [word for word, count in text.count_words(captions).items() if count > 1]
        reader, writer = make_reader(Teacher().vocabulary(words)), make_writer(captions, config.pieces)
    ted = TED(TEDConfig(words=reader.get_vocab_size(), pieces=writer.get_vocab_size()))
    ted.set_tokenizers(reader, writer)
    folder.mkdir(parents=True, exist_ok=True)
    ted.save_tokenizers(folder)
    places = reader.get_vocab()
    vocabulary = sorted(places, key=places.__getitem__)[2:]  # without padding and the unknown word
    with torch.no_grad():
        ted.table.weight.copy_(make_table(embed_cached(vocabulary, folder / "teacher"), ted.config.table_width))
    return ted


class Batches:
    """Batches for TED: captions to be written back, and sentences with any word of the vocabulary to be read.

    Most of the captions are our own. A grammar made them, so the teacher is asked about the human ones alone.
    """

    def __init__(self, ted: TED, human: Sequence[str], own: Sequence[str], folder: Path, config: TEDTraining) -> None:
        assert ted.reader is not None
        chooser = random.Random(config.seed)
        words = sorted(word for word in ted.reader.get_vocab() if word.isalpha())
        heard = text.substitute(human, words, chooser)
        spelled = text.substitute(human, sorted(text.count_words(human)) * config.spelled, chooser)
        others = [*human, *spelled]
        repeats = config.own / (1 - config.own) * len(others) / max(1, len(own))
        weights = [1] * len(others) + [max(1, round(repeats))] * len(own)
        meaning = torch.full((len(others) + len(own), MEANING), torch.nan)
        meaning[: len(human)] = embed_cached(human, folder / "teacher")
        meaning[len(human) : len(others)] = embed_cached(spelled, folder / "teacher")
        self.written = Sentences(ted, [*others, *own], meaning, weights)
        self.heard = Sentences(ted, heard, embed_cached(heard, folder / "teacher"), [1] * len(heard))
        self.config = config
        self.device = ted.latent_mean.device

    def __call__(self, step: int, generator: torch.Generator) -> Batch:
        """The batch of a step; what is in it depends on the generator alone."""
        written = self.written.draw(self.config.batch, generator)
        heard = self.heard.draw(self.config.heard, generator)
        rows = [self.written.ids[row] for row in written] + [self.heard.ids[row] for row in heard]
        ids = pad_sequence(rows, batch_first=True, padding_value=PAD)  # (b, n)
        pieces = pad_sequence([self.written.pieces[row] for row in written], batch_first=True, padding_value=PAD)
        meaning = torch.cat([self.written.meaning[written], self.heard.meaning[heard]])  # (b, 384)
        ids, pieces, meaning = (part.to(self.device) for part in (ids, pieces, meaning))
        return Batch(ids=ids, mask=ids != PAD, pieces=pieces, meaning=meaning)


@torch.no_grad()
def standardise(ted: TED, captions: Sequence[str]) -> None:
    """Set the latents' statistics over the captions."""
    raw = [ted.read(*ted.tokenize(list(captions[start : start + 256]))) for start in range(0, len(captions), 256)]
    ted.set_statistics(torch.cat(raw))


def main(arguments: Sequence[str] | None = None) -> None:
    """Train TED and write its checkpoint to the folder of the run; print how many words come back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds humanml3d and kit-ml")
    parser.add_argument("--manifest", type=Path, help="manifest.jsonl of our own prepared clips")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; a run that was stopped goes on")
    parser.add_argument("--start", type=Path, help="a trained TED: its decoder alone is trained further")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--lr", type=float, default=2e-3)
    options = parser.parse_args(arguments)
    config = TEDTraining()
    human = text.humanml3d(options.data / "humanml3d", "train") + text.kit(options.data / "kit-ml", "train")
    own = text.clips(options.manifest, "train") if options.manifest else []
    torch.manual_seed(config.seed)
    if options.start:
        ted = load(TED, TEDConfig, options.start)
        ted.load_tokenizers(options.start)
    else:
        ted = build([*human, *own], options.out, config)
    trainer = TEDTrainer(ted, decoder_only=bool(options.start)).to(devices.choose())
    settings = FitConfig(
        lr=options.lr, steps=options.steps, minutes=options.minutes, precision="fp32", seed=config.seed
    )  # on the CPU, bf16 takes twice as long on matrices as small as these
    trained = fit(
        trainer,
        Batches(trainer.ted, human, own, options.out, config),
        partial(loss, config=config),
        config=settings,
        out=options.out,
    )
    assert isinstance(trained, TEDTrainer)
    if not options.start:
        standardise(trained.ted, [*human, *own])
    save(trained.ted, options.out)
    trained.ted.save_tokenizers(options.out)
    held = {"HumanML3D, val": text.humanml3d(options.data / "humanml3d", "val")}
    if options.manifest:
        held["our clips, val"] = text.clips(options.manifest, "val")
    for name, sentences in held.items():
        print(json.dumps({"captions": name} | recovered(trained.ted, sentences)))


if __name__ == "__main__":
    main()
