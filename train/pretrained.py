"""TED of published parts: CLIP's text encoder and a GPT-2 or T5, each from a folder or a repository of the Hub."""

from __future__ import annotations

import argparse
from typing import Any, Literal, get_args

import torch
from tokenizers import Tokenizer
from transformers import (
    AutoConfig,
    AutoTokenizer,
    CLIPTextModel,
    GPT2LMHeadModel,
    PreTrainedConfig,
    T5ForConditionalGeneration,
    logging,
)

from mote.models.ted_pretrained import DECODERS, ENCODERS, PretrainedTED, PretrainedTEDConfig, known_fields

Part = Literal["encoder", "decoder"]

WRITERS: dict[str, Any] = {"gpt2": GPT2LMHeadModel, "t5": T5ForConditionalGeneration}

NO_SIZES = {"_name_or_path", "architectures", "dtype", "id2label", "label2id", "transformers_version"}
"""Fields of a configuration that say nothing of what is computed."""


SHARES = {"ted.encoder": 0.05, "ted.decoder": 0.05}
"""Of the learning rate: published weights change little, what joins them is new."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of a command that can train such a TED."""
    parser.add_argument("--encoder", help="read with this CLIP in place of our own encoder: a folder or a Hub id")
    parser.add_argument("--decoder", help="write with this GPT-2 or T5: a folder or a Hub id; goes with --encoder")
    parser.add_argument(
        "--tune", nargs="*", choices=get_args(Part), default=["decoder"],
        help="which published parts learn; the others stay as they are (default: decoder)",
    )  # fmt: skip


def build(encoder: str | None, decoder: str | None, **sizes: int) -> PretrainedTED:
    """A TED that begins with the weights of both; what joins them, the latents, is untrained.

    Args:
        encoder: folder or Hub id of CLIP or of its text encoder alone, such as openai/clip-vit-large-patch14.
        decoder: of a GPT-2 or T5, such as openai-community/gpt2.
        sizes: fields of PretrainedTEDConfig.

    Raises:
        ValueError: one of them is not there, is of another kind, or lacks weights; the message says which.
    """
    if encoder is None or decoder is None:
        raise ValueError("a TED of published parts needs both: name a CLIP with --encoder and a GPT-2 with --decoder")
    writes = _config(decoder, "decoder").model_type
    if writes not in DECODERS:
        raise ValueError(f"the decoder {decoder} is a {writes}: give a {' or a '.join(DECODERS)}")
    reads = _config(encoder, "encoder").model_type
    if reads not in ("clip", *ENCODERS):
        raise ValueError(f"the encoder {encoder} is a {reads}: give a CLIP, such as openai/clip-vit-large-patch14")
    logging.set_verbosity_error()  # a CLIP's image half is left out, which transformers reports weight by weight
    reader = _model(CLIPTextModel, encoder, "encoder")
    writer = _model(WRITERS[writes], decoder, "decoder")
    config = PretrainedTEDConfig(encoder=_fields(reader.config), decoder=_fields(writer.config), **sizes)
    ted = PretrainedTED(config)
    for part, given in ((ted.encoder, reader.state_dict()), (ted.decoder, writer.state_dict())):
        part.load_state_dict({name: given[name] for name in part.state_dict()})
    ted.set_tokenizers(_tokenizer(encoder, "encoder"), _tokenizer(decoder, "decoder"))
    return ted


def freeze(ted: PretrainedTED, tuned: list[Part]) -> None:
    """Let only these published parts learn, beside the latents."""
    ted.encoder.requires_grad_("encoder" in tuned)
    ted.decoder.requires_grad_("decoder" in tuned)


def _config(name: str, part: Part) -> PreTrainedConfig:
    try:
        return AutoConfig.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"the {part} {name} is neither a model's folder nor one of the Hub in reach: {error}"
        ) from error


def _model(kind: Any, name: str, part: Part) -> Any:
    """The model with all its weights, in float32; from safetensors alone, since a pickle can run anything."""
    try:
        model, info = kind.from_pretrained(name, use_safetensors=True, dtype=torch.float32, output_loading_info=True)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"the {part} {name} has no weights as safetensors: {error}. Where you trust others, load "
            "model and tokenizer by transformers once, save both to a folder by save_pretrained, and name that"
        ) from error
    if info["missing_keys"]:
        raise ValueError(f"the {part} {name} lacks weights: {', '.join(sorted(info['missing_keys'])[:3])}")
    return model


def _tokenizer(name: str, part: Part) -> Tokenizer:
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise ValueError(f"the {part} {name} has no vocabulary: {error}") from error
    return Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())


def _fields(config: PreTrainedConfig) -> dict[str, Any]:
    """The fields of a configuration that are not transformers' own, as PretrainedTEDConfig takes them."""
    known = known_fields(config.model_type) - NO_SIZES
    return {name: value for name, value in config.to_diff_dict().items() if name in known}
