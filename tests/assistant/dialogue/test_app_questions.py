"""Questions about Keepsake itself are answered by what the app knows of itself, and no others are taken for them."""

from __future__ import annotations

import pytest

from assistant.dialogue.acts import act_of
from assistant.dialogue.sentences.app_questions import topic_of
from assistant.dialogue.sentences.plain_text import plain
from ui.telling_strings import ON_TOPICS, small_talk

ASKED = {
    "privacy": """is my data sent anywhere
are my photos private?
do you send my photos to the cloud
does this app track me
are you listening to me?
can I trust you""",
    "readers": """can my wife see this
can anyone else read what I write here?
who can see my photos""",
    "place": """where are my photos stored
where is my data?
where do you keep my photos""",
    "network": """does this work offline
do you need the internet?
do you need an account""",
    "backup": """how do I back this up
how do I export my memories?
can I move everything to a new laptop""",
    "encryption": """how can I encrypt it
can I set a password
are my photos encrypted?""",
    "model": """what model are you
are you ChatGPT?
who made you""",
    "faces": "can you recognise faces",
    "languages": """do you speak German?
what languages do you understand""",
    "films": "can you watch videos",
    "limits": """how many photos can you store
how much space do you need
is there a limit""",
    "keeping": """do you remember everything I tell you
will you remember this next year?""",
    "reasons": """why do you ask
why do you think it's him
what does sure mean""",
    "new conversation": "how do I start over",
    "private mode": """go private
start a private conversation
don't keep this conversation""",
    "kept conversations": """delete this conversation
how do I delete our chat
what did I ask you yesterday""",
    "import": """import my whatsapp chat
how can I import my photos
watch my pictures folder""",
    "looks": """dark mode
make the text bigger""",
    "large": """show the photo large
zoom in""",
    "help": """I need help
help me please
I'm stuck""",
    "today": """what day is it today
what's the weather like today
tell me a joke""",
}
OTHERS = """
is this private property
does it leak
does this thing need wifi
how do I close this
how does this work
how do I lock it
where are my photos of Rome
where do you think this is
what did you send her
do you know German Garcia
does Ada speak German
do you remember everything about Rome
will you remember this is Otis
how do you tell them apart
why did you think he was called Max in 2019
are you sure it was Rome
are you sure
how do you know that
why did you say that
why do you think it's from Rome
who made this
can my wife see the sea from there
what time is it
what's the weather like
is there a limit on this card
how many photos of Otis do you have
my son needs help with maths
is the data on it safe
can you see Ada
do you have a photo of the lock
is it a private beach
add my photo
what did I ask Tom to bring yesterday
is she in the dark
""".strip().splitlines()


@pytest.mark.parametrize(("topic", "line"), [(t, line) for t, said in ASKED.items() for line in said.splitlines()])
def test_questions_about_keepsake_have_its_own_answer(topic: str, line: str) -> None:
    assert topic_of(plain(line)) == topic
    assert act_of(line).kind == act_of(line, asked=True).kind == "talk"
    assert small_talk(line) == small_talk(f"Hey, {line}") == ON_TOPICS[topic]


@pytest.mark.parametrize("line", OTHERS)
def test_questions_about_photos_are_not_taken_for_them(line: str) -> None:
    assert topic_of(plain(line)) is None


def test_every_topic_is_answered_and_tried() -> None:
    assert set(ASKED) == set(ON_TOPICS)
