"""Weighs what beside its words speaks for the urgency of a mail; see domain/circumstances.py.

Whoever has to be asked outside (a program that knows customers, a language model) is asked for
a whole batch at once, before its transaction begins. Whatever they do, mail goes on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from worker.config import Config
from worker.context import Desk
from worker.domain import advice, circumstances
from worker.domain.circumstances import Policy, Tier
from worker.domain.judgement import Urgency
from worker.domain.message import Kind
from worker.pipeline.read import Reading
from worker.pipeline.working_set import WorkingSet
from worker.store.tickets import Ticket


def weighed(desk: Desk, readings: Sequence[Reading]) -> list[Reading]:
    """Give the readings of a batch, in order, with what circumstances add. Asks outside."""
    rules = policy(desk.config)
    tiers = _tiers(desk, readings, rules)
    found = [
        replace(
            reading,
            judgement=circumstances.weigh(
                reading.judgement,
                tier=tiers.get(_author(reading)),
                authentication=reading.message.authentication.result,
                policy=rules,
            ),
        )
        if _is_request(reading)
        else reading
        for reading in readings
    ]
    return _advised(desk, found)


def counted(desk: Desk, known: WorkingSet, reading: Reading, ticket: Ticket | None) -> Reading:
    """Add how often the writer has asked on `ticket`; None: it is going to be a new one."""
    author = _author(reading)
    if ticket is None or author not in known.participants.get(ticket.id, ()):
        return reading
    before = [
        mail.recorded_at
        for mail in known.mails.get(author, ())
        if (current := known.current(mail.ticket_id)) is not None and current.id == ticket.id
    ]
    judgement, sentence = circumstances.asked(
        reading.judgement, before, now=known.now, policy=policy(desk.config)
    )
    return reading if sentence is None else replace(reading, judgement=judgement)


def policy(config: Config) -> Policy:
    """Say what the configuration lets circumstances do."""
    settings = config.urgency
    return Policy(
        tiers=tuple(
            Tier(name=tier.name, members=tier.members, raises_to=_level(tier.raises_to))
            for tier in settings.tiers
        ),
        amount_from=float(settings.amount.at_least),
        amount_raises_to=_level(settings.amount.raises_to),
        asked_times=settings.repeated.times,
        asked_within=settings.repeated.within,
        asked_raises_to=_level(settings.repeated.raises_to),
    )


def _level(name: str) -> Urgency | None:
    return None if name == "none" else Urgency(name)


def _tiers(desk: Desk, readings: Sequence[Reading], rules: Policy) -> Mapping[str, str]:
    """Name the tier of each proven sender that has one; only these are looked up."""
    proven = {
        _author(reading)
        for reading in readings
        if _is_request(reading) and reading.message.authentication.result == "pass"
    } - {""}
    listed = {
        author: tier
        for author in sorted(proven)
        if (tier := circumstances.tier_of(author, rules.tiers)) is not None
    }
    if desk.customers is None:
        return listed
    return {**desk.customers.tiers(sorted(proven - listed.keys())), **listed}


def _advised(desk: Desk, readings: list[Reading]) -> list[Reading]:
    """Let the language model speak of what is not critical already."""
    if desk.adviser is None:
        return readings
    asked = [
        place
        for place, reading in enumerate(readings)
        if reading.shown
        and _is_request(reading)
        and reading.judgement.urgency is not Urgency.CRITICAL
    ]
    opinions = desk.adviser.advise([readings[place].shown for place in asked])
    settings = desk.config.language_model
    for place, opinion in zip(asked, opinions, strict=True):
        if opinion is None:
            continue
        reading = readings[place]
        judgement = advice.take(
            reading.judgement,
            opinion,
            raises_to=Urgency(settings.raises_to),
            lowers_by=0 if reading.secret_kinds else settings.lowers_by,
        )
        readings[place] = replace(reading, judgement=judgement)
    return readings


def _is_request(reading: Reading) -> bool:
    return reading.message.kind is Kind.REQUEST


def _author(reading: Reading) -> str:
    author = reading.message.author
    return author.addr_spec.lower() if author else ""
