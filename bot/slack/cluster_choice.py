"""Which cluster a question is about. Where nothing tells, it is asked for: an answer about another one misleads."""

import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.slack.named_clusters import find_named, nearest, says_only_cluster
from knowledge.errors import UserFacingError, nearest_name

NO_CLUSTER = ""


@dataclass(frozen=True)
class ChosenCluster:
    """``name`` is a context of the kubeconfig; empty where no cluster is configured and knowledge alone is given."""

    name: str


@dataclass(frozen=True)
class UnknownCluster:
    """The name that was given is none of ours; ``sentence`` says which there are.

    ``offered`` is set where words, not an option, gave it: all that there are, the likest first, to choose from.
    """

    name: str
    sentence: str
    offered: tuple[str, ...] = ()


@dataclass(frozen=True)
class AmbiguousCluster:
    """One of these, and nothing says which."""

    names: tuple[str, ...]


ClusterChoice = ChosenCluster | UnknownCluster | AmbiguousCluster


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

    def list_names(self) -> tuple[str, ...]:
        """The names, in the order of settings or kubeconfig; none where no cluster is configured.

        Raises:
            ConnectionSettingsError: the kubeconfig cannot be read.
        """
        return self.names or tuple(self.contexts())

    def choose(
        self,
        *,
        given: str = "",
        words: str = "",
        thread: str = "",
        about: str = "",
        channel: str = "",
        channel_name: str = "",
    ) -> ClusterChoice:
        """The cluster: as ``given`` by an option, else as the words name it, else the thread's, the one named in what
        they are ``about`` (an alert), the channel's, the default, or the only one.

        Raises:
            ConnectionSettingsError: the kubeconfig cannot be read.
        """
        list_names = self.list_names()
        for text in () if given else (words, "" if thread else about):
            if named := self._find_in_words(text, list_names):
                return named
        default = "" if self._may_be_mapped(channel, channel_name) else self.default
        wanted = given or thread or self._find_by_channel(channel, channel_name) or default
        if wanted:
            return _find_by_name(wanted, list_names)
        if len(list_names) > 1:
            return AmbiguousCluster(list_names)
        return ChosenCluster(list_names[0] if list_names else NO_CLUSTER)

    def find_known(self, words: str) -> tuple[str, ...]:
        """The clusters that words name.

        Raises:
            ConnectionSettingsError: the kubeconfig cannot be read.
        """
        return find_named(words, self.list_names()).known

    def is_only_a_name(self, words: str) -> bool:
        """Whether words name a cluster, and say nothing beside: "and on prod-b?".

        Raises:
            ConnectionSettingsError: the kubeconfig cannot be read.
        """
        return says_only_cluster(words, find_named(words, self.list_names(), others=self._closed_names()))

    def _find_in_words(self, text: str, list_names: Sequence[str]) -> ClusterChoice | None:
        """What the words name; ``None`` where they name none, or where there is none to name."""
        if not text or not list_names:
            return None
        found = find_named(text, list_names, others=self._closed_names())
        if found.unknown:
            offered = [*found.known, *nearest(found.unknown, list_names), *list_names]
            sentence = _no_such_cluster(found.unknown, list_names)
            return UnknownCluster(found.unknown, sentence, tuple(dict.fromkeys(offered)))
        if len(found.known) > 1:
            return AmbiguousCluster(found.known)
        return ChosenCluster(found.known[0]) if found.known else None

    def _closed_names(self) -> list[str]:
        """Contexts that the settings leave out: who names one must not be answered for another."""
        try:
            return [name for name in self.contexts() if name not in self.names] if self.names else []
        except UserFacingError:  # no kubeconfig that can be read: the settings alone name clusters
            return []

    def _may_be_mapped(self, channel: str, name: str) -> bool:
        """Whether the settings may name a cluster for this channel, and nobody knows: its name is not told to us."""
        return bool(self.by_channel and channel and not name) and not channel.startswith("D")

    def _find_by_channel(self, channel: str, name: str) -> str:
        return next((to for pattern, to in self.by_channel if matches_channel(pattern, channel, name)), "")


def matches_channel(pattern: str, channel: str, name: str) -> bool:
    """Whether a channel is meant: by id, by name (with or without ``#``), or by a pattern of names."""
    return pattern == channel or (bool(name) and fnmatch.fnmatchcase(name, pattern.lstrip("#")))


def _find_by_name(wanted: str, list_names: Sequence[str]) -> ClusterChoice:
    exact = [name for name in list_names if name.lower() == wanted.lower()]
    if wanted in list_names or len(exact) == 1:
        return ChosenCluster(wanted if wanted in list_names else exact[0])
    return UnknownCluster(wanted, _no_such_cluster(wanted, list_names))


def _no_such_cluster(wanted: str, list_names: Sequence[str]) -> str:
    if not list_names:
        return f"There is no cluster {wanted!r}: none is configured here."
    near = nearest_name(wanted, list_names, cutoff=0.5)
    hint = f" Did you mean {near}?" if near else ""
    return f"There is no cluster {wanted!r}; I can read {', '.join(list_names)}.{hint}"
