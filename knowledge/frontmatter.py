"""The YAML between the ``---`` lines of an entry, turned into plain data that remembers its line numbers."""

from pathlib import Path

import yaml

from knowledge.diagnostics import FileDiagnostics
from knowledge.errors import Place, suggestion
from knowledge.untrusted_yaml import SAFE_LOADER, check

FENCE = "---"
KEYS = (
    "id", "title", "title_zh", "kind", "headings", "symptoms", "identifiers", "applies", "confirmed_by",
    "confirmed_with_cloud", "asks",
    "absence", "says", "facts", "proved_on", "related",
)  # fmt: skip
REQUIRED = ("id", "title", "kind", "symptoms")


def is_document(path: Path) -> bool:
    """Whether the file is named in capitals (README.md, CHANGELOG.md): ids are lower-case, so it is no entry."""
    return path.name.partition(".")[0].isupper()


def split(text: str, diagnostics: FileDiagnostics) -> tuple[str, str]:
    """Front matter and body. The body keeps its place in the file by blank lines, so that line numbers stay true."""
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        document = ", or name a file that is a document in capitals, like NOTES.md"
        remedy = f'write "{FENCE}" in the first line' + ("" if is_document(diagnostics.path) else document)
        diagnostics.add(1, "this is no entry, it does not start with front matter", remedy)
        return "", ""
    ends = (at for at, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE)
    end = next(ends, None)
    if end is None:
        diagnostics.add(1, "the front matter does not end", f'write a line "{FENCE}" before the first section')
        return "", ""
    return "\n".join(lines[1:end]), "\n" * (end + 1) + "\n".join(lines[end + 1 :])


def front_matter(text: str, diagnostics: FileDiagnostics) -> dict[str, object]:
    """The known keys with plain values; whatever is wrong is noted in the reading."""
    data = load_yaml(text, diagnostics, what="the front matter", first_line=2)
    if data is None:
        return {}
    for key in data:
        if key not in KEYS:
            hint = suggestion(key, KEYS)
            diagnostics.add((key,), f'the key "{key}" is not known', f"use one of {', '.join(KEYS)}{hint}")
    for key in REQUIRED:
        if data.get(key) in (None, "", []):
            diagnostics.add((key,), f'the key "{key}" is missing or empty', f'add "{key}:" to the front matter')
    return {key: value for key, value in data.items() if key in KEYS}


def load_yaml(text: str, diagnostics: FileDiagnostics, *, what: str, first_line: int) -> dict[str, object] | None:
    """The mapping that the text holds, with the line of each part; ``first_line`` of the text in the file."""
    loader = SAFE_LOADER(text)
    try:
        check(text)
        node = loader.get_single_node()
        data = _NodeReader(loader, diagnostics, first_line).value(node, ()) if node is not None else {}
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + first_line if error.problem_mark else 1
        diagnostics.add(line, f"{what} is not YAML ({error.problem})", 'put text with ": " or "#" in quotes')
        return None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        diagnostics.add(1, f"{what} is not YAML ({error})".replace("\n", " "), "mend or remove what it names")
        return None
    finally:
        loader.dispose()
    if isinstance(data, dict):
        return data
    diagnostics.add(first_line, f"{what} is not a mapping", 'write lines like "id: some-name"')
    return None


class _NodeReader:
    """Walks the YAML nodes once: plain values out, line numbers into the reading."""

    def __init__(
        self, loader: yaml.SafeLoader | yaml.CSafeLoader, diagnostics: FileDiagnostics, first_line: int
    ) -> None:
        self._loader = loader
        self._diagnostics = diagnostics
        self._first_line = first_line
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, place: Place) -> object:
        self._diagnostics.lines[place] = node.start_mark.line + self._first_line
        if id(node) in self._seen:
            self._diagnostics.add(place, "YAML anchors and aliases are not used here", "write the text out again")
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(member, (*place, at)) for at, member in enumerate(node.value)]
        value: object = self._loader.construct_object(node)
        return value

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, object]:
        result: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            if key in result:
                line = key_node.start_mark.line + self._first_line
                self._diagnostics.add(line, f'the key "{key}" stands twice', "put both together under one of them")
            result[key] = self.value(value_node, (*place, key))
            self._diagnostics.lines[(*place, key)] = key_node.start_mark.line + self._first_line
        return result
