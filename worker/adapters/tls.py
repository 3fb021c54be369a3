"""Connections as every adapter wants them: TLS verified, never downgraded (RFC 8314, RFC 9325).

Also puts the failures of a connection into words for people.
"""

import socket
import ssl
from pathlib import Path

from worker.adapters.deadline import TimedStream, open_stream
from worker.config import Tls


class CaFileUnusable(OSError):
    """The file of certificates that the configuration names cannot be used."""


def connect(
    host: str, port: int, *, tls: Tls, ca_file: Path | None, seconds: float
) -> TimedStream:
    """Connect, with TLS at once where it is implicit; raises OSError, see `explain`."""
    stream = open_stream(host, port, seconds=seconds)
    try:
        if tls == "implicit":
            start_tls(stream, host, ca_file=ca_file)
    except BaseException:
        stream.close()
        raise
    return stream


def start_tls(stream: TimedStream, host: str, *, ca_file: Path | None) -> None:
    """Go over to TLS, verifying certificate and name.

    ca_file: the only authority that is trusted, PEM; None means those of the system.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise CaFileUnusable(f"ca_file {ca_file} cannot be read as certificates") from error
    stream.start_tls(context, host)


def explain(error: OSError, *, server: str, seconds: float) -> str:
    """Say in one sentence why no connection to `server` came about, and what to check."""
    if isinstance(error, CaFileUnusable):
        return f"no TLS with {server}: {error}; check ca_file"
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message
        return f"the certificate of {server} is not trusted ({why}); check host and ca_file"
    if isinstance(error, ssl.SSLError):
        words = (getattr(error, "reason", None) or str(error)).lower().replace("_", " ")
        return f"{server} does not get on with TLS ({words}); check port and tls"
    if isinstance(error, socket.gaierror):
        return f"the name of {server} cannot be resolved ({error.strerror}); check host and DNS"
    if isinstance(error, TimeoutError):
        return f"{server} did not answer within {seconds:g} s; check host, port and firewall"
    if isinstance(error, ConnectionRefusedError):
        return f"{server} takes no connections; check host and port, and that it is up"
    words = error.strerror or str(error)
    return f"no connection to {server} ({words}); check host, port and network"
