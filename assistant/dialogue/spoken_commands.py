"""Lines in words that mean a command: "take that back", "delete this one", "what did I want to be reminded of?".

None of them is kept as a memory, and none forgets by itself: `/forget` lists or asks, `/undo` takes back one change.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from assistant.dialogue.forget_request import words_to_forget
from memory.naming.courtesy import plainly

THIS = "this"
"""After /forget: the memory in view, or the one just told."""


class Command(NamedTuple):
    """A command, as it could have been typed."""

    name: str
    rest: str = ""
    said: str = ""
    """What the line says beside it: "I've bought the beer", where the reminder can go."""


_LEAD = (
    r"(?:(?:never ?mind|nvm|please|pls|plz|oops|whoops|ups|sorry|wait|no+|oh(?: no)?|ah|ok(?:ay)?|hm+|and|but"
    r"|actually|argh|now|just|(?:i made|that was|it was|my) (?:a )?mistake|(?:that|it) was wrong"
    r"|can you|could you|would you|will you|can we|i want(?: you)? to|i(?:'d| would) like(?: you)? to|you can|let's)"
    r"[\s,.!:–—-]+)*"
)
_END = r"(?:[\s,.!]+(?:please|pls|again|now|sorry|thanks|thank you|ok|instead))*[\s.!?]*"
_LAST = (
    r"(?:(?:that|this|the|my|your) )?(?:very )?(?:last|latest|previous|most recent) "
    r"(?:one|thing|bit|part|line|step|change|action|entry|memory|note|edit|message|sentence|words?)"
    r"(?: (?:that )?i (?:just )?(?:said|told you|told|wrote|typed|did|added|entered|saved|kept))?"
)
_SAID = (
    r"(?:what|everything|all|the thing|that|the words?) (?:that )?i(?:'ve| have)? (?:just )?"
    r"(?:said|told you|told|wrote|written|typed|did|done|added|entered)(?: (?:just )?(?:now|before|last))?"
)
_UNDO = re.compile(
    rf"{_LEAD}(?:undo(?: (?:it|that|this|{_LAST}|{_SAID}))?"
    rf"|take (?:{_LAST}|{_SAID}) back|take back (?:it|that|this|{_LAST}|{_SAID})|take ?back"
    rf"|(?:i )?(?:take|took|taking) (?:it|that|this) back"
    rf"|(?:delete|remove|erase|scrap|scratch|drop|discard|cancel|unsave|forget|revert|kill|ignore|strike)"
    rf" (?:{_LAST}|{_SAID})|(?:scratch|strike|cancel|revert|unsave) (?:that|this|it)"
    r"|revert|(?:go )?(?:back one|one) step(?: back)?|(?:ctrl|control|cmd)[ +-]?z"
    r"|i (?:didn'?t|did not|never) (?:mean|want|intend|wanted|meant)(?: you)? to (?:save|keep|remember|store|tell you"
    r"|say|send|write|type|add|enter) (?:it|that|this)"
    r"|(?:don'?t|do not|you shouldn'?t|never) (?:save|keep|store) (?:that|this|it)(?: one)?"
    rf"|that (?:wasn'?t|was not) (?:supposed|meant) to be (?:saved|kept|remembered|stored)){_END}",
    re.IGNORECASE,
)
_DELETE = "(?:delete|remove|erase|scrap|discard|trash|bin|wipe|get rid of|throw away)"
_PHOTO = "(?:one|photo(?:graph)?|picture|pic|image|memory|note|entry)"
_OUT = "(?:from|out of) (?:(?:your|my) (?:memory|memories|head|mind)|the memory)"
_DELETE_THIS = re.compile(
    rf"{_LEAD}(?:{_DELETE} (?:it|that|this|these|those|them)(?: {_OUT})?"
    rf"|(?:{_DELETE}|forget) (?:about )?(?:this|that|the) {_PHOTO}(?: {_OUT})?|forget (?:about )?this"
    rf"|throw (?:this|that|the) {_PHOTO} (?:out|away)"
    rf"|i(?:'d like| want) (?:this|that|the) (?:{_PHOTO} )?(?:to be )?(?:gone|deleted|removed|erased|forgotten)"
    r"|forget (?:that )?i (?:ever )?(?:told|showed) you (?:this|that)"
    r"|(?:delete|remove|erase|forget|get rid of) (?:everything|all)(?: (?:that )?(?:i said|i told you|you know))?"
    rf" (?:about|of|on) (?:it|this|that|this one|this photo|this picture|him|her|them)){_END}",
    re.IGNORECASE,
)
_REMINDERS = re.compile(
    r"(?:(?:so|and|hey|ok|please)[, ]+)*(?:"
    r"what (?:did|do|was|had|have) i (?:want(?:ed)?|ask(?:ed)?|need|mean|supposed|have)?(?: you)? ?to (?:be )?"
    r"remind(?:ed)?(?: me)?(?: (?:of|about|to do))?"
    r"|what (?:did|do|was|were|should) you (?:want |have |going |supposed )?(?:to )?remind me(?: (?:of|about|to do))?"
    r"|(?:do i have|have i got|are there|show(?: me)?|list|what are|which|what|any)(?: all)?"
    r"(?: (?:of )?(?:my|the|your|any))?(?: open| standing| other| more)? reminders"
    r"(?: (?:do i have|have i got|are there|did i set|left|for me|i (?:have|set)))?"
    r"|(?:my )?reminders|(?:did|have) i set (?:a|any) reminders?"
    r"|(?:is|was) there (?:anything|something) i (?:wanted|asked|needed)(?: you)? to (?:be )?remind(?:ed)?(?: me)?"
    r"(?: (?:of|about))?"
    r")(?:,? please)?[\s?.!]*",
    re.IGNORECASE,
)
_PEOPLE = re.compile(
    rf"{_LEAD}(?:(?:tell me |show me |list )?"
    r"(?:who(?: (?:all|else))?|which (?:names|people)|what names|everyone|everybody)"
    r"(?: (?:are|is))?(?: (?:all )?(?:the )?(?:people|persons|ones|names))?(?: (?:that|who))? "
    r"(?:(?:do|did|have) (?:you|i) (?:know|remember|told you about|tell you about|met|named)(?: you)?(?: about)?"
    r"|(?:do )?(?:you|i|we) know|you remember|i(?:'ve| have)? told you about))(?: (?:so far|by now|already))?[\s?.!]*",
    re.IGNORECASE,
)
""" "Who are the people you know?", "who have I told you about": asks for all names."""
_END_REMINDER = re.compile(
    rf"(?:(?P<said>.*?\S)[\s,.;:–—-]+(?:(?:so|and|then) )?)??{_LEAD}(?:drop|cancel|end|delete|remove|stop|clear"
    r"|forget|close)(?: about)? (?:the|that|this|my|your) reminders?(?: (?:about|for|of|to|now|then)\b.*)?[\s.!]*"
    r"|(?:the|that|this|my) reminder(?:'s| is| was) (?:done|over|finished|settled)"
    r"(?:[\s,.;:–—-]+(?:so |you can |please )*(?:drop|cancel|end|delete|remove|stop|clear|close) it)?[\s.!]*",
    re.IGNORECASE,
)


_APP = r"(?:(?:the|this) (?:app|program)|keepsake)"
_SHOW = r"(?:(?:show|open|list|see|browse)(?: me)?|go to)"
_WISHES = {
    "/new": r"(?:(?:start|begin|open|make)(?: me)? )?an? (?:new|fresh|other) (?:chat|conversation|session)"
    r"|new (?:chat|conversation|session)|(?:clear|empty) (?:the )?(?:chat|screen|conversation)|start (?:over|afresh)",
    "/history": rf"{_SHOW} (?:my|our|the|all(?: my| the)?) (?:(?:old|older|earlier|past|previous|other|kept|saved) )?"
    rf"(?:chats|conversations)|{_SHOW} (?:my |our |the )?(?:chat |conversation )?history"
    r"|(?:my|our) (?:old |earlier |past |previous )?(?:chats|conversations)|(?:chat|conversation) history",
    "/tray": rf"{_SHOW} my tray|open the tray"
    rf"|(?:(?:which|what|{_SHOW}(?: the| my| all)*) )?photos (?:that )?(?:(?:still )?have no|(?:are )?without(?: any)?)"
    r" (?:words|story|stories|notes)(?: yet)?",
    "/models": r"(?:change|switch|choose|pick)(?: the| your| another| to another)? (?:language )?model"
    r"|(?:use|get|try|fetch) an?(?:other)? (?:better |bigger |larger |different |other |smaller )model"
    r"|(?:which|what)(?: other)? models (?:are there|do you have|can i (?:use|choose|get)|could i use)",
    "/help": rf"{_SHOW} (?:the |all |all the |your )?(?:commands|(?:keyboard )?shortcuts|help)"
    r"|(?:what|which)(?: are the)? (?:commands|shortcuts)(?: (?:are there|can i use|do you (?:have|know|understand)))?",
    "/quit": rf"quit|exit|(?:quit|exit|close|leave) {_APP}",
}
_ASKED_FOR = {name: re.compile(rf"{_LEAD}(?:{wish}){_END}", re.IGNORECASE) for name, wish in _WISHES.items()}
"""What opens something of the app, in words."""


def command_of(text: str) -> Command | None:
    """The command that a line in words means; None: it means none."""
    text = " ".join(plainly(text).replace("’", "'").split())
    if len(text) > 200:
        return None
    if _UNDO.fullmatch(text):
        return Command("/undo")
    if _DELETE_THIS.fullmatch(text):
        return Command("/forget", THIS)
    if _REMINDERS.fullmatch(text):
        return Command("/reminders")
    if _PEOPLE.fullmatch(text):
        return Command("/people")
    if found := _END_REMINDER.fullmatch(text):
        return Command("/reminders", said=found["said"] or "")
    if name := next((name for name, wish in _ASKED_FOR.items() if wish.fullmatch(text)), ""):
        return Command(name)
    if wish := words_to_forget(text):
        return Command("/forget", wish)
    return None
