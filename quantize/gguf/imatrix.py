"""Importance matrix from prompts with photos: how large the inputs of each linear layer are when the app asks.

The quantiser then rounds the weights behind large inputs more carefully. Published matrices come from plain text;
this one from whole caption requests (photos, dialogues and the right caption) of the benchmark's dev split, read by the
checkpoint in transformers. The file has llama.cpp's own format (GGUF: sums of squared inputs, and of how many tokens).
`verify` and the published results use the test split, so that nothing is tuned on what is reported.

Not for a merged model whose base was 4-bit once, such as the nano's: careful rounding then finds the base's grid again,
and takes the LoRA away with the error (measured: LOG.md).
Command: `python -m quantize.gguf.imatrix CHECKPOINT OUT.gguf`.
"""

from __future__ import annotations

import argparse
import ctypes
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant import prompt
from assistant.chatml import Piece, Words, pieces
from benchmark.tasks.capeval import gold
from benchmark.world.sample import Sample, Spec, build
from memory.errors import KeepsakeError
from memory.files import sha256, whole_file

if TYPE_CHECKING:
    from quantize.hf_reference import Checkpoint

SAMPLES, SEED = 48, 5
"""Dev samples that `gather` reads, and their seed; a check on the dev split takes another one."""
SAVE_EVERY = 8
"""Samples between two saves of the progress."""
SUM, COUNT = ".in_sum2", ".counts"
"""Endings of the two tensors that llama.cpp keeps of a layer."""


@dataclass
class ImportanceMatrix:
    """Statistics of layers' inputs so far, by GGUF tensor name ("blk.0.attn_q.weight")."""

    dataset: str
    """Which samples were read, and by which checkpoint."""
    samples: int = 0
    sums: dict[str, np.ndarray] = field(default_factory=dict)
    """Sums of squared inputs (C,) float64, one number for each column of the weight."""
    counts: dict[str, int] = field(default_factory=dict)
    """Tokens that were summed over."""

    def add(self, name: str, inputs: np.ndarray) -> None:
        """Add inputs (T, C) of a layer."""
        self.sums[name] = self.sums.get(name, 0.0) + np.square(inputs, dtype=np.float64).sum(0)
        self.counts[name] = self.counts.get(name, 0) + len(inputs)

    @property
    def values(self) -> dict[str, np.ndarray]:
        """Mean squared inputs (C,) float32: what the quantiser takes."""
        return {name: (total / self.counts[name]).astype(np.float32) for name, total in self.sums.items()}


def gather(folder: Path, out: Path, n: int = SAMPLES, seed: int = SEED) -> Path:
    """Read `n` dev samples with the checkpoint in `folder` (its LoRA included) and write the matrix `out`.

    A run that was interrupted goes on. Raises KeepsakeError when `folder` is no checkpoint of a known family.
    """
    from quantize.hf_reference import Checkpoint

    checkpoint = Checkpoint(folder)
    weights = sorted([*folder.glob("*.safetensors"), *folder.glob("adapter/*.safetensors")])
    dataset = f"keepsake dev, seed {seed}, checkpoint {' '.join(sha256(path)[:16] for path in weights)}"
    partial = out.with_name(f"{out.stem}.partial{out.suffix}")
    matrix = _resume(partial, dataset)
    for i in range(matrix.samples, n):
        with recording_inputs(checkpoint, matrix):
            checkpoint.follow(*_request_and_caption(checkpoint, sample(i, seed)))
        matrix.samples += 1
        print(f"importance matrix: {i + 1} of {n} prompts", file=sys.stderr)
        if matrix.samples % SAVE_EVERY == 0 and matrix.samples < n:
            write(matrix, partial)
    write(matrix, out)
    partial.unlink(missing_ok=True)
    return out


def sample(i: int, seed: int) -> Sample:
    """Sample i of the dev split: one known concept among three memories, every fourth time two among six.

    Raises KeepsakeError when the pictures of the dev split are not on this machine.
    """
    try:
        return build(Spec("dev", seed, i, 2 if i % 4 == 3 else 1))
    except FileNotFoundError as error:
        raise KeepsakeError(f"{error}; or export with --no-imatrix, and without the kind keepsake") from error


@contextmanager
def recording_inputs(checkpoint: Checkpoint, matrix: ImportanceMatrix) -> Iterator[None]:
    """Within the block, the inputs of every linear layer of the checkpoint's language model are added to `matrix`.

    Tied embeddings are recorded in their second role, as the output layer; under a LoRA, its base layer is recorded.
    """
    hooks = [
        layer.register_forward_pre_hook(
            # (B, T, C) to (B T, C)
            lambda _, inputs, name=name: matrix.add(name, inputs[0].flatten(0, -2).cpu().numpy())
        )
        for name, layer in _linear_layers(checkpoint)
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def write(matrix: ImportanceMatrix, out: Path) -> Path:
    """Write the matrix as llama.cpp's GGUF file. Raises KeepsakeError when it cannot be written."""
    from gguf import GGUFWriter

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(out) as partial:
            writer = GGUFWriter(partial, "")
            writer.add_type("imatrix")
            writer.add_array("imatrix.datasets", [matrix.dataset])
            writer.add_uint32("imatrix.chunk_count", matrix.samples)
            writer.add_uint32("imatrix.chunk_size", max(matrix.counts.values(), default=0) // max(1, matrix.samples))
            for name in sorted(matrix.sums):
                writer.add_tensor(name + SUM, matrix.sums[name].astype(np.float32)[None])
                writer.add_tensor(name + COUNT, np.array([[matrix.counts[name]]], dtype=np.float32))
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
            writer.close()
    except OSError as error:
        raise KeepsakeError(f"cannot write {out.name}: {error.strerror}") from error
    return out


def read(path: Path) -> ImportanceMatrix:
    """Read a matrix, ours or one of llama-imatrix. Raises KeepsakeError when the file is none."""
    from gguf import GGUFReader

    try:
        reader = GGUFReader(path)
        stored = {tensor.name: np.array(tensor.data, dtype=np.float64) for tensor in reader.tensors}
        matrix = ImportanceMatrix(
            "; ".join(reader.fields["imatrix.datasets"].contents()),
            int(reader.fields["imatrix.chunk_count"].contents()),
            {name.removesuffix(SUM): sums.ravel() for name, sums in stored.items() if name.endswith(SUM)},
        )
        matrix.counts = {name: int(stored[name + COUNT].item()) for name in matrix.sums}
    except (OSError, ValueError, IndexError, KeyError) as error:
        raise KeepsakeError(f"{path} is not an importance matrix (a GGUF file as llama-imatrix writes it)") from error
    return matrix


def as_llama_arrays(matrix: ImportanceMatrix, values: Mapping[str, np.ndarray]) -> tuple[Any, Any]:
    """The matrix as the C arrays `imatrix` and `kv_overrides` (where it comes from) of the quantiser's parameters.

    The arrays point into `values` (`matrix.values`), which must outlive them; both end with an empty entry.
    """
    import llama_cpp as llama

    floats = ctypes.POINTER(ctypes.c_float)
    entries = [
        llama.llama_model_imatrix_data(name.encode(), value.ctypes.data_as(floats), value.size)
        for name, value in values.items()
    ]
    facts: list[tuple[str, str | int]] = [
        ("dataset", matrix.dataset[:127]),  # the C struct has 128 bytes for it
        ("entries_count", len(entries)),
        ("chunks_count", matrix.samples),
    ]
    overrides = (llama.llama_model_kv_override * (len(facts) + 1))()
    for override, (key, value) in zip(overrides, facts, strict=False):
        override.key = f"quantize.imatrix.{key}".encode()
        if isinstance(value, str):
            override.tag, override.value.val_str = llama.LLAMA_KV_OVERRIDE_TYPE_STR, value.encode()
        else:
            override.tag, override.value.val_i64 = llama.LLAMA_KV_OVERRIDE_TYPE_INT, value
    return (llama.llama_model_imatrix_data * (len(entries) + 1))(*entries), overrides


def _linear_layers(checkpoint: Checkpoint) -> Iterator[tuple[str, Any]]:
    """Every linear layer of the language model with its GGUF name."""
    from gguf import MODEL_ARCH, get_tensor_name_map
    from torch.nn import Linear

    model, config = checkpoint.model, checkpoint.config
    arch = MODEL_ARCH.QWEN3VL if config.model_type == "qwen3_vl" else MODEL_ARCH.LLAMA
    names = get_tensor_name_map(arch, config.get_text_config().num_hidden_layers)
    for path, layer in model.get_decoder().named_modules():
        if isinstance(layer, Linear) and "lora_" not in path:
            yield f"{names.get_name('model.' + path.removesuffix('.base_layer'))}.weight", layer
    tied = model.lm_head.weight is model.get_input_embeddings().weight
    yield "token_embd.weight" if tied else "output.weight", model.lm_head


def _request_and_caption(checkpoint: Checkpoint, asked: Sample) -> tuple[list[Piece], list[int]]:
    """A sample's caption request, and its right caption as token ids."""
    messages = prompt.caption_messages(asked.context, asked.query)
    return pieces(messages), checkpoint.tokenize(Words(gold(asked)))


def _resume(partial: Path, dataset: str) -> ImportanceMatrix:
    """What an interrupted run left, if it read the same `dataset`; an empty matrix otherwise."""
    if partial.exists():
        try:
            matrix = read(partial)
        except KeepsakeError:
            return ImportanceMatrix(dataset)
        if matrix.dataset == dataset:
            return matrix
    return ImportanceMatrix(dataset)


def main() -> None:
    """`python -m quantize.gguf.imatrix CHECKPOINT OUT.gguf [--n N] [--seed N]`."""
    parser = argparse.ArgumentParser(
        prog="python -m quantize.gguf.imatrix", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("checkpoint", type=Path, help="transformers folder, with its LoRA in the folder adapter")
    parser.add_argument("out", type=Path, help="file to write")
    parser.add_argument("--n", type=int, default=SAMPLES, help="dev samples to read. Default: %(default)s")
    parser.add_argument("--seed", type=int, default=SEED, help="seed of the samples. Default: %(default)s")
    args = parser.parse_args()
    try:
        print(gather(args.checkpoint, args.out, args.n, args.seed))
    except KeepsakeError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
