"""The configuration as the rest of the house sees it: frozen, complete, every value checked.

One YAML file, read by worker/config_file.py. Durations are written as `90s`, `5m`, `12h`, `7d`; sizes as `25MB`.
docs/configuration.md tells each key to people.
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|kB|KB|MB|GB)?")
BYTES = {None: 1, "B": 1, "kB": 1000, "KB": 1000, "MB": 10**6, "GB": 10**9}


def _duration(value: object) -> object:
    found = DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found:
        return timedelta(seconds=float(found[1]) * SECONDS[found[2]])
    if isinstance(value, int | float | str) and value not in (0, "0"):
        raise ValueError("write a duration as 90s, 5m, 12h or 7d")
    return timedelta(0) if value in (0, "0") else value


def _size(value: object) -> object:
    found = SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(float(found[1]) * BYTES[found[2]]) if found else value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Size = Annotated[int, BeforeValidator(_size), Field(ge=0)]
Tls = Literal["implicit", "starttls", "insecure-plaintext"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Desk(_Section):
    name: str = "Support"
    """What customers are told who writes to them."""
    domain: str
    """The right-hand side of our Message-IDs."""
    language: str = "en"
    own_addresses: tuple[str, ...] = ()
    """More addresses of ours, beside those of the mailboxes; mail from them is never answered."""
    trusted_authserv_ids: tuple[str, ...] = ()
    """Whose Authentication-Results fields are believed (RFC 8601 section 2.5)."""


class Database(_Section):
    url: str = "sqlite:///var/postclerk.db"


class Blobs(_Section):
    folder: Path = Path("var/blobs")


class Keys(_Section):
    file: Path = Path("postclerk.key")


class After(_Section):
    """What happens to a mail on the server once it is safely ours."""

    action: Literal["keyword", "seen", "move", "delete", "nothing"] = "keyword"
    keyword: str = "$Postclerk"
    folder: str | None = None


class Schedule(_Section):
    every: Duration = timedelta(seconds=60)
    jitter: Duration = timedelta(seconds=5)
    cron: str | None = None
    idle: bool = True


class Mailbox(_Section):
    name: str
    address: str
    host: str
    port: int | None = None
    """993 for implicit TLS, else 143."""
    tls: Tls = "implicit"
    ca_file: Path | None = None
    username: str
    password: SecretStr
    folder: str = "INBOX"
    role: Literal["inbound", "sent"] = "inbound"
    team: str = "support"
    language: str | None = None
    after: After = After()
    schedule: Schedule = Schedule()
    first_run: Literal["import_silently", "answer_all", "from_now"] = "import_silently"
    from_name: str | None = None
    """Display name of the answers' From; the desk's name without one."""


class Smtp(_Section):
    host: str
    port: int | None = None
    """465 for implicit TLS, 587 for STARTTLS, else 25."""
    tls: Tls = "implicit"
    ca_file: Path | None = None
    username: str | None = None
    password: SecretStr | None = None
    envelope_from: str = ""
    """"" is the null reverse-path."""


class Caps(_Section):
    """How many automatic answers may leave; 0 means no limit."""

    per_address_hour: int = 5
    per_address_day: int = 20
    per_domain_hour: int = 200
    overall_hour: int = 2000
    public_domains: tuple[str, ...] = (
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "yahoo.com",
        "icloud.com",
        "qq.com",
        "foxmail.com",
        "163.com",
        "126.com",
        "yeah.net",
        "sina.com",
        "aliyun.com",
        "proton.me",
        "protonmail.com",
        "gmx.de",
        "web.de",
        "mail.ru",
        "yandex.ru",
        "naver.com",
        "yahoo.co.jp",
    )
    """Exempt from the cap per domain."""


class Answers(_Section):
    enabled: bool = True
    quiet_period: Duration = timedelta(hours=12)
    max_age: Duration = timedelta(days=3)
    """Mail older than this at arrival (INTERNALDATE) is not answered; 0 means no limit."""
    unauthenticated: Literal["neutral", "silent"] = "neutral"
    caps: Caps = Caps()


class Delivery(_Section):
    first_backoff: Duration = timedelta(seconds=60)
    max_backoff: Duration = timedelta(hours=4)
    give_up_after: Duration = timedelta(days=5)
    connections: int = Field(default=2, ge=1, le=50)


class Limits(_Section):
    message: Size = 25 * 10**6 * 2
    """A larger mail is kept, but not read; it becomes a ticket with a note."""
    parse_time: Duration = timedelta(seconds=10)
    parse_memory: Size = 1000 * 10**6
    parse_processes: int = Field(default=2, ge=1, le=64)
    fetch_batch: int = Field(default=100, ge=1, le=1000)
    fetch_batch_bytes: Size = 8 * 10**6
    network_deadline: Duration = timedelta(seconds=60)
    """Longest wait for one answer of a server; a large mail gets more time by its size."""
    attempts: int = Field(default=3, ge=1, le=100)


class Tickets(_Section):
    reopen_window: Duration = timedelta(days=14)
    duplicate_window: Duration = timedelta(days=7)


class Log(_Section):
    style: Literal["console", "json"] = "console"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Config(_Section):
    desk: Desk
    mailboxes: tuple[Mailbox, ...] = ()
    smtp: Smtp
    database: Database = Database()
    blobs: Blobs = Blobs()
    keys: Keys = Keys()
    templates: Path | None = None
    """Folder of the reply templates; None means the shipped ones."""
    rules: Path | None = None
    answers: Answers = Answers()
    tickets: Tickets = Tickets()
    delivery: Delivery = Delivery()
    limits: Limits = Limits()
    log: Log = Log()
