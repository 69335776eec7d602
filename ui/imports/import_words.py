"""A report of an import in lines for people: the preview, the progress, the summary at the end."""

from __future__ import annotations

from assistant.importing.import_source import Choices
from memory.episode import printable
from memory.text import count
from ui.imports import import_strings as strings
from ui.imports.import_thread import Report
from ui.strings import DEMO_NO_IMPORT


def name(report: Report) -> str:
    """The name of the folder or file, fit to be shown."""
    return printable(report.path.resolve().name or str(report.path))


def refused(*, private: bool, demo: bool) -> str:
    """Why nothing can be imported now; "" when something can."""
    return strings.PRIVATE_NO_IMPORT if private else DEMO_NO_IMPORT if demo else ""


def preview(report: Report, choices: Choices) -> list[tuple[str, str]]:
    """What an import would do: a label and a value each line. Counts grow while the photos are looked at."""
    tally, new = report.tally, report.new
    lines = [(count(report.photos, "photo"), f"in “{name(report)}”" + (", a chat" if report.kind == "chat" else ""))]
    if report.state == "looking":
        left = strings.left(report.seconds_left)
        lines[0] = (lines[0][0], f"{lines[0][1]}; looked at {report.done} {f'({left})' if left else ''}".rstrip())
    if not choices.screenshots:
        new -= tally.screenshots - tally.outcomes["screenshot"]
    silent = new - tally.told
    where = "wait in the tray for your words" if choices.without_words else "left out"
    told = [f"{tally.told} with words"] if tally.told else []
    told += [f"{silent} without words: {where}"] if silent else []
    if report.photos:
        lines.append((f"{new} new" if new else "nothing new", "; ".join(told)))
    if n := tally.screenshots:
        lines.append((count(n, "screenshot"), "taken, too" if choices.screenshots else "without words: left out"))
    if tally.dates:
        lines.append(("their day", strings.days(tally)))
    if known := tally.outcomes["known"]:
        lines.append((f"{known} known", "in your memory already"))
    if completed := report.completed:
        lines.append((f"{completed} known", "in your memory, and now with words or a day"))
    if tally.duplicates:
        lines.append((f"{len(tally.duplicates)} twice", "the same picture as another file"))
    lines += [("passed over", line) for line in strings.passed_over(report.left_out)]
    lines += [("note", note) for note in report.notes]
    if report.new and report.state != "importing":
        lines.append(("places", "the camera's are kept" if choices.keep_places else "the camera's are dropped"))
    return [(printable(label), printable(value)) for label, value in lines]


def progress(report: Report) -> str:
    """One line: "120 of 312 files, 8.3 photos a second, 0:24 min left"."""
    parts = [f"{report.done} of {count(report.total, 'file')}", strings.pace(report.seconds, report.done)]
    return ", ".join(filter(None, [*parts, strings.left(report.seconds_left)]))


def short_progress(report: Report) -> str:
    """For the status line: "importing 120 of 312, 0:24 min left"."""
    return ", ".join(filter(None, [f"importing {report.done} of {report.total}", strings.left(report.seconds_left)]))


def summary(report: Report) -> str:
    """What an import did, when it has ended."""
    new, silent = report.new, report.new - report.tally.told
    where = name(report)
    if report.state == "failed":
        text = (
            report.trouble
            if not new
            else strings.IMPORT_FAILED.format(why=_sentence(report.trouble), photos=count(new, "photo"))
        )
    elif report.state == "stopped":
        text = strings.IMPORT_STOPPED.format(done=count(new, "photo"), name=where, are="is" if new == 1 else "are")
    elif not report.photos:
        text = strings.IMPORT_EMPTY.format(name=where)
    elif not new:
        known = report.tally.outcomes["known"] + report.completed
        text = strings.IMPORT_NOTHING_NEW.format(name=where, known=known)
    else:
        told = f", {report.tally.told} with words" if report.tally.told else ""
        text = strings.IMPORT_DONE.format(photos=count(new, "photo"), name=where, words=told)
    if completed := report.completed:
        text += strings.IMPORT_COMPLETED.format(
            photos=count(completed, "photo"), have="has" if completed == 1 else "have"
        )
    if silent:
        text += strings.TRAY_WAITS.format(n=silent, wait="waits" if silent == 1 else "wait")
    if over := strings.passed_over(tuple(one for one in report.left_out if one[1] != strings.NO_PHOTOS)):
        text += f" Passed over: {'; '.join(over)}."
    return printable(text + (strings.IMPORT_UNDO if new else ""))


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
