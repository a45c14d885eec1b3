"""Published parts in little: CLIP, GPT-2 and T5 as folders, with transformers' own tokenizers."""

from pathlib import Path

import torch
from transformers import (
    CLIPConfig,
    CLIPModel,
    CLIPTokenizer,
    GPT2Config,
    GPT2LMHeadModel,
    GPT2Tokenizer,
    T5Config,
    T5ForConditionalGeneration,
    T5Tokenizer,
)

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,'-"
MERGES = [("l", "k"), ("w", "a"), ("e", "f")]
MERGED = ["".join(pair) for pair in MERGES]


def make_parts(folder: Path) -> Path:
    """Folders `clip`, `gpt2` and `t5`, each a model of a few thousand random weights as the Hub would have it."""
    torch.manual_seed(0)
    for name, (model, tokenizer) in {"clip": _clip(), "gpt2": _gpt2(), "t5": _t5()}.items():
        model.save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    return folder


def _clip() -> tuple[CLIPModel, CLIPTokenizer]:
    words = ["<|startoftext|>", "<|endoftext|>", *LETTERS, *(f"{letter}</w>" for letter in LETTERS), *MERGED]
    layers = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    ends = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    config = CLIPConfig(
        text_config=layers | ends | {"vocab_size": len(words), "max_position_embeddings": 40},
        vision_config=layers | {"image_size": 8, "patch_size": 4},
        projection_dim=8,
    )
    return CLIPModel(config), CLIPTokenizer(vocab={word: row for row, word in enumerate(words)}, merges=MERGES)


def _gpt2() -> tuple[GPT2LMHeadModel, GPT2Tokenizer]:
    words = ["Ġ", *LETTERS, *MERGED, "<|endoftext|>"]
    end = len(words) - 1
    sizes = {"n_positions": 80, "n_embd": 32, "n_layer": 1, "n_head": 2, "bos_token_id": end, "eos_token_id": end}
    model = GPT2LMHeadModel(GPT2Config(vocab_size=len(words), **sizes))
    return model, GPT2Tokenizer(vocab={word: row for row, word in enumerate(words)}, merges=MERGES)


def _t5() -> tuple[T5ForConditionalGeneration, T5Tokenizer]:
    words = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -10.0), ("▁", -2.0), *((letter, -3.0) for letter in LETTERS)]
    config = T5Config(vocab_size=len(words), d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2)
    return T5ForConditionalGeneration(config), T5Tokenizer(vocab=words, extra_ids=0)
