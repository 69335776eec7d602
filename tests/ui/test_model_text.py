"""What stands on the screen of a text by the model."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from ui.widgets.model_text import ModelText


@pytest.mark.parametrize("text", ["2022.", "4)", "2022. You were in Graz.", "It was then:\n\n1987."])
async def test_an_answer_that_is_a_number_can_be_read(text: str) -> None:
    class One(App[None]):
        def compose(self) -> ComposeResult:
            yield ModelText()

    app = One()
    async with app.run_test(size=(40, 10)) as pilot:
        widget = app.query_one(ModelText)
        await widget.write(text)
        await widget.finish(text)
        await pilot.pause()
        lines = [strip.text for strip in app.screen._compositor.render_strips()]
        number = next(part for part in text.replace(")", ".").replace("\n", " ").split() if part[0].isdigit())
        assert any(number[:-1] in line for line in lines), lines
