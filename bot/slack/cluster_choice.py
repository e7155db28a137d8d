"""Which cluster a question is about. Where nothing tells, it is asked for: an answer about another one misleads."""

import difflib
import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass

NO_CLUSTER = ""


@dataclass(frozen=True)
class Chosen:
    """``name`` is a context of the kubeconfig; empty where no cluster is configured and knowledge alone is given."""

    name: str


@dataclass(frozen=True)
class Unknown:
    """The name that was given is none of ours; ``sentence`` says which there are."""

    name: str
    sentence: str


@dataclass(frozen=True)
class Ambiguous:
    """One of these, and nothing says which."""

    names: tuple[str, ...]


Choice = Chosen | Unknown | Ambiguous


@dataclass(frozen=True)
class Clusters:
    """The clusters that may be asked about.

    ``names`` empty: all of the kubeconfig, which ``contexts`` reads anew each time, so that a new cluster needs no
    restart. ``by_channel`` maps channel names, ids or patterns such as ``inc-*`` to a cluster.
    """

    contexts: Callable[[], Sequence[str]]
    names: tuple[str, ...] = ()
    default: str = ""
    by_channel: tuple[tuple[str, str], ...] = ()

    def known(self) -> tuple[str, ...]:
        """The names, in the order of settings or kubeconfig; none where no cluster is configured.

        Raises:
            ConnectionSettingsError: the kubeconfig cannot be read.
        """
        return self.names or tuple(self.contexts())

    def choose(self, *, given: str = "", thread: str = "", channel: str = "", channel_name: str = "") -> Choice:
        """The cluster: as the words say, else the thread's, the channel's, the default, or the only one.

        Raises:
            ConnectionSettingsError: the kubeconfig cannot be read.
        """
        known = self.known()
        default = "" if self._may_be_mapped(channel, channel_name) else self.default
        wanted = given or thread or self._of_channel(channel, channel_name) or default
        if wanted:
            return _named(wanted, known)
        if len(known) > 1:
            return Ambiguous(known)
        return Chosen(known[0] if known else NO_CLUSTER)

    def _may_be_mapped(self, channel: str, name: str) -> bool:
        """Whether the settings may name a cluster for this channel, and nobody knows: its name is not told to us."""
        return bool(self.by_channel and channel and not name) and not channel.startswith("D")

    def _of_channel(self, channel: str, name: str) -> str:
        return next((to for pattern, to in self.by_channel if fits(pattern, channel, name)), "")


def fits(pattern: str, channel: str, name: str) -> bool:
    """Whether a channel is meant: by id, by name (with or without ``#``), or by a pattern of names."""
    return pattern == channel or (bool(name) and fnmatch.fnmatchcase(name, pattern.lstrip("#")))


def _named(wanted: str, known: Sequence[str]) -> Choice:
    exact = [name for name in known if name.lower() == wanted.lower()]
    if wanted in known or len(exact) == 1:
        return Chosen(wanted if wanted in known else exact[0])
    if not known:
        return Unknown(wanted, f"There is no cluster {wanted!r}: none is configured here.")
    near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]}?" if near else ""
    return Unknown(wanted, f"There is no cluster {wanted!r}; I can read {', '.join(known)}.{hint}")
