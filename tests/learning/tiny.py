"""A real but tiny Gemma 3 GGUF file with random weights, which llama.cpp and torch both load in milliseconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, TokenType
from gguf.quants import quantize

WIDTH, HEADS, HEAD, INNER, LAYERS = 64, 2, 32, 96, 3
WORDS = [" bad", " fine", " good", "good", "bad", "fine", "thing", "battery", "ok", ":", "\n"]


def _vocabulary() -> tuple[list[str], list[TokenType]]:
    tokens = ["<pad>", "<eos>", "<bos>", "<unk>"]
    types = [TokenType.CONTROL, TokenType.CONTROL, TokenType.CONTROL, TokenType.UNKNOWN]
    tokens += [f"<0x{byte:02X}>" for byte in range(256)]
    types += [TokenType.BYTE] * 256
    words = [word.replace(" ", "\u2581") for word in WORDS]
    # A piece is merged from two smaller ones, so every beginning of a word must be a piece too.
    pieces = sorted({word[:end] for word in words for end in range(1, len(word) + 1)} | set("".join(words)))
    tokens += pieces
    types += [TokenType.NORMAL] * len(pieces)
    while len(tokens) % 32:
        tokens.append(f"<unused{len(tokens)}>")
        types.append(TokenType.UNUSED)
    return tokens, types


def write_tiny_gemma(path: Path, seed: int = 0) -> Path:
    """Write the model: matrices in Q8_0 where their rows allow it, norms in float32, byte-fallback vocabulary."""
    rng = np.random.default_rng(seed)
    tokens, types = _vocabulary()
    writer = GGUFWriter(str(path), "gemma3")
    writer.add_context_length(256)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(1)
    writer.add_key_length(HEAD)
    writer.add_value_length(HEAD)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1_000_000.0)
    writer.add_sliding_window(512)
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(i) for i in range(len(tokens))])
    writer.add_token_types(types)
    writer.add_bos_token_id(2)
    writer.add_eos_token_id(1)
    writer.add_unk_token_id(3)
    writer.add_pad_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)

    def matrix(name: str, rows: int, columns: int) -> None:
        values = rng.normal(0, 0.12, (rows, columns)).astype(np.float32)
        writer.add_tensor(name, quantize(values, GGMLQuantizationType.Q8_0), raw_dtype=GGMLQuantizationType.Q8_0)

    def norm(name: str, size: int) -> None:
        writer.add_tensor(name, rng.normal(1, 0.1, size).astype(np.float32))

    matrix("token_embd.weight", len(tokens), WIDTH)
    norm("output_norm.weight", WIDTH)
    for i in range(LAYERS):
        matrix(f"blk.{i}.attn_q.weight", HEADS * HEAD, WIDTH)
        matrix(f"blk.{i}.attn_k.weight", HEAD, WIDTH)
        matrix(f"blk.{i}.attn_v.weight", HEAD, WIDTH)
        matrix(f"blk.{i}.attn_output.weight", WIDTH, HEADS * HEAD)
        matrix(f"blk.{i}.ffn_gate.weight", INNER, WIDTH)
        matrix(f"blk.{i}.ffn_up.weight", INNER, WIDTH)
        matrix(f"blk.{i}.ffn_down.weight", WIDTH, INNER)
        for name in ("attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm"):
            norm(f"blk.{i}.{name}.weight", WIDTH)
        for name in ("attn_q_norm", "attn_k_norm"):
            norm(f"blk.{i}.{name}.weight", HEAD)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
