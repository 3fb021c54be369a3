"""Guesses the charset of octets that carry no usable label.

UTF-8 proves itself. The double-byte charsets of East Asia are told apart by where their common
characters lie, Cyrillic by which half of the table is used; charset-normalizer has the last
word. Looks at 8 kB at most, so the cost does not grow with the mail.
"""

import re

from charset_normalizer import from_bytes

_SAMPLE = 8192
_HIGH = re.compile(rb"[\x80-\xff]+")
_PAIRS = {
    "gb18030": re.compile(rb"[\xa1-\xa9\xb0-\xf7][\xa1-\xfe]"),
    "big5hkscs": re.compile(rb"[\xa1-\xc6\xc9-\xf9][\x40-\x7e\xa1-\xfe]"),
    "cp932": re.compile(rb"[\x81-\x9f\xe0-\xea][\x40-\x7e\x80-\xfc]"),
}
_SINGLE = ("cp1251", "koi8_r", "cp1252", "cp1250", "cp1253", "cp1255", "cp1256", "cp874")


def detect(data: bytes, hint: str | None = None) -> str:
    """Name the codec that `data` most likely is in; always one that can decode with "replace".

    hint: a codec that the rest of the mail is in.
    """
    if _is_utf8(data):
        return "utf-8"
    sample = data[:_SAMPLE]
    if b"\x1b$" in sample or b"\x1b(" in sample:
        return "iso-2022-jp"
    if hint and hint not in ("utf-8", "cp1252") and _fits(sample, hint):
        return hint
    return _east_asian(sample) or _cyrillic(sample) or _last_resort(sample)


def contradicts(data: bytes, codec: str) -> str | None:
    """The codec that `data` plainly is in although labelled `codec`; None when it may fit.

    Double-byte text under a Western label, and UTF-8 under another, are what programs do wrong.
    """
    if codec.startswith("utf") or data.isascii():
        return None
    sample = data[:_SAMPLE]
    if _is_utf8(sample):
        text = sample.decode("utf-8", "ignore")
        short = sum("\x7f" < char < "\u0800" for char in text)
        long = sum(char >= "\u0800" for char in text)
        if (codec == "cp1252" and short + long) or long >= 2 > short:
            return "utf-8"
    if codec == "cp1252":
        runs = _HIGH.findall(sample)
        if sum(map(len, runs)) >= 4 * len(runs):
            return _east_asian(sample)
    return None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A text cut inside its last character is UTF-8 all the same.
        return (
            error.start >= len(data) - 3
            and error.start > 3
            and not data[: error.start].isascii()
        )
    return True


def _fits(sample: bytes, codec: str) -> bool:
    try:
        sample.decode(codec)
    except UnicodeDecodeError as error:
        return len(sample) == _SAMPLE and error.start >= _SAMPLE - 4
    except (UnicodeError, LookupError):
        return False
    return True


def _walk(sample: bytes, codec: str) -> tuple[int, int, list[int]]:
    """Pairs of `codec` from left to right, octets that fit none, and the leads."""
    pair = _PAIRS[codec]
    pairs = misfits = index = 0
    leads: list[int] = []
    while index < len(sample):
        if sample[index] < 0x80:
            index += 1
        elif pair.match(sample, index):
            pairs += 1
            leads.append(sample[index])
            index += 2
        else:
            misfits += 1
            index += 1
    return pairs, misfits, leads


def _share(leads: list[int], low: int, high: int) -> float:
    return sum(low <= lead <= high for lead in leads) / max(len(leads), 1)


def _east_asian(sample: bytes) -> str | None:
    runs = _HIGH.findall(sample)
    if not runs:
        return None
    scores: dict[str, float] = {}
    pairs, misfits, leads = _walk(sample, "gb18030")
    if pairs and misfits <= pairs // 20:
        kana = _share(leads, 0xA4, 0xA5)
        if kana > 0.25:
            scores["euc_jis_2004"] = 1.1
        elif _share(leads, 0xB0, 0xC8) > 0.93 and pairs >= 6 and b" " in sample:
            scores["cp949"] = 1.05
        else:
            scores["gb18030"] = _share(leads, 0xB0, 0xD7) + _share(leads, 0xA1, 0xA3)
    pairs, misfits, leads = _walk(sample, "big5hkscs")
    if pairs and misfits <= pairs // 20:
        scores["big5hkscs"] = _share(leads, 0xA4, 0xC6) + _share(leads, 0xA1, 0xA3) - 0.02
    pairs, misfits, leads = _walk(sample, "cp932")
    if pairs and misfits <= pairs // 4:
        japanese = _share(leads, 0x81, 0x83) + _share(leads, 0x88, 0x97)
        scores["cp932"] = japanese if _share(leads, 0x82, 0x83) > 0.2 else japanese / 2
    if not scores:
        return None
    best = max(scores, key=lambda codec: scores[codec])
    if scores[best] < 0.7 or not _fits(sample, best):
        return None
    # Single accented letters between ASCII ones are Western, not pairs that happen to fit.
    single = sum(len(run) == 1 for run in runs)
    if single * 2 > len(runs) and best != "cp932":
        return None
    return (
        best
        if sum(map(len, runs)) >= 4 or (max(map(len, runs)) >= 2 and best == "gb18030")
        else None
    )


def _cyrillic(sample: bytes) -> str | None:
    high = [octet for octet in sample if octet >= 0x80]
    letters = sum(chr(octet).isalpha() for octet in sample if octet < 0x80)
    if len(high) < 4 or len(high) * 2 < letters:
        return None
    upper = sum(octet >= 0xE0 for octet in high) / len(high)
    lower = sum(0xC0 <= octet <= 0xDF for octet in high) / len(high)
    if len(high) >= 60:
        return None if not (upper > 0.6 or lower > 0.6) else _longer(sample, upper > lower)
    return "cp1251" if upper > 0.5 else "koi8_r" if lower > 0.5 else None


def _longer(sample: bytes, is_upper_half: bool) -> str:
    """Enough text for a statistical opinion; it must be one of the plausible tables."""
    best = from_bytes(sample, cp_isolation=list(_SINGLE)).best()
    if best is not None and best.encoding in _SINGLE:
        return best.encoding
    return "cp1251" if is_upper_half else "koi8_r"


def _last_resort(sample: bytes) -> str:
    if len(sample) >= 48:
        best = from_bytes(sample[:2048], cp_isolation=list(_SINGLE)).best()
        if best is not None and best.encoding in _SINGLE:
            return best.encoding
    return "cp1252"
