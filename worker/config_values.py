"""How single values of the configuration are written: durations, sizes, addresses, paths.

Each type turns what a person wrote into what the house uses, or says what to write instead.
"""

import re
from datetime import UTC, timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo

DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h|d)")
SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\s*(B|kB|KB|MB|GB)?")
BYTES = {"GB": 10**9, "MB": 10**6, "kB": 10**3, "KB": 10**3, "B": 1}
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"{LABEL}(?:\.{LABEL})*")
LOCAL_PART = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}")
MEMBER = re.compile(r"[^\s@<>()\[\],;:\\\"?\x00-\x1f\x7f]{0,64}@[a-z0-9.*-]{1,253}")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
KEYWORD = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|}~]+")
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


def duration(value: object) -> object:
    """Read `90s`, `5m`, `12h`, `7d` or 0."""
    if isinstance(value, timedelta):
        return value
    if value in (0, "0") and not isinstance(value, bool):
        return timedelta(0)
    found = DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError("write a duration as 90s, 5m, 12h or 7d")
    return timedelta(seconds=float(found[1]) * SECONDS[found[2]])


def duration_text(span: timedelta) -> str:
    """Write a duration as the configuration does, in the largest unit without a rest."""
    for unit, seconds in SECONDS.items():
        count = span.total_seconds() / seconds
        if span and count == int(count):
            return f"{int(count)}{unit}"
    return f"{span.total_seconds():g}s" if span else "0"


def size(value: object) -> object:
    """Read bytes, as a number or as `500kB`, `25MB`, `1GB`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError("write a size as 500kB, 25MB or 1GB")
    return int(float(found[1]) * BYTES[found[2] or "B"])


def _one_line(value: str) -> str:
    if CONTROL.search(value):
        raise ValueError("must be one line, without control characters")
    if not value.strip():
        raise ValueError("must not be empty")
    return value.strip()


def _domain(value: str) -> str:
    domain = value.strip().lower().removesuffix(".")
    if "@" in domain:
        raise ValueError("write only what stands behind the @")
    if not domain.isascii():
        raise ValueError("write an international domain in its xn-- form")
    if len(domain) > 253 or not DOMAIN.fullmatch(domain):
        raise ValueError("is no domain name")
    return domain


def _address(value: str) -> str:
    local, at, domain = value.strip().rpartition("@")
    if not at or not LOCAL_PART.fullmatch(local):
        raise ValueError("must be one mail address, without a name and without < >")
    return f"{local}@{_domain(domain)}"


def _member(value: str) -> str:
    member = value.strip().lower()
    if not MEMBER.fullmatch(member) or not member.rpartition("@")[2].strip("*."):
        raise ValueError(
            "must be an address, @domain, or a pattern with * such as *@*.fund.example"
        )
    return member


def _endpoint(value: str) -> str:
    try:
        parts = urlsplit(value.strip())
        port = parts.port
    except ValueError:
        raise ValueError("is no URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ValueError("must begin with https:// or http:// and name a host")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must hold no login, no ? and no #; a key goes into `key`")
    if CONTROL.search(value) or " " in value.strip() or not value.isascii():
        raise ValueError("must be plain ASCII without spaces")
    return value.strip().rstrip("/")


def _reverse_path(value: str) -> str:
    return _address(value) if value else value


def _password(value: SecretStr) -> SecretStr:
    if not value.get_secret_value():
        raise ValueError("must not be empty")
    return value


def _language(value: str) -> str:
    if not LANGUAGE.fullmatch(value):
        raise ValueError("must be a language tag such as en, zh-Hans or pt-BR")
    return value


def _keyword(value: str) -> str:
    if not KEYWORD.fullmatch(value):  # RFC 9051 section 9, flag-keyword: an atom
        raise ValueError(
            "must be an IMAP keyword: ASCII, without spaces, brackets or backslash"
        )
    return value


def _host(value: str) -> str:
    host = value.strip().strip("[]")
    if not host or CONTROL.search(host) or any(mark in host for mark in "/@ "):
        raise ValueError("must be a host name or an IP address alone, without scheme or path")
    return host


def _cron(value: str) -> str:
    from apscheduler.triggers.cron import CronTrigger

    try:
        CronTrigger.from_crontab(value, timezone=UTC)
    except ValueError:
        raise ValueError("must be five cron fields: minute hour day month weekday") from None
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):  # not found is a KeyError of its own kind
        raise ValueError("must be a time zone that this machine knows: Asia/Shanghai") from None
    return value


def _under_folder(value: Path, info: ValidationInfo) -> Path:
    folder = _folder(info)
    return value if folder is None else folder / value.expanduser()


def _database_url(value: str, info: ValidationInfo) -> str:
    scheme, mark, rest = value.strip().partition("://")
    if not mark or scheme.partition("+")[0] not in ("sqlite", "postgresql"):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    if scheme.partition("+")[0] == "postgresql":
        return value.strip()
    path, question, query = rest.removeprefix("/").partition("?")
    if not rest.startswith("/") or path in ("", ":memory:"):
        raise ValueError("must name a file: sqlite:///var/postclerk.db")
    folder = _folder(info)
    if folder is not None:
        path = str(folder / Path(path).expanduser())
    return f"{scheme}:///{path}{question}{query}"


def _folder(info: ValidationInfo) -> Path | None:
    """The folder that relative paths start from: the configuration file's."""
    found = info.context.get("folder") if isinstance(info.context, dict) else None
    return found if isinstance(found, Path) else None


def _positive(value: timedelta) -> timedelta:
    if value < timedelta(milliseconds=100):
        raise ValueError("must be 100ms or more")
    return value


Duration = Annotated[timedelta, BeforeValidator(duration)]
Wait = Annotated[Duration, AfterValidator(_positive)]
"""A duration that may not be 0."""
Size = Annotated[int, BeforeValidator(size), Field(ge=0)]
Port = Annotated[int, Field(ge=1, le=65535)]
Line = Annotated[str, AfterValidator(_one_line)]
LowerLine = Annotated[Line, AfterValidator(str.lower)]
Domain = Annotated[str, AfterValidator(_domain)]
Address = Annotated[str, AfterValidator(_address)]
Member = Annotated[str, AfterValidator(_member)]
Endpoint = Annotated[str, AfterValidator(_endpoint)]
ReversePath = Annotated[str, AfterValidator(_reverse_path)]
Password = Annotated[SecretStr, AfterValidator(_password)]
Language = Annotated[str, AfterValidator(_language)]
Keyword = Annotated[str, AfterValidator(_keyword)]
Host = Annotated[str, AfterValidator(_host)]
Cron = Annotated[str, AfterValidator(_cron)]
ZoneName = Annotated[str, AfterValidator(_zone)]
Location = Annotated[Path, AfterValidator(_under_folder)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
