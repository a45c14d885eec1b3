"""A model's card and licence, written from what its run left behind: no figure in them is anybody's word."""

from __future__ import annotations

import csv
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from huggingface_hub import ModelCardData, metadata_load
from torch import nn

from mote.pipeline import MoTe
from train.evaluate_prompts import CALLED
from train.report import Report, table
from train.state import LOG
from train.vocabulary import vocabulary

Use = Literal["any", "non-commercial", "research"]
"""What data may be used for; each allows less than the one before."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where data comes from (sources.toml)."""

    title: str
    licence: str
    use: Use
    attribution: str
    overlap: str = ""


SOURCES = {
    name: Source(**values)
    for name, values in tomllib.loads(Path(__file__).with_name("sources.toml").read_text(encoding="utf-8")).items()
}


@dataclass(frozen=True, kw_only=True)
class Licence:
    """Weights' own licence: the Hub's word for it, its name, and what it lets them be used for."""

    hub: str
    name: str
    use: str


LICENCES: dict[Use, Licence] = {
    "any": Licence(hub="apache-2.0", name="Apache-2.0", use="any use, commercial use included"),
    "non-commercial": Licence(
        hub="cc-by-nc-4.0",
        name="CC BY-NC 4.0 (https://creativecommons.org/licenses/by-nc/4.0/legalcode)",
        use="non-commercial use only",
    ),
    "research": Licence(hub="other", name="the terms of the data", use="non-commercial research only"),
}
BODIES = {263: "HumanML3D's 22 joints", 251: "KIT-ML's 21 joints"}
"""The skeleton that features of so many columns describe."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """What a run left behind.

    Args:
        records: the manifest's.
        run: what `train.run` wrote of itself; nothing where its stages were run one by one.
        stages: the folder of the stages with their logs.
        report: of `train.evaluate`, if there is one.
    """

    records: Sequence[dict[str, Any]]
    run: Mapping[str, Any]
    stages: Path
    report: Report | None

    @property
    def motions(self) -> dict[str, Source]:
        """The sources of the clips by name; one that sources.toml does not know is for research until it is asked."""
        named = {record["source"]: record["licence"] for record in self.records}
        return {
            name: SOURCES.get(name, Source(title=name, licence=said, use="research", attribution=f"{name}: {said}"))
            for name, said in sorted(named.items())
        }

    @property
    def sources(self) -> list[Source]:
        """Those of the clips, and what the text side read besides."""
        return [*self.motions.values(), *(SOURCES[name] for name in self.run.get("read", ()))]

    @property
    def use(self) -> Use:
        """What the data, and the model that the run began with, leave of what the weights may be used for."""
        start = self.run.get("start") or {}
        uses = {source.use for source in self.sources} | ({start["use"]} if start else set())
        return max(uses, key=get_args(Use).index)

    @property
    def parts(self) -> dict[str, str]:
        """The published encoder and decoder that TED began as."""
        return {part: self.run[part] for part in ("encoder", "decoder") if self.run.get(part)}


def use_of(model: Path) -> Use:
    """What a trained model may be used for, as its card says; research where it says nothing that is known here."""
    card = model / "README.md"
    said = (metadata_load(card) or {}).get("license") if card.exists() else None
    return next((use for use, licence in LICENCES.items() if licence.hub == said), "research")


def front_matter(story: Story) -> str:
    """The card's head, as the Hub reads it."""
    licence = LICENCES[story.use]
    other = licence.hub == "other"
    data = ModelCardData(
        language="en",
        license=licence.hub,
        tags=["text-to-motion", "motion-captioning", "diffusion", "human-motion"],
        base_model=[name for name in story.parts.values() if name.count("/") == 1] or None,
        license_name="terms-of-the-data" if other else None,
        license_link="LICENSE" if other else None,
    )
    return f"---\n{data.to_yaml()}\n---\n"


def card(name: str, model: MoTe, story: Story) -> str:
    """README.md of a model's folder."""
    body, fps = BODIES[model.med.config.columns], model.limits.fps
    seconds = model.limits.most
    sections = {
        f"# {name}": f"A model of MoTe Studio, after [MoTe](https://arxiv.org/abs/2411.19786): a motion autoencoder "
        f"(`med`), a text autoencoder (`ted`) and the denoiser over both latents (`mtdm`), for motions of {body} at "
        f"{fps:g} frames a second, up to {seconds:.1f} seconds. Everything that it needs is in this folder.\n\n"
        f'```python\nfrom mote import MoTe\n\nmodel = MoTe.from_pretrained("{name}")  # this folder\n```',
        "## Data": _data(story, fps),
        "## May be used with": _used_with(story, body, seconds),
        "## Results": _results(story),
        "## How it was trained": _training(model, story),
        "## Limits": "One person, no objects, no fingers, no face. One action at a time: make several and join them "
        "(`mote.join`). What was not in the data comes out as something that was; `MoTe.strangeness` is above 1 "
        "for most such prompts. Not for identifying people, nor for judging anybody's health, conduct or identity from "
        "how they move.",
        "## Licence": f"{LICENCES[story.use].name}: {LICENCES[story.use].use}, as the strictest of what it learned "
        "from asks; see [LICENSE](LICENSE). The code is Apache-2.0.",
    }  # fmt: skip
    if story.report and (called := story.report.groups.get(f"{CALLED}, by action")):
        told = vocabulary([record for record in story.records if record["split"] == "train"], called)
        sections["## Results"] += f"\n\n{told}"
    return front_matter(story) + "".join(f"\n{head}\n\n{text}\n" for head, text in sections.items())


def licence_text(story: Story) -> str:
    """LICENSE of a model's folder: the weights' terms, and what each owner asks to be said."""
    licence = LICENCES[story.use]
    said = "\n".join(f"- {source.attribution}" for source in story.sources)
    return (
        f"The weights in this folder are under {licence.name}: {licence.use}.\n\n"
        f"They were trained on the following, none of which is contained in this folder:\n\n{said}\n{_begun(story)}"
    )


def _begun(story: Story) -> str:
    """What the weights began as, whose terms bind them too."""
    start = story.run.get("start") or {}
    lines = [f"The {part} of the text autoencoder began as {name}, whose licence binds it too." for part, name in
             story.parts.items()]  # fmt: skip
    if start:
        lines.append(
            f"The rest began as {start['name']}, for {LICENCES[start['use']].use}, whose licence binds it too."
        )
    return "".join(f"\n{line}\n" for line in lines)


def _data(story: Story, fps: float) -> str:
    counts = Counter(record["source"] for record in story.records)
    frames: Counter[str] = Counter()
    for record in story.records:
        frames[record["source"]] += record["frames"]
    rows = [
        [source.title, f"{counts[name]:,}", f"{frames[name] / fps / 3600:.2f}", source.licence]
        for name, source in story.motions.items()
    ]
    rows += [[source.title, "", "", source.licence] for source in story.sources[len(story.motions) :]]
    splits = Counter(record["split"] for record in story.records)
    told = ", ".join(f"{splits[split]:,} for {split}" for split in ("train", "val", "test"))
    asked = "\n".join(f"- {source.attribution}" for source in story.sources)
    text = f"{table(['source', 'clips', 'hours', 'licence'], rows)}\n\nThe clips: {told}.\n\n{asked}\n{_begun(story)}"
    return text.rstrip()


def _used_with(story: Story, body: str, seconds: float) -> str:
    licence = LICENCES[story.use]
    lines = [
        f"Motions of any usual biped, which are fitted to {body}, up to {seconds:.1f} seconds, and English sentences.",
        f"Terms: {licence.use}, of the weights and of what is trained further from them on any data.",
    ]
    names = ", ".join(story.motions)
    lines.append(f"To be evaluated on the test split of what it learned from ({names}), which it has not seen.")
    for source in story.motions.values():
        if source.overlap:
            lines.append(
                f"Not to be evaluated on the test set of {source.overlap}: that holds motions of {source.title}."
            )
    return "\n".join(f"- {line}" for line in lines)


def _results(story: Story) -> str:
    if story.report is None:
        return "Not evaluated yet: `python -m train.evaluate` writes the report, `python -m train.export` puts it here."
    rows = table(["what", "target", "measured", "met", "n"], [row.cells() for row in story.report.rows])
    return f"By `python -m train.evaluate`; the whole report is [REPORT.md](REPORT.md).\n\n{rows}"


def _training(model: MoTe, story: Story) -> str:
    parts: dict[str, nn.Module | None] = {
        "med": model.med,
        "ted": model.ted,
        "mtdm": model.mtdm,
        "retrieval": model.retrieval,
        "claims": model.claims,
    }
    sizes = [
        [name, f"{sum(weight.numel() for weight in part.parameters()) / 1e6:.1f} M", _sizes(part)]
        for name, part in parts.items()
        if part is not None
    ]
    logs = sorted(story.stages.glob(f"*/{LOG}"), key=lambda log: log.stat().st_mtime)
    stages = [[log.parent.name, *_spent(log)] for log in logs]
    text = f"{table(['part', 'weights', 'config.json'], sizes)}\n\n{table(['stage', 'steps', 'minutes'], stages)}"
    if commands := story.run.get("commands"):
        text += "\n\n```\n" + "\n".join(f"python -m {' '.join(command)}" for command in commands.values()) + "\n```"
    return text


def _sizes(part: nn.Module) -> str:
    """The fields of a part's config that are one word."""
    config: Any = part.config
    return ", ".join(f"{name} {value}" for name, value in vars(config).items() if isinstance(value, int | float | str))


def _spent(log: Path) -> tuple[str, str]:
    """Steps and minutes of training that a log tells of."""
    with log.open(newline="") as file:
        rows = list(csv.DictReader(file))
    steps, seconds = (max((float(row[name]) for row in rows), default=0.0) for name in ("step", "seconds"))
    return f"{steps:,.0f}", f"{seconds / 60:.1f}"
