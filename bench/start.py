"""How long the command takes to answer: `postclerk --help`."""

import statistics
import subprocess
import time

from bench import desk


def measure(*, times: int = 7) -> dict[str, object]:
    """Seconds from the start of the process to its end; the first, cold one is left out."""
    waits = []
    for _ in range(times + 1):
        began = time.monotonic()
        subprocess.run([*desk.POSTCLERK, "--help"], capture_output=True, check=True)
        waits.append(time.monotonic() - began)
    rest = sorted(waits[1:])
    return {
        "--help, median s": round(statistics.median(rest), 3),
        "fastest s": round(rest[0], 3),
        "slowest s": round(rest[-1], 3),
    }
