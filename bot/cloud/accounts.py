"""Which cloud account a cluster's calls go to: the settings, made into transports that live as long as the process."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.cloud.credentials import Credentials
from bot.cloud.requests import CloudTransport
from bot.cloud.transport import Endpoint, LiveCloud

NOT_ASKED = "off"  # in the place of a profile


@dataclass
class CloudAccounts:
    """``profiles``: by cluster the profile of ~/.aliyun/config.json; the credentials chain for all others."""

    endpoint: Endpoint | None = None
    profiles: Mapping[str, str] = field(default_factory=dict)
    _opened: dict[str, LiveCloud] = field(default_factory=dict)

    def of(self, cluster: str) -> CloudTransport | None:
        """The cloud of this cluster; ``None`` where it is not to be asked. Nothing is imported or called yet."""
        profile = self.profiles.get(cluster, "")
        if profile == NOT_ASKED:
            return None
        if profile not in self._opened:
            self._opened[profile] = LiveCloud(Credentials(profile), self.endpoint)
        return self._opened[profile]
