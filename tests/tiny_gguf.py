"""Write a tiny language model with random weights: half a megabyte that a real server can load.

Its words are noise; its protocol, its streaming and its schemas are real.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import gguf
import numpy as np

TYPES = gguf.TokenType
WIDTH, LAYERS, HEADS, INNER = 64, 1, 2, 64
WANTED = {'"': 0.45, ".": 0.3, "{": 0.6, "]": 0.45, "}": 0.45}
"""How much these characters are preferred: lists hold a little, and everything comes to an end."""


def write(path: Path, text: str) -> None:
    """Write the model, the same bytes every time.

    The common words of `text` become tokens that the model reads and never writes: with one token
    a character a rubric would take half a minute to read.
    """
    rng = np.random.default_rng(0)

    def random(*shape: int) -> np.ndarray:
        return (rng.normal(size=shape) * 0.3).astype(np.float32)

    tokens = [b"<unk>", b"<s>", b"</s>"]
    tokens += [f"<0x{i:02X}>".encode() for i in range(256)]
    tokens += [bytes([i]) for i in range(33, 127)] + ["\u2581".encode()]
    kinds = [TYPES.UNKNOWN, TYPES.CONTROL, TYPES.CONTROL] + [TYPES.BYTE] * 256 + [TYPES.NORMAL] * 95
    written = len(tokens)
    common = Counter(re.findall(r"[a-z]{2,}", text.lower())).most_common(600)
    pieces = {"\u2581" + word[:end] for word, _ in common for end in range(1, len(word) + 1)}
    words = sorted(pieces, key=lambda p: (len(p), p))
    tokens += [piece.encode() for piece in words]
    kinds += [TYPES.NORMAL] * len(words)
    scores = [0.0] * written + [float(len(piece)) for piece in words]
    size = len(tokens)

    out = gguf.GGUFWriter(str(path), "llama")
    out.add_context_length(32768)
    out.add_embedding_length(WIDTH)
    out.add_block_count(LAYERS)
    out.add_feed_forward_length(INNER)
    out.add_head_count(HEADS)
    out.add_head_count_kv(HEADS)
    out.add_layer_norm_rms_eps(1e-5)
    out.add_rope_dimension_count(WIDTH // HEADS)
    out.add_vocab_size(size)
    out.add_file_type(gguf.LlamaFileType.ALL_F32)
    out.add_tokenizer_model("llama")
    out.add_token_list(tokens)
    out.add_token_scores(scores)
    out.add_token_types(kinds)
    out.add_bos_token_id(1)
    out.add_eos_token_id(2)
    out.add_unk_token_id(0)
    out.add_add_bos_token(True)
    out.add_add_eos_token(False)
    out.add_chat_template(
        "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}[assistant] "
    )
    # A constant direction in every embedding acts as an output bias: no raw bytes, which would
    # not be UTF-8, and enough quotes and brackets that constrained JSON comes to an end.
    # A second direction, which only a full stop has, says that the text ends after one. The layers
    # are weak beside both.
    embedding = random(size, WIDTH)
    embedding[:, :2] = 20.0, 0.0
    output = random(size, WIDTH) * np.float32(0.2)
    output[:, :2] = 0.0
    output[2, 1] = 4.0
    output[:2, 0] = -12
    output[3:259, 0] = -12
    output[written:, 0] = -12
    output[2, 0] = -2.0
    for i in range(259, written):
        char = tokens[i].decode()
        plain = char.islower() or char == "\u2581"
        output[i, 0] = WANTED.get(char, 0.25 if plain else 0.0)
        if char == ".":
            embedding[i, 1] = 20.0
    out.add_tensor("token_embd.weight", embedding)
    out.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    out.add_tensor("output.weight", output)
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        for name in ("attn_norm", "ffn_norm"):
            out.add_tensor(f"{block}{name}.weight", np.ones(WIDTH, np.float32))
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            out.add_tensor(f"{block}{name}.weight", random(WIDTH, WIDTH) / 5)
        for name, shape in (
            ("gate", (INNER, WIDTH)),
            ("up", (INNER, WIDTH)),
            ("down", (WIDTH, INNER)),
        ):
            out.add_tensor(f"{block}ffn_{name}.weight", random(*shape) / 5)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
