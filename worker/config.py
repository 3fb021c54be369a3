"""The configuration as the rest of the house sees it: frozen, complete, every value checked.

One YAML file, read by worker/config_file.py; how single values are written is told in
worker/config_values.py. docs/configuration.md tells each key to people.
"""

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from worker.config_values import (
    Address,
    Cron,
    DatabaseUrl,
    Domain,
    Duration,
    Endpoint,
    Host,
    Keyword,
    Language,
    Line,
    Location,
    LowerLine,
    Member,
    Password,
    Port,
    ReversePath,
    Size,
    Wait,
    ZoneName,
)

Tls = Literal["implicit", "starttls", "insecure-plaintext"]


class _Section(BaseModel):
    # Defaults are checked as well: a default path, too, starts from the configuration's folder.
    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, revalidate_instances="always"
    )


class Desk(_Section):
    name: Line = "Support"
    """What customers are told who writes to them."""
    domain: Domain
    """The right-hand side of our Message-IDs."""
    language: Language = "en"
    time_zone: ZoneName | None = None
    """Where the customers live, such as Asia/Shanghai; for times that their mails tell."""
    own_addresses: tuple[Address, ...] = ()
    """More addresses of ours, beside the mailboxes'; mail from them is never answered."""
    reply_address: Literal["plain", "plus"] = "plain"
    """plus: answers ask for replies to a signed address that names their ticket."""
    trusted_authserv_ids: tuple[LowerLine, ...] = ()
    """Whose Authentication-Results fields are believed (RFC 8601 section 2.5)."""
    trust_spam_headers: bool = False
    """Believe X-Spam-Flag and X-Spam-Status; only where our server always sets them."""


class Database(_Section):
    url: DatabaseUrl = "sqlite:///var/postclerk.db"


class Blobs(_Section):
    folder: Location = Path("var/blobs")


class Keys(_Section):
    file: Location = Path("postclerk.key")


class After(_Section):
    """What happens to a mail on the server once it is safely ours."""

    action: Literal["keyword", "seen", "move", "delete", "nothing"] = "keyword"
    keyword: Keyword = "$Postclerk"
    folder: Line | None = None
    """Where `move` puts it."""

    @model_validator(mode="after")
    def _move_needs_folder(self) -> Self:
        if self.action == "move" and self.folder is None:
            raise ValueError("action move needs a folder to move to")
        return self


class Schedule(_Section):
    every: Wait = timedelta(seconds=60)
    jitter: Duration = timedelta(seconds=5)
    cron: Cron | None = None
    """Polls at these times instead of `every`; local time."""
    idle: bool = True


class Mailbox(_Section):
    name: Line
    address: Address
    host: Host
    port: Port | None = None
    """993 for implicit TLS, else 143."""
    tls: Tls = "implicit"
    ca_file: Location | None = None
    username: Line
    password: Password
    folder: Line = "INBOX"
    role: Literal["inbound", "sent"] = "inbound"
    team: Line = "support"
    language: Language | None = None
    after: After = After()
    schedule: Schedule = Schedule()
    first_run: Literal["import_silently", "answer_all", "from_now"] = "import_silently"
    from_name: Line | None = None
    """Display name of the answers' From; the desk's name without one."""
    envelope_from: ReversePath | None = None
    """Reverse-path of this mailbox's answers; None means that of `smtp`."""


class Smtp(_Section):
    host: Host
    port: Port | None = None
    """465 for implicit TLS, 587 for STARTTLS, else 25."""
    tls: Tls = "implicit"
    ca_file: Location | None = None
    username: Line | None = None
    password: Password | None = None
    envelope_from: ReversePath = ""
    """"" is the null reverse-path."""

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("a login needs both username and password, or neither")
        return self


class Caps(_Section):
    """How many automatic answers may leave; 0 means no limit."""

    per_address_hour: int = Field(default=5, ge=0)
    per_address_day: int = Field(default=20, ge=0)
    per_domain_hour: int = Field(default=200, ge=0)
    overall_hour: int = Field(default=2000, ge=0)
    public_domains: tuple[Domain, ...] = (
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


RaisesTo = Literal["none", "normal", "high", "critical"]


class Tier(_Section):
    """A class of customers; it counts only where the sender's authentication is `pass`."""

    name: Line
    members: tuple[Member, ...] = ()
    """Addresses, @domains, patterns with *."""
    raises_to: RaisesTo = "high"
    """By one step at most, and never out of low."""


class Lookup(_Section):
    """A program that knows the tier of an address."""

    command: tuple[Line, ...] = ()
    """Empty: nobody is asked."""
    timeout: Wait = timedelta(seconds=1)


class AmountAtStake(_Section):
    at_least: int = Field(default=0, ge=0)
    """Rough dollars; 0: never told."""
    raises_to: RaisesTo = "none"


class RepeatedAsking(_Section):
    times: int = Field(default=3, ge=0, le=20)
    """0: never told."""
    within: Duration = timedelta(days=7)
    raises_to: RaisesTo = "none"


class Circumstances(_Section):
    """What beside the words of a mail speaks for its urgency."""

    tiers: tuple[Tier, ...] = (Tier(name="vip"),)
    lookup: Lookup = Lookup()
    amount: AmountAtStake = AmountAtStake()
    repeated: RepeatedAsking = RepeatedAsking()


class LanguageModel(_Section):
    """An OpenAI-compatible endpoint that is asked for one more opinion; off without `url`."""

    url: Endpoint | None = None
    """Up to /v1; /chat/completions is added."""
    model: Line | None = None
    key: Password | None = None
    ca_file: Location | None = None
    timeout: Wait = timedelta(seconds=5)
    """Of one question, from looking up the name to the last byte."""
    patience: Wait = timedelta(seconds=6)
    """So long a batch of mails waits; then it goes on without."""
    parallel: int = Field(default=4, ge=1, le=32)
    characters: int = Field(default=4000, ge=100, le=20_000)
    """So much of a mail is shown, sealed."""
    json_schema: bool = True
    """Ask for a reply by schema; false for servers that do not know `response_format`."""
    raises_to: Literal["normal", "high", "critical"] = "critical"
    lowers_by: int = Field(default=0, ge=0, le=2)
    """Steps below the built-in judgement; what is critical stays so."""

    @model_validator(mode="after")
    def _url_needs_model(self) -> Self:
        if (self.url is None) != (self.model is None):
            raise ValueError("url and model go together")
        return self


class Delivery(_Section):
    first_backoff: Wait = timedelta(seconds=60)
    max_backoff: Wait = timedelta(hours=4)
    give_up_after: Wait = timedelta(days=5)

    @model_validator(mode="after")
    def _backoff_grows(self) -> Self:
        if self.max_backoff < self.first_backoff:
            raise ValueError("max_backoff must not be shorter than first_backoff")
        return self


class Limits(_Section):
    message: Size = Field(default=25 * 10**6, ge=1000)
    """A larger mail is kept, but not read; it becomes a ticket with a note."""
    parse_time: Wait = timedelta(seconds=10)
    parse_memory: Size = Field(default=1000 * 10**6, ge=100 * 10**6)
    """Address space of a reading process; it needs about 50 MB before it reads anything."""
    parse_processes: int = Field(default=2, ge=1, le=64)
    fetch_batch: int = Field(default=100, ge=1, le=1000)
    fetch_batch_bytes: Size = Field(default=8 * 10**6, ge=1000)
    network_deadline: Wait = timedelta(seconds=60)
    """Longest wait for one answer of a server; a large mail gets more time by its size."""
    attempts: int = Field(default=3, ge=1, le=100)


class Tickets(_Section):
    reopen_window: Duration = timedelta(days=14)
    duplicate_window: Duration = timedelta(days=30)


class Incidents(_Section):
    """When the same matter from many customers is an incident; 0 customers: never."""

    window: Wait = timedelta(hours=1)
    same_words: int = Field(default=6, ge=0, le=80)
    same_identifier: int = Field(default=5, ge=0, le=80)
    same_topic: int = Field(default=20, ge=0, le=80)
    surge: float = Field(default=4.0, ge=1)
    """A topic must come so many times as often as usual."""


class Floods(_Section):
    """When one sender's mails are held together on one ticket."""

    mails: int = Field(default=20, ge=0, le=20)
    """0: never."""
    within: Wait = timedelta(minutes=10)
    exempt: tuple[Address, ...] = ()
    """Senders who speak for many, such as a contact form."""


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
    templates: Location | None = None
    """Folder of the reply templates; None means the shipped ones."""
    rules: Location | None = None
    """Folder of the rules; None means the shipped ones."""
    models: Location = Path("var/models")
    """Folder of the models that the desk trained itself."""
    answers: Answers = Answers()
    tickets: Tickets = Tickets()
    incidents: Incidents = Incidents()
    floods: Floods = Floods()
    urgency: Circumstances = Circumstances()
    language_model: LanguageModel = LanguageModel()
    delivery: Delivery = Delivery()
    limits: Limits = Limits()
    log: Log = Log()
