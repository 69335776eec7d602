"""The files that a lab run measures by, read before it begins: a wrong one is found now, and not after the training."""

from __future__ import annotations

from pathlib import Path

from benchmark.datasets import covip_files
from benchmark.datasets.covip_hub import Task, read_hub
from benchmark.datasets.covip_questions import read_questions
from benchmark.tasks.hallucination import read_references
from memory.errors import KeepsakeError
from train.lab_settings import Settings
from train.recipe import Gspo, Trl

QUESTIONS, METADATA, IMAGES = "QAS_GT_test.json", "meta_test_cleaned.jsonl", "images/"
"""The authors' test questions, the samples that they are about, and the folder of the photos."""
TASKS: tuple[Task, ...] = ("lsd", "lar", "itr")


def wants_official(gspo: Gspo) -> bool:
    """Whether the authors' files are wanted: where the training data is theirs."""
    return Path((gspo.trl or Trl()).data).suffix == ".json"


def read_all(gspo: Gspo, given: Settings) -> None:
    """Read questions, metadata and the first row of everything else. Raises KeepsakeError for a file that cannot be
    read, or a photo that is missing."""
    if not wants_official(gspo):
        return
    rows = covip_files.read_metadata(given.official / METADATA, given.official / IMAGES)
    samples = covip_files.samples(read_questions(given.official / QUESTIONS), rows)
    photos = dict.fromkeys(photo for row in rows for photo in (row.query, *row.concepts))
    if absent := [photo for photo in photos if not photo.is_file()]:
        raise KeepsakeError(
            f"{len(absent)} of {len(photos)} photos of {METADATA} are not here, the first is {absent[0]}"
        )
    if next(samples, None) is None:
        raise KeepsakeError(f"{given.official / QUESTIONS} has no sample")
    for task in TASKS:
        source = given.official / task
        if next(read_hub(source, task), None) is None:
            raise KeepsakeError(f"{source} has no row")
    if not read_references(given.references, 1):
        raise KeepsakeError(f"{given.references} describes no photo")
