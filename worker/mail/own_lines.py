"""Divides a body into what was quoted and what is the person's own, up to an older mail.

Quoted is what carries quote marks and the attribution above it. Where an older mail begins
without marks (a header block, "-----Original Message-----", an attribution over plain text) the
division ends.
"""

from dataclasses import dataclass, field

from worker.mail import attributions as a
from worker.mail import quote_lines as q

_MAX_ATTRIBUTION_LINES = 5
_MAX_BLOCK_LINES = 10
_MAX_CHECKS = 1000
"""Lines of one body that are looked at closely for an attribution."""


@dataclass(slots=True)
class Stretch:
    """Neighbouring lines that are all quoted or all the person's own."""

    is_quote: bool
    lines: list[str] = field(default_factory=list)

    def is_empty(self) -> bool:
        return not any(line.strip() for line in self.lines)


@dataclass(slots=True)
class Division:
    """A body divided; `forward` is the line where a forwarded mail begins, None without one."""

    stretches: list[Stretch] = field(default_factory=list)
    forward: int | None = None


def divide(lines: list[str]) -> Division:
    """Divide the lines of a body."""
    return _Divider(lines, [q.visible(line) for line in lines]).run()


class _Divider:
    def __init__(self, lines: list[str], shown: list[str]) -> None:
        self.lines = lines
        self.shown = shown
        self.division = Division()
        self.has_own = False
        self.checks_left = _MAX_CHECKS
        quoted = [q.is_quoted(line) for line in lines]
        self.quoted = quoted
        places = range(len(lines))
        self.last_quoted = max((at for at in places if quoted[at]), default=-1)
        self.last_own = max((at for at in places if shown[at] and not quoted[at]), default=-1)

    def run(self) -> Division:
        place = 0
        while place < len(self.lines):
            if self.quoted[place] or not self.shown[place]:
                self._take(place, is_quote=self.quoted[place] or self._is_in_quote())
                place += 1
                continue
            if q.is_forward_mark(self.shown[place]):
                self.division.forward = place
                break
            if self._is_older_mail(place):
                if not self.division.stretches or not (self.has_own or self._has_quote()):
                    self.division.forward = place  # nothing above: a forward without saying so
                break
            length = self._attribution(place)
            following = self._next(place + length) if length else None
            if following is not None and not self.quoted[following] and self.has_own:
                self._add(self._own_before(place, length), is_quote=False)
                break  # an older mail without quote marks
            if not length and self.has_own and self._is_last_word(place):
                break
            if length and (own := self._own_before(place, length)):
                self._add(own, is_quote=False)
                self.has_own = True
            for _ in range(length):
                self._add("", is_quote=True)
            if not length:
                self._take(place, is_quote=self._is_wrapped_quote(place))
            place += max(length, 1)
        return self.division

    def _take(self, place: int, *, is_quote: bool) -> None:
        self._add(self.lines[place], is_quote=is_quote)
        if not is_quote and self.shown[place]:
            self.has_own = True

    def _add(self, line: str, *, is_quote: bool) -> None:
        stretches = self.division.stretches
        if not stretches or stretches[-1].is_quote != is_quote:
            stretches.append(Stretch(is_quote))
        stretches[-1].lines.append(line)

    def _is_in_quote(self) -> bool:
        return bool(self.division.stretches) and self.division.stretches[-1].is_quote

    def _has_quote(self) -> bool:
        return any(stretch.is_quote for stretch in self.division.stretches[:2])

    def _next(self, place: int) -> int | None:
        """The next line that shows something, looked for over a dozen lines."""
        for at in range(place, min(place + 12, len(self.lines))):
            if self.shown[at]:
                return at
        return None

    def _is_older_mail(self, place: int) -> bool:
        line = self.shown[place]
        return (
            q.is_reply_above(line)
            or q.is_original_mark(line)
            or self._is_header_block(place)
            or self._is_notes_block(place)
        )

    def _is_quote_next(self, place: int) -> bool:
        following = self._next(place)
        return following is not None and self.quoted[following]

    def _attribution(self, place: int) -> int:
        """How many lines the attribution that begins here takes; 0 for none."""
        shown = self.shown
        if self.checks_left <= 0 or not self._may_end(place):
            return 0
        self.checks_left -= 1
        if not a.may_begin_attribution(shown[place]) and not self._is_name_above(place):
            is_before_quote = self._is_quote_next(place + 1)
            return int(is_before_quote and a.is_attribution(shown[place], before_quote=True))
        text = ""
        for length in range(1, _MAX_ATTRIBUTION_LINES + 1):
            at = place + length - 1
            if at >= len(shown) or not shown[at] or self.quoted[at]:
                break
            if length > 1 and self._stands_alone(at, above=text):
                return 0  # a shorter attribution begins here: that one counts
            if length == 2 and self._begins_anew(at, above=text):
                return 0
            text = f"{text} {shown[at]}".strip()
            if a.is_attribution(text, before_quote=self._is_quote_next(at + 1)):
                return length
            if len(text) > 60 and text.endswith((".", "!", "?", "。", "！", "？")):
                break
        return 0

    def _is_name_above(self, place: int) -> bool:
        """A name alone whose address begins the next line."""
        below = self.shown[place + 1] if place + 1 < len(self.shown) else ""
        return (
            below.startswith("<") and len(self.shown[place]) <= 60 and a.is_attribution(below)
        )

    def _may_end(self, place: int) -> bool:
        """A cheap look ahead: a colon ends a line, or a quote follows, soon enough."""
        at = place
        for at in range(place, min(place + _MAX_ATTRIBUTION_LINES, len(self.shown))):
            line = self.shown[at]
            if not line:
                break
            if self.quoted[at] or line.endswith((":", "：")) or a.ends_with_verb(line):
                return True
        return self._is_quote_next(at)

    def _stands_alone(self, at: int, *, above: str) -> bool:
        """Whether the line is an attribution of its own and not the end of the one above."""
        line = self.shown[at]
        if len(line) <= 30 or not a.may_begin_attribution(line) or not a.is_attribution(line):
            return False
        if above.endswith(("<", "(")) or line.startswith("<"):
            return False
        return a.begins_with_date(line) or not a.begins_with_date(above)

    def _begins_anew(self, at: int, *, above: str) -> bool:
        """Whether the dated beginning stands below a line that only looks like one."""
        return (
            a.begins_with_date(self.shown[at])
            and not a.begins_with_date(above)
            and not above.endswith((",", "<", "(", "-"))
            and a.begins_undated(above)
        )

    def _own_before(self, place: int, length: int) -> str:
        """What was written on the line on which an attribution begins."""
        own = a.own_before_attribution(" ".join(self.shown[place : place + length]))
        return own if self.shown[place].startswith(own) else ""

    def _is_header_block(self, place: int) -> bool:
        """From, Sent, To, Subject above a quoted mail, in any language."""
        shown = self.shown
        at = self._next(place + 1) if q.is_rule(shown[place]) else place
        if at is None or at > place + 3:
            return False
        first = q.label(shown[at])
        if first not in ("from", "sent"):
            return False
        if {"from", "sent"} <= (run_together := q.labels_within(shown[at])):
            return len(run_together) >= 3 or at > place
        second = shown[min(at + 1, len(shown) - 1)]
        if q.is_dated_field(shown[at]) and q.is_addressed_field(second):
            return True
        if q.is_addressed_field(shown[at]) and q.is_worded_date(second):
            return True
        names = [
            q.label(line) if line else None for line in shown[at + 1 : at + _MAX_BLOCK_LINES]
        ]
        near = {"from", "sent", "to", "subject"} - {first}
        if len({first, *filter(None, names)}) < 3 or not near & set(names[:3]):
            return False
        # A customer lists date, sender and receiver of a payment, without subject or mail.
        block = shown[at : at + _MAX_BLOCK_LINES]
        is_worded = first == "from" and any(q.is_worded_date(line) for line in block[:3])
        return is_worded or bool({"subject", "cc"} & set(names)) or "@" in "".join(block)

    def _is_notes_block(self, place: int) -> bool:
        """Lotus Notes: a name, a date, then "To", "cc" and "Subject" on lines of their own."""
        line = self.shown[place]
        below = [one for one in self.shown[place + 1 : place + 20] if one]
        if len(line) > 120 or "@" not in line or not any(map(q.is_short_date, below[:4])):
            return False
        bare = [q.label(f"{one}:") for one in below if len(one) < 12]
        return "to" in bare and "subject" in bare

    def _is_last_word(self, place: int) -> bool:
        """A mobile footer ends what was written, unless more stands below quotes."""
        is_end = place >= self.last_quoted or place >= self.last_own
        return is_end and q.is_sent_from(self.shown[place])

    def _is_wrapped_quote(self, place: int) -> bool:
        """The rest of a quoted line that a gateway broke."""
        if place == 0 or not self._is_in_quote() or not self.shown[place - 1]:
            return False
        before = self.lines[place - 1].rstrip()
        if a.goes_on_from(self.shown[place], before) and any(
            self.quoted[place + 1 : place + 3]
        ):
            return True
        if len(before) < 60 or not any(self.quoted[place + 1 : place + 3]):
            return False
        return self.shown[place][0].islower() or before[-1] not in ".?!:。？！："
