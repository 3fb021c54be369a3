"""Says of single lines of a body whether a person or a mail program put them there.

Pure text; the phrases are in worker/rules/quote_markers.yaml. Only short lines are looked at
closely, so the cost grows with the length of the body only.
"""

import re
from functools import cache

from worker.mail.markers import begins_with, either, first_in, phrases

_MAX_LINE = 400
_DATE = re.compile(
    r"\d{4}\s*[-/.年]\s*\d{1,2}|\d{1,2}\s*[-/.月]\s*\d{1,2}|\d{1,2}:\d{2}|\d{1,2}\.?\s+(?:de\s+)?\w{3,}\.?,?\s+(?:de\s+)?\d{4}"
    r"|\w{3,}\.?\s+\d{1,2},?\s+\d{4}|\d{4}년|\d{1,2}[hH.]\d{2}"
)
_TIME = re.compile(r"\d{4}\D.{0,12}\d{1,2}:\d{2}")
_TELEPHONE = re.compile(r"\+?\(?\d[\d .()/-]{6,20}\d")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_WORD = re.compile(r"[^\W\d_]{3}")
_WORD_END = re.compile(r"(?<=\S) (?=[^\s<(\"])|\t")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_RULE = re.compile(r"\s*[-_=*~—–─━]{3,}[-_=*~—–─━\s]*$")
_LONG_RULE = re.compile(r"\s*(?:[-_=*—–─━]\s*){10,}$")
_SIGNATURE = re.compile(r"\s{0,3}(?:--|—|––|__)\s*$")
_DASHED_NAME = re.compile(
    r"\s{0,3}(?:[-—–]{1,3}|~)\s?[A-Z][\w.'’-]*(?:\s+[A-Z][\w.'’-]*){0,3}\s*$"
)
_QUOTED = re.compile(r"\s{0,3}(?:[A-Z]{2,3})?[>＞](?!\s*[:：]\s*$)")
_DEVICE = re.compile(
    r"\b(?:iphone|ipad|smartphone|galaxy|android|outlook|bluemail|smart device)\b",
    re.IGNORECASE,
)
_WEBSITE = re.compile(r"(?:https?://)?www\.[\w.-]+/?", re.IGNORECASE)
_URL = re.compile(r"<?https?://\S+>?")
_FILE = "quote_markers"
_WORDS = 9


def visible(line: str) -> str:
    """The line without invisible characters and outer blanks."""
    return _INVISIBLE.sub("", line).replace("\xa0", " ").replace("&nbsp;", " ").strip()


def is_quoted(line: str) -> bool:
    return _QUOTED.match(line) is not None


def is_rule(line: str) -> bool:
    """A line of dashes, underscores or the like only."""
    return _RULE.match(line[:300]) is not None


def is_long_rule(line: str) -> bool:
    return _LONG_RULE.match(line[:300]) is not None


def is_signature_mark(line: str) -> bool:
    """ "-- " (RFC 3676 section 4.3) and what looks like it."""
    return _SIGNATURE.match(line[:20]) is not None


def is_signed_name(line: str) -> bool:
    """ "--Li Wei", with two dashes, above the rest of a signature."""
    return line.lstrip()[:2] in ("--", "——") and is_dashed_name(line)


def is_name_or_post(line: str) -> bool:
    """A short line that is no sentence and no data."""
    if len(line) > 40 or line.endswith(tuple(".?!:,;。？！：，；")):
        return False
    return is_contact(line) or sum(map(str.isdigit, line)) < 5


def is_dashed_name(line: str) -> bool:
    """ "-Li Wei" below a text."""
    return _DASHED_NAME.match(line[:80]) is not None


@cache
def _labels() -> re.Pattern[str]:
    markers = phrases(_FILE)
    groups = "|".join(
        f"(?P<{name}>{either(markers[f'label_{name}'])})"
        for name in ("from", "sent", "to", "cc", "subject")
    )
    return re.compile(
        rf"[\s*|>·•]{{0,6}}(?:{groups})\s{{0,4}}\*?\s*[|]?\s*[:：|]", re.IGNORECASE
    )


def label(line: str) -> str | None:
    """What field of a quoted header block the line shows: from, sent, to, cc or subject."""
    match = _labels().match(line[:80])
    return match.lastgroup if match else None


def labels_within(line: str) -> set[str]:
    """The fields of a header block that was run together into one line, if it is one."""
    if not 30 <= len(line) <= _MAX_LINE or "@" not in line or label(line) is None:
        return set()
    found = (_labels().match(line, at.end()) for at in _WORD_END.finditer(line))
    return {label(line) or "", *(one.lastgroup or "" for one in found if one)} - {""}


def is_dated_field(line: str) -> bool:
    """ "Date: Wed, 1 May 2024 10:00:00 +0800", with the time."""
    return label(line) == "sent" and _TIME.search(line) is not None


def is_worded_date(line: str) -> bool:
    """ "Sent: Monday, 6 May 2024 10:00", as mail programs write it."""
    return is_dated_field(line) and _WORD.search(line.partition(":")[2]) is not None


def is_short_date(line: str) -> bool:
    """A line that holds a date and hardly more."""
    return len(line) <= 40 and _DATE.search(line) is not None


def is_addressed_field(line: str) -> bool:
    """ "To: li.wei@example.com"."""
    return label(line) in ("from", "to") and _MAIL.search(line[:200]) is not None


@cache
def _separator(name: str) -> re.Pattern[str]:
    listed = either(phrases(_FILE)[name])
    ruled = either(phrases(_FILE)[name] + phrases(_FILE)[f"{name}_ruled"])
    return re.compile(
        rf"[\s*>]{{0,4}}[-_=*~—–─━<\[【·]{{2,}}\s*(?:the\s+)?(?:{ruled})(?:\s*\(?[^-—–─]{{0,40}}\)?)?\s*[-_=*~—–─━>\]】·]*\s*[:：]?\s*$"
        rf"|[\s*]{{0,4}}(?:{listed})\s*[:：]\s*$",
        re.IGNORECASE,
    )


def is_original_mark(line: str) -> bool:
    """ "-----Original Message-----" in any language."""
    return len(line) < 200 and _separator("original").match(line) is not None


def is_forward_mark(line: str) -> bool:
    """ "---------- Forwarded message ---------" in any language."""
    return len(line) < 200 and _separator("forwarded").match(line) is not None


def is_reply_above(line: str) -> bool:
    """ "Please type your reply above this line"."""
    return len(line) < 200 and first_in(line.lower(), _FILE, "reply_above") is not None


def is_sent_from(line: str) -> bool:
    """ "Sent from my iPhone": a phrase, then few words and no sentence."""
    line = line.strip(" *_<>[]()-–—~·•").rstrip(".。")
    phrase = begins_with(line.lower(), _FILE, "sent_from") if len(line) <= 140 else None
    if phrase is None:
        return False
    rest = _URL.sub("", line[len(phrase) :]).strip()
    if first_in(rest.lower(), _FILE, "pardon"):
        return len(line) <= 120
    if phrase.startswith("from my"):
        return len(rest.split()) <= 2
    if _DEVICE.search(rest) and ". " not in rest:
        return len(line) <= 100
    if any(mark in rest for mark in (",", "，", ";", "!", "?", "。", "？", "！", ". ")):
        return False
    return len(rest.split()) <= _WORDS and len(rest) <= 60


def is_footer(line: str) -> bool:
    """A line of a virus scanner, a mobile program or a mailing list."""
    return len(line) < 250 and first_in(line.lower(), _FILE, "footer") is not None


def begins_disclaimer(line: str) -> bool:
    """The first line of a legal notice."""
    text = line[:200].strip(" *_-–—<>[]()【】").lower()
    if begins_with(text, _FILE, "disclaimer") is not None:
        return True
    said = " ".join(line[:400].lower().split())
    return first_in(said, _FILE, "legal_for") is not None and (
        first_in(said, _FILE, "legal_secret") is not None
    )


def is_outside_warning(line: str) -> bool:
    """What a company's server puts above mail from outside."""
    line = line[:200].strip(" *_-–—<>").lower()
    return begins_with(line, _FILE, "outside_warning") is not None


def is_sign_off(line: str) -> bool:
    """ "Kind regards," and the like, alone on its line."""
    return line[:60].strip(" *_-–—,，.。!！").lower() in _sign_offs()


@cache
def _sign_offs() -> frozenset[str]:
    return frozenset(phrases(_FILE)["sign_off"])


def is_contact(line: str) -> bool:
    """A telephone number, a mail address or a website of an address card."""
    if len(line) > 100:
        return False
    if is_website(line) or _TELEPHONE.fullmatch(line) or _MAIL.fullmatch(line.strip("<>")):
        return True
    phrase = begins_with(line.lower().lstrip(" *_|"), _FILE, "contact")
    return phrase is not None and (sum(map(str.isdigit, line)) >= 6 or "www." in line.lower())


def is_website(line: str) -> bool:
    return _WEBSITE.fullmatch(line) is not None


def names_firm(line: str) -> bool:
    return len(line) < 100 and first_in(f" {line.lower()}", _FILE, "firm") is not None
