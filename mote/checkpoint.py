"""A module in a folder, read and written strictly: config.json and model.safetensors.

Weights above the size that a repository takes lie in several files, which model.safetensors.index.json names.
"""

import hashlib
import json
import shutil
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar

import torch
from huggingface_hub import save_torch_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from transformers.initialization import no_init_weights

from mote.models.ted import TED, TEDConfig
from mote.models.ted_pretrained import PretrainedTED, PretrainedTEDConfig

CONFIG, WEIGHTS = "config.json", "model.safetensors"
VOCABULARY, LEXICON = "vocabulary.json", "lexicon.json"
INDEX = f"{WEIGHTS}.index.json"
LARGEST = "16MB"
"""The most that one file of weights holds."""


Model = TypeVar("Model", bound=nn.Module)


class CheckpointError(ValueError):
    """A folder does not hold the model that is asked for; the message says what differs."""


def save(module: nn.Module, folder: Path, *, half: bool = True) -> None:
    """Write the module's config and state, each file whole; floating weights as float16 unless `half` is off."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: value.detach().cpu().contiguous() for name, value in module.state_dict().items()}
    if half:
        state = {name: value.half() if value.is_floating_point() else value for name, value in state.items()}
    config: Any = module.config  # every model here keeps the frozen dataclass that it was made from
    partial = folder / ".partial"
    shutil.rmtree(partial, ignore_errors=True)  # of a save that was killed
    partial.mkdir()
    save_torch_state_dict(state, partial, filename_pattern="model{suffix}.safetensors", max_shard_size=LARGEST)
    (partial / CONFIG).write_text(json.dumps(asdict(config), indent=2) + "\n")
    written = sorted(partial.iterdir(), reverse=True)  # the config comes last: with it the model is there
    for stale in {*folder.glob("model*.safetensors*")} - {folder / path.name for path in written}:
        stale.unlink()
    for path in written:
        path.replace(folder / path.name)
    partial.rmdir()


def read_fields(folder: Path, name: str = CONFIG) -> dict[str, Any]:
    """What config.json of the folder says, or another such file by its name.

    Raises:
        CheckpointError: the file is missing, or is no JSON object.
    """
    path = folder / name
    values = _read_json(path)
    if not isinstance(values, dict):
        raise CheckpointError(f"{path} holds {type(values).__name__}, not an object of named fields")
    return values


def read_config(kind: type[Any], folder: Path, name: str = CONFIG) -> Any:
    """The dataclass `kind` as config.json of the folder gives it, or another such file by its name.

    Raises:
        CheckpointError: the file is missing, is not JSON, or has an unknown, missing or invalid field.
    """
    path, values = folder / name, read_fields(folder, name)
    _compare(path, set(values), {field.name for field in fields(kind)}, "field")
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: {error}") from error


def load(kind: type[Model], config: type[Any], folder: Path, device: torch.device | str = "cpu") -> Model:
    """The module `kind(config)` with the folder's weights, in float32, in evaluation mode.

    Raises:
        CheckpointError: a field or a weight is missing, unknown, or has another shape.
    """
    values = read_config(config, folder)
    with no_init_weights():  # random numbers for the weights of a CLIP take longer than reading them
        module = kind(values)
    path, state = _read_weights(folder)
    own = module.state_dict()
    _compare(path, set(state), set(own), "weight")
    for name, value in state.items():
        if value.shape != own[name].shape:
            raise CheckpointError(f"{path}: {name} has shape {tuple(value.shape)}, not {tuple(own[name].shape)}")
    module.load_state_dict(state)  # into float32, a weight at a time
    return module.to(device).eval()


def load_ted(folder: Path, device: torch.device | str = "cpu") -> TED | PretrainedTED:
    """The TED in a folder with its vocabulary: our own, or one of published parts where its config names an encoder.

    Raises:
        CheckpointError: as `load`, or the vocabulary cannot be read or is another model's.
    """
    published = "encoder" in read_fields(folder)
    ted = load(PretrainedTED, PretrainedTEDConfig, folder) if published else load(TED, TEDConfig, folder)
    try:
        ted.load_tokenizer(folder)
    except Exception as error:  # tokenizers raises bare Exceptions
        raise CheckpointError(f"{folder}: the vocabulary cannot be read: {error}") from error
    return ted.to(device)


def load_vocabulary(folder: Path) -> list[str]:
    """The prompts that a model's folder says it can be called by; none where it says nothing.

    Raises:
        CheckpointError: the file is there and is no JSON list of sentences.
    """
    path = folder / VOCABULARY
    prompts = _read_json(path) if path.exists() else []
    if not isinstance(prompts, list) or not all(isinstance(prompt, str) for prompt in prompts):
        raise CheckpointError(f"{path} is not a list of sentences")
    return prompts


def load_lexicon(folder: Path) -> dict[str, str]:
    """The words that a model hears as others beside themselves, and those (`mote.lexicon`); none where it has none.

    Raises:
        CheckpointError: the file is there and is no JSON object of words.
    """
    words = read_fields(folder, LEXICON) if (folder / LEXICON).exists() else {}
    if not all(isinstance(word, str) for word in words.values()):
        raise CheckpointError(f"{folder / LEXICON} does not give each word another")
    return words


def digest(folder: Path) -> str:
    """SHA-256, hexadecimal, of all weights below a folder: of every safetensors file, in the order of their paths;
    and of the lexicon there, if there is one.

    Raises:
        CheckpointError: there are none, or one cannot be read.
    """
    files = sorted(folder.rglob("*.safetensors"), key=lambda path: path.relative_to(folder).as_posix())
    if not files:
        raise CheckpointError(f"{folder} has no safetensors files")
    if (folder / LEXICON).exists():
        files.append(folder / LEXICON)
    whole = hashlib.sha256()
    for path in files:
        try:
            with path.open("rb") as file:
                whole.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise CheckpointError(f"{path} cannot be read: {error.strerror}") from error
    return whole.hexdigest()


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read as JSON: {error}") from error


def _read_weights(folder: Path) -> tuple[Path, dict[str, torch.Tensor]]:
    """The tensors of the folder's one file of weights, or of all that its index names; and which file that was.

    Raises:
        CheckpointError: a file is missing or damaged.
    """
    path, files = folder / WEIGHTS, [folder / WEIGHTS]
    if (folder / INDEX).exists():
        path = folder / INDEX
        try:
            names = set(json.loads(path.read_text())["weight_map"].values())
            files = [folder / Path(name).name for name in sorted(names)]
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise CheckpointError(f"{path} does not say in which files the weights are: {error}") from error
    state: dict[str, torch.Tensor] = {}
    for file in files:
        try:
            state |= load_file(file, device="cpu")
        except (OSError, SafetensorError) as error:
            raise CheckpointError(f"{file} cannot be read as safetensors: {error}") from error
    return path, state


def _compare(path: Path, found: set[str], expected: set[str], what: str) -> None:
    if unknown := sorted(found - expected):
        raise CheckpointError(f"{path} has an unknown {what}: {', '.join(unknown)}")
    if missing := sorted(expected - found):
        raise CheckpointError(f"{path} lacks a {what}: {', '.join(missing)}")
