"""Cuts out of a body what this person wrote now.

Quotes, attribution lines, quoted header blocks, signatures, mobile footers, legal notices and
lines of virus scanners go; answers between quoted lines stay with the lines that they answer; a
forward stays whole. Nothing is deleted anywhere: the full text is kept beside it.
"""

import re

from worker.mail import quote_lines as q
from worker.mail.own_lines import Stretch, divide

_MAX_LINES = 20_000
"""More lines than that are taken as one."""
_MAX_SIGNATURE_LINES = 12
_MIN_NOTICE = 60
_SIGNED = re.compile(
    r"^-----BEGIN PGP SIGNED MESSAGE-----\n(?:Hash:[^\n]*\n)*+\n?", re.MULTILINE
)
_DASH_ESCAPE = re.compile(r"^- (?=-)", re.MULTILINE)
_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
_SIGNATURE_END = "-----END PGP SIGNATURE-----"


def reply_text(body: str) -> str:
    """What was written now; the whole body where that cannot be told from a forward."""
    if _SIGNATURE in body:
        body = _without_armour(body)
    lines = body.split("\n", _MAX_LINES)
    division = divide(lines)
    trimmed = [_trimmed(stretch) for stretch in division.stretches]
    text = _assembled([stretch for stretch in trimmed if not stretch.is_empty()])
    if division.forward is not None:  # what was written above it, and all of it
        if not text:
            return body.strip()
        return "\n".join([text, "", *lines[division.forward :]]).strip()
    if text or any(stretch.is_quote for stretch in division.stretches):
        return text
    return body.strip()


def _without_armour(body: str) -> str:
    """Without what a signature in the text adds (RFC 9580 section 7)."""
    start = body.find(_SIGNATURE)
    end = body.find(_SIGNATURE_END, start)
    if end < 0:
        return body
    signed = _DASH_ESCAPE.sub("", _SIGNED.sub("", body[:start], count=1))
    return signed + body[end + len(_SIGNATURE_END) :]


def _trimmed(stretch: Stretch) -> Stretch:
    """One's own words without the signature, footers and notices at their end."""
    if stretch.is_quote:
        return stretch
    lines = _without_warning(stretch.lines)
    for place, line in enumerate(lines):
        shown = q.visible(line)
        if not shown:
            continue
        if _begins_signature(lines, place) or _begins_notice(lines, place):
            lines = lines[:place]
            break
    while lines and _is_left_over(q.visible(lines[-1]), is_only=len(lines) == 1):
        lines = lines[:-1]
    return Stretch(False, lines[: _before_address_card(lines)])


def _without_warning(lines: list[str]) -> list[str]:
    """Without the paragraph on top that warns of mail from outside, if more follows."""
    first = next((at for at, line in enumerate(lines) if q.visible(line)), None)
    if first is None or not q.is_outside_warning(q.visible(lines[first])):
        return lines
    at = first
    while at < len(lines) and q.visible(lines[at]) and at - first < 6:
        at += 1
    return lines[at:] if any(q.visible(line) for line in lines[at:]) else lines


def _before_address_card(lines: list[str]) -> int:
    """Where a signature without a delimiter begins: a last paragraph of short lines with a firm
    or a sign-off and two telephone numbers, addresses or websites, or three with a website; the
    sign-off and the name stay."""
    begin = len(lines)
    while begin and lines[begin - 1].strip() and len(lines) - begin <= _MAX_SIGNATURE_LINES:
        begin -= 1
    card = [q.visible(line) for line in lines[begin:]]
    if begin == 0 or not 3 <= len(card) <= _MAX_SIGNATURE_LINES or max(map(len, card)) > 100:
        return len(lines)
    contacts = sum(q.is_contact(line) for line in card)
    if contacts < 2:
        return len(lines)
    if q.is_sign_off(card[0]):
        return begin + 2
    is_card = any(q.names_firm(line) for line in card) or (
        contacts >= 3 and any(q.is_website(line) for line in card)
    )
    return begin if is_card else len(lines)


def _begins_signature(lines: list[str], place: int) -> bool:
    line = lines[place]
    if len(lines) - place > 80:
        return False
    is_mark = q.is_signature_mark(line)
    is_name = q.is_signed_name(line)
    if not is_mark and not is_name and not q.is_long_rule(line):
        return False
    below = [one for one in lines[place + 1 : place + 60] if one.strip()]
    if len(below) > _MAX_SIGNATURE_LINES:
        return False
    shown = [q.visible(one) for one in below]
    if is_mark or any(q.is_footer(one) or q.is_sent_from(one) for one in shown[:4]):
        return True
    above = [one for one in lines[:place] if one.strip()]
    if not above or above[-1].rstrip().endswith((":", "：")):  # a list is told of
        return False
    return 1 <= len(shown) <= 5 and all(map(q.is_name_or_post, shown))


def _begins_notice(lines: list[str], place: int) -> bool:
    """A legal notice: its first words, much text, nothing of one's own is expected below."""
    shown = q.visible(lines[place])
    if place == 0 or not q.begins_disclaimer(shown):
        return False
    above = lines[place - 1].strip()
    below = sum(len(one) + (0 if one.isascii() else len(one)) for one in lines[place:][:40])
    return (not above or q.is_rule(above)) and below >= _MIN_NOTICE


def _is_left_over(shown: str, *, is_only: bool) -> bool:
    if not shown or q.is_rule(shown):
        return True
    if q.is_sent_from(shown) or q.is_footer(shown):
        return True
    return not is_only and q.is_dashed_name(shown)


def _assembled(stretches: list[Stretch]) -> str:
    """Own stretches in order; where several answer quotes, each with the quote's last lines."""
    answers = sum(
        not stretch.is_quote and place > 0 and stretches[place - 1].is_quote
        for place, stretch in enumerate(stretches)
    )
    out: list[str] = []
    for place, stretch in enumerate(stretches):
        if not stretch.is_quote:
            out += [*stretch.lines, ""]
        elif answers >= 2 and place + 1 < len(stretches):
            out += [*_last_paragraph(stretch.lines), ""]
    return "\n".join(out).strip()


def _last_paragraph(lines: list[str]) -> list[str]:
    """The end of a quote, up to 6 lines: what an answer below it refers to."""
    kept: list[str] = []
    for line in reversed(lines):
        if not line.strip(" >\t"):
            if kept:
                break
            continue
        kept.append(line)
        if len(kept) == 6:
            break
    return kept[::-1]
