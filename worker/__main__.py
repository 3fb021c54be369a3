"""The command `postclerk`, also as `python -m worker`."""

import sys


def main() -> None:
    """Run the command line and end the process with its exit status."""
    from worker.cli import app

    for stream in (sys.stdout, sys.stderr):
        # File names and mails hold what a terminal's encoding may lack.
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    app(prog_name="postclerk")


if __name__ == "__main__":
    main()
