"""Credentials by Alibaba Cloud's own chain: the environment, the pod's role (RRSA), a profile, the instance's role.

The first two are read here, at the time of the call: the SDK reads their variables when it is imported, and assumes
the role over https alone, past any ``NETCLINIC_CLOUD_ENDPOINT``. The others are the SDK's.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.cloud.requests import CloudFailure

KEY_ID, KEY_SECRET = "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"
TOKEN = "ALIBABA_CLOUD_SECURITY_TOKEN"  # noqa: S105
ROLE, PROVIDER = "ALIBABA_CLOUD_ROLE_ARN", "ALIBABA_CLOUD_OIDC_PROVIDER_ARN"
TOKEN_FILE = "ALIBABA_CLOUD_OIDC_TOKEN_FILE"  # noqa: S105
STS_REGION, STS_INSIDE = "ALIBABA_CLOUD_STS_REGION", "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"
EARLY = timedelta(minutes=3)  # before its end a token is renewed
LARGEST_TOKEN = 1 << 16  # bytes


@dataclass(frozen=True)
class Keys:
    """What a request is signed with. Never shown: not even the id, which stands in the Authorization header."""

    id: str = field(repr=False)
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)

    def config(self) -> dict[str, str]:
        """The SDK's names."""
        return {"access_key_id": self.id, "access_key_secret": self.secret, "security_token": self.token}

    def identity(self) -> int:
        """Tells one from another in memory."""
        return hash((self.id, self.secret, self.token))


@dataclass
class Credentials:
    """Of one account: ``profile`` is one of ~/.aliyun/config.json, or the chain is asked."""

    profile: str = ""
    _assumed: tuple[Keys, datetime] | None = field(default=None, repr=False)
    _provider: Any = field(default=None, repr=False)

    def need_login(self) -> bool:
        """Whether the pod's role has to be assumed before the next call."""
        if self.profile or _from_environment() is not None or not _has_role():
            return False
        return self._assumed is None or datetime.now(UTC) >= self._assumed[1] - EARLY

    def login_parameters(self) -> Mapping[str, str]:
        """What the role is assumed with; the token proves who asks, and is shown to nobody.

        Raises:
            CloudFailure: the token cannot be read.
        """
        token = read_token(Path(os.environ[TOKEN_FILE]))
        return {
            "RoleArn": os.environ[ROLE],
            "OIDCProviderArn": os.environ[PROVIDER],
            "OIDCToken": token,
            "DurationSeconds": "3600",
        }

    def take(self, reply: Any) -> None:
        """The keys that STS gave.

        Raises:
            CloudFailure: it gave none.
        """
        try:
            given = reply["Credentials"]
            keys = Keys(given["AccessKeyId"], given["AccessKeySecret"], given["SecurityToken"])
            until = datetime.fromisoformat(given["Expiration"])
            self._assumed = keys, until if until.tzinfo else until.replace(tzinfo=UTC)
        except (KeyError, TypeError, ValueError):
            raise CloudFailure("unauthorized", "STS gave no credentials for the pod's role (RRSA)") from None

    def keys(self) -> Keys:
        """The keys in force; it may take a while, and is called in a thread.

        Raises:
            CloudFailure: there are none.
        """
        if self.profile:
            return self._of_sdk()
        if (found := _from_environment()) is not None:
            return found
        if _has_role():
            if self._assumed is None:
                raise CloudFailure("unauthorized", "the pod's role (RRSA) was not assumed")
            return self._assumed[0]
        return self._of_sdk()

    def sts_host(self, region: str) -> str:
        """STS in the region that the environment names, or in the cluster's; inside the VPC where that is asked for."""
        inside = os.environ.get(STS_INSIDE, "").strip().lower() == "true"
        where = os.environ.get(STS_REGION, "").strip() or region
        return f"{'sts-vpc' if inside else 'sts'}.{where}.aliyuncs.com"

    def _of_sdk(self) -> Keys:
        """By the SDK's providers, which renew what they gave. What they say may hold more than it should."""
        from alibabacloud_credentials.provider import CLIProfileCredentialsProvider, DefaultCredentialsProvider

        if self._provider is None:
            self._provider = (
                CLIProfileCredentialsProvider(profile_name=self.profile)
                if self.profile
                else DefaultCredentialsProvider()
            )
        try:
            found = self._provider.get_credentials()
            return Keys(found.get_access_key_id(), found.get_access_key_secret(), found.get_security_token() or "")
        except Exception:
            raise CloudFailure("unauthorized", self._tried()) from None

    def _tried(self) -> str:
        if self.profile:
            return f"profile {self.profile} of ~/.aliyun/config.json gives no credentials of Alibaba Cloud"
        return (
            f"no credentials of Alibaba Cloud were found: the environment ({KEY_ID}), RRSA ({ROLE}), "
            "~/.aliyun/config.json, the credentials file and the instance's RAM role were tried"
        )


def read_token(path: Path) -> str:
    """The token that Kubernetes keeps fresh in this file.

    Raises:
        CloudFailure: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_TOKEN).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text:
        raise CloudFailure("unauthorized", f"{TOKEN_FILE} names {path}, where no token can be read")
    return text


def _from_environment() -> Keys | None:
    id_, secret = os.environ.get(KEY_ID, "").strip(), os.environ.get(KEY_SECRET, "").strip()
    return Keys(id_, secret, os.environ.get(TOKEN, "").strip()) if id_ and secret else None


def _has_role() -> bool:
    return all(os.environ.get(name) for name in (ROLE, PROVIDER, TOKEN_FILE))
