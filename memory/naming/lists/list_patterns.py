"""The ways in which people ask for a list of photos, as patterns; `list_requests.py` says what each asks for.

Patterns match a whole line without the stop or question mark at its end. English only.
"""

from __future__ import annotations

import re

MANY = r"(?:photo(?:graph)?s|pictures|pics|images|snaps|snapshots|memories|shots|entries)"
THINGS = rf"(?:photo(?:graph)?|picture|pic|image|snap|snapshot|memory|shot|{MANY}|ones)"
_KIND = r"(?:(?!(?:of|from|with|what|that|who|this|how|is|are|a|an|me|us|you|it|do|did|have)\b)[\w'-]+\s+)"
"""A word that says which: "the beach photos"."""
_PLEASE = r"(?:(?:please|hey|hi|ok|okay|and|now|so|well|keepsake)[, ]+)*"
_ASK = (
    r"(?:(?:can|could|would|will|may|might) (?:you|we|i) (?:please )?"
    r"|i(?:'d| would) (?:like|love) (?:you to |to (?!show|give|bring))|i want (?:you )?to |let me |let's )?"
)
_ALL = r"(?:(?:all|every|each|any|the|my|our|your|of|some|more|other|those|these|both|only|just)\s+)*"
HEAD = rf"^{_PLEASE}{_ASK}"
"""How a request may begin: "ok, could you please"."""
COMMANDED = re.compile(
    rf"{HEAD}(?:(?:bring|pull|look|dig) up|(?:dig|pick|pull|get) out"
    r"|(?:look|go|flip|scroll|leaf) (?:at|through|over|for)"
    r"|show|list|find|display|get|give|see|browse|open|fetch|bring|filter|search(?: for)?)"
    rf"(?: (?:me|us))?\s+(?:again\s+)?(?P<all>{_ALL})"
    rf"(?:(?P<kind>{_KIND}{{1,2}})(?P<many>{MANY}|ones)"
    rf"|(?P<what>{THINGS}|everything|everybody|all|anything|something|what)?)\b\s*(?P<rest>\b.*)?$",
    re.IGNORECASE,
)
""" "Show me everything from 2024", "can you pull up the beach photos"."""
ONE_OF = re.compile(
    rf"{HEAD}(?:show|see|find|look at|open)(?: me)? (?:again )?(?:"
    r"the (?P<kind>(?!last|next|previous|first|other|same|new|whole|big|real|right|wrong|original|full|large|old)"
    r"[\w'-]+) (?:photo(?:graph)?|picture|pic|image)"
    r"|(?:what|everything|all|the things?) (?:that )?i(?:'ve| have)? (?:said|told you|ever told you) (?:about|of)"
    r" (?:my |the |our )?(?P<topic>\S.*))$",
    re.IGNORECASE,
)
""" "I want to see the bear photo", "show me what I told you about my nan"."""
_ONE = r"(?:photo(?:graph)?|picture|pic|image|memory|one)"
_OF = r"(?:of|with|from|in|at|about|where|that (?:has|shows)|which (?:has|shows))\b"
FIND_ONE = re.compile(
    rf"{HEAD}(?:find|search for|look for|dig out)(?: me)? (?:the|that|a) {_ONE} (?P<rest>{_OF} .+)$",
    re.IGNORECASE,
)
""" "Find the one with the red boots"."""
AT_END = re.compile(
    rf"(?P<asks>{HEAD}(?:(?:show|find|see|open|get|give|display|bring up|pull up)(?: (?:me|us))?"
    r"|what(?:'s| is| was)) )?"
    r"(?:(?:the|my|our) )?(?:very )?(?:(?P<first>first|earliest|oldest)|last|latest|newest|most recent)"
    rf" {_ONE}(?: (?:that )?(?:i|we|you) (?:have|took|showed you|told you|kept))? (?P<rest>{_OF} .+)$",
    re.IGNORECASE,
)
""" "Show me the last photo of Otis"; without a verb it may tell what a photo is."""
WHICH = re.compile(
    rf"^{_PLEASE}(?:which|what|how many)\s+(?P<all>{_ALL})(?P<kind>{_KIND}{{0,2}}?)(?P<what>{MANY}|ones)\b"
    r"\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
""" "Which photos do you have of Anna"."""
HAVE = re.compile(
    rf"^{_PLEASE}(?:(?:do (?:you|we|i) (?:still )?have|(?:have (?:you|we|i)|you have(?= any)|got(?= (?:any|some)\b))"
    r"(?: (?:got|ever|already|shown|told|given|taken|kept|added|made|you))*"
    r"|did (?:we|i) (?:ever )?(?:show you|take|give you|add|keep|make)|are there|is there|where are))\s+"
    rf"(?P<all>(?:a )?{_ALL})(?P<kind>{_KIND}{{0,2}}?)(?P<what>{MANY}|anything|something|everything"
    r"|(?<=\ba )(?:photo(?:graph)?|picture|pic|image)"
    r"(?= of (?!.*\b(?:him|his|her|it|its|them|their|this|that|these)\b)))"
    r"\b\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
""" "Do we have any pictures of Rome", "where are the photos of Leo"."""
BARE = re.compile(
    rf"^{_PLEASE}(?P<all>{_ALL})(?P<what>{THINGS}|everything|all|anything|something)\b\s*(?P<rest>.*)$", re.IGNORECASE
)
""" "All photos of Anna"."""
TELLS = re.compile(r"\b(?:is|are|was|were|will|got|had|has|came|looks?)\b", re.IGNORECASE)
"""A verb behind "the photos", which makes of them a sentence that tells something."""
LIMITS = re.compile(
    r"(?:of|from|with|in|at|about|since|before|after|between|where|by|taken|that|on|during|\d)", re.IGNORECASE
)
"""How the words begin that limit a list."""
OF_THEM = re.compile(
    rf"(?:is|are|was|were|did|does|do|looks?|has) (?!(?:there|you|we|i|{LIMITS.pattern})\b)", re.IGNORECASE
)
""" "Are better", behind "which photos": a question about them, and no list."""
ALL_OF = re.compile(
    rf"^{_PLEASE}(?:all|every one|each one)(?: of)? (?:my|our|the) (?P<rest>.+?) (?:over the years|through the years"
    r"|so far|until now|up to now|ever|(?:that )?(?:we|i|you) (?:have|know|took|kept|own|owned))$",
    re.IGNORECASE,
)
""" "All my cats over the years"."""
OF_WHICH = re.compile(
    rf"^{_PLEASE}(?:which|what) (?P<rest>.+?) (?:do|did|have) (?:i|we|you) (?:have |got |take |taken )*(?:any )?{MANY}"
    r" (?:of|from|with)$",
    re.IGNORECASE,
)
""" "Which concerts do we have photos of"."""
_PHOTOS = rf"(?:(?:any|some) )?{MANY}(?: (?:of|from|with))?"
_HAD = (
    r"(?:have|got|had|know|remember|kept|keep|seen?|shown?|photograph(?:ed)?|take|taken|look after|care for"
    r"|(?:tell|told) you (?:about|of))"
)
_MINE = rf"(?:in|on) (?:any of )?(?:my|our|your|the|these) (?:{MANY}|album|memory)"
OF_KIND = re.compile(
    rf"^{_PLEASE}(?:(?:which|what|how many)(?: (?:kinds?|sorts?) of)?|show me|list|(?:can|could|may) i see|let me see"
    rf"|(?:do|have) (?:i|we|you) (?:have|got|own|know)(?= (?:any|some)\b))(?: of)? {_ALL}(?P<kind>[^\W\d_]+)"
    rf"(?:\s+(?:(?:do|did|have) (?:i|we|you)(?: {_HAD})?(?: you)?(?: {_PHOTOS})?|(?:are|is) there"
    rf"|(?:(?:are|is|appear) )?{_MINE}|can you (?:show me|find)))?(?: (?:so far|here|at all))?$",
    re.IGNORECASE,
)
""" "Which pets do I have?", "what drinks did I photograph": of a category, see `categories.py`."""
ALL_THAT = re.compile(
    rf"^{_PLEASE}(?:(?:what|how many(?= (?:things|items)\b)) (?:(?:all )?(?:things|stuff|belongings|items)"
    r" (?:do|have) i (?:have|own|got)"
    r"|do i (?:have|own)|have i (?:shown|showed) you|(?:things|stuff) (?:do you know(?: about)?"
    r"|(?:have|did) i (?:shown?|told|tell) you(?: about)?)"
    r"|(?:have|did) i (?:told|tell) you(?: about)?(?= (?:so far|already|until now)))"
    r"|(?:show me|list) (?:all )?(?:my|our|the) (?:things|stuff|belongings|items))"
    r"(?: (?:so far|already|until now|here|in here|in total|altogether|now))*$",
    re.IGNORECASE,
)
""" "What things do I have", "what have I shown you so far": everything."""
IN_NUMBERED = re.compile(
    rf"^{_PLEASE}(?:(?:which|what)(?: (?:things|stuff|all|else))?(?:(?:'s|s| is| are)|(?: do| did| have)? (?:i|we)"
    r" (?:have|got|put|pack(?:ed)?|keep|kept|stored?))?(?: (?:packed|kept|stored|still|all))* in|(?:show|list)(?: me)?)"
    r" (?:the )?(?P<rest>(?:box|carton|crate|bag|suitcase|drawer|shelf|cupboard|locker|room|folder) "
    r"(?:(?:no\.?|number|#) ?)?\d+)$",
    re.IGNORECASE,
)
""" "What is in box 3"."""
WHO = re.compile(
    rf"^{_PLEASE}who(?:m|s|'s| all)? (?:(?:do|did|have) (?:i|we|you) (?:have|got|know|take|taken)?\s*(?:{_PHOTOS})"
    rf"|(?:is|are|appears?)? ?{_MINE})$",
    re.IGNORECASE,
)
""" "Who is in my photos"."""
ELSE = re.compile(
    rf"^{_PLEASE}what (?:(?:else|all|things|stuff) )?"
    r"(?:(?:do|did) (?:you|we|i) have|have (?:you|we|i)(?: got)?|is there) (?P<rest>(?:of|from|about) .*)$"
    rf"|^{_PLEASE}(?:what(?: all| else| things?)? belongs?|(?:which|what) (?P<kind>[^\W\d_]+s) (?:all )?belong)"
    r" to (?P<owner>.*)$",
    re.IGNORECASE,
)
""" "What else do you have from Lisbon", "what belongs to Isla", "which animals belong to the Hendersons"."""
DONE = re.compile(
    rf"^{_PLEASE}(?:what (?:did|have) (?:we|i|you)"
    r" (?:do|done|see|seen|photograph(?:ed)?|take|taken|get up to|been up to)\b"
    r"|what (?:happened|was (?:going on|there|up))|where (?:did|have) (?:we|i) (?:go|been|travel)|where were (?:we|i)"
    r"|what (?:do you have|have you got|is there))\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
""" "What did we do last summer": a list only where a time limits it."""
TOLD_THEN = re.compile(
    rf"^{_PLEASE}(?:what|(?:which )?(?:{THINGS}|things)(?: that)?|show me (?:what|everything)|everything|all)"
    r" (?:(?:did|have) )?(?:i|we)(?: have|'ve)? (?:tell|told|say|said|add(?:ed)?|teach|taught|saved?"
    r"|remember(?:ed)?)"
    r"(?: to)?(?: you)? (?P<rest>(?!(?:to|you|about)\b)\S.*)$",
    re.IGNORECASE,
)
""" "What did I tell you yesterday": a list only where nothing but a time limits it, that of the telling."""
PLAIN = (
    rf"{HEAD}(?:show|list|find|search(?: for)?) "
    r"(?!(?:(?:me|us) )?(?:the|some|any|a|more|other|those|these|both|just|only) )"
)
""" "Show Anna": the name of what is wanted stands right behind the verb."""
NO_OBJECT = re.compile(
    r"^(?:how|why|when|whether|if|who|whom|whose|where|that|this|it|them|him|her|your?|out|to|something|me|us"
    r"|settings|help|again|more|less|another|the (?:last|next|previous|first|other|caption|answer|words?|way"
    r"|difference|time))\b",
    re.IGNORECASE,
)
"""What behind "show me" is nothing that photos are of: "how it works", "the last answer"."""
PRONOUN = re.compile(r"(?:him|her|it|them|this|that|me|us|you|these|those|mind|here|there|else)?$", re.IGNORECASE)
"""Words that alone limit nothing."""
ONE = re.compile(r"^(?:a|an|one|this|that|the)\b", re.IGNORECASE)
"""How one thing is asked for, and no list."""
LINKS = re.compile(
    r"\b(?:do|did|have|had) (?:you|we|i)\b"
    r"(?: (?:have|got|know|keep|kept|remember|take|taken|took|show|shown|given|make|made|see)\b)?(?: you\b)?"
    r"|\b(?:are|were|is|was) there\b"
    r"|\b(?:that|which|who)? ?(?:show|shows|have|has|contain|mention|mentions|i took|we took"
    r"|i have|we have|you have|you know|you remember)\b|\b(?:taken|made|shot|stored|remembered|exist|got)\b"
    r"|\b(?:once more|altogether|in all|in total|all told|so far|up to now|until now|to date)$",
    re.IGNORECASE,
)
"""Words between "photos" and what limits them: "do you have", "that show"."""
FILLER = frozenset(
    """of from with in at on about the my our your me us we i you all any every where that which is are was were and do
    did have has there show shows please together both anywhere memory memories album for by to it here photos photo
    pictures picture pics images snaps shots entries everything anything things stuff something a an ones one some only
    just again over else got them""".split()
)
"""Words that limit nothing, at the beginning or end of those that do."""
EDGE = re.compile(r"^[\s,:;.?!]+|[\s,:;.?!]+$")
"""Spaces and stops around a line."""

VIEW = re.compile(
    r"\b(?:him|hers?|his|its?|them|these|their|(?:this|that|the same)(?: \w+)?|(?:he|she|they)(?= (?:in|on)\b))\b",
    re.IGNORECASE,
)
"""Words that point to what the photo in view shows."""
MORE = re.compile(r"\b(?:more|others?|another|additional|further)\b", re.IGNORECASE)
ASKING = re.compile(
    rf"{_PLEASE}(?:is (?:he|she|it)(?= (?:in|on)\b)|are they(?= (?:in|on)\b)|(?:is|are) there|is it possible"
    rf"|i(?:'d| want| would)|(?:{MANY}|you have|can|could|may|would|will|let|show|list|find|see|give|get|got|have|has"
    r"|do|does|did|any|all|which|what|how|where|more|other|others))\b",
    re.IGNORECASE,
)
"""How a request for photos of what is in view begins."""
MEANT = frozenset(
    """show list find see give get got have has do does did any all every each which what how many where can could may
    would will let want like love please pls plz hey hi ok okay and now so well keepsake is are he she they there else
    by some maybe just too also already yet i'd shown other images alike similar ones one look looks saved possible
    kept""".split()
)
"""Words beside which a request for photos of what is in view has no others."""
