"""TLS as every server connection of ours wants it: verified, never downgraded (RFC 8314, RFC 9325).

Also puts the failures of a connection into words for people.
"""

import socket
import ssl
from pathlib import Path

from worker.errors import ConfigError


def make_context(ca_file: Path | None) -> ssl.SSLContext:
    """Make a context that verifies certificate and name.

    ca_file: the only authority that is trusted, PEM; None means those of the system.
    Raises ConfigError when the file cannot be used.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except FileNotFoundError as error:
        raise ConfigError(f"ca_file {ca_file} does not exist") from error
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"ca_file {ca_file} holds no certificate that can be read") from error


def explain(error: OSError, *, server: str, seconds: float) -> str:
    """Say in one sentence why no connection to `server` came about, and what to check."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message
        return f"the certificate of {server} is not trusted ({why}); check host and ca_file"
    if isinstance(error, ssl.SSLError):
        words = (error.reason or str(error)).lower().replace("_", " ")
        return f"{server} does not get on with TLS ({words}); check port and tls"
    if isinstance(error, socket.gaierror):
        return f"the name of {server} cannot be resolved ({error.strerror}); check host and DNS"
    if isinstance(error, TimeoutError):
        return f"{server} did not answer within {seconds:g} s; check host, port and firewall"
    if isinstance(error, ConnectionRefusedError):
        return f"{server} takes no connections; check host and port, and that it is up"
    words = error.strerror or str(error)
    return f"no connection to {server} ({words}); check host, port and network"
