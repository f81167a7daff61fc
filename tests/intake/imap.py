"""A real IMAP server (Dovecot) with one mailbox, for tests; the program comes with the system."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from imapclient import IMAPClient

from deploy.local.processes import free_port

DOVECOT = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
USER, PASSWORD = "assistenza", "a-password-of-the-tests"
_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail/%u
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {group}
first_valid_uid = 1
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group_of_user} home={folder}/mail/%u
}}
"""


class Mailbox:
    """One mailbox at a running server, which can be stopped and started again on the same port."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert DOVECOT
        self._process = subprocess.Popen([DOVECOT, "-F", "-c", str(self.folder / "dovecot.conf")])
        limit = time.monotonic() + 20
        while True:
            try:
                with self.opened() as client:
                    # Here, where nobody else does: two who make the new mailbox at once hinder each other.
                    client.select_folder("INBOX")
                    return
            except Exception:
                if time.monotonic() > limit:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(20)

    @contextlib.contextmanager
    def opened(self) -> Iterator[IMAPClient]:
        client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=10)
        client.login(USER, PASSWORD)
        try:
            yield client
        finally:
            client.logout()

    def put(self, *mails: bytes) -> None:
        """Delivers mails into the inbox."""
        with self.opened() as client:
            for content in mails:
                client.append("INBOX", content)

    def inside(self, folder: str) -> list[bytes]:
        """The mails in a folder, oldest first."""
        with self.opened() as client:
            if not client.folder_exists(folder):
                return []
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search("ALL"), ["BODY.PEEK[]"]) if client.search("ALL") else {}
            return [found[uid][b"BODY[]"] for uid in sorted(found)]


@contextlib.contextmanager
def mailbox(folder: Path) -> Iterator[Mailbox]:
    """A running server with an empty mailbox."""
    port = free_port()
    me = pwd.getpwuid(os.getuid()).pw_name
    root = os.getuid() == 0
    facts = {
        "internal": "dovecot",
        "login": "dovenull",
        "group": "dovecot",
        "user": "nobody",
        "group_of_user": "nogroup",
    }
    if not root:
        facts = dict.fromkeys(facts, me) | {"group": str(os.getgid()), "group_of_user": str(os.getgid())}
    (folder / "mail").mkdir()
    if root:
        os.chown(folder / "mail", pwd.getpwnam("nobody").pw_uid, -1)
        for above in (folder, *folder.parents):
            # Dovecot's own users must be able to pass through.
            if str(above).startswith("/tmp/") and above.stat().st_uid == 0:
                above.chmod(above.stat().st_mode | 0o055)
    text = _CONFIGURATION.format(folder=folder, port=port, password=PASSWORD, **facts)
    (folder / "dovecot.conf").write_text(text)
    server = Mailbox(folder, port)
    try:
        server.start()
        yield server
    finally:
        server.stop()
