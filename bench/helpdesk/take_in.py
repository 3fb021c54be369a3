"""Runs in django-helpdesk's venv: `take_in.py prepare` makes the desk, `take_in.py` works."""

import collections
import os
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402


def prepare() -> None:
    """Make the database and the one queue."""
    from helpdesk.models import Queue

    call_command("migrate", verbosity=0)
    call_command("loaddata", "emailtemplate.json", verbosity=0)
    Queue.objects.create(
        title="Support",
        slug="support",
        email_address="support@desk.example",
        allow_email_submission=True,
        email_box_type="imap",
        email_box_host="127.0.0.1",
        email_box_port=int(os.environ["HELPDESK_IMAP"]),
        email_box_user=os.environ["HELPDESK_USER"],
        email_box_pass=os.environ["HELPDESK_PASSWORD"],
        email_box_imap_folder="INBOX",
        email_box_interval=0,
        logging_type="none",
    )


def work() -> None:
    """Take in the mailbox; a mail that raises is left where it is, and counted."""
    from helpdesk import email as their

    read = their.extract_email_metadata
    failed: collections.Counter[str] = collections.Counter()

    def guarded(*values: object, **named: object) -> object:
        try:
            return read(*values, **named)
        except (their.IgnoreTicketException, their.DeleteIgnoredTicketException):
            raise
        except Exception as error:
            failed[type(error).__name__] += 1
            raise their.IgnoreTicketException from error

    their.extract_email_metadata = guarded
    call_command("get_email", quiet=True)
    print("failed:", dict(failed))


if __name__ == "__main__":
    prepare() if sys.argv[1:] == ["prepare"] else work()
