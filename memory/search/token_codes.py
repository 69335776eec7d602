"""How the visual tokens of a photo are stored: a byte a number, and one float16 scale a token.

The largest number of a token becomes 127 or -127, all others are rounded in proportion, and the scale gives the token
its length back, which is exact to one in two thousand. That takes half the room of float16 and turns a token by some
0.4 degrees (256 numbers). A token of zeros stays zeros.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

_LARGEST = 127


def encode(tokens: np.ndarray) -> tuple[bytes, bytes]:
    """Scales (T,), float16, and codes (T, D), int8, of tokens (T, D) with lengths up to 1.

    What was decoded has the codes and scales that it was decoded from.
    """
    peaks = np.abs(tokens).max(axis=1, keepdims=True)
    codes = np.rint(tokens / np.where(peaks > 0, peaks, 1) * _LARGEST)
    lengths, coded = np.linalg.norm(tokens, axis=1), np.linalg.norm(codes, axis=1)
    scales = np.divide(lengths, coded, out=np.zeros_like(lengths), where=coded > 0).astype("<f2")
    codes[scales == 0] = 0  # too short for float16
    return scales.tobytes(), codes.astype(np.int8).tobytes()


def decode(scales: Iterable[bytes], codes: Iterable[bytes], dim: int) -> np.ndarray:
    """The tokens, float32 (N, D), of one photo after another."""
    tokens = np.frombuffer(b"".join(codes), np.int8).reshape(-1, dim).astype(np.float32)
    tokens *= np.frombuffer(b"".join(scales), "<f2").astype(np.float32)[:, None]
    return tokens


def as_stored(tokens: np.ndarray) -> np.ndarray:
    """Tokens (T, D) as they are read after they were stored."""
    scales, codes = encode(tokens)
    return decode([scales], [codes], tokens.shape[1])
