"""Train TED: its encoder to mean what the teacher means, its decoder to write back what the encoder read.

Run as `python -m train.ted --data RAW --manifest PREPARED/manifest.jsonl --out RUN`, and with the paper's own pair as
`... --encoder openai/clip-vit-large-patch14 --decoder openai-community/gpt2`, by Hub id or folder.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

from mote.checkpoint import load_ted, save
from mote.models.ted import TED, TEDConfig
from mote.models.ted_pretrained import PretrainedTED
from mote.models.text_autoencoder import TextAutoencoder
from mote.models.words import SPECIAL, TOKENIZER, clean
from mote.models.writers import BY_TABLE, Writer
from train import pretrained, sizes
from train.command import command
from train.data import read_form, read_manifest
from train.engine import engine, on_main, shared
from train.known import know, spread
from train.loop import FitConfig, add_arguments, asked, fit
from train.prepare import text
from train.sentences import IGNORED, Batch, Batches
from train.storage import whole
from train.teacher import MEANING, Teacher, embed_cached, make_table, make_tokenizer


@dataclass(frozen=True, kw_only=True)
class TEDTraining:
    """How TED is trained.

    Args:
        batch: captions in a batch, read and written back.
        heard: sentences with substituted words in a batch, read only.
        noise: largest deviation of the noise on a meaning before it is written, in deviations of the latent; each
            caption draws its own between 0 and this. A latent that diffusion made is never exact.
        misspelling: the same for the spelling, which diffusion is less sure of.
        meaning: weight of the distance between the teacher's embedding and what a linear map makes of the meaning.
        spelled: sentences for each word of the captions, with the word put where it was not, to be written back; one
            for each other word of the vocabulary; and as many in which another word is strange as well.
        own: share of our own clips' captions, as they are, among those that are written back.
        rivals: random words of the vocabulary that a word to be written is told from, besides those of the batch.
    """

    batch: int = 32
    heard: int = 8
    noise: float = 0.8
    misspelling: float = 1.6
    meaning: float = 1.0
    spelled: int = 12
    own: float = 0.4
    rivals: int = 2000
    seed: int = 0


CHECKED = 500
"""How many captions, about, of each validation split are written back at the end."""

FAMILIAR = 8000
"""How many captions, at most, tell which sentences are familiar."""

LAYERS: dict[Writer, int] = {"gpt2": TEDConfig.decoder_layers, "t5": TEDConfig.decoder_layers * 3 // 4}
"""Of each writer for about as many weights: a layer of T5 has attention to the latent, too."""


class TEDTrainer(nn.Module):
    """TED and the linear map from its latent's meaning to the teacher's embedding, which only training needs.

    A TED of published parts has no teacher.

    Args:
        decoder_only: the encoder stays as it is, and with it the latents that MTDM has learned; no teacher is needed.
    """

    def __init__(self, ted: TextAutoencoder, *, decoder_only: bool = False) -> None:
        super().__init__()
        self.ted = ted
        taught = isinstance(ted, TED) and not decoder_only
        self.meaning = nn.Linear(ted.config.tokens * ted.config.meaning_width, MEANING) if taught else None
        ted.requires_grad_(not decoder_only)
        for part in ted.writing_parts():
            part.requires_grad_(True)
        if isinstance(ted, TED):
            ted.table.requires_grad_(False)  # a word that no caption has stays beside the words it means the same as


def loss(
    model: TEDTrainer, batch: Batch, generator: torch.Generator, *, config: TEDTraining
) -> tuple[Tensor, dict[str, float]]:
    """Cross-entropy of the written words from noised latents, and the cosine distance of the meaning."""
    latents = model.ted.read(batch.ids, batch.ids != IGNORED)  # (b, k, d)
    distance = torch.zeros((), device=latents.device)
    if model.meaning is not None:
        known = batch.meaning[:, 0].isfinite()
        meaning, _ = model.ted.parts(latents[known])
        distance = 1 - F.cosine_similarity(model.meaning(meaning.flatten(1)), batch.meaning[known], dim=-1).mean()
    written = latents[: len(batch.written)]  # (c, k, d)
    written = noised(model.ted, written, generator, config)
    entropy = writing_entropy(model.ted, written, batch.written, generator, config)
    total = entropy + config.meaning * distance
    return total, {"entropy": entropy.item(), "meaning": distance.item()}


def noised(ted: TextAutoencoder, latents: Tensor, generator: torch.Generator, config: TEDTraining) -> Tensor:
    """Latents (c, k, d) of `read` with noise, of each sentence's own size, on the meaning and on the spelling."""
    widths = torch.tensor([ted.config.meaning_width, ted.config.width - ted.config.meaning_width])
    most = torch.tensor([config.noise, config.misspelling])
    scale = (most * torch.rand(len(latents), 1, 2, generator=generator)).repeat_interleave(widths, dim=-1)  # (c, 1, d)
    return latents + (scale * torch.randn(latents.shape, generator=generator)).to(latents)


def writing_entropy(
    ted: TextAutoencoder, latents: Tensor, written: Tensor, generator: torch.Generator, config: TEDTraining
) -> Tensor:
    """Cross-entropy of the tokens (c, n), IGNORED where there is none, to be written from latents (c, k, d) of `read`.

    The softmax is over the batch's words and a sample of the others, each of which stands for many (Jean et al. 2015,
    section 3).
    """
    words, ids = ted.decoder.config.vocab_size, written.clamp(min=0)
    rivals = torch.randperm(words, generator=generator)[: config.rivals].to(written)
    rows, places = torch.cat([ids.flatten(), rivals]).unique(return_inverse=True)
    wanted = places[: written.numel()]
    stands_for = torch.full((len(rows),), math.log(words / len(rivals)), device=rows.device)
    stands_for[wanted] = 0.0
    logits = ted.write(latents, ids, rows).float() + stands_for
    targets = wanted.masked_fill(written.flatten() == IGNORED, IGNORED)
    return F.cross_entropy(logits.flatten(0, 1), targets, ignore_index=IGNORED)


def recovered(ted: TextAutoencoder, texts: Sequence[str], *, batch: int = 64) -> dict[str, float]:
    """Share of words that come back after encode and decode, wherever they stand, and of sentences that do exactly.

    A sentence's share is matched words over the words of the longer of the two. All processes come here together, and
    share the sentences out.
    """
    cleaned = [clean(sentence) for sentence in texts]
    parts = [cleaned[start : start + batch] for start in range(0, len(texts), batch)]
    written = [after for part in shared(lambda part: ted.decode(ted.encode(part)), parts) for after in part]
    words = total = exact = 0
    for before, after in zip(cleaned, written, strict=True):
        counts = text.count_words([before]), text.count_words([after])
        words += (counts[0] & counts[1]).total()
        total += max(counts[0].total(), counts[1].total())
        exact += before == after
    return {"words": words / total, "exact": exact / len(texts)}


def build(captions: Sequence[str], folder: Path) -> TED:
    """A TED with the teacher's rows in its table and some of its layers as encoder, otherwise untrained.

    Its vocabulary is made once and kept in the folder.
    """
    if (folder / TOKENIZER).exists():
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    else:
        words = [word for word, count in text.count_words(captions).items() if count > 1]
        tokenizer = make_tokenizer(Teacher().vocabulary(words))
        with whole(folder / TOKENIZER) as file:
            file.write(tokenizer.to_str(pretty=True).encode())
    ted = TED(TEDConfig(words=tokenizer.get_vocab_size()))
    ted.set_tokenizer(tokenizer)
    places = tokenizer.get_vocab()
    vocabulary = sorted(places, key=places.__getitem__)[len(SPECIAL) :]
    with torch.no_grad():
        ted.table.weight.copy_(make_table(embed_cached(vocabulary, folder / "teacher"), ted.config.table_width))
    Teacher().begin(ted)
    return ted


def with_writer(ted: TED, writer: Writer) -> TED:
    """The same TED with an untrained decoder of a kind, as large as mote-open's."""
    other = TED(replace(ted.config, writer=writer, decoder_layers=LAYERS[writer]))
    other.set_tokenizer(ted.tokenizer)
    kept = {name: weight for name, weight in ted.state_dict().items() if not name.startswith("decoder.")}
    other.load_state_dict(other.state_dict() | kept)
    return other


@torch.no_grad()
def standardise(ted: TextAutoencoder, captions: Sequence[str]) -> None:
    """Set the latents' statistics over the captions."""
    raw = [ted.read(*ted.tokenize(list(captions[start : start + 256]))) for start in range(0, len(captions), 256)]
    ted.set_statistics(torch.cat(raw))


def familiarise(ted: TextAutoencoder, training: Sequence[str], validation: Sequence[str]) -> None:
    """Tell TED which sentences it was trained on (`Familiar`), by some of the captions."""
    some, others = (
        torch.cat([ted.meanings(list(texts[start : start + 256])) for start in range(0, len(texts), 256)])
        for texts in (training[:: 1 + len(training) // FAMILIAR], validation[:: 1 + len(validation) // FAMILIAR])
    )
    ted.familiar.fit(some, others)


def begin(options: argparse.Namespace, captions: Sequence[str]) -> TextAutoencoder:
    """The TED that the options ask for: one that was trained before, one of published parts, or a new one of our own.

    Raises:
        ValueError: it cannot be had; the message says why.
    """
    if options.start and (options.encoder or options.decoder):
        raise ValueError("--start goes on with the TED that it names: leave out --encoder and --decoder")
    if options.start:
        ted = load_ted(options.start)
        if not options.writer:
            return ted
        if not isinstance(ted, TED):
            raise ValueError(f"{options.start} writes with a published decoder: --writer is for our own TED")
        return with_writer(ted, options.writer)
    if options.encoder or options.decoder:
        return pretrained.build(options.encoder, options.decoder, **sizes.fields(options, "ted"))
    return build(captions, options.out)


@command
def main(arguments: Sequence[str] | None) -> None:
    """Train TED and write its checkpoint to the folder of the run; print how many words come back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds humanml3d and kit-ml")
    parser.add_argument(
        "--manifest", type=Path, help="manifest.jsonl of the prepared clips; all there is to read of a published set"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; a run that was stopped goes on")
    parser.add_argument("--start", type=Path, help="a trained TED to go on from")
    parser.add_argument("--decoder-only", action="store_true", help="keep the latents, which a denoiser has learned")
    parser.add_argument(
        "--checked", type=int, default=CHECKED, help="captions to write back at the end (default: %(default)s a split)"
    )
    parser.add_argument("--writer", choices=tuple(BY_TABLE), help="begin a new decoder of this kind; needs --start")
    pretrained.add_arguments(parser)
    sizes.add_arguments(parser)
    add_arguments(parser, minutes=20, lr=2e-3, steps=20_000)
    options = parser.parse_args(arguments)
    if options.writer and not options.start:
        parser.error("--writer puts a new decoder on a trained encoder: name the folder of that TED with --start")
    if options.checked < 1:
        parser.error(f"--checked is at least 1, not {options.checked}")
    own = text.clips(options.manifest.parent, "train") if options.manifest else []
    published = options.manifest is not None and not read_form(options.manifest.parent).labelled
    human, own = (own, []) if published else (text.human(options.data), own)
    torch.manual_seed(TEDTraining.seed)
    with engine().main_process_first():  # what is made once and kept, the main process makes
        ted = begin(options, [*human, *own])
    trainer = TEDTrainer(ted, decoder_only=options.decoder_only).to(engine().device)
    settings = FitConfig(
        **asked(options),
        shares={"ted.encoder": 0.2},  # it begins as the teacher
        precision="fp32",
        seed=TEDTraining.seed,
    )  # on the CPU, bf16 takes twice as long on matrices as small as these
    config = TEDTraining()
    if isinstance(ted, PretrainedTED):
        pretrained.freeze(ted, options.tune)
        settings = replace(settings, shares=pretrained.SHARES, precision="auto")
        config = replace(config, rivals=ted.decoder.config.vocab_size)  # its vocabulary is met as a whole
    with engine().main_process_first():
        batches = Batches(trainer.ted, human, own, options.out if trainer.meaning else None, config)
    trained = fit(
        trainer,
        batches,
        partial(loss, config=config),
        config=settings,
        out=options.out,
    )
    assert isinstance(trained, TEDTrainer)
    held = {} if published else {"HumanML3D, val": text.humanml3d(options.data / "humanml3d", "val")}
    if options.manifest:
        held["the clips, val"] = text.clips(options.manifest.parent, "val")
    if not options.decoder_only:
        standardise(trained.ted, [*human, *own])
        familiarise(trained.ted, own or human, [*held.values()][-1])
        know(trained.ted, spread(read_manifest(options.manifest.parent, "train")) if own else human)
    on_main(save, trained.ted, options.out)
    on_main(trained.ted.save_tokenizer, options.out)
    for name, sentences in held.items():
        figures = recovered(trained.ted, sentences[:: 1 + len(sentences) // options.checked])
        on_main(print, json.dumps({"captions": name} | figures))


if __name__ == "__main__":
    main()
