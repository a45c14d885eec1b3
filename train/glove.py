"""Captions as the evaluators of Guo et al. (2022) read them: GloVe's vector of each word, and which of 15 kinds."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from train.storage import read_array

PREFIX = "our_vab"
"""What the published files of words are called: PREFIX_data.npy, PREFIX_words.pkl and PREFIX_idx.pkl."""

LONGEST = 20
"""Words of a caption that are read, between `sos` and `eos`."""

KINDS = (
    "VERB", "NOUN", "DET", "ADP", "NUM", "AUX", "PRON", "ADJ", "ADV", "Loc_VIP", "Body_VIP", "Obj_VIP", "Act_VIP",
    "Desc_VIP", "OTHER",
)  # fmt: skip
"""The kinds of words, in the order of the networks' columns: parts of speech, and lists of words that matter."""

LISTED = {
    "Loc_VIP": "left right clockwise counterclockwise anticlockwise forward back backward up down straight curve",
    "Body_VIP": "arm chin foot feet face hand mouth leg waist eye knee shoulder thigh",
    "Obj_VIP": "stair dumbbell chair window floor car ball handrail baseball basketball",
    "Act_VIP": "walk run swing pick bring kick put squat throw hop dance jump turn stumble stop sit lift lower raise "
    "wash stand kneel stroll rub bend balance flap jog shuffle lean rotate spin spread climb",
    "Desc_VIP": "slowly carefully fast careful slow quickly happy angry sad happily angrily sadly",
}
"""The words of each list; such a word is of this kind whatever its part of speech."""

_KIND_OF = {word: kind for kind, words in LISTED.items() for word in words.split()}


class Words:
    """The vectors of the words that the evaluators know; any other is read as `unk`.

    Args:
        vectors: (words, 300), of every word.
        rows: the row of each word, `sos`, `eos` and `unk` among them.
    """

    def __init__(self, vectors: np.ndarray, rows: Mapping[str, int]) -> None:
        if missing := {"sos", "eos", "unk"} - rows.keys():
            raise ValueError(f"the words lack {', '.join(sorted(missing))}: they are not those of Guo et al.")
        if vectors.ndim != 2 or not all(0 <= row < len(vectors) for row in rows.values()):
            raise ValueError(f"the words have rows beyond the {len(vectors)} vectors: the files are not of one set")
        self.vectors, self.rows = vectors.astype(np.float32), rows

    @classmethod
    def load(cls, folder: Path) -> Words:
        """The published files in a folder.

        Raises:
            ValueError: one is missing or holds something else; the sentence says which.
        """
        vectors = read_array(folder / f"{PREFIX}_data.npy")
        known, rows = (read_plain(folder / f"{PREFIX}_{part}.pkl") for part in ("words", "idx"))
        if not isinstance(known, list) or not isinstance(rows, dict) or not all(map(rows.__contains__, known)):
            raise ValueError(f"{PREFIX}_words.pkl is a list of words and {PREFIX}_idx.pkl gives the row of each")
        if not all(isinstance(word, str) and isinstance(rows[word], int) for word in known):
            raise ValueError(f"{PREFIX}_idx.pkl gives a whole number for each word")
        return cls(vectors, {word: rows[word] for word in known})

    def read(self, tokens: Sequence[str]) -> tuple[Float[np.ndarray, "n 300"], Float[np.ndarray, "n 15"]]:
        """Vectors and kinds (one-hot) of a caption's tokens, each `word/PART OF SPEECH`, with `sos` and `eos` around.

        Its length is how many there are, never that of a padded list.
        """
        read = ["sos/OTHER", *tokens[:LONGEST], "eos/OTHER"]
        vectors = np.empty((len(read), self.vectors.shape[1]), np.float32)
        kinds = np.zeros((len(read), len(KINDS)), np.float32)
        for row, token in enumerate(read):
            word, _, kind = token.rpartition("/")
            known = word in self.rows
            kind = _KIND_OF.get(word, kind) if known else "OTHER"
            vectors[row] = self.vectors[self.rows[word if known else "unk"]]
            kinds[row, KINDS.index(kind if kind in KINDS else "OTHER")] = 1
        return vectors, kinds


class _Plain(pickle.Unpickler):
    """Makes lists, dictionaries, strings and numbers, and refuses whatever names a class or a function."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"it names {module}.{name}")


def read_plain(path: Path) -> Any:
    """The words of a published pickle, which is plain data.

    A pickle runs code only through a class or a function that it names; none is looked up here, so that nothing of the
    file can run.  To have users convert it by `pickle.load` would expose them to just that.

    Raises:
        ValueError: there is no such file, or it holds more than plain data.
    """
    try:
        with path.open("rb") as file:
            return _Plain(file).load()
    except Exception as error:  # a damaged pickle can raise nearly anything
        raise ValueError(f"{path} is not a pickle of plain words and numbers: {error}") from error
