"""Reads what our own receiving servers found out about the sender (RFC 8601).

Only Authentication-Results of a trusted authserv-id count, the topmost first, and only above
the first Received field that a foreign host wrote: whatever stands below may be forged. Pass
means that the From domain itself was proven; unknown is not pass.
"""

import re

from worker.domain.message import Authentication
from worker.mail.header_section import HeaderSection

_COMMENT = re.compile(r"\((?:[^()]*+|\([^()]*+\))*+\)")
_METHOD = re.compile(r"\s*([A-Za-z][\w-]{0,40})(?:/\d{1,3})?\s*=\s*([A-Za-z]{1,20})")
_PROPERTY = re.compile(
    r"\b(?:smtp|header|policy|body)\.([\w-]{1,30})\s*=\s*\"?([^\s;\"]{1,320})"
)
_BY = re.compile(r"\bby\s+\[?([A-Za-z0-9_.:-]{1,255})", re.IGNORECASE)
_MAX_FIELD = 16 * 1024
_PLAIN_HOST = re.compile(
    r"localhost(?:\.localdomain)?|[\d.]+|[0-9a-f]*:[0-9a-f:.]+", re.IGNORECASE
)

Method = tuple[str, str, dict[str, str]]


def read_authentication(
    header: HeaderSection, *, from_domain: str, trusted: tuple[str, ...]
) -> Authentication:
    """Read the verdict for `from_domain`; none where no trusted server said anything."""
    ids = tuple(one.lower() for one in trusted)
    if not ids:
        return Authentication()
    for name, body in _own_fields(header, ids):
        if name == "authentication-results":
            methods = _methods(body, ids)
            if methods is not None:
                return _judged(methods, from_domain.lower(), header, ids)
    return Authentication()


def _own_fields(header: HeaderSection, ids: tuple[str, ...]) -> list[tuple[str, bytes]]:
    """The fields above the first Received that none of our hosts wrote."""
    found = []
    for name, body in header.fields:
        if name == "received" and not _is_ours(body, ids):
            break
        found.append((name, body))
    return found


def _is_ours(received: bytes, ids: tuple[str, ...]) -> bool:
    text = _COMMENT.sub(" ", received[:4096].decode("ascii", "replace"))
    match = _BY.search(text)
    if match is None:
        return False
    host = match.group(1).lower().rstrip(".")
    return bool(_PLAIN_HOST.fullmatch(host)) or any(_aligned(host, one) for one in ids)


def _methods(body: bytes, ids: tuple[str, ...]) -> list[Method] | None:
    """The results that a trusted server states; None when the field is somebody else's."""
    text = _COMMENT.sub(" ", body[:_MAX_FIELD].decode("ascii", "replace"))
    server, _, rest = text.partition(";")
    words = server.replace('"', "").split()
    if not words or words[0].lower().rstrip(".") not in ids:
        return None
    found: list[Method] = []
    for statement in rest.split(";")[:60]:
        match = _METHOD.match(statement)
        if match is not None:
            properties = {k.lower(): v.lower() for k, v in _PROPERTY.findall(statement)}
            found.append((match.group(1).lower(), match.group(2).lower(), properties))
    return found


def _judged(
    methods: list[Method], domain: str, header: HeaderSection, ids: tuple[str, ...]
) -> Authentication:
    results = {name: _result(methods, name, domain) for name in ("spf", "dkim", "dmarc")}
    arc_passed = any(name == "arc" and result == "pass" for name, result, _ in methods)
    if arc_passed and results["dmarc"] != "pass":
        forwarded = _sealed(header, ids)
        if forwarded is not None and _result(forwarded, "dmarc", domain) == "pass":
            return Authentication(result="pass", **results)
    return Authentication(result=_verdict(results), **results)


def _verdict(results: dict[str, str]) -> str:
    if results["dmarc"] != "none":
        return results["dmarc"]
    if "pass" in (results["dkim"], results["spf"]):
        return "pass"
    return "fail" if results["spf"] == "fail" else "none"


def _result(methods: list[Method], wanted: str, domain: str) -> str:
    """pass only when it speaks for `domain`; fail as stated; everything else none."""
    found = "none"
    for name, result, properties in methods:
        if name != wanted:
            continue
        if result == "pass" and _speaks_for(name, properties, domain):
            return "pass"
        if result in ("fail", "hardfail", "permerror" if name == "dmarc" else "fail"):
            found = "fail"
    return found


def _speaks_for(name: str, properties: dict[str, str], domain: str) -> bool:
    if not domain:
        return False
    if name == "dmarc":
        stated = properties.get("from", domain)
        return stated.rpartition("@")[2] == domain
    key = (
        properties.get("d") or properties.get("i")
        if name == "dkim"
        else properties.get("mailfrom")
    )
    return key is not None and _aligned(key.rpartition("@")[2].lstrip("@"), domain)


def _aligned(one: str, other: str) -> bool:
    """Relaxed alignment: equal, or one a subdomain of the other, below a registrable name."""
    one, other = one.strip("."), other.strip(".")
    if "." not in one or "." not in other:
        return one == other
    return one == other or one.endswith("." + other) or other.endswith("." + one)


def _sealed(header: HeaderSection, ids: tuple[str, ...]) -> list[Method] | None:
    """What a trusted server saw before the mail was forwarded (RFC 8617 section 4.1.1)."""
    for body in header.every("arc-authentication-results")[:50]:
        _, _, rest = body.partition(b";")
        methods = _methods(rest, ids)
        if methods is not None:
            return methods
    return None
