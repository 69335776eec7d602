"""`python -m benchmark grounding`: how well the grounding check tells right texts from wrong ones, and how it quotes.

The texts (`texts.jsonl`) and questions (`questions.jsonl`) were labelled by hand; the nano wrote a part of the texts in
the app's own conversation about real photographs. The check was developed on the split "dev"; "test" is only measured.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.grounding.claims import sentences
from assistant.grounding.quotes.pick import pick
from assistant.grounding.quotes.reading import read_all
from assistant.models import local
from assistant.reader import answer_reader
from benchmark.grounding import album_trial, fluent_rates, quote_fit, quote_rates, short_answers
from benchmark.grounding.checked import passes, recalls
from benchmark.grounding.fluent_texts import Part
from benchmark.judges.score import wilson

HERE = Path(__file__).parent
SPLITS: tuple[Part, ...] = ("dev", "test")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `python -m benchmark grounding`."""
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--album", type=Path, metavar="FOLDER", help="instead: ten real things, asked about by a model")
    parser.add_argument("--model", default=local.DEFAULT, help="the model of --album (default: %(default)s)")
    splits = ("train", "dev", "test", *quote_rates.PLAIN)
    parser.add_argument("--notes", metavar="SPLIT", choices=splits, help="instead: how often quotations answer")
    parser.add_argument("--fluent", action="store_true", help="instead: texts in a capable model's own words")
    parser.add_argument("--fit", action="store_true", help="instead: fit the weights by which sentences are quoted")
    parser.add_argument(
        "--errors", action="store_true", help="list the texts that were misjudged, and the wrong quotations"
    )


def command(args: argparse.Namespace) -> int:
    """Measure both splits, or a model with real photographs, and print the rates. Raises KeepsakeError."""
    if args.album:
        replies = album_trial.run(args.album, args.model)
        print(json.dumps([asdict(one) for one in replies]) if args.json else "\n".join(album_trial.lines(replies)))
        return 0
    if args.fluent:
        print("\n".join(line for part in SPLITS for line in fluent_rates.lines(part, errors=args.errors)))
        return 0
    if args.fit:
        print("\n".join(quote_fit.lines()))
        return 0
    if args.notes:
        of_answers = short_answers.lines(args.notes) if args.notes not in quote_rates.PLAIN else ()
        print("\n".join([*quote_rates.lines(args.notes, errors=args.errors), *of_answers]))
        return 0
    found: dict[str, Any] = {split: rates(split, errors=args.errors) for split in SPLITS}
    if args.json:
        print(json.dumps(found))
        return 0
    for split, one in found.items():
        print(f"{split}: {one['texts']} captions and answers")
        for key, words in (
            ("caught", "wrong ones not shown as they are"),
            ("rejected", "right ones not shown as they are"),
            ("precision", "wrong ones among all that are not shown as they are"),
            ("quoted", "questions answered with the right sentence, or rightly with none"),
        ):
            low, high = one[f"{key}_interval"]
            print(f"  {words}: {one[key]:.1%} [{low:.1%}, {high:.1%}], n={one[f'{key}_n']}")
        print(f"  milliseconds a text: {one['milliseconds']}")
        for line in one.get("errors", ()):
            print(f"  {line}")
    return 0


def rates(split: str, *, errors: bool = False) -> dict[str, Any]:
    """The rates of a split, with 95 % intervals (Wilson)."""
    counts = {("right", True): 0, ("right", False): 0, ("wrong", True): 0, ("wrong", False): 0}
    wrongly: list[str] = []
    seconds = 0.0
    for scene in rows("texts.jsonl", split):
        for text in scene["texts"]:
            began = time.perf_counter()
            shown = passes(scene, text["question"], text["text"])
            seconds += time.perf_counter() - began
            counts[text["label"], shown] += 1
            if shown != (text["label"] == "right"):
                wrongly.append(f"{scene['scene']}: {text['label']}: {text['question'] or 'caption'} → {text['text']}")
    right, wrong = (counts[label, True] + counts[label, False] for label in ("right", "wrong"))
    refused = counts["wrong", False] + counts["right", False]
    asked = list(rows("questions.jsonl", split))
    fit = [is_fit(row) for row in asked]
    wrongly += [f"{row['question']} → {picked(row)}" for row, ok in zip(asked, fit, strict=True) if not ok]
    out: dict[str, Any] = {"texts": right + wrong, "milliseconds": round(1000 * seconds / (right + wrong), 2)}
    for key, (part, whole) in {
        "caught": (counts["wrong", False], wrong),
        "rejected": (counts["right", False], right),
        "precision": (counts["wrong", False], refused),
        "quoted": (sum(fit), len(fit)),
    }.items():
        out |= {key: part / whole, f"{key}_n": whole, f"{key}_interval": list(wilson(part, whole))}
    return out | ({"errors": wrongly} if errors else {})


def rows(name: str, split: str) -> Iterator[dict[str, Any]]:
    """The rows of a split in one of the files."""
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["split"] == split:
            yield row


def picked(row: dict[str, Any]) -> str | None:
    """The quotation that the app shows for a row's question; None: nothing is quoted."""
    recalled = recalls(row["memories"])
    found = pick(row["question"], recalled, read_all(row["question"], recalled, answer_reader.shipped()))
    return found.text if found else None


def is_fit(row: dict[str, Any]) -> bool:
    """Whether a row's quotation is right: it is one of the sentences in "right", given by their beginnings, or a part
    of one. "place" stands there for the memory's place, None for no quotation at all."""
    found = picked(row)
    if found is None:
        return None in row["right"]
    quotation = found.partition(": “")[2]
    part = quotation.partition("”")[0].strip("… ")
    lines = [line for memory in row["memories"] for line in sentences(memory["words"]) if part and part in line]
    return any(
        quotation.startswith(right) or any(line.startswith(right) for line in lines) or _names_place(right, found)
        for right in row["right"]
        if right is not None
    )


def _names_place(right: str, found: str) -> bool:
    return right == "place" and "place of your photo" in found
