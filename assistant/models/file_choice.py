"""Choose the files of a repository that Keepsake does not know: a language model in GGUF, and the mmproj made for it.

Only names tell them apart: "F16" is not "BF16", "Q4_K" is not "Q4_K_M"; a quantisation may stand in a folder's name; an
mmproj that names another size, or "Thinking" where the language model says "Instruct", belongs to another model. Where
names leave a choice, the user is asked to make it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path, PurePosixPath

from assistant.models import gguf_metadata
from memory.errors import ModelError

DTYPES = ("f16", "bf16", "q8_0", "f32")
"""Kinds of mmproj, the preferred one first."""
KINDS = re.compile(
    r"(?<![a-z0-9])(b?f16|fp16|fp?32|(?:ud[-_])?(?:i?q\d+(?:_[a-z0-9]+)*)|tq\d_\d|mxfp4|i\d(?:-?matrix)?|imat(?:rix)?|gguf)(?![a-z0-9])"
)
"""Words of a file's name that say how it was quantised, not what it is."""
SIZE = re.compile(r"(?<![a-z0-9.])[ae]?\d+(?:\.\d+)?[bm](?![a-z0-9])")
"""A number of parameters in a name: "8b", "0.5b", "256m"; "a3b" are the active ones of a mixture of experts, "e4b" the
effective ones."""
TUNINGS = frozenset(("base", "chat", "instruct", "it", "thinking"))
"""Words for how a model was tuned: models of one size with other tunings have other weights, and another mmproj."""
FLOATS = frozenset(("f16", "fp16", "bf16", "f32", "fp32"))
"""Kinds without quantisation. Beside another kind they name a part of the model: little of "f16-Q4_K_M" is in f16."""
SAME = {"fp16": "f16", "fp32": "f32"}
"""Other spellings of a kind."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository, as the hub lists it."""

    remote: str
    """The file's path in the repository."""
    bytes: int
    sha256: str | None
    """Known for files in large storage, such as all weights."""
    blob: str | None
    """git's own hash, for small files."""

    @property
    def name(self) -> str:
        """The file's name on this machine: never a path."""
        return PurePosixPath(self.remote).name

    def partial(self, folder: Path) -> Path:
        """Where a download grows. The name changes with the content, so a resumed file never mixes two versions."""
        return folder / f"{self.name}.{(self.sha256 or self.blob or 'unknown')[:16]}.partial"


def choose(
    repository: str, remote: Sequence[RemoteFile], quant: str, file: str | None = None, mmproj: str | None = None
) -> list[RemoteFile]:
    """The language model with all its shards, and its mmproj last. `file`: the language model, where the user named it.

    `mmproj`: the kind that is wanted ("F16"); None: the preferred one. Raises ModelError: what is missing or unclear.
    """
    ggufs = [one for one in remote if one.name.lower().endswith(".gguf")]
    towers = sorted((one for one in ggufs if "mmproj" in one.remote.lower()), key=lambda one: one.remote)
    languages = sorted((one for one in ggufs if one not in towers), key=lambda one: one.remote)
    if not towers:
        raise ModelError(f"{repository} has no mmproj*.gguf; it has {_listed(languages)}")
    first = _language(repository, languages, quant, file)
    folder = PurePosixPath(first.remote).parent
    wanted = [str(folder / shard.name) for shard in gguf_metadata.shards(Path(first.name))]
    parts = [one for one in languages if one.remote in wanted]
    if len(parts) < len(wanted):
        gone = next(path for path in wanted if all(one.remote != path for one in parts))
        raise ModelError(f"{repository} lacks {gone}, a part of {file or quant}: ask its owner, or take another file")
    chosen = [*parts, _tower(repository, first, towers, mmproj)]
    if len({one.name for one in chosen}) < len(chosen):
        raise ModelError(f"{repository} has two files named {chosen[-1].name}, which one folder cannot hold")
    return chosen


def names_kind(text: str, kind: str) -> bool:
    """Whether a name says this quantisation: "BF16" does not say "F16", nor "Q4_K_M" "Q4_K"."""
    wanted = {kind.lower(), SAME.get(kind.lower(), kind.lower())}
    wanted |= {other for other, plain in SAME.items() if plain in wanted}
    spelled = "|".join(re.escape(one) for one in sorted(wanted))
    return bool(re.search(rf"(?<![a-z0-9])(?:{spelled})(?![a-z0-9_])", text.lower()))


def _language(repository: str, languages: Sequence[RemoteFile], quant: str, file: str | None) -> RemoteFile:
    """The first shard of the language model."""
    firsts = [one for one in languages if gguf_metadata.shards(Path(one.name))[0].name == one.name]
    if file:
        fitting = [one for one in firsts if one.remote == file] or [one for one in firsts if one.name == file]
        fitting = fitting or [one for one in firsts if file.lower() in (one.remote.lower(), one.name.lower())]
    else:
        fitting = [one for one in firsts if names_kind(one.name, quant)]
        fitting = fitting or [one for one in firsts if names_kind(str(PurePosixPath(one.remote).parent), quant)]
    if not fitting:
        raise ModelError(f"{repository} has no {file or quant}; it has {_listed(firsts)}")
    fitting = [one for one in fitting if file or not _has_fewer_bits(one, quant)]
    if not fitting:
        raise ModelError(f"{repository} has no {quant} alone; it has {_listed(firsts)}")
    plain = min(fitting, key=lambda one: (len(_words(one)), len(KINDS.findall(one.name.lower())), one.remote))
    if any(not _words(plain) <= _words(one) or one.name == plain.name for one in fitting if one is not plain):
        example = f"hf:{repository}:{plain.remote}"
        raise ModelError(f"{repository} has several {file or quant}: {_listed(fitting)}; name one, as in {example}")
    return plain


def _has_fewer_bits(one: RemoteFile, quant: str) -> bool:
    """Whether a file that names `quant`, a kind without quantisation, names a quantisation, too."""
    said = {kind.removeprefix("ud-").removeprefix("ud_") for kind in KINDS.findall(one.name.lower())}
    return quant.lower() in FLOATS and any(re.match(r"i?q\d|tq|mxfp", kind) for kind in said)


def _tower(repository: str, language: RemoteFile, towers: Sequence[RemoteFile], kind: str | None) -> RemoteFile:
    """The mmproj of a language model: of its size and tuning, the nearest by folder, then by likeness of the names."""
    if kind and not any(names_kind(one.remote, kind) for one in towers):
        raise ModelError(f"{repository} has no mmproj in {kind}; it has {_listed(towers)}")
    asked = [one for one in towers if not kind or names_kind(one.remote, kind)]
    sizes = _sizes(language.remote) or _sizes(repository)
    tuning = _words(language) & TUNINGS or _parts(repository) & TUNINGS
    fitting = [one for one in asked if not sizes or _sizes(one.remote) <= sizes]
    fitting = [one for one in fitting if not tuning or not _words(one) & TUNINGS or _words(one) & tuning]
    if not fitting:
        raise ModelError(f"{repository} has no mmproj for {language.remote}; it has {_listed(asked)}")
    home, own = PurePosixPath(language.remote).parent, _plain(language.name)

    def nearness(one: RemoteFile) -> tuple[bool, bool, float]:
        folder = PurePosixPath(one.remote).parent
        like = SequenceMatcher(None, own, _plain(one.name), autojunk=False).ratio() if _plain(one.name) else 0.0
        return folder != home, folder not in home.parents, -round(like, 2)

    nearest = min(nearness(one) for one in fitting)
    near = [one for one in fitting if nearness(one) == nearest]
    if any(_words(one) != _words(near[0]) for one in near):
        raise ModelError(
            f"{repository} does not say which mmproj is that of {language.remote}; it has {_listed(near)}: "
            "fetch both files yourself into a folder, and name that folder"
        )
    return min(near, key=lambda one: (_kind_rank(one), one.remote))


def _kind_rank(one: RemoteFile) -> int:
    """The place of an mmproj's kind in `DTYPES`; behind all of them for another kind."""
    return next((i for i, name in enumerate(DTYPES) if names_kind(one.remote, name)), len(DTYPES))


def _sizes(name: str) -> set[str]:
    """The numbers of parameters that a name says."""
    return set(SIZE.findall(name.lower().replace("_", "-")))


def _parts(name: str) -> set[str]:
    """The words of a name; "0.5b" is one word."""
    return set(re.findall(r"(?:[a-z0-9]|(?<=\d)\.(?=\d))+", name.lower()))


def _words(one: RemoteFile) -> set[str]:
    """The words of a file's path, without its quantisation."""
    return _parts(KINDS.sub(" ", one.remote.lower().removesuffix(".gguf")))


def _plain(name: str) -> str:
    """A file's name without quantisation, separators and the words of every mmproj."""
    bare = KINDS.sub(" ", re.sub(r"-\d{5}-of-\d{5}$", "", name.lower().removesuffix(".gguf")))
    return "".join(re.findall(r"[a-z0-9.]+", re.sub(r"mmproj|(?<![a-z])model(?![a-z])", " ", bare)))


def _listed(files: Sequence[RemoteFile]) -> str:
    """Files by name; by path where two have one name."""
    names = [one.name for one in files]
    clear = len(set(names)) == len(names)
    return ", ".join(names if clear else [one.remote for one in files]) or "no language model in GGUF"
