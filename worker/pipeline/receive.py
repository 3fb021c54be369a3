"""The poll of one mailbox: fetch -> blob and ledger row -> commit -> acknowledge on the server.

A crash between any two of them is a harmless second fetch. The cursor moves only over UIDs
that are in the ledger or among the gaps; a mail that the server will not hand over becomes a
gap, is tried again, and is then written down as dead with the reason `unfetchable`.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from worker import log
from worker.adapters.imap_session import CommandRefused
from worker.config import Mailbox
from worker.context import Desk, Fetched, FetchedMail, ListedMail, MailSource
from worker.domain.delivery import backoff
from worker.domain.screening import InboundState
from worker.errors import Temporary
from worker.mail.sender_key import sender_key
from worker.store import inbound, mailboxes
from worker.store.inbound import NewInbound
from worker.store.mailboxes import Epoch

LEASE = timedelta(seconds=60)
LAST_UID = 2**32 - 1
GAP_TRIES = 56
"""About two days: a server whose store is away for an hour loses nothing."""
GAP_FIRST_WAIT = timedelta(seconds=30)
GAP_LONGEST_WAIT = timedelta(hours=1)
ACKNOWLEDGE_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What one poll found."""

    received: int
    is_drained: bool
    """True when the server listed nothing new: time to wait for news."""


class LeaseLost(Temporary):
    """Another worker polls this mailbox."""


def poll_once(
    desk: Desk, mailbox: Mailbox, source: MailSource, *, on_received: Callable[[], None]
) -> Polled:
    """Take in what is new in one mailbox.

    on_received: called after each commit that brought mail.
    Raises Temporary; everything committed until then stays.
    """
    state = source.select()
    desk.ids.ensure(2000)
    now = desk.now()
    with desk.database.write() as tx:
        mailbox_id = mailboxes.register(tx, mailbox.name, now=now, ids=desk.ids)
        lease = mailboxes.take_lease(
            tx, mailbox_id, owner=desk.worker, now=now, until=now + LEASE
        )
        if lease is None:
            raise LeaseLost(f"Another worker polls the mailbox {mailbox.name}.")
        epoch = mailboxes.open_epoch(
            tx,
            mailbox_id,
            folder=mailbox.folder,
            uidvalidity=state.uidvalidity,
            uidnext=state.uidnext,
            now=now,
            ids=desk.ids,
        )
    poll = _Poll(desk, mailbox, source, epoch, lease, on_received)
    if epoch.is_new:
        poll.greet(state.uidnext)
    commands = poll.acknowledge()
    filled = poll.fill_gaps()
    last = LAST_UID if state.uidnext is None else state.uidnext - 1
    listed = source.list(poll.cursor + 1, last) if poll.cursor < last else ()
    is_behind = state.uidnext is not None and poll.cursor < last
    commands += bool(filled or listed or is_behind)
    received = filled + poll.take(listed, last=None if state.uidnext is None else last)
    with desk.database.write() as tx:
        mailboxes.note_poll(tx, mailbox_id, now=desk.now())
    # News that a server gives in reply to another command would be missed by IDLE: only a poll
    # that asked nothing after SELECT may be followed by waiting.
    return Polled(received=received, is_drained=not commands)


class _Poll:
    """One poll under way: what its steps share."""

    def __init__(
        self,
        desk: Desk,
        mailbox: Mailbox,
        source: MailSource,
        epoch: Epoch,
        lease: int,
        on_received: Callable[[], None],
    ) -> None:
        self.desk, self.mailbox, self.source = desk, mailbox, source
        self.epoch, self.lease, self.on_received = epoch, lease, on_received
        self.cursor = epoch.cursor

    def greet(self, uidnext: int | None) -> None:
        """Meet a folder, or a new UIDVALIDITY, for the first time."""
        is_first = self.epoch.first_uidnext is not None
        if not is_first:
            log.warning("mailbox.uidvalidity_changed", mailbox=self.mailbox.name)
        if self.mailbox.first_run == "from_now" and is_first and uidnext:
            self.cursor = uidnext - 1
            with self.desk.database.write() as tx:
                mailboxes.advance(tx, self.epoch.id, cursor=self.cursor)
        log.info(
            "mailbox.old_mail_noted",
            mailbox=self.mailbox.name,
            first_run=self.mailbox.first_run,
            uidnext=uidnext,
        )

    def acknowledge(self) -> int:
        """Tell the server what is safely ours, and what a crash left untold; return a count."""
        count = 0
        while True:
            with self.desk.database.read() as tx:
                uids = inbound.unacknowledged(tx, self.epoch.id, limit=ACKNOWLEDGE_AT_ONCE)
            if not uids:
                return count
            try:
                self.source.acknowledge(uids)
            except CommandRefused as error:
                # A full archive folder must not keep new mail out; the next poll tries again.
                log.warning(
                    "inbound.acknowledge_failed",
                    mailbox=self.mailbox.name,
                    count=len(uids),
                    reason=str(error),
                )
                return count
            count += len(uids)
            with self.desk.database.write() as tx:
                inbound.mark_acknowledged(tx, self.epoch.id, uids, now=self.desk.now())
            log.info("inbound.acknowledged", mailbox=self.mailbox.name, count=len(uids))

    def take(self, listed: Sequence[ListedMail], *, last: int | None) -> int:
        """Fetch and keep listed mails, lowest UID first, and move the cursor behind them.

        last: the highest UID that was asked for; None when the server does not tell UIDNEXT.
        """
        count = 0
        for batch in self._batches(self._unknown(listed)):
            fetched = self.source.fetch(batch)
            count += self._keep(batch, fetched)
            self.acknowledge()
        if listed:
            self._advance(max(mail.uid for mail in listed))
        elif last is not None and last > self.cursor:
            self._advance(last)  # everything up to there is expunged
        return count

    def fill_gaps(self) -> int:
        """Try again what the server would not hand over."""
        with self.desk.database.read() as tx:
            due = mailboxes.due_gaps(tx, self.epoch.id, now=self.desk.now(), limit=50)
        count = 0
        for gap in due:
            listed = [
                mail for mail in self.source.list(gap.uid, gap.uid) if mail.uid == gap.uid
            ]
            fetched = self.source.fetch(listed) if listed else None
            if fetched is None or gap.uid in fetched.gone:
                with self.desk.database.write() as tx:
                    mailboxes.close_gaps(tx, self.epoch.id, [gap.uid])
                continue
            count += self._keep(listed, fetched, attempts={gap.uid: gap.attempts})
        return count

    def _unknown(self, listed: Sequence[ListedMail]) -> list[ListedMail]:
        with self.desk.database.read() as tx:
            known = inbound.known_uids(tx, self.epoch.id, [mail.uid for mail in listed])
        new = (mail for mail in listed if mail.uid not in known and not self._is_skipped(mail))
        return sorted(new, key=lambda mail: mail.uid)

    def _is_skipped(self, mail: ListedMail) -> bool:
        # After a UIDVALIDITY change all old mail is listed again: `from_now` still means now.
        return self.mailbox.first_run == "from_now" and self._is_old(mail)

    def _is_old(self, mail: ListedMail) -> bool:
        if self.mailbox.first_run == "answer_all":
            return False
        if self.epoch.first_uidnext is not None:
            return mail.uid < self.epoch.first_uidnext
        return mail.internal_date < self.epoch.mailbox_first_seen_at

    def _batches(self, listed: Sequence[ListedMail]) -> Iterator[list[ListedMail]]:
        limits = self.desk.config.limits
        batch: list[ListedMail] = []
        size = 0
        for mail in listed:
            is_full = size + mail.size_bytes > limits.fetch_batch_bytes
            if batch and (len(batch) >= limits.fetch_batch or is_full):
                yield batch
                batch, size = [], 0
            batch.append(mail)
            size += mail.size_bytes
        if batch:
            yield batch

    def _keep(
        self,
        listed: Sequence[ListedMail],
        fetched: Fetched,
        *,
        attempts: dict[int, int] | None = None,
    ) -> int:
        """Write one batch down: blobs first, then one transaction."""
        by_uid = {mail.uid: mail for mail in listed}
        keys = self.desk.blobs.put([mail.raw for mail in fetched.mails])
        self.desk.ids.ensure(len(listed) + 10)
        rows = [
            self._row(by_uid[mail.uid], mail, key)
            for mail, key in zip(fetched.mails, keys, strict=True)
        ]
        with self.desk.database.write() as tx:
            now = self.desk.now()
            if not mailboxes.holds_lease(
                tx, self.epoch.mailbox_id, owner=self.desk.worker, epoch=self.lease
            ):
                raise LeaseLost(f"Another worker took over the mailbox {self.mailbox.name}.")
            mailboxes.take_lease(
                tx, self.epoch.mailbox_id, owner=self.desk.worker, now=now, until=now + LEASE
            )
            inbound.add(tx, self.epoch.id, rows, now=now)
            done = [row.uid for row in rows]
            for uid, words in fetched.refused.items():
                done += self._refused(tx, by_uid[uid], words, (attempts or {}).get(uid, 0) + 1)
            mailboxes.close_gaps(tx, self.epoch.id, [uid for uid in done if attempts])
            if attempts is None:
                mailboxes.advance(tx, self.epoch.id, cursor=max(by_uid))
        if rows:
            log.info(
                "inbound.received",
                mailbox=self.mailbox.name,
                count=len(rows),
                bytes=sum(row.size_bytes for row in rows),
            )
            self.on_received()
        return len(rows)

    def _row(self, listed: ListedMail, mail: FetchedMail, key: str) -> NewInbound:
        if mail.is_size_wrong:
            log.warning("inbound.size_differs", mailbox=self.mailbox.name, uid=mail.uid)
        state, reason = InboundState.RECEIVED, None
        if listed.is_deleted:
            state, reason = InboundState.SCREENED_OUT, "deleted_on_server"
        return NewInbound(
            id=self.desk.ids.next(),
            uid=mail.uid,
            sha256=hashlib.sha256(mail.raw).digest(),
            size_bytes=len(mail.raw),
            blob_key=key,
            internal_date=listed.internal_date,
            is_old=self._is_old(listed),
            state=state,
            reason=reason,
            sender_key=sender_key(mail.raw),
        )

    def _refused(
        self, tx: Connection, listed: ListedMail, words: str, attempts: int
    ) -> list[int]:
        """Note a gap; after the last try write the mail down as dead. Returns gaps to close."""
        log.warning(
            "inbound.unfetchable", mailbox=self.mailbox.name, uid=listed.uid, attempts=attempts
        )
        if attempts < GAP_TRIES:
            wait = backoff(attempts, first=GAP_FIRST_WAIT, longest=GAP_LONGEST_WAIT, jitter=0.0)
            mailboxes.note_gap(
                tx,
                self.epoch.id,
                uid=listed.uid,
                attempts=attempts,
                reason=words,
                next_attempt_at=self.desk.now() + wait,
            )
            return []
        row = NewInbound(
            id=self.desk.ids.next(),
            uid=listed.uid,
            sha256=None,
            size_bytes=listed.size_bytes,
            blob_key=None,
            internal_date=listed.internal_date,
            is_old=self._is_old(listed),
            state=InboundState.DEAD,
            reason="unfetchable",
        )
        now = self.desk.now()
        inbound.add(tx, self.epoch.id, [row], now=now)
        inbound.bury(
            tx,
            letter_id=self.desk.ids.next(),
            inbound_id=row.id,
            reason="unfetchable",
            detail=words,
            attempts=attempts,
            now=now,
        )
        return [listed.uid]

    def _advance(self, cursor: int) -> None:
        with self.desk.database.write() as tx:
            mailboxes.advance(tx, self.epoch.id, cursor=cursor)
        self.cursor = max(self.cursor, cursor)
