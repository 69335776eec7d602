"""Notes that leave out who or what they are about: "doesn't like the vet", "is deaf in one ear", "can't swim".

They begin as questions do, with a verb. All patterns are for text as `plain_text.plain` makes it.
"""

from __future__ import annotations

import re

from assistant.dialogue.sentences.act_lexicon import AUX, WH

_ADVERB = r"(?:(?:not|never|always|only|also|still|just|sometimes|even) )?"
_BARE = (
    "(?:like|love|hate|eat|drink|swim|bite|bark|sleep|need|want|live|work|play|run|jump|sit|stay|shed|snore|scratch|purr"
    "|close|open|fit|hold|ring|tick|keep|lose|sing|talk|answer|get|be|have|make|leak|sound|smell|stand|fly|climb|weigh"
    "|cost|last|break|use)"
)
"""What somebody does, behind "can" or "doesn't"."""
_NO_SUBJECT = (
    r"(?:not|never|always|only|also|still|just|mostly|barely|hardly|a|an|too|very|so|quite|really|rather|both|no|some"
    r"|lots|about|almost|nearly|at least|size|\d+)(?= \w)"
)
"""What stands behind a verb that has its subject before it, or none."""
HOW_IT_IS = (
    r"(?:deaf|blind|old|broken|heavy|light|expensive|cheap|soft|hard|scared|afraid|allergic|shy|grumpy|friendly|gentle"
    r"|dead|alive|missing|worn|torn|fragile|antique|due|full|empty|left-handed|ill|sick|mine|ours|handmade"
    r"|(?:good|great|bad) (?:with|at|for|in)|\w+(?:proof|less|ful|able|ible|ous|ed))"
)
"""How something is."""
_RELATED = (
    r"(?:(?:best )?friends|twins|sisters|brothers|siblings|cousins|neighbou?rs|colleagues|flatmates|married|engaged"
    r"|divorced|brother and sister|husband and wife|mother and (?:son|daughter)|father and (?:son|daughter))"
)
"""What two or more are to one another."""
_OF_A_REPLY = (
    r"(?: (?:not|so|very|too|really|quite|just|only|a|an|no|still|never|always|be))*"
    r" (?:true|right|correct|wrong|him|her|it|them|me|you|us|the|same|good|great|fine|what|how|who|idea|clue|guess|nice"
    r"|lovely|look|bit|lie|joke|joking|kidding|test|testing|shame|pity|problem|matter|worries|help|helpful|funny|bad|any"
    r"|anything|anyone|anybody|try|go|back)\b(?! (?:with|at|for|in)\b)"
)
""" "Is not true", "have no idea", "was only joking": what is said of a reply, or of oneself."""
ASKS_AT_END = re.compile(
    rf"(?:{AUX}|made|bought|found|taken|born|built|got|adopted) (?:.*\b)?(?:{WH}|(?:which|what) \w+)$"
)
""" "Is from where", "was born when"."""
LEFT_OUT = re.compile(
    rf"(?!\S+{_OF_A_REPLY})(?:has (?:{_NO_SUBJECT}|one|two|three|to)\b"
    rf"|(?:is|are|was|were|isn't|aren't|wasn't|weren't)"
    rf" (?:{_NO_SUBJECT}|{HOW_IT_IS}|{_RELATED}|now (?!ok|fine|good|right|the\b|an? (?:good|bad|great) )[\w']+"
    r"|from|in|on|at|for|by|with|called|named)\b"
    rf"|(?:does|doesn't|does not) {_ADVERB}{_BARE}\b(?<!work))"
    rf"|{WH}(?: [\w']+){{0,3}}: \S"
)
"""A note of somebody or something else than the user; "where: Rome" is one, too."""
LEFT_OUT_DOER = re.compile(
    rf"(?!\S+{_OF_A_REPLY})(?:(?:have|had) (?:{_NO_SUBJECT}|one|two|three)\b"
    rf"|(?:can|could|will|would|should|must|did)(?: not|n't)? {_ADVERB}{_BARE}\b"
    rf"|(?:cannot|can't|won't|doesn't) {_BARE}\b|may (?:not )?(?:be|bite|bark|eat|have|need|run|pull|jump|sting|leak)\b"
    r"|(?:don't|do not) (?:(?:ever|even) )?(?!(?:you|i|we|they|he|she|it|the|my|save|remember|store|show|tell me|ask"
    r"|answer|worry|know|think|mind|bother|care|do|like|want|need|understand|get|see|recall|believe|have"
    r"|forget(?! to\b)|say)\b)\w+"
    r"|did (?:the|a|an|my|our|\d+) [\w-]+ (?:in|on|with|at|for|from)\b)"
)
"""A note that may be of the user as well, or be meant for the app: "can't swim", "did the Camino with these boots"."""
NO_REQUEST = re.compile(
    r"(?!.*\bplease\b)(?:(?:play|open|check|count|guess|change|read) (?!(?:me|us|my|the|our|all|a|an|it|this|that|these"
    r"|those|again|every|everything|photos?|pictures?|more|of)\b)[\w'-]+(?:,| (?:from|by|bought|since)\b)"
    r"|open (?:since|every|on|until)\b|list price\b|make sure\b|for when (?:it|he|she|we|i|you)\b"
    r"|check out (?:my|our|this|these)\b"
    r"|say (?:hi|hello) to\b|look at (?:my|our)\b(?!.*\bagain\b)"
    r"|(?:guess|look) (?:who|what)\b.*(?:[:!] ?\S|, ?[\w' -]+$)"
    r"|(?:use|read|give|keep) (?:it|them) (?!(?:again|to me|now|out|another|an?|in mind)\b)\w+)"
)
""" "Check shirt from dad", "use it for hiking": a thing or a habit, where somebody was asked for it."""
_WITHOUT_IT = r"(?:is|are|was|were) (?:the|my|our|an?) [\w'-]+"
LEFT_OUT_IT = re.compile(
    rf"{_WITHOUT_IT}(?: [\w'-]+)? (?:of|from) (?:my|our) [\w'-]+(?:$|(?: [\w'-]+)?, (?:he|she|it|they|we|i|his|her)\b)"
)
""" "Is the dog of my brother": tells, as languages do that leave out the "it"."""
STOPPED_IT = re.compile(rf"{_WITHOUT_IT}\b.*\.$")
"""The same, before a sentence that goes on telling."""
