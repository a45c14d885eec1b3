"""Measured facts in words: each detail is one fact in several wordings."""

from __future__ import annotations

from dataclasses import dataclass

from mote.motion.facts import Facts
from mote.motion.grades import PACES, pace, path, raised_to, times, turned, used
from train.prepare.actions import Action
from train.prepare.words import number

IN_PLACE = ("while standing in place", "while standing still", "without leaving the spot")
SLOW = ("slowly", "at a slow pace", "at a slow speed")
FAST = ("quickly", "fast", "at a fast pace", "at a quick pace")
STEADY = ("at a steady pace", "at a moderate pace", "at a medium pace")


@dataclass(frozen=True, kw_only=True)
class Detail:
    """Wordings of one fact."""

    key: str
    wordings: tuple[str, ...]


def details(name: str, action: Action, side: str | None, facts: Facts) -> list[Detail]:
    """What a clip shows beyond its label, only where the measurement is clear."""
    found: list[Detail | None] = []
    if action.kind in ("travel", "turn"):
        found += [_steps(facts), _pace(action, facts), _path(name, facts), *_way(name, action, facts)]
    if action.kind == "hand":
        found += [*_hands(action, side, facts)]
    if action.kind == "kick":
        found += [
            _grade(
                "height",
                facts.kick_height,
                low=0.45,
                high=0.8,
                words=("low|at a low height", "high|up high|high in the air"),
            )
        ]
    if action.kind == "jump":
        found += [
            _grade(
                "height",
                facts.jump_height,
                low=0.15,
                high=0.35,
                words=("a little|low over the ground", "high|high in the air"),
            )
        ]
        found += [_count("jumps", facts.jumps)]
    if name == "bow":
        found += [_grade("bend", facts.bend, low=30, high=65, words=("slightly|a little", "deeply|low|very low"))]
    if action.kind in ("place", "strike"):
        found += [_raised(facts)]
    if action.kind not in ("travel", "turn", "low"):
        found += [_place(action, facts)]
    found += [_distance(action, facts), _turn(action, side, facts), _duration(facts)]
    return [detail for detail in found if detail is not None]


def _words(key: str, text: str) -> Detail:
    return Detail(key=key, wordings=tuple(text.split("|")))


def _grade(key: str, value: float, *, low: float, high: float, words: tuple[str, str]) -> Detail | None:
    if value >= high:
        return _words(key, words[1])
    return _words(key, words[0]) if 0 < value <= low else None


def _count(key: str, count: int) -> Detail | None:
    if count < 2 or count > 12:
        return None
    few = "|a few times" if count in (3, 4) else "|several times" if count > 4 else "|two times"
    return _words(key, ("twice" if count == 2 else f"{number(count)} times") + few)


def _steps(facts: Facts) -> Detail | None:
    if not 2 <= facts.steps <= 20:
        return None
    n = number(facts.steps)
    few = (
        "taking a few steps"
        if facts.steps <= 4
        else "taking several steps"
        if facts.steps <= 8
        else "taking many steps"
    )
    return _words("steps", f"taking {n} steps|with {n} steps|for {n} steps|making {n} steps|in {n} steps|{few}")


def _pace(action: Action, facts: Facts) -> Detail | None:
    graded = pace(action.group, facts)
    if graded is None:
        return None
    slow, fast = PACES[action.group]
    if facts.speed < 0.5 * slow or facts.speed > 1.35 * fast:
        return _words("pace", "very slowly|at a very slow pace" if graded == "slow" else "very fast|very quickly")
    return Detail(key="pace", wordings={"slow": SLOW, "steady": STEADY, "fast": FAST}[graded])


def _path(name: str, facts: Facts) -> Detail | None:
    round_way = "counterclockwise" if facts.turn > 0 else "clockwise"
    ahead = facts.direction == "forward" and name != "walk-diagonal"
    words = {
        "straight": "in a straight line|straight" + ("|straight ahead" if ahead else ""),
        "circle": f"in a circle|in a {round_way} circle|{round_way} around a circle",
        "curve": "along a curve|in a curve|on a curved path",
    }
    shape = path(facts)
    return _words("path", words[shape]) if shape else None


def _way(name: str, action: Action, facts: Facts) -> list[Detail | None]:
    way: Detail | None = None
    if name not in ("walk-side", "walk-diagonal") and action.group != "walk-back" and facts.direction is not None:
        if facts.direction == "forward" and facts.heading is not None and abs(facts.heading) > 25:
            side = "left" if facts.heading > 0 else "right"
            way = _words("way", f"diagonally to the {side}|forward and to the {side}")
        elif facts.direction == "forward":
            way = _words("way", "forward|forward|forwards|ahead")
        elif facts.direction == "backward":
            way = _words("way", "backwards|backward")
        else:
            way = _words("way", f"sideways to the {facts.direction}|to the {facts.direction} side")
    start = _words("start", "from a standing start|from a stand") if facts.starts_still else None
    stop = None
    if facts.stops and "stop" not in name:
        stop = _words("stop", "and then stops|before coming to a stop|and comes to a stop|before standing still")
    return [way, start, stop]


def _distance(action: Action, facts: Facts) -> Detail | None:
    if facts.distance < 0.8 or facts.displacement < 0.5 * facts.distance:
        return None
    if action.kind not in ("travel", "turn", "jump") and action.group != "crawl":
        return None
    half = round(2 * facts.distance)
    meters = (
        "one meter"
        if half == 2
        else f"{number(half // 2)} meters"
        if half % 2 == 0
        else ("one and a half meters" if half == 3 else f"{number(half // 2)} and a half meters")
    )
    words = f"for about {meters}|covering about {meters}|over about {meters}|for roughly {meters}"
    if facts.distance < 1.5:
        words += "|for a short distance|a short way"
    elif facts.distance > 5:
        words += "|for a long distance|a long way"
    return _words("distance", words)


def _turn(action: Action, side: str | None, facts: Facts) -> Detail | None:
    """A quarter turn and so on; an action that names a turn has only its size left to tell."""
    way = "left" if facts.turn > 0 else "right"
    if action.kind == "low" or abs(facts.turn) < 30 or (action.kind == "turn" and side not in (None, way)):
        return None
    named, size = action.kind == "turn", turned(facts)
    to = "" if named else f" to the {way}"
    plain = f"turning to the {way}|turning {way}"
    if size is None:
        return None if named else _words("turn", plain)
    words = {
        "slight": f"turning slightly{to}|turning a little{to}",
        "quarter": f"making a quarter turn{to}|turning about ninety degrees{to}",
        "half": f"making a half turn{to}|turning around{to}|turning around",
        "full": f"making a full turn{to}|turning once around{to}|turning a full circle",
    }[size]
    return _words("turn", words if named or size == "slight" else f"{words}|{plain}")


def _hands(action: Action, side: str | None, facts: Facts) -> list[Detail | None]:
    hands, level = used(side, facts), raised_to(side, facts)
    if level is None:
        return []
    words = {
        "over": "above {their} head|high above the head|high in the air|over {their} head|up high",
        "head": "at head height|to the height of the head",
        "shoulder": "at shoulder height|to shoulder height",
        "chest": "at chest height|below the shoulder",
    }
    time = min(hand.seconds_raised for hand in hands)
    found: list[Detail | None] = [_words("level", words[level])]
    if action.group == "raise-hand":
        held = f"for about {number(round(time))} seconds" if time >= 1.5 else "briefly|for a moment|for about a second"
        found.append(_words("held", held + ("|for a while" if time > 3 else "")))
    if action.group == "wave":
        waves = times(action.group, side, facts) or 0
        found.append(_count("waves", waves))
        if waves >= 2:
            found.append(
                _grade("pace", waves / time, low=0.9, high=1.9, words=("|".join(SLOW[:1]), "|".join(FAST[:2])))
            )
    return found


def _raised(facts: Facts) -> Detail | None:
    """A hand over the head, worth a word where the action itself does not name it."""
    side = facts.raised_hand
    if side is None or min(hand.seconds_over_head for hand in facts.raised) < 0.5:
        return None
    hand = "both hands" if side == "both" else f"{{their}} {side} hand"
    return _words("raised", f"raising {hand} above the head|with {hand} up in the air|with {hand} over the head")


def _place(action: Action, facts: Facts) -> Detail | None:
    if facts.distance < 0.25:
        standing = action.kind in ("hand", "strike") and facts.lowest_pelvis > 0.85
        return Detail(key="place", wordings=IN_PLACE if standing else ("in place", "in one place"))
    if facts.distance > 0.8 and facts.straightness > 0.7 and facts.direction is not None:
        way = {"forward": "forward", "backward": "backwards"}.get(facts.direction, f"to the {facts.direction}")
        return _words("place", f"while moving {way}|while going {way}|moving {way}")
    return None


def _duration(facts: Facts) -> Detail | None:
    if facts.seconds < 1.5:
        return None
    seconds = number(round(facts.seconds))
    return _words("duration", f"for about {seconds} seconds|for {seconds} seconds or so")
