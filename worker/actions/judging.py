"""Rules and models: hold them against labelled mail, learn from corrections, let one judge."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from worker.actions.refusals import Refused
from worker.adapters.model_shelf import ModelShelf
from worker.config import Config
from worker.context import Desk
from worker.domain.judge import judge, opine
from worker.domain.judgement import Urgency
from worker.domain.model import Case
from worker.domain.rules import RuleSet
from worker.domain.scoring import Right, Said, Score, score
from worker.errors import ConfigError
from worker.rules import load, repeats
from worker.rules.labelled import SHIPPED, Labelled, read_labelled
from worker.rules.model_file import about
from worker.rules.retold import SHIPPED as RETELLINGS
from worker.rules.retold import read_matters
from worker.store.operators import corrections as found
from worker.store.operators.corrections import Correction
from worker.store.operators.shown import Shown

_HELD_BACK = 4
"""One in so many corrections is kept to judge the new model by."""
_WEIGHT = 3.0
"""What a correction counts beside a shipped mail."""
_WEEK = timedelta(days=7)
LAYERS = ("rules", "model", "together")


def rules_of(config: Config | None) -> RuleSet:
    """The rules of the desk with the model that is live."""
    if config is None:
        return load()
    return load(config.rules, ModelShelf(config.models).live())


def labelled(path: Path | None) -> list[Labelled]:
    """Read labelled mail; None means the shipped ones.

    Raises ConfigError that names the line when a row makes no sense.
    """
    try:
        return list(read_labelled(path or SHIPPED))
    except ValueError as error:
        raise ConfigError(
            f"{error}; a line holds subject, body, urgency and category"
        ) from error


def test_rules(
    rules: RuleSet, mails: Iterable[Labelled]
) -> tuple[dict[str, Score], list[Shown]]:
    """Hold rules, model and both together against labelled mail.

    Returns a score for each layer, and the mails that both together judge wrongly.
    """
    pairs: dict[str, list[tuple[Right, Said]]] = {layer: [] for layer in LAYERS}
    wrong: list[Shown] = []
    alone = replace(rules, model=None)
    for mail in mails:
        right = Right(mail.case.urgency, mail.case.category, mail.also)
        said = {"rules": _said(alone, mail), "together": _said(rules, mail)}
        opinion = opine(subject=mail.subject, body=mail.body, rules=rules)
        if opinion is not None:
            likeliest = max(opinion.category, key=lambda name: opinion.category[name])
            said["model"] = Said(opinion.likeliest.urgency, likeliest)
        for layer, one in said.items():
            pairs[layer].append((right, one))
        last = said["together"]
        if last.urgency is not right.urgency or last.category not in (
            right.category,
            *right.also,
        ):
            wrong.append(
                {
                    "mail": mail.place,
                    "language": mail.language,
                    "urgency": last.urgency.value,
                    "right_urgency": right.urgency.value,
                    "category": last.category,
                    "right_category": right.category,
                    "subject": mail.subject,
                }
            )
    return {layer: score(rows) for layer, rows in pairs.items() if rows}, wrong


def _said(rules: RuleSet, mail: Labelled) -> Said:
    judged = judge(subject=mail.subject, body=mail.body, own_words="", rules=rules)
    return Said(judged.urgency, judged.category)


def preview_rules(desk: Desk, candidate: RuleSet, *, limit: int) -> tuple[int, list[Shown]]:
    """Say what other rules, or another model, would change on the latest tickets.

    Returns how many tickets were judged again, and those that would come out otherwise.
    """
    today = rules_of(desk.config)
    with desk.database.read() as tx:
        told = found.first_mails(tx, limit=limit)
    changed: list[Shown] = []
    for one in told:
        now, then = (
            judge(
                subject=one.subject,
                body=one.own_words,
                own_words="",
                rules=rules,
                is_sealed=True,
            )
            for rules in (today, candidate)
        )
        if (now.urgency, now.category) != (then.urgency, then.category):
            changed.append(
                {
                    "ticket": one.ticket,
                    "urgency": now.urgency.value,
                    "new_urgency": then.urgency.value,
                    "category": now.category,
                    "new_category": then.category,
                    "because": ", ".join(hit.rule for hit in then.hits[:3]),
                    "subject": one.subject,
                }
            )
    return len(told), changed


def learn(
    desk: Desk, *, mails: Path | None, progress: Callable[[str], None] = lambda _: None
) -> Shown:
    """Train a model from labelled mail and the operators' corrections; it does not go live.

    mails: folder or file of labelled mail; None means the shipped ones.
    Returns its name, and how the live one and the new one do on corrections held back.
    Raises ConfigError when what learning needs is not installed, Refused when there is too
    little to learn from.
    """
    try:
        from worker.adapters import learning
    except ImportError as error:
        raise ConfigError(
            f"Learning needs scikit-learn ({error}); install it with: "
            "pip install 'postclerk[learn]'"
        ) from error
    rules = rules_of(desk.config)
    base = labelled(mails)
    with desk.database.read() as tx:
        corrected = [_as_labelled(one, rules) for one in found.corrections(tx)]
    held = [one for one in corrected if _is_held_back(one)]
    taken = [one for one in corrected if not _is_held_back(one)]
    progress(
        f"{len(base)} labelled mails, {len(corrected)} corrections ({len(held)} held back)"
    )
    studied = learning.study_all([*base, *taken], rules)
    progress("weighing words")
    try:
        model = learning.learn(
            studied,
            shares=[1.0] * len(base) + [_WEIGHT] * len(taken),
            told={"corrections": len(taken)},
        )
    except ValueError as error:
        raise Refused(f"Nothing was learnt: {error}.") from error
    shelf = ModelShelf(desk.config.models)
    name = shelf.keep(model)
    fresh = load(desk.config.rules, shelf.path(name))
    return {
        "model": name,
        "mails": len(base),
        "corrections": len(corrected),
        "held_back": len(held),
        "before": _figures(rules, held),
        "after": _figures(fresh, held),
    }


def _figures(rules: RuleSet, mails: Sequence[Labelled]) -> object:
    return test_rules(rules, mails)[0]["together"].figures() if mails else None


def _is_held_back(mail: Labelled) -> bool:
    """By what it says, so that the same correction is always held back or never."""
    return hashlib.sha256(f"{mail.subject}\n{mail.body}".encode()).digest()[0] % _HELD_BACK == 0


def _as_labelled(one: Correction, rules: RuleSet) -> Labelled:
    """A correction as labelled mail, of the first kind of case that fits."""
    urgency = Urgency(one.urgency)
    fitting = [
        case
        for case in (rules.model.cases if rules.model else ())
        if (case.urgency, case.category) == (urgency, one.category)
    ]
    case = min(fitting, default=Case(urgency.value, urgency, one.category))
    return Labelled(one.ticket, one.language, one.subject, one.own_words, case, ())


def learn_repeats(config: Config | None, *, pairs: Path | None, to: Path) -> list[Shown]:
    """Learn the weights of repeats and write them into the folder `to`.

    Returns how each batch is told apart by what the other batches taught, and how all of them
    are by the weights that were written.
    Raises ConfigError when what learning needs is not installed, Refused when there is too
    little to learn from.
    """
    try:
        from worker.adapters import learning_repeats
    except ImportError as error:
        raise ConfigError(
            f"Learning needs scikit-learn ({error}); install it with: "
            "pip install 'postclerk[learn]'"
        ) from error
    known = repeats.load(config.rules if config else None)
    try:
        studied = learning_repeats.study_pairs(
            read_matters(pairs or RETELLINGS), rules_of(config), known
        )
        learned = learning_repeats.learn(studied, known)
        told = learning_repeats.hold_out(studied, known)
    except ValueError as error:
        raise Refused(f"Nothing was learnt: {error}.") from error
    (to / repeats.WEIGHTS).write_text(
        learning_repeats.dump(learned, pairs=len(studied)), encoding="utf-8"
    )
    return [*told, {"batch": "all, not held out", **learning_repeats.test(studied, learned)}]


def model_path(config: Config, name: str | None) -> Path | None:
    """Where a model of the desk is; None for the live one."""
    shelf = ModelShelf(config.models)
    return shelf.live() if name is None else shelf.path(name)


def list_models(config: Config) -> list[Shown]:
    """List the desk's own models, oldest first, and which one judges."""
    shelf = ModelShelf(config.models)
    live = shelf.live()
    return [
        {"model": name, "is_live": live is not None and live.name == name}
        | dict(about(shelf.path(name)))
        for name in shelf.names()
    ]


def publish_model(config: Config, name: str) -> None:
    """Let a model judge; a running worker takes it at SIGHUP or at its next start.

    Raises Refused when the file is no model.
    """
    try:
        ModelShelf(config.models).publish(name)
    except ValueError as error:
        raise Refused(f"{name} is not published: {error}") from error


def roll_back_model(config: Config) -> str | None:
    """Let the model before judge again; None: the one that comes with the rules."""
    return ModelShelf(config.models).roll_back()


def drift(desk: Desk, *, weeks: int) -> list[Shown]:
    """Say which share of the tickets of each week was corrected, the latest week first."""
    now = desk.now()
    since = now - weeks * _WEEK
    with desk.database.read() as tx:
        opened = Counter(_weeks_ago(at, now) for at in found.opened_since(tx, since))
        corrected = Counter(_weeks_ago(one.opened_at, now) for one in found.corrections(tx))
    return [
        {
            "week_from": now - (week + 1) * _WEEK,
            "tickets": opened[week],
            "corrected": corrected[week],
            "share": round(corrected[week] / opened[week], 3) if opened[week] else None,
        }
        for week in range(weeks)
    ]


def _weeks_ago(at: datetime, now: datetime) -> int:
    return max(0, (now - at) // _WEEK)
