"""What the app says to a line that tells something, denies a recall, or only talks."""

from __future__ import annotations

import re

from assistant.dialogue.line_decision import Say, What
from assistant.dialogue.sentences.about_app import INSULTS, WHO_ARE_YOU
from assistant.dialogue.sentences.app_questions import Topic, topic_of
from assistant.dialogue.sentences.plain_text import plain
from ui.strings import PRIVATE_NO

TOLD = "Remembered, {day}: “{words}”"
TOLD_NOT, NOT_SHOWN, NOT_AS = "{told}, and that {denied}", "this is not {name}", "it is not the same as {photo}"
TOLD_UNDO = "  (/undo takes it back)"
UNDO_TOLD = "Taken back, with what you said of the recalled photo: {what} is forgotten, and no byte of it kept."
SHALL_I = "Shall I remember “{words}”?  y/n"
ABOUT_THIS = "Is that about this photo? Shall I remember “{words}” with it?  y/n"
SHALL_I_HERE = "y/n:  shall I remember that?   ·   or ask"
NOT_KEPT = "Not remembered: “{words}”. ↑ brings it back."
NOT_THIS = "n:  this is not {name}   ·   or ask, or tell me more"
NOT_THE_SAME = "n:  it is not the same   ·   or ask, or tell me more"
WHO_THEN = "Who or what is it? “This is …” and Enter, and I remember it."
WHAT_THEN = "What is right? Say it (“This is …”, “It was …”) and Enter, and I remember it."
PLAIN_SHALL_I = "Shall I remember that? y or n:"
PLAIN_ABOUT_THIS = "Is that about this photo? Shall I remember it? y or n:"
NOT_ABOUT_THIS = "Not remembered: “{words}”. Show me a photo that it is about, and say it again."
CORRECTED = "Your words are now: “{words}”  (/undo takes it back)"
NOTHING_SAYS = "No memory says “{words}”: nothing is changed."
SEVERAL_SAY = "{n} memories say “{words}”: show me the photo of the one you mean, and say it again."
NO_PHOTO_YET = (
    "Not remembered yet: “{words}”. I keep words with a photo: show me one that they are about, then say it again"
    " (↑ brings it back)."
)
PLAIN_NOT_THIS = "Not the same? n says so, and y that it is; or say who or what it is, and I remember it."

MARK_TAKEN_BACK = "Taken back: {line}. /undo says it again."
UNDO_MARK = "Kept again: what you said of these two photos."
MARK_KEY = "{n} takes that back"
MARKS_NONE = "You have said of no photo that it is, or is not, the same."
MARKS_PLAIN = "/unmark ID takes one back."

NO_WEB = "Keepsake opens no web addresses. Save the photo on this computer, then paste its path."

_HOW = r"(?:(?:how|where) (?:do|can|could|would|should) |can i |is there a way)"
ABOUT_KEEPSAKE = (
    "I am Keepsake. I remember your photos and what you tell me about them, on this computer alone. Show me a photo, "
    "say who or what it is, and ask. /help lists the rest."
)
ON_TOPICS: dict[Topic, str] = {
    "privacy": "Nothing leaves this computer: no account, no network while you use me (`python -m assistant"
    " prove-offline` shows it). docs/privacy.md says what is kept where. F5 begins a private conversation.",
    "readers": "Nothing leaves this computer, but who can open your account on it can read what I keep."
    " `python -m memory encrypt` has the memory ask for a passphrase. F5 begins a private conversation.",
    "place": "All of it is in one folder on this computer ($KEEPSAKE_HOME, else ~/.local/share/keepsake, on a Mac"
    " ~/Library/Application Support/keepsake). docs/privacy.md has a line for each file.",
    "network": "I work without the network and without an account. It is used only when you fetch a model (F6).",
    "backup": "`python -m memory export FILE` saves all memories as one ZIP, and `python -m memory import FILE` brings"
    " them in on another computer. A snapshot of each day is kept beside the memory.",
    "encryption": "`python -m memory encrypt` encrypts the memory with a passphrase of yours.",
    "model": "/models (F6) names the model that writes my answers; it runs on this computer. I am Keepsake.",
    "faces": "I compare whole photos, and know things and animals best. I was not made for faces: say who it is, and I"
    " remember it with that photo.",
    "languages": "I answer in English. What you tell me in another language is kept and repeated as you wrote it.",
    "films": "I read photos only. Of a film, show me a still.",
    "limits": "As many photos as your disk holds; among 100,000 I still find one at once.",
    "keeping": "What you tell me about a photo stays until you forget it (/forget). What I say myself is no memory.",
    "reasons": "I say what you told me. The memories that came stand beside the answer, each with its reason (Tab goes"
    " there). Where I am not sure that a photo shows the same, I ask. When it is wrong, say what is right.",
    "new conversation": "/new begins a new conversation. What you told me is not lost.",
    "private mode": "F5, or /private, begins a private conversation: nothing of it is kept. The same again ends it.",
    "kept conversations": "/history (F7 in the app) lists the kept conversations; there you can search, read and delete"
    " them.",
    "import": "/import FOLDER (in the app F8, too) says first what is in a folder or a chat, and imports it then."
    " /watch FOLDER imports what comes into a folder.",
    "looks": "ctrl+p changes between light and dark. Larger letters are the terminal's: mostly ctrl or cmd and +.",
    "large": "F9, or /large, shows the photo in view on the whole screen.",
    "help": "/help (F1) lists keys and commands, and /tour shows me in six short steps.",
    "today": "I only know what you told me about your photos. Ask about one, or tell me more.",
}
"""Replies to questions about Keepsake itself."""
SMALL_TALK = (
    (rf".*?\b{WHO_ARE_YOU}\W*$", ABOUT_KEEPSAKE),
    (
        r"(?!no\b)(?:\w+[ ,!]+){0,2}?(?:thank|thn?x|ty(?:sm|vm)?\b|ta\b|cheers|danke|merci|gracias|grazie)"
        r"|.*\b(?:obliged|grateful|helpful|(?:kind|good) of you|treasure)\b",
        "You are welcome.",
    ),
    (
        r"forget (?:it|this|that)\b",
        "Nothing has changed. To forget a memory: Tab, then f on its card, or /forget and its id.",
    ),
    (r"never ?mind|nvm|later|skip|not now", "All right."),
    (r"(?:y|yes|yep|yeah|n)\W*$", "Nothing is asked just now. /undo takes back what you said last."),
    (r".*\b(?:know|dunno|sure) (?:if|whether|what to|where to|how to)\b", "All right."),
    (
        r".*\b(?:don'?t know|dunno|no idea|no clue|not a clue|beats me|not sure|can'?t remember|no one|nobody"
        r"|nothing|rather not"
        r"|won'?t tell)\b",
        "All right. When you know who or what it is: “This is …” and Enter, and I remember it.",
    ),
    (
        r"bye|goodbye|cheerio|farewell|i bid|(?:good )?(?:night|nite)|gn\b|see (?:you|ya)|cya|ttyl|gtg|g2g|ciao"
        r"|i (?:have to|must) go",
        "Goodbye. /quit ends; nothing you told me is lost.",
    ),
    (
        r"(?:hi|hiya|heya|howdy|hello|hey|hallo|hola|gm|good (?:morning|evening|day|afternoon))\b",
        "Hello. Ask about the photo, or tell me who or what is in it. /help lists the rest.",
    ),
    (
        rf"{_HOW}.*\b(?:forget|delete|remove|erase|get rid)\b",
        "Say “forget …” and what it was about. I list what that may mean, and ask before anything goes.",
    ),
    (rf"{_HOW}.*\b(?:undo|take (?:it|that|this|something) back)\b", "/undo takes the last change back."),
    (
        rf"{_HOW}.*\b(?:import|folder|album|library|whatsapp|telegram|signal)\b",
        "/import FOLDER (in the app F8 as well) says first what is in a folder or a chat, and imports it then.",
    ),
    (
        rf"{_HOW}.*\b(?:add|save|store|remember|show)\b",
        "Paste the path of a photo (F2 chooses one), then say who or what it is: “This is …” and Enter.",
    ),
    (_HOW, "/help (F1) lists keys and commands."),
    (r"pardon|huh|excuse me|come again", "I know what you told me about your photos. Ask about one, or tell me more."),
    (r".*\bwrong (?:photo(?:graph)?|picture|pic|image|file)s?\b", "All right. Show me the right one."),
    (
        r".*\bwrong\b|.*\byou\b.*(?:mix|confus|misunder|made|invent|guess|mistake)|.*\bi (?:asked|meant|wanted)\b",
        "I am sorry. Say what is right (“This is …”, “It was …”), and I remember it.",
    ),
    (
        rf".*\b(?:{INSULTS}|terrible|awful|bad|annoying)\b",
        "I am sorry. Say what is right (“This is …”, “It was …”), and I remember it.",
    ),
    (r"sorry", "No harm done."),
    (r"help|\?", "/help (F1) lists keys and commands."),
    (r"", "All right."),
)
"""Replies to small talk, by how the line begins; the first that fits. No model is asked."""


def small_talk(text: str) -> str:
    """A short reply to a line that neither asks nor tells."""
    low = plain(text.strip())
    if topic := topic_of(low):
        return ON_TOPICS[topic]
    return next(reply for pattern, reply in SMALL_TALK if re.match(pattern, low))


_REPLIES: dict[What, str] = {
    "web address": NO_WEB,
    "wrong answer": WHAT_THEN,
    "not the same": WHAT_THEN,
    "no photo": NO_PHOTO_YET,
    "private": PRIVATE_NO,
    "not about this": NOT_ABOUT_THIS,
    "nowhere": NOTHING_SAYS,
    "several": SEVERAL_SAY,
}
WARNINGS: frozenset[What] = frozenset(("web address", "no photo", "private", "nowhere", "several"))
"""Replies of which the user should take notice: what was typed did nothing."""


def reply_to(say: Say) -> str:
    """The short reply that was decided on."""
    return small_talk(say.words) if say.what == "talk" else _REPLIES[say.what].format(words=say.words, n=say.n)
