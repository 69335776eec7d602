"""Questions about Keepsake itself, by their topic: is it private, where are my photos, can it hear me. In English.

No memory answers them, so no model is asked. What is said stands with the other short replies of the app. A question
that may be about a photo or what it shows ("how do I close this?") is none.
All patterns are for text as `plain_text.plain` makes it, without what ends it.
"""

from __future__ import annotations

import re
from typing import Literal

from memory.naming.courtesy import plainly

Topic = Literal[
    "privacy",
    "readers",
    "place",
    "network",
    "backup",
    "encryption",
    "model",
    "faces",
    "languages",
    "films",
    "limits",
    "keeping",
    "reasons",
    "new conversation",
    "private mode",
    "kept conversations",
    "import",
    "looks",
    "large",
    "help",
    "today",
]

_LEAD = r"(?:(?:so|and|but|ok|okay|hey|hi|hello|wait|please|sorry|um+|keepsake)(?: there)?[,.! ]+)*"
_MINE = (
    r"(?:(?:all )?(?:of )?(?:my|our|the|these) (?:data|information|photo(?:graph)?s|pictures|pics|memories|words|files"
    r"|stuff|conversations?))"
)
_APP = r"(?:you|keepsake|(?:this|the) (?:app|program))"
_ANYBODY = (
    r"(?:anyone|anybody|someone|somebody|others|other people|people|strangers|hackers|google|apple|microsoft|facebook"
    r"|my (?:wife|husband|partner|boyfriend|girlfriend|kids|children|son|daughter|mum|mom|dad|parents|boss|family))"
)
_ALL = rf"(?:this|it|everything|{_MINE})"
_HOW_CAN_I = r"(?:how (?:do|can|could|should) (?:i|we)|can (?:i|we)|is there a way to)"
_PATTERNS: dict[Topic, tuple[str, ...]] = {
    "privacy": (
        rf"(?:is|are|will|does|do|can) {_MINE}(?: (?:ever|really|being|be|get|all))*"
        r" (?:sent|shared|uploaded|leaked|leave|private|safe|secure|sold|seen|go(?= (?:online|anywhere|to)))\b.*",
        rf"(?:do|does|can|will|could|would) {_APP}(?: (?:ever|also|really|secretly))?"
        r" (?:send|upload|spy|leak|sell|phone home|listen(?: to me| in)?$|record me|track)\b.*",
        r"are you (?:listening(?: to me| in)?|recording(?: me| this| us)?|spying(?: on me)?|watching me|tracking me)",
        r"(?:is )?(?:everything|keepsake|this app|the app)(?: (?:here|really|all))?"
        r" (?:private|secure|confidential|safe)(?: here)?",
        r"can i trust you(?: with (?:this|that|it|my \w+))?|can you keep (?:a secret|secrets)|is this confidential",
    ),
    "readers": (
        rf"(?:can|could|will|does|do) {_ANYBODY}(?: else)? (?:see|read|look at|access|get at|find)"
        rf" (?:this|{_MINE}|what i (?:write|type|say|said|tell you|told you))(?: here| on here| too)?",
        rf"who(?: else)? (?:can see|sees|can read|reads|has access to) (?:{_MINE}|what i (?:write|say|tell you))",
    ),
    "place": (
        rf"where (?:are|is|do|does) {_MINE}(?: (?:get|all))? (?:stored|kept|saved|go|live)(?: .*)?",
        rf"where(?: exactly)? (?:is|are) (?:my|our) (?:data|files|memory|memories)|where do {_APP}"
        rf" (?:keep|store|save|put) (?:{_MINE}|everything|it all|them)(?: .*)?",
    ),
    "network": (
        rf"(?:do|does|will|can|could) {_APP} (?:need|require|use|work|run)(?: (?:with|without|on))?"
        r" (?:offline|online|(?:the |an? )?(?:internet|wi-?fi|network)(?: connection)?|an? account)(?: .*)?",
        r"does (?:this|it) work (?:offline|without (?:the )?(?:internet|wi-?fi|network))|are you online|is this online",
    ),
    "backup": (
        rf"(?:{_HOW_CAN_I} )?(?:(?:back ?up|export|make a backup of) {_ALL}|back {_ALL} up|make a backup)(?: .*)?",
        rf"do you make backups|{_HOW_CAN_I} (?:move|transfer|copy|take|bring) (?:{_ALL}|you|keepsake)"
        r" to (?:an?|another|my|the)(?: new| other)* (?:computer|laptop|machine|mac|pc|disk|drive|stick)",
    ),
    "encryption": (
        rf"{_HOW_CAN_I} (?:encrypt {_ALL}|(?:lock|protect|password[- ]protect) (?:keepsake|(?:the|this) app|everything"
        rf"|{_MINE}))(?: .*)?|(?:is|are) (?:everything|{_MINE}) encrypted",
        rf"{_HOW_CAN_I} (?:set|add|have|use|put)(?: up)? a (?:password|passphrase|pin)(?: .*)?",
    ),
    "model": (
        r"(?:what|which) (?:(?:ai|language) )?(?:model|llm|ai) (?:are you|do you use|are you using|is this|is running)",
        r"are you (?:based on |using |really )?(?:chat ?gpt|gpt\S*|claude|gemini|siri|alexa|copilot|llama|qwen|openai)",
        r"who (?:made|built|created|wrote|programmed|developed|trained) you|where do you come from",
    ),
    "faces": (
        r"(?:can|do|will|could) you (?:recogni[sz]e|know|identify|remember|tell)"
        r" (?:faces|people(?:'s faces)?(?: apart)?|a face|someone's face|twins apart)(?: .*)?",
        r"do you (?:use|do|have) (?:face|facial) recognition",
    ),
    "languages": (
        r"(?:do|can|could|will) you (?:also )?(?:speak|understand|read|write|know)(?: in)? (?:(?:any )?other languages?"
        r"|german|french|spanish|italian|portuguese|dutch|polish|turkish|russian|arabic|hindi|chinese|japanese|korean"
        r"|swedish|danish|norwegian|finnish|greek|czech|hungarian|romanian|ukrainian|hebrew)(?: too| as well)?",
        r"(?:what|which) languages? (?:do|can) you (?:speak|understand|know|read)|sprichst du deutsch"
        r"|parlez-vous français|hablas español",
    ),
    "films": (
        r"(?:can|do|could|will) you (?:also )?(?:see|watch|read|understand|play|take|open|look at|hear|remember)"
        r" (?:videos?|films?|movies|clips|pdfs?|documents|audio|voice (?:messages|notes)|music)(?: too| as well)?",
    ),
    "limits": (
        r"how (?:many|much) (?:photo(?:graph)?s|pictures|memories|things|people|data) (?:can|could|will) (?:you|i|it"
        r"|keepsake|we) (?:store|keep|remember|hold|save|handle|add|have)(?: .*)?",
        rf"(?:how much (?:space|disk space|memory|ram|room)|what) (?:do|does) {_APP} (?:need|take|use)(?: up)?"
        r"|is there a limit(?: (?:to|on|of|for) (?:how|the number|photos|memories)\b.*)?",
    ),
    "keeping": (
        r"do you (?:remember|forget|know) everything(?: i (?:tell|told|say to|show|showed) you)?|do you ever forget",
        r"will you (?:still )?(?:remember|know) (?:this|that|it|me|everything)"
        r"(?: (?:tomorrow|next (?:time|week|year)|later|forever|in a (?:week|month|year)))*",
        r"how long (?:do|will|can) you (?:remember|keep) (?:this|that|things|it|everything|memories|photos)",
    ),
    "reasons": (
        r"why (?:do|did|would) you ask(?: (?:me|that|this|so))*"
        r"|why (?:do|did|would) you (?:think|say|believe) (?:it's|this is|that's|it is|he's|she's) (?!in\b|from\b).*",
        r"what (?:does|do you mean by) (?:sure|maybe|recalled)(?: mean)?",
    ),
    "new conversation": (
        rf"{_HOW_CAN_I} (?:start (?:over|again|afresh|a new (?:chat|conversation))"
        r"|clear (?:this|the (?:chat|screen|conversation)))",
    ),
    "private mode": (
        r"(?:(?:go|be|stay|make (?:this|it)) private|(?:(?:start|begin|open|use) )?(?:a |the )?private"
        r" (?:chat|conversation|mode|session)|(?:don't|do not) keep (?:this|our) (?:chat|conversation)"
        r"|incognito(?: mode)?)",
    ),
    "kept conversations": (
        rf"(?:{_HOW_CAN_I} )?(?:delete|remove|erase|forget|rename|find|search) (?:this|our|the|that|my|an?)"
        r" (?:(?:last|old|whole) )?(?:chats?|conversations?|chat history|history)",
        r"what did i ask(?: you)? (?:yesterday|last \w+|before|earlier|the other day)",
    ),
    "import": (
        rf"(?:{_HOW_CAN_I} )?(?:import|load|bring in|read in|add)(?: all)? (?:my|our) (?:photo(?:graph)?s|pictures"
        r"|(?:photo )?library|albums?|(?:whatsapp|telegram|signal)(?: chats?| messages)?|chats?)(?: from .*)?",
        rf"(?:{_HOW_CAN_I} )?watch (?:my|a|the)(?: \w+)? folder",
    ),
    "looks": (
        rf"(?:{_HOW_CAN_I} )?(?:(?:use|switch to|turn on|set|get) )?(?:the )?(?:dark|light|night) (?:mode|theme)",
        rf"(?:{_HOW_CAN_I} )?(?:make|set) (?:the )?(?:text|letters|font|writing) (?:bigger|larger|smaller)",
    ),
    "large": (
        rf"(?:{_HOW_CAN_I} )?(?:show|see|view|open|make) (?:me )?(?:the|this) (?:photo(?:graph)?|picture|pic|image)"
        r" (?:large|larger|big|bigger|full ?screen|in full(?: size)?|on the whole screen)",
        r"full ?screen(?: please)?|zoom in(?: on (?:it|the photo|this))?",
    ),
    "help": (
        r"(?:i )?need (?:some |your |a bit of )?help(?: please| here)?|help me(?: please| out)?"
        r"|can you help(?: me)?(?: please)?|(?:i am|i'm) (?:lost|stuck)(?: here)?|how does it all work",
    ),
    "today": (
        r"what(?:'s| is) (?:today's date|the date today|the time(?: now)?|the weather(?: like)?"
        r" (?:today|tomorrow|now|outside|tonight))",
        r"what (?:day|date) is it today|what time is it now|(?:tell me|do you know|have you got) (?:a|any|some) jokes?"
        r"|(?:can you )?(?:sing|play)(?: me)? (?:a song|some music|something)|(?:can you )?set (?:an alarm|a timer)",
    ),
}
_TOPICS = {
    topic: re.compile(rf"{_LEAD}(?:{'|'.join(patterns)})(?:,? (?:please|then|now|actually|exactly))?")
    for topic, patterns in _PATTERNS.items()
}


def topic_of(low: str) -> Topic | None:
    """What of Keepsake a line in plain form asks about; None where it does not."""
    low = plainly(low).rstrip(" .!?…)")
    return next((topic for topic, pattern in _TOPICS.items() if pattern.fullmatch(low)), None)
