"""Plain values for tests: each builder fills in what a test does not care about."""

import random
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from worker import keys
from worker.adapters.blobs import FolderBlobs
from worker.config import Config
from worker.context import Desk
from worker.domain.judgement import Identifiers, Judgement, Urgency
from worker.domain.message import Address, Authentication, Kind, Message
from worker.pipeline.read import Reading
from worker.store import upgrade
from worker.store.ids import Ids
from worker.store.session import Database

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
SUPPORT = "support@desk.example"
LI_WEI = "li.wei@customer.example"


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        """Move it on, or back: `clock.advance(hours=1)`."""
        self.now += timedelta(**span)


def a_message(**changes: object) -> Message:
    """A short request of Li Wei; `sender` stands for a single author."""
    sender = changes.pop("sender", LI_WEI)
    plain: dict[str, object] = {
        "message_id": "first@customer.example",
        "content_digest": "00" * 32,
        "subject": "Where is my deposit?",
        "authors": (Address(addr_spec=str(sender), display_name="Li Wei"),),
        "sender": None,
        "reply_to": (),
        "to": (Address(addr_spec=SUPPORT),),
        "cc": (),
        "date": NOON,
        "in_reply_to": (),
        "references": (),
        "return_path": None,
        "delivered_to": (),
        "body_text": "I sent 20 USDT this morning and it is not there.",
        "reply_text": "I sent 20 USDT this morning and it is not there.",
        "html_text": "",
        "html": "",
        "attachments": (),
        "kind": Kind.REQUEST,
        "kind_reasons": (),
        "is_auto": False,
        "reports": (),
        "authentication": Authentication(),
        "defects": (),
    }
    return Message(**plain | changes)  # type: ignore[arg-type]


def a_judgement(**changes: object) -> Judgement:
    """An English deposit matter of normal urgency."""
    plain: dict[str, object] = {
        "language": "en",
        "category": "deposit",
        "urgency": Urgency.NORMAL,
        "score": 25,
        "identifiers": Identifiers(),
    }
    return Judgement(**plain | changes)  # type: ignore[arg-type]


def a_reading(
    message: Message | None = None,
    judgement: Judgement | None = None,
    secret_kinds: tuple[str, ...] = (),
) -> Reading:
    """A mail as read."""
    return Reading(
        message=message or a_message(),
        judgement=judgement or a_judgement(),
        secret_kinds=secret_kinds,
    )


def a_mail(
    body: str = "I sent 20 USDT this morning and it is not there.\n",
    *,
    sender: str = f"Li Wei <{LI_WEI}>",
    subject: str = "Where is my deposit?",
    message_id: str | None = "first@customer.example",
    fields: dict[str, str] | None = None,
) -> bytes:
    """The raw bytes of a plain mail; `fields` adds header fields or stands in for them."""
    mail = EmailMessage()
    known = {
        "From": sender,
        "To": SUPPORT,
        "Subject": subject,
        "Date": "Wed, 04 Mar 2026 11:59:00 +0000",
        "Message-ID": f"<{message_id}>" if message_id else "",
    }
    for name, value in (known | (fields or {})).items():
        if value:
            mail[name] = value
    mail.set_content(body)
    return mail.as_bytes()


def a_config(folder: Path, **sections: object) -> Config:
    """A desk with one mailbox that answers at once; `sections` stand in for whole sections."""
    plain: dict[str, object] = {
        "desk": {"name": "Desk", "domain": "desk.example"},
        "mailboxes": [a_mailbox()],
        "smtp": {"host": "127.0.0.1", "port": 1, "tls": "insecure-plaintext"},
        "database": {"url": f"sqlite:///{folder}/desk.db"},
        "blobs": {"folder": str(folder / "blobs")},
        "models": str(folder / "models"),
        "keys": {"file": str(folder / "desk.key")},
        "delivery": {"first_backoff": "60s", "max_backoff": "4h"},
        "limits": {"parse_processes": 1},
    }
    return Config.model_validate(plain | sections)


def a_mailbox(**changes: object) -> dict[str, object]:
    """The settings of one mailbox, as the configuration file has them."""
    plain: dict[str, object] = {
        "name": "support",
        "address": SUPPORT,
        "host": "127.0.0.1",
        "port": 1,
        "tls": "insecure-plaintext",
        "username": "support",
        "password": "a-password-of-the-tests",
        "first_run": "answer_all",
        "schedule": {"every": "3600s", "jitter": "0s", "idle": True},
    }
    return plain | changes


def a_desk(
    folder: Path,
    *,
    url: str | None = None,
    clock: Clock | None = None,
    worker: str = "worker-1",
    **sections: object,
) -> Desk:
    """An open desk under `folder` with a clock that stands; `sections` as in `a_config`.

    url: of an empty database; None means SQLite under `folder`.
    """
    if url is not None:
        sections["database"] = {"url": url}
    config = a_config(folder, **sections)
    database = Database(config.database.url)
    upgrade.upgrade(database)
    if not config.keys.file.exists():
        keys.create(config.keys.file)
    secret = keys.load(config.keys.file)
    blobs = FolderBlobs(config.blobs.folder, secret)
    blobs.prepare()
    return Desk(
        config=config,
        database=database,
        ids=Ids(database),
        keys=secret,
        blobs=blobs,
        now=clock or Clock(),
        chance=random.Random(f"chance of {worker}").randbytes,
        worker=worker,
    )
