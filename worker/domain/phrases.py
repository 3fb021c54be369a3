"""Finds the phrases of a vocabulary in a text, in one pass, whatever the script.

A vocabulary maps concepts (`stolen`, `withdraw`) to phrases. A phrase is a row of words;
`with*` matches words that begin so, `..` lets up to three words pass (six characters where the
script has no spaces), `(a|b)` is either, `?` makes the letter or brackets before it optional,
and brackets may be repeated with `*` and `+`, three times at most. Case, diacritics of Latin
letters, traditional characters, full-width forms and English apostrophes make no difference.

Linear in the text: a phrase has an end, and each word starts one walk through known states.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import compress
from typing import NamedTuple, TypeAlias

from worker.domain.hanzi import TO_SIMPLIFIED

_GAP = ".."
_REMEMBERED = 50_000
"""Words, and states, that are kept."""
_GAP_WORDS = 3
_GAP_CHARACTERS = 6
_REPEATS = 3
_END, _NOTHING = 0, 1

_SPACELESS = "\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f\u3005"
_WORD = re.compile(rf"[{_SPACELESS}]|[^\W_{_SPACELESS}]+")
_STOP = re.compile(r"[!?;！？；。…\n.,:，、：—]")
_CLAUSE_STOPS = frozenset(",:，、：—")
_ASCII_GAPS = {code: " " for code in range(128) if not chr(code).isalnum()}
_SPACELESS_LETTER = re.compile(f"[{_SPACELESS}]")
_CONTRACTION = re.compile(r"([a-z])'(t|m|re|ve|ll|s|d)\b")


def _folding() -> dict[int, str]:
    table: dict[int, str] = {}
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00), 0x451, 0x401):
        letter = unicodedata.normalize("NFKD", chr(code))[0]
        if letter.isalpha():
            table[code] = letter.lower()
    table |= {
        ord(a): b for a, b in zip("đĐıİłŁøØßẞæÆœŒðÐþÞ", "ddiilloossaaooddtt", strict=True)
    }
    table |= {code: chr(code - 0xFEE0).lower() for code in range(0xFF01, 0xFF5F)}
    table |= {0x2019: "'", 0x2018: "'", 0x02BC: "'", 0x3000: " ", 0xA0: " "}
    for mark in "，：；！？":
        table.pop(ord(mark), None)
    table |= TO_SIMPLIFIED
    # What becomes a letter that becomes another (ǽ, æ, a) becomes the last of them at once.
    return {code: table.get(ord(folded[:1]), folded) for code, folded in table.items()}


_FOLD = _folding()
_FOLDED = {chr(code): folded for code, folded in _FOLD.items() if chr(code) != folded}
_FEW = 40
"""Different characters that are sooner replaced one by one than all are translated."""


def fold(text: str) -> str:
    """Make spellings equal; each character stays in its place, so offsets stay true.

    Texts whose diacritics stand apart (NFD) should be composed (NFC) by the caller first.
    """
    if text.isascii():
        return text.lower()
    present = _FOLDED.keys() & set(text)
    if len(present) > _FEW:
        return text.translate(_FOLD).lower()
    for character in present:  # none is what another becomes
        text = text.replace(character, _FOLDED[character])
    return text.lower()


class Mention(NamedTuple):
    """A concept that the text mentions."""

    concept: str
    first: int
    """Index of its first token."""
    last: int
    sentence: int
    clause: int


class Tokens(NamedTuple):
    """A folded text cut into words (characters where the script has no spaces)."""

    words: list[str]
    sentences: list[int]
    """Of each word: the number of its sentence ..."""
    clauses: list[int]
    """... and of its clause, counted through the whole text as sentences are."""
    sentence_words: list[int]
    """Of each sentence that has any: how many words stand before it."""
    clause_starts: list[int]
    """Of each clause: where it begins in the text."""
    clause_words: list[int]
    """Of each clause: how many words stand before it."""
    text: str

    @property
    def starts(self) -> list[int]:
        """Where each word begins in the text."""
        return [found.start() for found in _WORD.finditer(self.text)]

    def start_of(self, index: int) -> int:
        """Where the word of that index begins in the text."""
        clause = self.clauses[index]
        at = self._after(self.clause_starts[clause], self.clause_words[clause], index)
        return self.text.find(self.words[index], at)

    def span(self, first: int, last: int) -> slice:
        """Where the words from `first` to `last` stand in the text."""
        start = self.start_of(first)
        return slice(start, self._after(start, first, last + 1))

    def _after(self, at: int, first: int, end: int) -> int:
        """Where the words from `first` on, the first one looked for from `at`, end."""
        # Only what is no word stands between words, so the next find is the next word.
        for word in self.words[first:end]:
            at = self.text.find(word, at) + len(word)
        return at

    def sentence_from(self, offset: int) -> int:
        """The sentence of the first word in a clause from `offset` on; past all if none."""
        clause = bisect_left(self.clause_starts, offset)
        if clause < len(self.clause_words) and self.clause_words[clause] < len(self.words):
            return self.sentences[self.clause_words[clause]]
        return len(self.words) + 1


def tokenise(folded: str) -> Tokens:
    """Cut `folded` (see fold) into words, and number their sentences and clauses."""
    tokens = Tokens([], [], [], [], [], [], folded)
    # str.translate and split do ASCII three times as fast as an expression.
    gapped = folded.translate(_ASCII_GAPS) if folded.isascii() else None
    sentence = begin = 0
    for clause, (end, is_clause) in enumerate(_stops(folded)):
        words = (
            _WORD.findall(folded, begin, end) if gapped is None else gapped[begin:end].split()
        )
        tokens.clause_starts.append(begin)
        tokens.clause_words.append(len(tokens.words))
        if words:
            if not tokens.words or tokens.sentences[-1] != sentence:
                tokens.sentence_words.append(len(tokens.words))
            tokens.words.extend(words)
            tokens.sentences.extend([sentence] * len(words))
            tokens.clauses.extend([clause] * len(words))
        sentence += not is_clause
        begin = end + 1
    return tokens


def _stops(folded: str) -> list[tuple[int, bool]]:
    """Where clauses end, and whether the sentence goes on; the last is the end of the text."""
    stops = [
        (at, mark in _CLAUSE_STOPS)
        for found in _STOP.finditer(folded)
        if (mark := found[0]) != "." or not folded[found.end() : found.end() + 1].isdecimal()
        for at in (found.start(),)
    ]
    return [*stops, (len(folded), False)]


def is_spaceless(letter: str) -> bool:
    """Whether `letter` is of a script that puts no spaces between words."""
    return bool(_SPACELESS_LETTER.match(letter))


def join_contractions(folded: str) -> str:
    """`can't` becomes `cant `: the same length, the same word as people type it without."""
    if "'" not in folded:
        return folded
    return _CONTRACTION.sub(lambda m: m[1] + m[2] + " ", folded)


class _Node:
    """A place inside the phrases."""

    __slots__ = ("concepts", "free", "steps")

    def __init__(self) -> None:
        self.steps: dict[str, list[_Node]] = {}
        self.free: list[_Node] = []
        """Reached by any word: the next place of a gap."""
        self.concepts: list[str] = []
        """Phrases of these concepts end here."""


class _State:
    """Every place where the words read so far may stand; made when first met, then kept."""

    __slots__ = ("concepts", "is_last", "is_marked", "nodes", "onward")

    def __init__(self, nodes: frozenset[_Node]) -> None:
        self.nodes = nodes
        self.concepts = tuple(sorted({c for node in nodes for c in node.concepts}))
        self.is_last = not any(node.steps or node.free for node in nodes)
        self.is_marked = bool(self.concepts) or self.is_last
        """Whether there is anything to do here but go on."""
        self.onward: dict[int, _State | None] = {_END: None}
        """By the class of the next word; see Vocabulary."""


def _gap(froms: set[_Node], reach: int) -> set[_Node]:
    """Let up to `reach` words pass after each of `froms`."""
    ends = set(froms)
    for _ in range(reach):
        onward = _Node()
        for node in froms:
            node.free.append(onward)
        froms = {onward}
        ends |= froms
    return ends


class Vocabulary:
    """Phrases compiled for `scan`.

    Words that can stand for the same symbols (themselves, stems of them) are one class, a
    number. Two numbers are fixed: _END of a sentence, and _NOTHING.
    """

    __slots__ = (
        "_classes",
        "_memo",
        "_opening",
        "_start",
        "_states",
        "_stem_lengths",
        "_symbols",
        "_symbols_of",
        "concepts",
    )

    def __init__(self, phrases: Mapping[str, Iterable[str]]) -> None:
        root = _Node()
        self.concepts = frozenset(phrases)
        self._symbols: set[str] = set()
        for concept, rows in phrases.items():
            for row in rows:
                for end in self._weave(parse(row), {root}, _reach(row)):
                    if end is root:
                        raise ValueError(f"{concept}: the phrase {row!r} may be empty")
                    end.concepts.append(concept)
        stems = {len(s) - 1 for s in self._symbols if s.endswith("*")}
        self._stem_lengths = tuple(sorted(stems))
        self._symbols_of: list[tuple[str, ...]] = [(), ()]
        self._classes: dict[tuple[str, ...], int] = {(): _NOTHING}
        self._opening: list[_State | None] = [None, None]
        """Of each class: the state after it as a first word."""
        self._memo: dict[str, int] = {}
        self._states: dict[frozenset[_Node], _State] = {}
        self._start = _State(frozenset({root}))

    def _weave(
        self, piece: "Piece", froms: set[_Node], reach: int, into: _Node | None = None
    ) -> set[_Node]:
        """Add `piece` after each of `froms`; give the places where it may end.

        into: the place where it shall end, so that choices meet again.
        """
        match piece:
            case str() if piece == _GAP:
                return _gap(froms, reach)
            case str():
                self._symbols.add(piece)
                end = into or _Node()
                for node in froms:
                    node.steps.setdefault(piece, []).append(end)
                return {end}
            case Row(pieces=pieces):
                for place, part in enumerate(pieces, 1):
                    froms = self._weave(
                        part, froms, reach, into if place == len(pieces) else None
                    )
                return froms
            case Choice(rows=rows, least=least, most=most):
                ends = set(froms) if least == 0 else set()
                for turn in range(most):
                    meeting = into if into and turn == most - 1 else _Node()
                    froms = {e for row in rows for e in self._weave(row, froms, reach, meeting)}
                    ends |= froms
                return ends

    def _classify(self, word: str) -> int:
        """The class of `word`: what of the vocabulary it can stand for."""
        found = [word] if word in self._symbols else []
        for length in self._stem_lengths:
            if length > len(word):
                break
            if word[:length] + "*" in self._symbols:
                found.append(word[:length] + "*")
        if len(self._memo) > _REMEMBERED:
            self._memo.clear()
        symbols = tuple(found)
        if symbols not in self._classes:
            self._classes[symbols] = number = len(self._symbols_of)
            self._symbols_of.append(symbols)
            self._opening.append(self._step(self._start, number))
        return self._memo.setdefault(word, self._classes[symbols])

    def _step(self, state: _State, number: int) -> _State | None:
        nodes = {following for node in state.nodes for following in node.free}
        for symbol in self._symbols_of[number]:
            for node in state.nodes:
                nodes.update(node.steps.get(symbol, ()))
        onward: _State | None = None
        if nodes:
            key = frozenset(nodes)
            if len(self._states) > _REMEMBERED:
                self._states.clear()
                for opening in filter(None, self._opening):
                    opening.onward = {_END: None}
            onward = self._states.get(key)
            if onward is None:
                onward = self._states[key] = _State(key)
        state.onward[number] = onward
        return onward

    def scan(self, tokens: Tokens) -> list[Mention]:
        """Find every phrase; overlapping ones all count. In order of their first word."""
        found: list[tuple[tuple[str, ...], int, int]] = []
        unmet = self._start  # no phrase leads back to it
        # The end of a sentence is a class of its own that leads nowhere: no step looks for it.
        classes, indexes = self._classes_of(tokens)
        opening = list(map(self._opening.__getitem__, classes))
        for first, opened in compress(enumerate(opening), opening):
            state, place = opened, first
            while state is not None:
                if state.is_marked:
                    if state.concepts:
                        found.append((state.concepts, indexes[first], indexes[place]))
                    if state.is_last:
                        break
                place += 1
                number = classes[place]
                following = state.onward.get(number, unmet)
                state = self._step(state, number) if following is unmet else following
        sentences, clauses, new = tokens.sentences, tokens.clauses, tuple.__new__
        return [  # by tuple's own __new__: the class itself takes twice the time
            new(Mention, (concept, first, last, sentences[first], clauses[first]))
            for concepts, first, last in found
            for concept in concepts
        ]

    def _known(self, words: list[str]) -> list[int]:
        try:
            return list(map(self._memo.__getitem__, words))
        except KeyError:
            return [
                self._classify(word) if (number := self._memo.get(word)) is None else number
                for word in words
            ]

    def _classes_of(self, tokens: Tokens) -> tuple[list[int], list[int]]:
        """The class of each word and of each end of a sentence, and the word's index."""
        words = tokens.words
        numbers = self._known(words)
        classes: list[int] = []
        indexes: list[int] = []
        ends = [*tokens.sentence_words[1:], len(words)]
        for begin, end in zip(tokens.sentence_words, ends, strict=False):
            classes += numbers[begin:end]
            classes.append(_END)
            indexes += range(begin, end + 1)
        return classes, indexes


class Row(NamedTuple):
    pieces: "tuple[Piece, ...]"


class Choice(NamedTuple):
    """One of some rows, from `least` to `most` times."""

    rows: tuple[Row, ...]
    least: int
    most: int


Piece: TypeAlias = str | Row | Choice

_LEXEME = re.compile(rf"\.\.|[()|?*+]|[{_SPACELESS}]|[^\W_{_SPACELESS}]+\*?")
_COUNTS = {"?": (0, 1), "*": (0, _REPEATS), "+": (1, _REPEATS)}


def parse(phrase: str) -> Row:
    """Read the notation of a phrase. Raises ValueError when brackets do not match."""
    if phrase.count("(") != phrase.count(")"):
        raise ValueError(f"unmatched bracket in the phrase {phrase!r}")
    choice, _ = _choice(_LEXEME.findall(join_contractions(fold(phrase))), 0)
    return choice.rows[0] if len(choice.rows) == 1 else Row((choice,))


def _choice(lexemes: list[str], place: int) -> tuple[Choice, int]:
    rows: list[Row] = []
    pieces: list[Piece] = []
    while place < len(lexemes) and lexemes[place] != ")":
        lexeme = lexemes[place]
        place += 1
        if lexeme == "|":
            rows.append(Row(tuple(pieces)))
            pieces = []
        elif lexeme == "(":
            inner, place = _choice(lexemes, place)
            pieces.append(inner)
            place += 1
        elif lexeme in _COUNTS and pieces:
            least, most = _COUNTS[lexeme]
            last = pieces.pop()
            if lexeme == "?" and isinstance(last, str) and len(last) > 1:
                pieces.append(Choice((Row((last,)), Row((last[:-1],))), 1, 1))
                continue
            rows_of = last.rows if isinstance(last, Choice) else (Row((last,)),)
            pieces.append(Choice(rows_of, least, most))
        else:
            pieces.append(lexeme)
    return Choice((*rows, Row(tuple(pieces))), 1, 1), place


def _reach(phrase: str) -> int:
    """How many words a gap may pass; characters in scripts without spaces are many."""
    return _GAP_CHARACTERS if re.search(f"[{_SPACELESS}]", phrase) else _GAP_WORDS
