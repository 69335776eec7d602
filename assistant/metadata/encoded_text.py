"""Texts in the metadata of photos, in the codes that cameras and programs write them in; no file is read here."""

from __future__ import annotations

import codecs
import re
import unicodedata
from contextlib import suppress

_OF_A_MAC = re.compile(rb"[\x81\x83\x86-\x89\x8d\x8f\x90\x98\x9d]|[a-z][\x8a\x8c\x8e\x9f]")
"""Letters with accents in Mac OS Roman, which in Windows' code are signs, or capitals behind small letters."""
_WORD = rb"(?:[A-Z]?[a-z']{2,}|[A-Z]{3,}|\d+)"
_PLAIN = re.compile(rb"%s(?:[\s.,:;!?'\"()&-]+%s)*[.!?)]?" % (_WORD, _WORD))
"""Words of plain letters, which some write under the name of UNICODE."""
_KANA = re.compile("[\u3041-\u30ff]")
"""Every Japanese sentence has some of these signs."""


def user_comment(raw: bytes, endian: str) -> str:
    """EXIF's comment: eight bytes that name its code, then the text (EXIF 2.32, 4.6.5)."""
    if raw[:8].strip(b"\0 ").upper() not in (b"", b"ASCII", b"UNICODE", b"JIS"):
        return decoded(raw)  # some name no code
    code, raw = raw[:8].rstrip(b"\0 ").upper(), raw[8:]
    if code == b"UNICODE" and raw[:3] != codecs.BOM_UTF8 and not _PLAIN.fullmatch(raw.strip(b"\0 ")):
        return _utf_16(raw, endian)
    return raw.decode("iso2022_jp", "ignore").strip("\0 ") if code == b"JIS" else decoded(raw)


def _utf_16(raw: bytes, endian: str) -> str:
    """UTF-16 of which the order of bytes is not known, for writers differ: the half that has most zeros holds the high
    bytes; else the order with letters of fewer scripts is right, or that whose high bytes vary less; at last `endian`,
    "<" or ">", decides."""
    both = [raw.decode(f"utf-16-{way}", "ignore").strip("\0\ufeff\ufffe ") for way in ("le", "be")]
    even, odd = raw.rstrip(b"\0")[0::2], raw.rstrip(b"\0")[1::2]
    zeros = even.count(0) - odd.count(0)
    signs = (
        zeros if 4 * abs(zeros) > len(even) else 0,
        len(_scripts(both[0])) - len(_scripts(both[1])),
        len(set(odd)) - len(set(even)),
    )
    likelier = next((sign for sign in signs if sign), 1 if endian == ">" else -1)
    return both[likelier > 0]


def decoded(raw: bytes) -> str:
    """UTF-8 or, where it is none, what Windows writes in Japan, or Windows or an old Macintosh in the west; "" for
    other codes, which would read as noise."""
    raw = raw.strip(b"\0 ")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        with suppress(UnicodeDecodeError):
            if _KANA.search(text := raw.decode("cp932")):
                return text
        text = raw.decode("mac_roman" if _OF_A_MAC.search(raw) else "cp1252", "replace")
    letters = [c for c in text if c.isalpha()]
    foreign = sum(ord(c) > 127 for c in letters) > max(3, 0.6 * len(letters))
    return "" if foreign or len(letters) < 0.5 * len(text.strip()) else text


def _scripts(text: str) -> set[str]:
    """The scripts of a text's letters, by the first words of their names; "" for what is no character."""
    odd = ("Cn", "Co", "Cs")
    names = {unicodedata.name(c, "").partition(" ")[0] for c in text if c.isalpha() or unicodedata.category(c) in odd}
    return {"CJK" if name in ("HIRAGANA", "KATAKANA", "FULLWIDTH", "HALFWIDTH") else name for name in names}
