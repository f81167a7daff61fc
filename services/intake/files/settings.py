"""What may be attached, and who looks for viruses: the environment, prefix `AFFIANCA_FILES_`, read by intake alone."""

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.intake.domain.file_endings import GROUPS

MB = 1_000_000


class FileSettings(BaseSettings):
    """Limits, the policy, and the scanner."""

    model_config = SettingsConfigDict(env_prefix="AFFIANCA_FILES_", extra="ignore", frozen=True)

    largest: int = Field(default=30 * MB, ge=1)
    """Bytes of one file. Mails have their own limit, of the whole."""
    most: int = Field(default=100 * MB, ge=1)
    """Bytes of all files of one request."""
    count: int = Field(default=200, ge=1, le=1000)
    """How many files a request may have."""
    refused: str = ",".join(GROUPS)
    """What is not accepted, with commas between: groups of `domain.file_endings`. Empty: everything is accepted."""

    clamav_host: str = ""
    """Where clamd listens (TCP); empty: nobody looks for viruses, and the pages say so. Its `StreamMaxLength` must be
    at least `largest`, or larger files wait for ever."""
    clamav_port: int = Field(default=3310, ge=1, le=65_535)
    clamav_timeout: float = Field(default=60, gt=0)
    """Seconds for one file."""

    @field_validator("refused")
    @classmethod
    def _known(cls, value: str) -> str:
        unknown = _names(value) - set(GROUPS)
        if unknown:
            raise ValueError(f"AFFIANCA_FILES_REFUSED knows {', '.join(GROUPS)}")
        return value

    @property
    def refused_groups(self) -> frozenset[str]:
        """The refused groups."""
        return _names(self.refused)

    @property
    def scans(self) -> bool:
        """Whether there is a scanner."""
        return bool(self.clamav_host)


def _names(value: str) -> frozenset[str]:
    return frozenset(name.strip() for name in value.split(",") if name.strip())
