"""Again, edit, copy: what is on screen, in the model's prompt and in the stored conversation agree afterwards."""

from __future__ import annotations

from pathlib import Path

from assistant.backends.fake import FakeBackend
from memory import conversations
from memory.store import Memory
from tests.support.apppilot import caption, idle, look, notes, replies, running, send, until
from ui.strings import NO_ANSWER, NO_QUESTION, NOTHING_WRITTEN, WRITING_NOW
from ui.widgets.chat_log import Composer, UserText


class Drawing(FakeBackend):
    """Notes with which temperature it was asked."""

    def __init__(self, answers: list[str], delay: float = 0.0) -> None:
        super().__init__(answers, delay)
        self.temperatures: list[float] = []

    def stream(self, messages, options):  # type: ignore[no-untyped-def]
        if options.max_new_tokens:
            self.temperatures.append(options.temperature)
        yield from super().stream(messages, options)


def stored(memory_file: Path) -> list[tuple[str, str]]:
    with Memory(memory_file) as memory:
        (title,) = conversations.titles(memory)
        return [(line.kind, line.text) for part in conversations.get(memory, title.id).parts for line in part.lines]


async def test_an_answer_is_written_again_in_other_words(memory_file: Path, photos: Path) -> None:
    backend = Drawing(["A dog.", "Rex.", "It is Rex.", "Brown."])
    async with running(memory_file, backend) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await send(app, pilot, "who is this?")
        await until(lambda: replies(app) and replies(app)[0].text == "Rex." and idle(app), "the answer")
        await pilot.press("ctrl+r")
        await until(lambda: replies(app)[0].text == "It is Rex." and idle(app), "the other answer")
        assert len(replies(app)) == 1 and len(app.query(UserText)) == 1
        await send(app, pilot, "what colour?")
        await until(lambda: len(replies(app)) == 2 and replies(app)[1].text == "Brown." and idle(app), "the next")
    assert backend.temperatures[1] == 0 < backend.temperatures[2] and backend.temperatures[3] == 0
    said = [message.parts[-1] for message in backend.calls[-1][2:]]
    assert said == ["A dog.", "who is this?", "It is Rex.", "what colour?"]
    assert stored(memory_file)[1:] == [
        ("question", "who is this?"),
        ("answer", "It is Rex."),
        ("question", "what colour?"),
        ("answer", "Brown."),
    ]


async def test_without_a_question_the_caption_is_written_again_also_after_esc(memory_file: Path, photos: Path) -> None:
    backend = Drawing(["word " * 150, "A dog again."], delay=0.05)
    async with running(memory_file, backend) as (app, pilot):
        await send(app, pilot, "/again")
        await until(lambda: NOTHING_WRITTEN in notes(app, "warning"), "the refusal")
        await send(app, pilot, str(photos / "rex.png"))
        await until(lambda: "word" in caption(app), "the caption's beginning")
        await send(app, pilot, "/again")
        await until(lambda: WRITING_NOW in notes(app, "warning"), "the other refusal")
        await pilot.press("escape")
        await until(lambda: idle(app), "the stop")
        await send(app, pilot, "/again")
        await until(lambda: caption(app) == "A dog again." and idle(app), "the new caption")
    assert stored(memory_file) == [("caption", "A dog again.")]


async def test_the_last_question_is_changed_and_the_old_one_gone(memory_file: Path, photos: Path) -> None:
    backend = Drawing(["A dog.", "Rex.", "Blue.", "Brown."])
    async with running(memory_file, backend) as (app, pilot):
        await send(app, pilot, "/question")
        await until(lambda: NO_QUESTION in notes(app, "warning"), "the refusal")
        await look(app, pilot, photos / "rex.png")
        for question, answer in (("who?", "Rex."), ("what colur?", "Blue.")):
            await send(app, pilot, question)
            await until(lambda answer=answer: replies(app)[-1].text == answer and idle(app), "the answer")
        await send(app, pilot, "/question")
        await until(lambda: app.query_one(Composer).text == "what colur?", "the question in the input")
        assert [reply.text for reply in replies(app)] == ["Rex."]
        await send(app, pilot, "what colour?")
        await until(lambda: replies(app)[-1].text == "Brown." and idle(app), "the answer")
    said = [message.parts[-1] for message in backend.calls[-1][2:]]
    assert said == ["A dog.", "who?", "Rex.", "what colour?"]
    assert ("question", "what colur?") not in stored(memory_file) and len(stored(memory_file)) == 5


async def test_a_question_without_a_photo_is_answered_again(memory_file: Path) -> None:
    backend = Drawing(["Hello.", "Good day."])
    async with running(memory_file, backend) as (app, pilot):
        await send(app, pilot, "are you there?")
        await until(lambda: replies(app) and replies(app)[0].text == "Hello." and idle(app), "the answer")
        await send(app, pilot, "/again")
        await until(lambda: replies(app)[0].text == "Good day." and idle(app), "the other answer")
    assert [len(call) for call in backend.calls] == [len(backend.calls[0])] * 2, "the first question was left in"


async def test_an_answer_is_copied(memory_file: Path, photos: Path) -> None:
    async with running(memory_file, FakeBackend(["A dog.", "Rex."])) as (app, pilot):
        await send(app, pilot, "/copy")
        await until(lambda: NO_ANSWER in notes(app, "warning"), "the refusal")
        await look(app, pilot, photos / "rex.png")
        await send(app, pilot, "/copy")
        await until(lambda: app.clipboard == "A dog.", "the caption in the clipboard")
        await send(app, pilot, "who?")
        await until(lambda: replies(app) and replies(app)[0].text == "Rex." and idle(app), "the answer")
        await send(app, pilot, "/copy")
        await until(lambda: app.clipboard == "Rex.", "the answer in the clipboard")
