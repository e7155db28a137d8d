"""What is read of labels, annotations, ConfigMaps and commands: whatever people write there may be a secret.

Each name is declared beside what reads it, and read through here alone. A recording keeps what is declared and nothing
else, so that a replay finds all that a probe or a fact could ask for, and no value that nobody asks for leaves the
cluster.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]


class Label(str):
    """The name of a label that is read."""

    __slots__ = ()


class Annotation(str):
    """The name of an annotation that is read."""

    __slots__ = ()


@dataclass(frozen=True)
class ConfigKey:
    """A key in a ConfigMap's data; ``configmap`` is ``*`` where a node's label names it.

    ``paths`` are what is read of its JSON or YAML, in dots, those of a list's members like those of the list itself;
    ``lines`` the pattern of what is read of another text. Without either all of the text is read.
    """

    configmap: str
    key: str
    paths: tuple[str, ...] = ()
    lines: re.Pattern[str] | None = None

    def is_of(self, configmap: str) -> bool:
        """Whether it may stand in the ConfigMap of this name."""
        return self.configmap in ("*", configmap)


@dataclass(frozen=True)
class DeclaredReads:
    """All that is declared."""

    labels: frozenset[str] = frozenset()
    annotations: frozenset[str] = frozenset()
    config_keys: tuple[ConfigKey, ...] = ()

    def and_of(self, more: "Iterable[Label | Annotation | ConfigKey]") -> "DeclaredReads":
        """These, and what entries name."""
        more = tuple(more)
        return DeclaredReads(
            self.labels | {each for each in more if isinstance(each, Label)},
            self.annotations | {each for each in more if isinstance(each, Annotation)},
            (*self.config_keys, *(each for each in more if isinstance(each, ConfigKey))),
        )


@dataclass
class _Registry:
    names: list[Label | Annotation | ConfigKey] = field(default_factory=list)
    words: list[re.Pattern[str]] = field(default_factory=list)


_DECLARED = _Registry()


def label(name: str) -> Label:
    """Declare a label that is read."""
    _DECLARED.names.append(Label(name))
    return Label(name)


def annotation(name: str) -> Annotation:
    """Declare an annotation that is read."""
    _DECLARED.names.append(Annotation(name))
    return Annotation(name)


def config_key(configmap: str, key: str, *paths: str, lines: re.Pattern[str] | None = None) -> ConfigKey:
    """Declare what is read of a ConfigMap."""
    declared = ConfigKey(configmap, key, paths, lines)
    _DECLARED.names.append(declared)
    return declared


def command_word(pattern: re.Pattern[str]) -> None:
    """Declare what is read of the commands of containers."""
    _DECLARED.words.append(pattern)


def declared_reads() -> DeclaredReads:
    """What probes and facts read, whatever entries say."""
    return DeclaredReads().and_of(_DECLARED.names)


def label_of(obj: Object, name: Label) -> str | None:
    """The label's value, ``None`` without one."""
    found = ((obj.get("metadata") or {}).get("labels") or {}).get(name)
    return None if found is None else str(found)


def annotation_of(obj: Object, name: Annotation) -> str | None:
    """The annotation's value, ``None`` without one."""
    found = ((obj.get("metadata") or {}).get("annotations") or {}).get(name)
    return None if found is None else str(found)


def config_text(config: Object | None, key: ConfigKey) -> str | None:
    """The text under a key, ``None`` without one."""
    found = ((config or {}).get("data") or {}).get(key.key)
    return None if found is None else str(found)


def command_words(container: Object) -> list[str]:
    """The words of its command and arguments that are declared, others as ``…``."""
    return kept_words([*(container.get("command") or []), *(container.get("args") or [])])


def kept_words(words: Iterable[str]) -> list[str]:
    """The same of any words."""
    return [" ".join(found[0] for each in _DECLARED.words for found in each.finditer(word)) or "…" for word in words]


def selected_by(obj: Object, selector: Object) -> bool:
    """Whether a LabelSelector selects the object; recordings keep the labels by which anything is selected."""
    labels = {str(key): str(value) for key, value in ((obj.get("metadata") or {}).get("labels") or {}).items()}
    if any(labels.get(str(key)) != str(value) for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_holds(labels, each) for each in selector.get("matchExpressions") or [])


def _holds(labels: dict[str, str], requirement: Object) -> bool:
    key, values = str(requirement.get("key")), [str(value) for value in requirement.get("values") or []]
    match requirement.get("operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False


def labels_as_asked(obj: Object, names: Iterable[str]) -> dict[str, str]:
    """The object's values of labels that a selector asks for."""
    labels = (obj.get("metadata") or {}).get("labels") or {}
    return {name: str(labels[name]) for name in names if name in labels}
