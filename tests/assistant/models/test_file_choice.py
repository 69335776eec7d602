"""Which files of a repository that nobody listed make a model: by whole words of names, and never by a guess."""

from __future__ import annotations

import pytest

from assistant.models import file_choice, registry
from assistant.models.file_choice import RemoteFile
from assistant.models.hardware import Machine
from assistant.models.pull_plan import choose_files, plan_pull
from memory.errors import ModelError


def chosen(asked: str, listing: str, quant: str | None = None, mmproj: str | None = None) -> str:
    """What is fetched of a repository that lists these files."""
    remote = [RemoteFile(name, 1, None, None) for name in listing.split()]
    return " ".join(one.remote for one in choose_files(plan_pull(asked, quant, mmproj), remote))


QWEN = "Q-4B-BF16.gguf Q-4B-F16.gguf mmproj-BF16.gguf mmproj-F16.gguf"
TWO = "M-2B-Q4_K_M.gguf M-8B-Q4_K_M.gguf mmproj-M-2B-F16.gguf mmproj-M-8B-F16.gguf"
FOLDERS = "Q4_K_M/model.gguf Q8_0/model.gguf mmproj-F16.gguf"
KS = "M-Q4_K_S.gguf M-Q4_K.gguf M-IQ4_XS.gguf M-UD-Q4_K_M.gguf M-Q4_K_M.gguf mmproj-M-Q8_0.gguf"
OFFICIAL = (
    "Qwen3VL-4B-Instruct-F16.gguf Qwen3VL-4B-Instruct-Q4_K_M.gguf Qwen3VL-4B-Instruct-Q8_0.gguf "
    "mmproj-Qwen3VL-4B-Instruct-F16.gguf mmproj-Qwen3VL-4B-Instruct-Q8_0.gguf"
)
SHARDS = f"{' '.join(f'Qwen3-VL-30B-A3B-Q4_K_M-0000{i}-of-00002.gguf' for i in (1, 2))} mmproj-model-f16.gguf"
SMALL = "S-256M-Q8_0.gguf S-500M-Q8_0.gguf mmproj-S-256M-f16.gguf mmproj-S-500M-f16.gguf"
THEIRS = "mmproj-8B-Instruct-f16.gguf"
BOTH = "2B/m-Q4_K_M.gguf 2B/mmproj-F16.gguf 8B/m-Q4_K_M.gguf 8B/mmproj-F16.gguf"


@pytest.mark.parametrize(
    ("asked", "quant", "mmproj", "listing", "right"),
    [
        ("hf:x/Q-GGUF", "F16", None, QWEN, "Q-4B-F16.gguf mmproj-F16.gguf"),
        ("hf:x/Q-GGUF", "bf16", None, QWEN, "Q-4B-BF16.gguf mmproj-F16.gguf"),
        ("hf:x/Q-GGUF", "BF16", "BF16", QWEN, "Q-4B-BF16.gguf mmproj-BF16.gguf"),
        ("hf:x/M:M-8B-Q4_K_M.gguf", None, None, TWO, "M-8B-Q4_K_M.gguf mmproj-M-8B-F16.gguf"),
        ("hf:x/M:M-2B-Q4_K_M.gguf", None, None, TWO, "M-2B-Q4_K_M.gguf mmproj-M-2B-F16.gguf"),
        ("hf:x/M", None, None, FOLDERS, "Q4_K_M/model.gguf mmproj-F16.gguf"),
        ("hf:x/M", "Q8_0", None, FOLDERS, "Q8_0/model.gguf mmproj-F16.gguf"),
        ("hf:x/M:Q8_0/model.gguf", None, None, FOLDERS, "Q8_0/model.gguf mmproj-F16.gguf"),
        ("hf:x/M", None, None, KS, "M-Q4_K_M.gguf mmproj-M-Q8_0.gguf"),
        ("hf:x/M", "Q4_K", None, KS, "M-Q4_K.gguf mmproj-M-Q8_0.gguf"),
        ("hf:x/M", "IQ4_XS", None, KS, "M-IQ4_XS.gguf mmproj-M-Q8_0.gguf"),
        ("hf:x/M", None, "q8_0", OFFICIAL, "Qwen3VL-4B-Instruct-Q4_K_M.gguf mmproj-Qwen3VL-4B-Instruct-Q8_0.gguf"),
        ("hf:x/M", "F16", None, OFFICIAL, "Qwen3VL-4B-Instruct-F16.gguf mmproj-Qwen3VL-4B-Instruct-F16.gguf"),
        ("hf:x/M:8B/m-Q4_K_M.gguf", None, None, BOTH, "8B/m-Q4_K_M.gguf 8B/mmproj-F16.gguf"),
        (
            "hf:x/M",
            "Q4_K_M",
            None,
            "A-Instruct-Q4_K_M.gguf mmproj-A-Thinking-f16.gguf mmproj-A-Instruct-f16.gguf",
            "A-Instruct-Q4_K_M.gguf mmproj-A-Instruct-f16.gguf",
        ),
        ("hf:x/M", "F16", None, "m-fp16.gguf m-bf16.gguf mmproj-m-fp16.gguf", "m-fp16.gguf mmproj-m-fp16.gguf"),
        ("hf:x/M", None, None, "M.i1-Q4_K_M.gguf M.Q4_K_M.gguf M.mmproj-f16.gguf", "M.Q4_K_M.gguf M.mmproj-f16.gguf"),
        ("hf:x/M", None, None, "M-Q4_K_M-imat.gguf M-Q4_K_M.gguf mmproj-F16.gguf", "M-Q4_K_M.gguf mmproj-F16.gguf"),
        ("hf:x/M", "F16", None, "M-f16-Q4_K_M.gguf M-f16.gguf mmproj-F16.gguf", "M-f16.gguf mmproj-F16.gguf"),
        ("hf:x/M:s-500m-q8_0.gguf", None, None, SMALL, "S-500M-Q8_0.gguf mmproj-S-500M-f16.gguf"),
        ("hf:x/M", None, None, f"8B-abliterated-Q4_K_M.gguf {THEIRS}", f"8B-abliterated-Q4_K_M.gguf {THEIRS}"),
        (
            "hf:x/Qwen3-VL-30B-A3B",
            "Q4_K_M",
            None,
            SHARDS,
            SHARDS,
        ),
    ],
)
def test_names_are_read_by_whole_words(asked: str, quant: str, mmproj: str, listing: str, right: str) -> None:
    """Previously F16 took BF16, a named 8B the mmproj of the 2B, and a folder's name did not count."""
    for order in (listing.split(), listing.split()[::-1]):
        assert chosen(asked, " ".join(order), quant, mmproj) == right


@pytest.mark.parametrize(
    ("asked", "quant", "listing", "told"),
    [
        ("hf:x/M", None, TWO, "several Q4_K_M: M-2B-Q4_K_M.gguf, M-8B-Q4_K_M.gguf; name one, as in hf:x/M:M-2B-Q4"),
        ("hf:x/M", "Q5_K_M", FOLDERS, "x/M has no Q5_K_M; it has Q4_K_M/model.gguf, Q8_0/model.gguf"),
        ("hf:x/M:model.gguf", None, FOLDERS, "several model.gguf: Q4_K_M/model.gguf, Q8_0/model.gguf; name one"),
        ("hf:x/M", None, "M-8B-Q4_K_M.gguf mmproj-M-2B-F16.gguf", "no mmproj for M-8B-Q4_K_M.gguf; it has mmproj-M-2B"),
        ("hf:x/M", "Q8_0", SMALL.rpartition(" ")[0].replace("S-256M-Q8_0.gguf ", ""), "no mmproj for S-500M-Q8_0.gguf"),
        ("hf:x/M", None, "M-E4B-Q4_K_M.gguf mmproj-M-E2B-F16.gguf", "no mmproj for M-E4B-Q4_K_M.gguf"),
        ("hf:x/M", None, "A-Thinking-Q4_K_M.gguf mmproj-A-Instruct-F16.gguf", "no mmproj for A-Thinking-Q4_K_M.gguf"),
        ("hf:x/A-Thinking", None, "a-Q4_K_M.gguf mmproj-A-Instruct-F16.gguf", "no mmproj for a-Q4_K_M.gguf"),
        ("hf:x/M", None, f"m-Q4_K_M.gguf {' '.join(TWO.split()[2:])}", "not say which mmproj is that of m-Q4_K_M.gguf"),
        ("hf:x/M", None, "m-Q4_K_M.gguf a/mmproj-F16.gguf b/mmproj-F16.gguf", "it has a/mmproj-F16.gguf, b/mmproj-F16"),
        ("hf:x/M", None, "M-Q4_K_M-00001-of-00002.gguf mmproj-F16.gguf", "lacks M-Q4_K_M-00002-of-00002.gguf, a part"),
        ("hf:x/M", "fp16", "M.f16.q6_k.gguf mmproj-F16.gguf", "x/M has no fp16 alone; it has M.f16.q6_k.gguf"),
        ("hf:x/M", None, "M-Q4_K_M.gguf", "x/M has no mmproj*.gguf; it has M-Q4_K_M.gguf"),
        ("hf:x/M", None, "model-Q4_K_M.gguf mmproj/model-Q4_K_M.gguf", "two files named model-Q4_K_M.gguf"),
    ],
)
def test_what_is_unclear_is_asked(asked: str, quant: str | None, listing: str, told: str) -> None:
    with pytest.raises(ModelError) as caught:
        chosen(asked, listing, quant)
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_files_of_one_name_in_two_folders_are_two_models() -> None:
    """Previously the second was called like the first, which was there already, and was not fetched."""
    names = [plan_pull(f"hf:x/M:{file}").name for file in ("Q4_K_M/model.gguf", "Q8_0/model.gguf", "model.gguf")]
    assert names == ["m-q4_k_m-model", "m-q8_0-model", "model"]


def test_a_kind_of_mmproj_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelError, match=r"x/M has no mmproj in Q8_0; it has mmproj-BF16\.gguf, mmproj-F16\.gguf"):
        chosen("hf:x/M", QWEN, "F16", "Q8_0")
    with pytest.raises(ModelError, match=r"the mmproj of qwen3-vl-4b comes as F16, Q8_0, not as 'Q4'"):
        plan_pull("qwen3-vl-4b", None, "Q4")


def test_the_official_files_are_listed_with_both_towers() -> None:
    """Every file of the three official repositories has its sha256: previously two lacked it, and no small tower."""
    for model in registry.listed_models().values():
        if model.format == "gguf" and model.languages:
            assert list(model.mmproj) == ["F16", "Q8_0"] and list(model.languages) == ["Q4_K_M", "Q8_0"]
            assert all(file.sha256 for file in (*model.languages.values(), *model.mmproj.values()))
    plan = plan_pull("qwen3-vl-4b", None, "Q8_0")
    assert plan.name == "qwen3-vl-4b-mmproj-q8_0"
    assert plan.listed and plan.listed.files(plan.quant, plan.mmproj)[1].bytes == 453_974_304


def test_a_kind_is_a_word_of_its_own() -> None:
    assert file_choice.names_kind("a-f16.gguf", "F16") and not file_choice.names_kind("a-bf16.gguf", "F16")
    assert not file_choice.names_kind("a-Q4_K_M.gguf", "Q4_K") and not file_choice.names_kind("a-IQ4_XS", "Q4_XS")


@pytest.mark.parametrize(
    ("gib", "best"), [(4, None), (8, "qwen3-vl-2b"), (16, "qwen3-vl-4b"), (24, "qwen3-vl-8b"), (128, "qwen3-vl-8b")]
)
def test_one_model_is_marked_to_begin_with(gib: int, best: str | None) -> None:
    """By the memory of the machine, not by what other programs happen to use now. Previously the 8B was the advice for
    any large memory: a processor alone reads the prompt of a caption with it for minutes."""
    for free in (1, gib << 29):
        for graphics in (True, False):
            marked = [row.name for row in registry.rows(Machine(gib << 30, free, graphics)) if row.begin]
            wanted = "qwen3-vl-4b" if best == "qwen3-vl-8b" and not graphics else best
            assert marked == ([wanted] if wanted else [])
