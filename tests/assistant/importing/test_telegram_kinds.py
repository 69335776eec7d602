"""Kinds of messages of Telegram: what a person wrote in them, and the photo, or nothing."""

from __future__ import annotations

import pytest

from assistant.importing.chats import telegram


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ({"text": "", "text_entities": []}, []),
        ({"text": "", "text_entities": [{"type": "plain", "text": "Milo "}, "here"]}, [("Anna", "Milo here", None)]),
        (
            {"text": ["Milo ", {"type": "custom_emoji", "text": "🐶", "document_id": "stickers/a.webp"}]},
            [("Anna", "Milo 🐶", None)],
        ),
        ({"text": [{"type": "spoiler", "text": "Milo is here"}]}, [("Anna", "Milo is here", None)]),
        ({"text": [{"type": "text_link", "text": "the lake", "href": "https://x.y"}]}, [("Anna", "the lake", None)]),
        ({"text": "", "contact_information": {"first_name": "Ben", "phone_number": "1"}}, []),
        ({"text": "", "dice": {"emoji": "🎲", "value": 3}}, []),
        ({"text": "", "game_title": "Chess", "game_description": "play"}, []),
        ({"text": "", "photo": "photos/a.jpg", "media_spoiler": True}, [("Anna", "", "photos/a.jpg")]),
        (
            {
                "text": "Milo",
                "edited": "2024-05-12T19:00:00",
                "reactions": [{"type": "emoji", "count": 1, "emoji": "❤"}],
            },
            [("Anna", "Milo", None)],
        ),
        ({"text": "Milo", "reply_to_message_id": 1}, [("Anna", "Milo", None)]),
        (
            {"text": "", "file": "files/a.heic", "mime_type": "image/heic", "file_name": "a.heic"},
            [("Anna", "", "files/a.heic")],
        ),
        ({"text": "Milo", "from": None}, [("somebody", "Milo", None)]),
        ({"text": "Milo", "date": "garbage", "date_unixtime": "1715531460"}, [("Anna", "Milo", None)]),
        ({"text": "", "giveaway_information": {"quantity": 3}}, []),
        ({"text": "", "story": {"id": 3}}, []),
        ({"text": {"type": "bold", "text": "Milo"}}, [("Anna", "Milo", None)]),
        ({"text": "", "todo_list": {"title": {"text": "Shopping"}, "items": []}}, []),
        ({"text": "Pay", "invoice_information": {"title": "Milk", "amount": 3}}, []),
    ],
)
def test_what_is_said_in_a_message_of_a_kind(kind: dict[str, object], said: list[tuple[str, str, str | None]]) -> None:
    first = {"id": 1, "type": "message", "date": "2024-05-12T18:30:00", "from": "Ben", "text": "Hello"}
    second = {"id": 2, "type": "message", "date": "2024-05-12T18:31:00", "from": "Anna", **kind}
    (chat,) = telegram.parse({"name": "Anna", "type": "personal_chat", "id": 7, "messages": [first, second]})
    assert [(one.sender, one.text, one.file) for one in chat.messages[1:]] == said
