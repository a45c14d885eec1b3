"""What the tab of the map shows and plays: neighbours of a sentence, a file, a result, or a point that was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from mote import advice
from mote.export import export, slug
from mote.files import read
from mote.map import KINDS
from mote.motion.motion import Motion
from mote.retrieve import Index, Neighbour
from mote.sampling import Side
from mote.ui import checks, results, uploads
from mote.ui.packing import pack
from mote.ui.runs import Record
from mote.ui.spots import SEARCHED, YOU, Spot, of_motion, of_run, of_text, without

MOTIONS, SENTENCES = 8, 4
"""How many neighbours of each are listed."""
_KEPT: Any = gr.skip()
_WORDS = {"recorded": "Recorded", "made": "Made by the model", "sentence": "Sentence"}


class View(NamedTuple):
    """Values of the tab: the chart, the list, the player, what plays, and the spots; what is not given stays."""

    chart: Any = _KEPT
    answer: Any = _KEPT
    screen: Any = _KEPT
    playing: Neighbour | Spot | Any = _KEPT
    spots: Sequence[Spot] | Any = _KEPT


@dataclass(frozen=True)
class Places:
    """The functions of the tab on one index."""

    index: Index

    def points(self) -> dict[str, Any]:
        """What the chart draws of the map, as JSON."""
        clips, points = self.index.map.clips, self.index.map.points
        return {
            "kinds": KINDS,
            "x": points[..., 0].mul(1e4).round().int().tolist(),  # in steps of 0.0001
            "y": points[..., 1].mul(1e4).round().int().tolist(),
            "sentences": [clip.sentence for clip in clips],
            "labels": {
                "action": [clip.action for clip in clips],
                "style": [clip.style or "none named" for clip in clips],
            },
        }

    def search(self, text: str | None, spots: Sequence[Spot]) -> View:
        """What is nearest to a sentence.

        Raises:
            gr.Error: nothing was written, or no words.
        """
        said = checks.prompt(text)
        try:
            warning = advice.strange(self.index.model, said) or ""
            spot = of_text(self.index, SEARCHED, "Searched", f"“{said}”", said, warning)
        except ValueError as error:
            raise checks.fault(checks.sentence(error)) from error
        return self._around(spot, [*without(spots, SEARCHED), spot])

    def search_file(self, path: str, spots: Sequence[Spot]) -> View:
        """What is nearest to the motion in an uploaded file.

        Raises:
            gr.Error: the file holds no motion that the model takes.
        """
        motion = uploads.given(self.index.model.limits, path).motion
        file = export(motion, results.fresh_folder() / f"{slug(Path(path).stem)}.npy")
        spot = of_motion(self.index, SEARCHED, "Your file", "your file", str(file))
        return self._around(spot, [*without(spots, SEARCHED), spot])

    def here(self, record: Record | None, chosen: int | None, spots: Sequence[Spot]) -> View:
        """A result among the points, if it is not there yet: what was made, and what it was made from.

        Args:
            chosen: which of its samples, from 0, is where the person is; None is the first.
        """
        if record is None or any(spot.source == record.folder.name for spot in spots):
            return View()
        found, told = of_run(self.index, record, chosen or 0)
        for sentence in told:
            gr.Info(escape(f"Not on the map: {sentence}"))
        spots = [*(spot for spot in spots if spot.source == SEARCHED), *found]
        made = next((spot for spot in found if spot.label == YOU), None)
        return self._around(made, spots) if made else View(chart=self._chart(spots), spots=spots)

    def ask(
        self, record: Record | None, chosen: int | None, spots: Sequence[Spot]
    ) -> tuple[Record, int | None, list[Spot]]:
        """What `here` needs to show a result that the person asks for, though it may be there already.

        Raises:
            gr.Error: nothing was made yet.
        """
        if record is None:
            raise checks.fault("There is no result to show on the map yet: generate first.")
        return record, chosen, without(spots, record.folder.name)

    def choose(self, event: gr.EventData, spots: Sequence[Spot]) -> View:
        """Play what was chosen on the chart, and list what is nearest to it.

        Raises:
            gr.Error: what the browser sent is no point.
        """
        return self._around(self._chosen(event, spots), spots)

    def play(self, event: gr.EventData, spots: Sequence[Spot]) -> View:
        """Play what was chosen in the list, which stays.

        Raises:
            gr.Error: what the browser sent is no point.
        """
        chosen = self._chosen(event, spots)
        if isinstance(chosen, Spot):
            return self._around(chosen, spots)
        return View(chart=self._chart(spots, chosen), screen=pack(dict([self._motion(chosen)])), playing=chosen)

    def picture(self, event: gr.EventData, spots: Sequence[Spot]) -> gr.Image:
        """The GIF of the motion of a point, for a browser without WebGL.

        Raises:
            gr.Error: what the browser sent is no point.
        """
        label, motion = self._motion(self._chosen(event, spots))
        return gr.Image(str(export(motion, results.fresh_folder() / f"{slug(label)}.gif")), label=label)

    def sent(self, playing: Neighbour | Spot | None, side: Side) -> str:
        """What is sent on of what plays: the npy file of the motion, or the sentence.

        Raises:
            gr.Error: nothing plays, or a motion without a sentence.
        """
        if playing is None:
            raise checks.fault("Choose a point of the map first, or search.")
        if isinstance(playing, Neighbour):
            if side == "text":
                return playing.sentence
            return str(export(self._motion(playing)[1], results.fresh_folder() / f"{slug(playing.sentence)}.npy"))
        if side == "text":
            raise checks.fault("This motion has no sentence: choose one of the list.")
        return str(playing.motion)

    def _chosen(self, event: gr.EventData, spots: Sequence[Spot]) -> Neighbour | Spot:
        kind, row = event._data.get("kind"), event._data.get("row")
        if isinstance(row, int) and kind == "spot" and 0 <= row < len(spots):
            return spots[row]
        if isinstance(row, int) and kind in KINDS and 0 <= row < len(self.index.map.clips):
            return self.index.neighbour(kind, row)
        raise checks.fault("This point is no longer on the map: reload the page.")

    def _around(self, chosen: Neighbour | Spot, spots: Sequence[Spot]) -> View:
        """The neighbours of what was chosen, and its motion; that of the nearest one for a sentence of the person's."""
        if isinstance(chosen, Neighbour):
            place, name, note = self.index.place_of(chosen.kind, chosen.row), f"“{chosen.sentence}”", ""
            said = chosen.kind == "sentence"
        else:
            place, name, note, said = chosen.place, chosen.name, chosen.note, chosen.motion is None
        of: Side = "text" if said else "motion"
        motions, sentences = (
            [one for one in self.index.nearest(place, count + 1, kinds, of) if one != chosen][:count]
            for count, kinds in ((MOTIONS, KINDS[:2]), (SENTENCES, KINDS[2:]))
        )
        playing = motions[0] if isinstance(chosen, Spot) and not chosen.motion and motions else chosen
        answer = {
            "about": f"Nearest to {name}",
            "note": note,
            "groups": [
                {"title": title, "items": [_item(one) for one in found]}
                for title, found in (("Motions", motions), ("Sentences", sentences))
            ],
            "playing": _key(playing, spots),
        }
        chart = self._chart(spots, playing) | {"near": [_key(one, spots) for one in (*motions, *sentences)]}
        screen = pack(dict([self._motion(playing)]))
        return View(chart=chart, answer=answer, screen=screen, playing=playing, spots=spots)

    def _chart(self, spots: Sequence[Spot], playing: Neighbour | Spot | None = None) -> dict[str, Any]:
        return {
            "spots": [
                {"x": x, "y": y, "label": spot.label, "name": spot.text or spot.name, "motion": bool(spot.motion)}
                for spot in spots
                for x, y in [spot.point]
            ],
            "playing": playing and _key(playing, spots),
        }

    def _motion(self, playing: Neighbour | Spot) -> tuple[str, Motion]:
        """The motion to play, under what is said of it; of a recording that is not here, what the model makes.

        Raises:
            gr.Error: it has no motion, or its file is gone.
        """
        try:
            if isinstance(playing, Spot):
                return f"{playing.label}: {playing.name}", read(playing.motion or "")
            if playing.kind == "recorded" and self.index.data:
                return f"Recorded: {playing.sentence}", playing.motion()
        except ValueError as error:
            raise checks.fault(checks.sentence(error)) from error
        return f"Made: {playing.sentence}", self.index.made(playing.row)


def _key(one: Neighbour | Spot, spots: Sequence[Spot]) -> dict[str, Any]:
    if isinstance(one, Neighbour):
        return {"kind": one.kind, "row": one.row}
    return {"kind": "spot", "row": [other is one for other in spots].index(True)}


def _item(found: Neighbour) -> dict[str, Any]:
    """A row of the list: what it says, what it is, and how near."""
    labels = ", ".join(filter(None, [found.clip.action.replace("-", " "), found.clip.style]))
    near = " ".join(filter(None, [found.closeness, f"({found.score:.2f})"]))
    return {
        "kind": found.kind,
        "row": found.row,
        "sentence": found.sentence,
        "about": f"{_WORDS[found.kind]} · {labels} · {near}",
    }
