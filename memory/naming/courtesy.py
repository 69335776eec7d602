"""Courtesies around a question or a wish: "Would you be so kind as to tell me who this is?" asks "who is this?".

For lines that ask or want something; what tells is never changed. English only.
"""

from __future__ import annotations

import re

from memory.naming.word_order import in_english_order

_EVER_SO = r"(?:(?:possibly|perhaps|please|kindly|just|still|by any chance|very much|dearly|most|so|ever so|rather) )*"
_KIND = r"(?:(?:so|very) (?:kind|good)(?: as)?|(?:kind|good) enough) (?:to|and) "
_DEAR = r"an? (?:dear|love|angel|sport|good (?:fellow|chap|lad|girl)) and "
_LEAD = re.compile(
    r"^(?:(?:my dear(?: (?:fellow|chap|friend|boy|lady))?|i say|pray|kindly|if you please|if you don't mind"
    r"|if i may(?: ask)?|(?:do )?(?:excuse|forgive|pardon) me|i beg your pardon|now then|well now|by the way"
    r"|incidentally)[,.:;!–—-]* )+",
    re.IGNORECASE,
)
_TELL_ME = "tell me|remind me|let me know|show|list|forget|delete|remove|erase|give me|dig out|pull up"
_WISH = (
    rf"(?:{_TELL_ME}|find|see|look (?:up|for|out)|bring|take (?:that|it|this) back|undo|search|fetch|open|display)\b"
)
_TO = "(?:(?:with|from|for|to|by|in|at|of|on|about|since) )?"
"""What may stand before the word that asks: "with whom"."""
_WH = "(?:who|whom|whose|what|which|where|when|why|how)"
_KNOW = "(?:know|remember|recall|recollect)\\b"
_WANTS = re.compile(
    rf"(?:(?:and|so|but|please|ok)[, ]+)*(?:{_WISH}|{_TO}{_WH}\b"
    r"|(?:is|are|was|were|am|do|does|did|can|could|will|would|has|have|had|may|might)\b)",
    re.IGNORECASE,
)
"""How a line begins that asks or wants something."""
_LOOKING = (
    r"(?:see|look at|look through)\b.*\b(?:photo|picture|pic|image|snap|album|memor|everything)"
    rf"|{_KNOW}|(?:ask|hear|learn|enquire)\b"
)
_FRAME = re.compile(
    rf"(?:(?:please|well|and|so|now|but|oh)[, ]+)*(?:"
    rf"(?:would|could|can|will|might) you {_EVER_SO}(?:be (?:{_KIND}|able to |{_DEAR})|happen to |care to "
    rf"|mind (?=\w+ing\b)|(?=(?:{_TELL_ME})\b))"
    rf"|do you (?:happen|chance) to |do you by any chance (?=know|re)"
    rf"|(?:do|would|don't) you (?:suppose|think|imagine)(?: that)? you (?:could|might|can) "
    rf"|i(?: should| would|'d) {_EVER_SO}(?:like|love|care|wish) (?:you to |to (?={_LOOKING}))"
    rf"|i(?: should| would|'d) {_EVER_SO}be {_EVER_SO}(?:grateful|obliged|glad|pleased|thankful)"
    rf"(?: if you (?:could|would|might|can)|(?= to (?:hear|learn|know))(?: to)?) "
    rf"|i(?: do)? (?:wonder|was wondering|wondered)(?: if| whether) you (?:(?:could|might|can|would|happen to)"
    rf" (?:be able to |happen to |care to )?|(?={_KNOW}))|i (?:do )?wonder(?:,? now,?)? (?={_WH}\b)"
    rf"|i don't suppose(?: that)? you (?:(?:could|would|can|might|happen to) (?:happen to )?|(?={_KNOW}))"
    rf"|you (?:wouldn't|would not|don't|do not) {_EVER_SO}(?:happen|chance) to "
    rf"|have you (?:got )?(?:any|the (?:faintest|slightest|foggiest))(?: earthly)? (?:idea|notion|inkling)"
    rf"(?: as to| of)? (?={_WH}\b)"
    rf"|(?:might|may|could|can) i {_EVER_SO}(?:trouble you to |(?=ask\b|enquire\b|inquire\b))"
    rf"|be (?:{_KIND}|{_DEAR})"
    rf"|perhaps you (?:could|can|would|might) "
    rf"){_EVER_SO}",
    re.IGNORECASE,
)
"""What stands before what is wanted."""
_TAIL = re.compile(
    r",? (?:if you please|if you (?:would|will|don't mind|can|could)(?: be so kind)?(?: as to tell me)?"
    r"|if (?:i|one) (?:may|might)(?: ask)?|if it(?:'s| is)(?: not|n't) too much (?:trouble|bother)|(?<=, )i wonder"
    r"|i wonder(?=\W*\?)|(?<=, )(?:pray|dear|would you|do you)|(?:may|might) i (?:ask|enquire)"
    r"|there's a good (?:chap|fellow|girl|lad)|my (?:dear|good)(?: \w+)?|old (?:chap|boy|fellow|thing|bean)"
    r"|do you (?:suppose|think))(?=\W*$)",
    re.IGNORECASE,
)
_SAYING = re.compile(
    r"(?:(?:tell(?:ing)? me|remind(?:ing)? me|let(?:ting)? me know|inform(?:ing)? me|enlighten(?:ing)? me|ask(?: you)?"
    r"|enquire|inquire|say(?:ing)?|know|remember|recall|recollect|hear|learn|jog(?:ging)? my memory)"
    rf"(?: (?:again|once more|please|as to|about))* )?(?P<clause>{_WH}\b.*)",
    re.IGNORECASE,
)
_SHOWING = re.compile(r"(?P<verb>show|tell|remind|list|find|forgett?|delet|remov|eras|giv)ing\b", re.IGNORECASE)
_WHAT = rf"{_TO}(?:(?:what|which|whose)(?: [\w'-]+){{0,3}}?|whom?|where|when|why|how(?: \w+)?)"
_SUBJECT = (
    r"(?:(?:this|that|these|those)(?: [\w'-]+){0,3}?|it|he|she|they|we|i|(?:the|my|our|his|her|their|its) [\w' -]+?"
    r"|[A-Z][\w'-]+(?: [A-Z][\w'-]+)*(?:'s [\w-]+)?)"
)
_INDIRECT = re.compile(rf"(?P<what>{_WHAT}) (?P<who>{_SUBJECT}) (?P<verb>is|are|was|were)(?P<rest>(?: [^,;]+)?)")
""" "Who this is": the verb behind its subject."""
_DOES = re.compile(
    r"(?:who|what|(?:which|whose) \w+) (?:is|are|was|were|has|had|\w+ed|gave|made|took|got|bought|sold|sent|left) .+"
)
""" "Who gave it to me": a clause that is a question as it stands."""
_SEVERAL = re.compile(rf"(?:,| and|,? or) (?:(?:with|from|for|to|by|in|at) )?{_WH}\b")
"""Where a second question begins."""


def plainly(line: str) -> str:
    """A line that asks or wants something without its courtesies, in English word order; any other as it is."""
    said = " ".join(line.replace("’", "'").split())
    end = "?" if said.endswith("?") else ""
    rest = _TAIL.sub("", _LEAD.sub("", said, count=1)) if not said.startswith("/") else said
    if found := _FRAME.match(rest):
        wanted = _SHOWING.sub(_infinitive, rest[found.end() :], count=1)
        if asked := _SAYING.match(wanted.rstrip(" ?!.")):
            return _asked(asked["clause"])
        rest = wanted
    if not said.startswith("/"):
        bare = rest.rstrip(" ?!.")
        rest = rest if (ordered := in_english_order(bare)) == bare else ordered
    if rest == said or not _WANTS.match(rest):
        return line
    return f"{rest.rstrip(' ?!.')}{end}"


def _infinitive(found: re.Match[str]) -> str:
    verb = found["verb"].lower()
    return {"forgett": "forget"}.get(verb, f"{verb}e" if verb in ("delet", "remov", "eras", "giv") else verb)


def _asked(clause: str) -> str:
    """A clause behind "tell me" as a question: "who this is" is "who is this?"."""
    several = _SEVERAL.search(clause)
    if not several and (found := _INDIRECT.fullmatch(clause)):
        return f"{found['what']} {found['verb']} {found['who']}{found['rest']}?"
    return f"{clause}?" if not several and _DOES.fullmatch(clause) else f"can you tell me {clause}?"
