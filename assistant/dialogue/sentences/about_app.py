"""Lines about the conversation, the assistant or the app itself: they tell nothing of the photo and are not kept.

All patterns are for text as `plain_text.plain` makes it, without what ends it.
"""

from __future__ import annotations

import re

from assistant.dialogue.sentences import remarks

_LEAD = r"(?:(?:wait|hold on|sorry|hm+|ok(?:ay)?|well|oh|ah|wow|no|so|and|but|please|just|haha+|thanks)[, ]+)*"
_APP = r"(?:app|program|assistant|(?:chat)?bot|software|machine|computer|robot)"
_ONE = (
    r"(?:(?:better|right|other|different|new|nicer|next|sharper|older|good) )*"
    r"(?:photo(?:graph)?s?|pictures?|pics?|images?|files?|one|shot)"
)
INSULTS = "useless|rubbish|stupid|silly|daft|dumb|idiotic|hopeless|pathetic|idiot|muppet"
"""What the assistant is called in anger, as alternatives of a pattern."""
_WHILE = r"(?:moment|second|sec|minute|min|bit|while)"
_SOON = (
    rf"(?: (?:about|over|on|of|for) (?:it|that|this|you|a {_WHILE})| again| later| now| tomorrow| first| soon| then"
    rf"| back)*"
)
_PATTERNS = (
    # what the user is about to do
    rf"{_LEAD}(?:i'll|i will|i'm going to|i am going to|let me|let's|i need to|i have to|i want to|gonna) "
    rf"(?:(?:just|first|quickly|better|rather|really) )*(?:(?:tell|show|send|give|explain|ask) (?:it to )?you\b.*"
    rf"|(?:look|find|search|check|get|try|take|choose|pick|upload|load|use|see)(?: for| at| with)? (?:a|an|the"
    rf"|another|my)? ?{_ONE}\b.*"
    rf"|(?:look|think|check|try|see|come back|be back|be right back|get back|continue|go on|go|stop|start over"
    rf"|start again|move on"
    rf"|rephrase|ask|say it|say that|write it|sleep|leave|have a look|start)(?: (?:it|that|this))?{_SOON})$",
    # a pause, or the next photo
    rf"{_LEAD}(?:(?:just )?(?:one|a|half a|give me a|hang on a) {_WHILE}(?: please| longer)?"
    rf"|hold on|hang on"
    r"|wait(?: please| for me| a \w+)?|be right back|brb)$",
    rf"{_LEAD}(?:(?:now |on )?(?:to )?(?:the )?(?:next|previous) {_ONE}|moving on|go on)$",
    rf"{_LEAD}(?:that's |that was |it's |this is )?(?:the )?wrong (?:{_ONE}|button|key|window"
    rf"|answer)(?:[, ]+(?:sorry|again|i).*)?$",
    rf"{_LEAD}(?:that's|that is|that was|this is|it's|that'll be)? ?(?:it|all|enough|plenty|done|finished) (?:for )?"
    r"(?:today|now|tonight|the moment)\b.*",
    # what the assistant did
    rf"{_LEAD}(?:i think |maybe |it seems |looks like )?you(?:'ve| have|'re| are)? (?:(?:just|really|completely"
    rf"|totally|clearly"
    r"|probably|also|still|always|never|often) )*(?:(?:got|get|had|have) (?:it|that|this|him|her|them|me|everything"
    r"|something"
    r"|things) .*\b(?:wrong|right|mixed up"
    r"|confused|backwards)|mix(?:ed|ing)\b.*|confus(?:ed|ing)\b.*|misunderst\w+.*|(?:made|making) (?:that|it|this"
    r"|things|something|stuff) up.*"
    r"|made (?:a |another )?mistakes?\b.*|invent(?:ed|ing)\b.*|lied|lying|guess(?:ed|ing)\b.*|repeat(?:ed"
    r"|ing)? yourself.*"
    r"|surprised? me.*|(?:don't|didn't) (?:understand|listen|get (?:it|that|me))\b.*|(?:very|really|so|too|quite"
    r"|not very) \w+(?: today)?)$",
    r"(?:this|that|it)(?:'s| is| was|'s all| isn't| wasn't)(?: not)? (?:what|where|who|how) i (?:asked|meant|wanted"
    r"|was asking)\b.*",
    r"i (?:asked (?:you|for|about|something)|was asking|didn't (?:ask|mean) (?:that|this|it|for|you)"
    r"|meant (?:the other|another|something|this one|that one))\b.*",
    rf"{_LEAD}(?:you |what an? )?(?:(?:bloody|totally|completely|absolutely|utterly|such|an?|so|silly|stupid|daft|dumb)"
    rf"[ ,]+)*(?:{INSULTS})(?: {_APP})?(?: that was| you are)?$",
    r"(?:i(?:'ve| have)? )?never heard (?:such|anything so|so much) \w+$",
    r"(?:this|that|it)(?:'s| is)? (?:still )?(?:taking|takes) (?:forever|ages|(?:so|too|very|quite|a) \w+(?: time)?)$",
    r"(?:this|that|it|you) (?:made|makes|make) me (?:smile|laugh|cry|happy|sad|think)$",
    r".*\b(?:for|of) (?:a|an) (?:computer|machine|robot|app|program|ai|bot)$",
    rf"i(?:'m| am)? (?:\w+ )*(?:like|love|hate|trust|understand|need|use|know|sure|happy|tired|fond)\b.*\b(?:this"
    rf"|the|your) {_APP}\b.*",
)
ABOUT_APP = [re.compile(pattern) for pattern in _PATTERNS]
"""Whole lines that speak of the conversation, of the assistant, or of the app."""
PARDON = re.compile(r"(?:pardon(?: me)?|excuse me|sorry|huh|come again)$")
""" "Pardon?" asks nothing about the photo."""
OF_ANSWER = re.compile(
    r"(?!no+\b|n ?:|(?:a )?different|(?:this|that|it|he|she)(?:'s| is)(?: not|n't)(?! (?:right|true|correct)))"
)
""" "Wrong", "that's not right", "you mixed them up" may be said of an answer; not so "no" and "it isn't"."""
FEELS = re.compile(
    r"i(?:'m| am| feel)(?: (?:a bit|a little|so|very|really|quite|just|pretty|still|feeling))* "
    r"(?:sad|down|tired|lonely|upset|unhappy|angry|worried|anxious|stressed|exhausted|depressed|blue|sick|ill|unwell)"
    r"(?: (?:today|tonight|now|right now|this \w+))?(?:$|[,.;:–-]| because| since| as )"
)
"""How the user is at the moment, with or without what happened: no word of the photo in view."""
_FEAST = (
    r"(?:my|our|\w+'s) (?:\w+ )?(?:birthday|anniversary|wedding|party|exam|interview|appointment)(?: (?:party|day))?"
)
SOON = re.compile(
    rf"(?:(?:today|tomorrow|\w+day|next \w+)(?:'s| is) {_FEAST}|(?:it's|it is) {_FEAST}"
    r" (?:today|tonight|tomorrow|soon|(?:on |this |next |the day after )\S.*|in \w+ (?:days|weeks)))$"
)
""" "It's my birthday on Thursday": what is to come, and seldom a word of the photo in view."""


def of_the_user(text: str) -> bool:
    """Whether a line in plain form says how the user is, or what is to come: it asks nothing."""
    return bool(FEELS.match(text) or SOON.match(text) or remarks.MOMENT.match(text))


WHO_ARE_YOU = (
    r"(?:(?:so|and|ok|hey|hi|hello|please)(?: there)?[,.! ]+)*"
    r"(?:(?:tell me )?(?:who|what)(?: exactly| the hell)? (?:are you|you are)"
    r"|what(?:'s| is) your name|what can you(?: actually)? do(?: for me)?|what do you do|how do you work"
    r"|what (?:do|should|can|must) i do(?: now| next| here| first)?"
    r"|what(?:'s| is) (?:keepsake|this app|this program)(?: for)?"
    r"|who is keepsake|what(?: questions| else)? (?:can|could|should|may) i ask(?: you| here| about)*"
    r"|how does (?:this app|this program|keepsake) work"
    r"|are you (?:an? |really |just )*(?:ai|robot|bot|human|computer|machine|person|chatbot|model|program|real|alive)"
    r"(?: person)?)"
)
"""A question about the assistant itself: no memory answers it."""
HOW_TO = re.compile(
    rf"{WHO_ARE_YOU}|"
    r"(?:how (?:do|can|could|would|should) (?:i|you|one)|can i|where (?:do|can) i|is there a way to) "
    r"(?:undo(?: (?:it|that|this|something))?"
    r"|(?:make|change|set|turn|switch|enlarge|increase|adjust|zoom|scroll|quit|exit|close|undo|import|export"
    r"|install|back up|encrypt|copy|paste|delete|forget|remove|save"
    r"|add|upload|load|show you)\b.*\b(?:letters?|fonts?|text|theme|screen"
    r"|window|app|program"
    r"|model|keys?|commands?|menu|settings?|memory|memories|conversations?|photo(?:graph)?s?|pictures?|everything|answers?"
    r"|captions?|language|folders?|albums?|chats?|whatsapp|telegram)\b.*)"
)
"""A question about the use of the app."""
