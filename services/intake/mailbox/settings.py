"""How mail comes in and what the policy says about it: the environment, prefix `AFFIANCA_MAIL_`, read by intake alone.

Addresses and the port of the SMTP listener are in the settings that all services share.
"""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class MailSettings(BaseSettings):
    """The doors and the policy."""

    model_config = SettingsConfigDict(env_prefix="AFFIANCA_MAIL_", extra="ignore", frozen=True)

    lmtp_listen_port: int = 0
    """Port of the LMTP listener, on the host of the SMTP one; 0 turns it off."""

    trusted_servers: str = ""
    """Names (authserv-id) of the servers whose `Authentication-Results` are believed, with commas between them.
    Empty: the topmost header counts."""
    forged: Literal["quarantine", "accept"] = "quarantine"
    """What becomes of a mail whose sender the receiving server found to be false."""
    unproven: Literal["quarantine", "accept"] = "accept"
    """What becomes of a mail about whose sender the receiving server says nothing."""
    pec_addresses: str = ""
    """Our addresses that are mailboxes of the PEC. Envelopes that come to others certify nothing: their provider has
    not checked them. Empty: every address of ours is one."""
    answers_strangers: bool = True
    """Whether senders who are not registered are told what to do, once a day."""
    answers_daily: int = Field(default=500, ge=0)
    """At most so many such answers a day in all: forged senders must not make us a nuisance to others."""

    in_a_row: int = Field(default=5, ge=1)
    """More mails than that from one sender within ten minutes may be a machine's, whatever their headers say. Answers
    to one request then tell nobody, and requests are not acknowledged, so that two machines do not thank each other."""

    queue_most: int = Field(default=100_000, ge=1)
    """So many mails wait at most to be taken after a rush; more are answered 452, and their servers send them again."""

    quarantine_days: int = Field(default=90, ge=1)
    """How long what nobody decided about is kept: mail of people we do not know, and what machines wrote about nothing
    that we know. Then it is removed with its original. What is held for a request waits for its decision."""

    imap_host: str = ""
    """Server of a mailbox to fetch mail from; empty turns the poller off."""
    imap_port: int = 993
    imap_tls: bool = True
    imap_user: str = ""
    imap_password: SecretStr = SecretStr("")
    imap_folder: str = "INBOX"
    imap_taken: str = "Affianca-taken"
    """Folder for what was taken."""
    imap_unread: str = "Affianca-unread"
    """Folder for what could not be taken, each with the reason."""
    imap_recipient: str = ""
    """The address of ours that this mailbox stands for; empty: the one that mails are sent from."""

    @property
    def trusted(self) -> frozenset[str]:
        """The trusted servers, as they are compared."""
        return _names(self.trusted_servers)

    def certifies(self, recipient: str) -> bool:
        """Whether envelopes that come to this address of ours are believed."""
        addresses = _names(self.pec_addresses)
        return not addresses or recipient.lower() in addresses


def _names(value: str) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in value.split(",") if name.strip())
