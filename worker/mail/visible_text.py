"""Cuts out of a body what this person wrote now.

Quotes, attribution lines, quoted header blocks, signatures, mobile footers, legal notices and
lines of virus scanners go; answers between quoted lines stay with the lines that they answer; a
forward stays whole. Nothing is deleted anywhere: the full text is kept beside it.
"""

from dataclasses import dataclass, field

from worker.mail import quote_lines as q

_MAX_ATTRIBUTION_LINES = 5
_MAX_BLOCK_LINES = 10
_MAX_SIGNATURE_LINES = 12
_MIN_NOTICE = 60


@dataclass(slots=True)
class _Stretch:
    """Neighbouring lines that are all quoted or all the person's own."""

    is_quote: bool
    lines: list[str] = field(default_factory=list)


def reply_text(body: str) -> str:
    """What was written now; the whole body where that cannot be told from a forward."""
    lines = body.split("\n")
    shown = [q.visible(line) for line in lines]
    stretches, rest = _divide(lines, shown)
    own = [_trimmed(stretch) for stretch in stretches]
    text = _assembled(
        [stretch for stretch in own if any(line.strip() for line in stretch.lines)]
    )
    if rest is not None:  # a forward: what was written above it, and all of it
        return (
            "\n".join([*text.split("\n"), "", *lines[rest:]]).strip() if text else body.strip()
        )
    if text or any(stretch.is_quote for stretch in stretches):
        return text
    return body.strip()


def _divide(lines: list[str], shown: list[str]) -> tuple[list[_Stretch], int | None]:
    """Cut up to where an older mail begins; with it the line of a forward, if one is met."""
    stretches: list[_Stretch] = []
    place = 0
    while place < len(lines):
        if q.is_quoted(lines[place]):
            _append(stretches, lines[place], is_quote=True)
            place += 1
            continue
        line = shown[place]
        if not line:
            _append(
                stretches, lines[place], is_quote=bool(stretches) and stretches[-1].is_quote
            )
            place += 1
            continue
        written = any(one.strip() for s in stretches if not s.is_quote for one in s.lines)
        if q.is_forward_mark(line):
            return stretches, place
        if q.is_reply_above(line) or q.is_original_mark(line) or _is_header_block(shown, place):
            if written or any(stretch.is_quote for stretch in stretches):
                return stretches, None
            return stretches, place  # nothing above: a forward without saying so
        length = _attribution(lines, shown, place)
        if length:
            following = _next_shown(lines, place + length)
            if following is not None and not q.is_quoted(following) and written:
                return stretches, None  # an older mail without quote marks
            for offset in range(length):
                _append(stretches, "", is_quote=True, force=offset == 0)
            place += length
            continue
        if q.is_sent_from(line) and written and _is_last_word(lines, place):
            return stretches, None
        is_wrapped = _is_wrapped_quote(lines, place, stretches)
        _append(stretches, lines[place], is_quote=is_wrapped)
        place += 1
    return stretches, None


def _append(
    stretches: list[_Stretch], line: str, *, is_quote: bool, force: bool = False
) -> None:
    if not stretches or stretches[-1].is_quote != is_quote:
        stretches.append(_Stretch(is_quote))
    elif force and is_quote:
        pass
    stretches[-1].lines.append(line)


def _next_shown(lines: list[str], place: int) -> str | None:
    for line in lines[place : place + 12]:
        if line.strip():
            return line
    return None


def _attribution(lines: list[str], shown: list[str], place: int) -> int:
    """How many lines the attribution that begins here takes; 0 for none."""
    if not _may_end(lines, shown, place):
        return 0
    if not q.may_begin_attribution(shown[place]):
        following = _next_shown(lines, place + 1)
        is_before_quote = following is not None and q.is_quoted(following)
        return int(is_before_quote and q.is_attribution(shown[place], before_quote=True))
    text = ""
    for length in range(1, _MAX_ATTRIBUTION_LINES + 1):
        at = place + length - 1
        if at >= len(lines) or not shown[at] or (length > 1 and q.is_quoted(lines[at])):
            break
        if length > 1 and _attribution_alone(shown, at):
            return 0
        text = f"{text} {shown[at]}".strip()
        following = _next_shown(lines, at + 1)
        before_quote = following is not None and q.is_quoted(following)
        if q.is_attribution(text, before_quote=before_quote):
            return length
        if text.endswith((".", "!", "?", "。", "！", "？")) and len(text) > 60:
            break
    return 0


def _may_end(lines: list[str], shown: list[str], place: int) -> bool:
    """A cheap look ahead: a colon ends a line, or a quote follows, soon enough."""
    for at in range(place, min(place + _MAX_ATTRIBUTION_LINES, len(lines))):
        if not shown[at]:
            break
        if shown[at].endswith((":", "：")) or (at > place and q.is_quoted(lines[at])):
            return True
        if q.ends_with_verb(shown[at]):
            return True
    following = _next_shown(lines, at)
    return following is not None and q.is_quoted(following)


def _attribution_alone(shown: list[str], at: int) -> bool:
    """Whether a shorter attribution begins at a later line: then that one counts."""
    if not q.may_begin_attribution(shown[at]):
        return False
    return q.is_attribution(shown[at]) and len(shown[at]) > 30


def _is_header_block(shown: list[str], place: int) -> bool:
    """From, Sent, To, Subject above a quoted mail, in any language, behind a line or not."""
    at = place
    if q.is_rule(shown[at]):
        at += 1
        while at < len(shown) and not shown[at] and at < place + 3:
            at += 1
        if at >= len(shown):
            return False
    first = q.label(shown[at]) if shown[at] else None
    if first not in ("from", "sent"):
        return False
    found = {first}
    for line in shown[at + 1 : at + _MAX_BLOCK_LINES]:
        if line and (name := q.label(line)):
            found.add(name)
    near = {q.label(line) for line in shown[at + 1 : at + 4] if line}
    return len(found) >= 3 and bool(near & {"from", "sent", "to", "subject"} - {first})


def _is_last_word(lines: list[str], place: int) -> bool:
    """A mobile footer ends what was written, unless more of one's own stands below quotes."""
    rest = lines[place + 1 :]
    return not any(q.is_quoted(line) for line in rest) or not any(
        line.strip() and not q.is_quoted(line) for line in rest
    )


def _is_wrapped_quote(lines: list[str], place: int, stretches: list[_Stretch]) -> bool:
    """The rest of a quoted line that a gateway broke."""
    if place == 0 or not stretches or not stretches[-1].is_quote:
        return False
    before = lines[place - 1]
    if (
        not before.strip()
        or len(before) < 60
        or not any(map(q.is_quoted, lines[place + 1 : place + 3]))
    ):
        return False
    return lines[place][:1].islower() or before.rstrip()[-1] not in ".?!:。？！："


def _trimmed(stretch: _Stretch) -> _Stretch:
    """One's own words without the signature, footers and notices at their end."""
    if stretch.is_quote:
        return stretch
    lines = stretch.lines
    for place, line in enumerate(lines):
        shown = q.visible(line)
        if not shown:
            continue
        if _begins_signature(lines, place) or _begins_notice(lines, place):
            lines = lines[:place]
            break
    while lines and _is_left_over(q.visible(lines[-1]), is_only=len(lines) == 1):
        lines = lines[:-1]
    return _Stretch(False, lines)


def _begins_signature(lines: list[str], place: int) -> bool:
    line = lines[place]
    below = [one for one in lines[place + 1 :] if one.strip()]
    if q.is_signature_mark(line):
        return len(below) <= _MAX_SIGNATURE_LINES
    if q.is_long_rule(line):
        return len(below) <= _MAX_SIGNATURE_LINES and any(
            q.is_footer(q.visible(one)) for one in below[:4]
        )
    return False


def _begins_notice(lines: list[str], place: int) -> bool:
    """A legal notice: its first words, much text, nothing of one's own is expected below."""
    shown = q.visible(lines[place])
    if place == 0 or not q.begins_disclaimer(shown):
        return False
    above = lines[place - 1].strip()
    return (not above or q.is_rule(above)) and sum(map(len, lines[place:])) >= _MIN_NOTICE


def _is_left_over(shown: str, *, is_only: bool) -> bool:
    if not shown or q.is_rule(shown):
        return True
    if q.is_sent_from(shown) or q.is_footer(shown):
        return True
    return not is_only and q.is_dashed_name(shown)


def _assembled(stretches: list[_Stretch]) -> str:
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
