"""The plan of the demo's day: who writes what to the desk, and when. Reads day.yaml.

Keys of an entry: `at` its clock, `from` a person, `subject`, `text`, `with` (screenshot,
receipt), `html` (an HTML alternative too), `auth` (what our receiving server found: pass, none,
fail), `as` (an odd shape, see worker/demo/shapes.py), and what it refers to: `replies_to` the
answer to that mail, `resends` the same words in a new mail, `redelivers` the same mail by
another way, `quotes_number_of` that mail's ticket number in the subject. `expect` is the
outcome that a test holds the worker to.
"""

from datetime import time
from importlib import resources
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field


class Person(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    address: str
    zone: str
    """Offset of their clock, e.g. +0800."""

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


class Sample(BaseModel):
    """One planned mail."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    at: time
    person: Person = Field(alias="from")
    subject: str = ""
    text: str = ""
    attached: tuple[Literal["screenshot", "receipt"], ...] = Field((), alias="with")
    is_html: bool = Field(False, alias="html")
    auth: Literal["pass", "none", "fail"] = "pass"
    shape: str = Field("", alias="as")
    replies_to: str = ""
    resends: str = ""
    redelivers: str = ""
    quotes_number_of: str = ""
    expect: Literal["opened", "joined", "linked", "screened_out", "copy"]
    origin: "Sample | None" = None
    """The mail that this one delivers again, byte for byte as its sender wrote it."""

    @property
    def needs_answer_to(self) -> str:
        """Key of the mail whose answer must have come before this one; "" for none."""
        return self.replies_to or self.quotes_number_of


def read_day() -> tuple[Sample, ...]:
    """Read the planned mails, in the order of their clock."""
    text = resources.files("worker.demo").joinpath("day.yaml").read_text("utf-8")
    data = yaml.safe_load(text)
    people = {key: Person(**one) for key, one in data["people"].items()}
    plan: dict[str, Sample] = {}
    for entry in data["mails"]:
        sample = Sample(**{**entry, "from": people[entry["from"]]})
        if sample.resends:
            told = plan[sample.resends]
            words = {"subject": told.subject, "text": told.text, "attached": told.attached}
            sample = sample.model_copy(update=words)
        if sample.redelivers:
            told = plan[sample.redelivers]
            sample = sample.model_copy(update={"origin": told, "subject": told.subject})
        plan[sample.key] = sample
    return tuple(plan.values())
