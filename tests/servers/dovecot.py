"""A private, real Dovecot: any user name is an account, the password is always the same.

Speaks plain IMAP with STARTTLS on `port` and implicit TLS on `tls_port`; mails lie in a
maildir in the server's own folder. Knows the configuration of Dovecot 2.3 and of 2.4.
"""

import imaplib
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.servers import process
from tests.servers.certificates import make_certificate

PASSWORD = "a-password-of-the-tests"

COMMON = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
mailbox_idle_check_interval = 1s
auth_failure_delay = 0 secs
mail_max_userip_connections = 200
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
"""
ONLY_2_3 = """
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail/%u
mail_fsync = never
maildir_very_dirty_syncs = no
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
"""
ONLY_2_4 = """
ssl = yes
ssl_server_cert_file = {certificate}
ssl_server_key_file = {key}
auth_allow_cleartext = yes
mail_driver = maildir
mail_path = {folder}/mail/%{{user}}
mail_home = {folder}/mail/%{{user}}
mail_fsync = never
mail_uid = {uid}
mail_gid = {gid}
passdb static {{
  password = {password}
}}
userdb static {{
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dovecot:
    host: str
    port: int
    """Plain text, STARTTLS offered."""
    tls_port: int
    """Implicit TLS."""
    ca_file: Path
    folder: Path
    password: str = PASSWORD

    def mailbox(self, user: str, folder: str = "INBOX") -> "TestMailbox":
        """Hand over a folder of an account; both come to be at the first use."""
        return TestMailbox(server=self, user=user, folder=folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestMailbox:
    """One folder as a second, honest client sees and changes it; connects anew each time."""

    __test__ = False

    server: Dovecot
    user: str
    folder: str

    def append(
        self, *mails: bytes, flags: Sequence[str] = (), internal_date: datetime | None = None
    ) -> list[int]:
        """Store mails, with CRLF line ends for bare LF; return their UIDs, in order."""
        date = imaplib.Time2Internaldate(internal_date) if internal_date else None
        with self._session() as session:
            known = _uids(session)
            for mail in mails:
                text = re.sub(rb"\r?\n", b"\r\n", mail)
                _ok(session.append(self._name, " ".join(flags), date, text))
            session.noop()
            return [uid for uid in _uids(session) if uid not in known]

    def uids(self) -> list[int]:
        """List the UIDs that the folder holds, ascending."""
        with self._session() as session:
            return _uids(session)

    def count(self) -> int:
        return len(self.uids())

    def uidvalidity(self) -> int:
        with self._session() as session:
            return int(session.response("UIDVALIDITY")[1][0])

    def flags(self) -> dict[int, set[str]]:
        r"""Tell the flags and keywords of each UID, without \Recent."""
        with self._session() as session:
            answer = _ok(session.uid("FETCH", "1:*", "(FLAGS)"))
        lines = [line.decode() for line in answer if isinstance(line, bytes)]
        found = [re.search(r"UID (\d+)", line) for line in lines]
        sets = [re.search(r"FLAGS \(([^)]*)\)", line) for line in lines]
        return {
            int(uid[1]): set(flags[1].split()) - {r"\Recent"}
            for uid, flags in zip(found, sets, strict=True)
            if uid and flags
        }

    def fetch(self, uid: int) -> bytes:
        """Read the bytes of one mail, leaving its flags alone."""
        with self._session() as session:
            answer = _ok(session.uid("FETCH", str(uid), "(BODY.PEEK[])"))
            return bytes(next(part[1] for part in answer if isinstance(part, tuple)))

    def add_flags(self, uids: Sequence[int], *flags: str) -> None:
        with self._session() as session:
            listed = ",".join(map(str, uids))
            _ok(session.uid("STORE", listed, "+FLAGS", f"({' '.join(flags)})"))

    def expunge(self, *uids: int) -> None:
        """Delete these mails for good; all of them without arguments."""
        with self._session() as session:
            listed = ",".join(map(str, uids)) or "1:*"
            if not _uids(session):
                return
            _ok(session.uid("STORE", listed, "+FLAGS", r"(\Deleted)"))
            _ok(session.uid("EXPUNGE", listed))

    def change_uidvalidity(self) -> int:
        """Make the server renumber the folder, as after a restored backup; return the value.

        Open sessions of the account are ended; every mail gets a new UID, counted from 1.
        """
        old = self.uidvalidity()
        self.kick()
        maildir = self.server.folder / "mail" / self.user
        if self.folder != "INBOX":
            maildir /= f".{self.folder}"
        for stale in [*maildir.glob("dovecot.index*"), *maildir.glob("dovecot.list.index*")]:
            stale.unlink(missing_ok=True)
        fresh = maildir / "dovecot-uidlist.new"
        fresh.write_text(f"3 V{old + 1000} N1\n")
        process.own(fresh)
        fresh.rename(maildir / "dovecot-uidlist")
        return self.uidvalidity()

    def set_next_uid(self, uid: int) -> None:
        """Make the next mail's UID `uid` at the earliest, so that the numbers have a gap."""
        self._doveadm("mailbox", "update", "--min-next-uid", str(uid), self.folder)

    def kick(self) -> None:
        """End every open session of the account, as a restart of the server would."""
        self._doveadm("kick", self.user, of_user=False)

    @property
    def _name(self) -> str:
        return f'"{self.folder}"'

    @contextmanager
    def _session(self) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4(self.server.host, self.server.port, timeout=20) as session:
            session.login(self.user, self.server.password)
            if session.select(self._name)[0] != "OK":
                _ok(session.create(self._name))
                _ok(session.select(self._name))
            yield session

    def _doveadm(self, *words: str, of_user: bool = True) -> subprocess.CompletedProcess[str]:
        doveadm = process.program("doveadm", package="dovecot-imapd", folders=["/usr/sbin"])
        conf = str(self.server.folder / "dovecot.conf")
        account = ["-u", self.user] if of_user else []
        verb = list(words[:2]) if words[0] == "mailbox" else list(words[:1])
        rest = list(words[len(verb) :])
        # kick ends with 68 when nobody is logged in: nothing to do then.
        return process.run([doveadm, "-c", conf, *verb, *account, *rest], check=of_user)


@contextmanager
def run_dovecot() -> Iterator[Dovecot]:
    """Run a Dovecot for as long as the block lasts."""
    binary = process.program("dovecot", package="dovecot-imapd", folders=["/usr/sbin"])
    with process.private_folder("dovecot") as folder:
        certificate, key = make_certificate(folder)
        process.own(key)
        for name in ("run", "state", "mail"):
            (folder / name).mkdir()
            process.own(folder / name)
        port, tls_port = process.free_port(), process.free_port()
        account = process.account()
        version = subprocess.run([binary, "--version"], capture_output=True, text=True).stdout
        text = (COMMON + (ONLY_2_3 if version.startswith("2.3") else ONLY_2_4)).format(
            folder=folder,
            port=port,
            tls_port=tls_port,
            certificate=certificate,
            key=key,
            password=PASSWORD,
            user=account.pw_name,
            group=process.group(),
            uid=account.pw_uid,
            gid=account.pw_gid,
        )
        if not version.startswith("2.3"):
            short = ".".join(version.split(".")[:3]).split()[0]
            head = f"dovecot_config_version = {short}\ndovecot_storage_version = {short}\n"
            text = head + text
        conf = folder / "dovecot.conf"
        conf.write_text(text)
        running = process.server(
            [binary, "-F", "-c", str(conf)],
            log=folder / "start.log",
            is_up=lambda: process.listens(port),
        )
        with running:
            yield Dovecot(
                host="127.0.0.1",
                port=port,
                tls_port=tls_port,
                ca_file=certificate,
                folder=folder,
            )


def _uids(session: imaplib.IMAP4) -> list[int]:
    return [int(uid) for uid in (_ok(session.uid("SEARCH", "ALL"))[0] or b"").split()]


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    if answer[0] != "OK":
        raise RuntimeError(f"the test's own IMAP client was told {answer}")
    return answer[1]
