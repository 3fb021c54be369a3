"""What judging costs, step by step: CPU milliseconds for a mail of 2 kB, by language.

The least of several rounds counts: another program on the machine can only add to it.
"""

import random
import time
from collections.abc import Callable, Sequence

from bench.wording import COINS, END, SENTENCES
from worker.domain import urgency
from worker.domain.identifiers import find
from worker.domain.judge import judge
from worker.domain.language import detect
from worker.domain.reading import read
from worker.domain.secrets import seal
from worker.rules import load

SUBJECT = "hi"


def measure(
    *, mails: int = 60, size_bytes: int = 2000, rounds: int = 9
) -> list[dict[str, object]]:
    """A row for each language, a column for each step; "all" is sealing and judging."""
    return [
        {"language": language, **_row(language, _texts(language, mails, size_bytes), rounds)}
        for language in SENTENCES
    ]


def _row(language: str, texts: Sequence[str], rounds: int) -> dict[str, object]:
    rules = load()

    def words(text: str) -> object:
        return read(SUBJECT, text, language=language, confidence=1.0, rules=rules)

    readings = {
        text: read(SUBJECT, text, language=language, confidence=1.0, rules=rules)
        for text in texts
    }

    def facts(text: str) -> object:
        return urgency.decide(readings[text], known=(), has_secret=False, rules=rules)

    def identifiers(text: str) -> object:
        return find(text, rules=rules, language=language)

    def secrets(text: str) -> object:
        return seal(text, rules=rules)

    def everything(text: str) -> object:
        sealed = seal(text, rules=rules).text
        return judge(
            subject=SUBJECT, body=sealed, own_words=sealed, rules=rules, is_sealed=True
        )

    steps: dict[str, Callable[[str], object]] = {
        "tell the language": detect,
        "words": words,
        "facts": facts,
        "identifiers": identifiers,
        "secrets": secrets,
        "all": everything,
    }
    return {name: f"{_least(step, texts, rounds):.3f}" for name, step in steps.items()}


def _least(step: Callable[[str], object], texts: Sequence[str], rounds: int) -> float:
    """Milliseconds a text, in the best of `rounds` after one that warms up."""
    taken: list[float] = []
    for _ in range(rounds + 1):
        began = time.process_time()
        for text in texts:
            step(text)
        taken.append(time.process_time() - began)
    return 1000 * min(taken[1:]) / len(texts)


def _texts(language: str, mails: int, size_bytes: int) -> list[str]:
    chance = random.Random(1)
    texts: list[str] = []
    for _ in range(mails):
        text = ""
        while len(text.encode()) < size_bytes:
            text += chance.choice(SENTENCES[language]).format(
                n=chance.randint(1, 9999),
                k=chance.randint(2, 40),
                coin=chance.choice(COINS),
                hash=f"{chance.getrandbits(256):064x}",
                uid=chance.randint(10**8, 10**9),
                order=chance.randint(10**17, 10**18),
            )
            text += END[language]
        texts.append(text)
    return texts
