"""One encoder and one index for all tests here: the real model, a few of the shipped entries, some outside examples."""

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from index.artifact_cache import artifact_path
from index.build import Places, encoder_folder, encoder_key, index_key
from index.corpus import build_corpus
from index.export import BuildEncoder
from index.models import resolve_model
from index.search import KNOWLEDGE, Index, open_index
from knowledge.loading import BUILTIN_FOLDER, load_entries
from knowledge.model import Entry, Kind
from tests.command_line import kept_dir

CHOSEN = (
    "conntrack-table-full",
    "flannel-hairpin-off",
    "ipvs-udp-timeout",
    "switch-network-plugin",
    "terway-mac-not-found",
    "terway-vswitch-out-of-ips",
)
OUTSIDE_EVERY = 6
LOOK_ALIKES, LOOK_ALIKES_EVERY = "flannel-hairpin-off.txt", 2  # the others are held out


@pytest.fixture(scope="session")
def entries() -> list[Entry]:
    return [entry for entry in load_entries([BUILTIN_FOLDER], None) if entry.id in CHOSEN]


@pytest.fixture(scope="session")
def knowledge_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped glossary, every sixth out-of-scope example, and half of one entry's look-alikes."""
    folder = tmp_path_factory.mktemp("knowledge")
    (folder / "out_of_scope").mkdir()
    shutil.copy(KNOWLEDGE / "glossary.tsv", folder)
    for path in sorted((KNOWLEDGE / "out_of_scope").glob("*.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()[::OUTSIDE_EVERY]
        (folder / "out_of_scope" / path.name).write_text("\n".join(lines), encoding="utf-8")
    (folder / "look_alikes").mkdir()
    lines = (KNOWLEDGE / "look_alikes" / LOOK_ALIKES).read_text(encoding="utf-8").splitlines()
    (folder / "look_alikes" / LOOK_ALIKES).write_text("\n".join(lines[::LOOK_ALIKES_EVERY]), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def cache() -> Path:
    """One cache of all workers, kept for later runs, with the encoder that the index of all entries has, too."""
    model = resolve_model()
    encoder = encoder_folder(Places(kept_dir() / "index"), model)
    folder = kept_dir() / "small-index"
    folder.mkdir(exist_ok=True)
    with contextlib.suppress(FileExistsError):
        (folder / encoder.name).symlink_to(encoder)
    return folder


@pytest.fixture(scope="session")
def index(entries: list[Entry], cache: Path, knowledge_dir: Path) -> Index:
    return open_index(entries, cache_dir=cache, knowledge_dir=knowledge_dir)


@pytest.fixture(scope="session")
def sentence_transformers() -> BuildEncoder:
    return BuildEncoder(resolve_model())


@pytest.fixture
def encoder_only(index: Index, cache: Path, tmp_path: Path) -> Path:
    """A cache that holds the exported encoder but no index."""
    folder = artifact_path(cache, "encoder", encoder_key(resolve_model()))
    shutil.copytree(folder, tmp_path / "cache" / folder.name)
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def make_entry() -> Callable[..., Entry]:
    def make(entry_id: str, *symptoms: str, identifiers: tuple[str, ...] = ()) -> Entry:
        return Entry(
            id=entry_id,
            title=f"About {entry_id}",
            kind=Kind.GUIDE,
            headings=(f"Heading of {entry_id}",),
            symptoms=symptoms,
            path=Path(f"{entry_id}.md"),
            section="test",
            identifiers=identifiers,
            cause="",
        )

    return make


@pytest.fixture(scope="session")
def few(make_entry: Callable[..., Entry]) -> list[Entry]:
    """Two entries with little to learn, for tests that build."""
    return [
        make_entry("dns", "names do not resolve", "dns lookup fails", "cannot resolve the host", "nslookup times out"),
        make_entry("disk", "the disk is full", "no space left", "volume cannot be written", "storage ran out"),
    ]


@pytest.fixture(scope="session")
def no_examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A knowledge folder without glossary and out-of-scope examples."""
    return tmp_path_factory.mktemp("bare")


@pytest.fixture(scope="session")
def small_cache(index: Index, cache: Path, few: list[Entry], no_examples: Path) -> Path:
    """The cache with the index of the few entries in it, too."""
    open_index(few, cache_dir=cache, knowledge_dir=no_examples)
    return cache


@pytest.fixture
def small(small_cache: Path, few: list[Entry], no_examples: Path, tmp_path: Path) -> Path:
    """A cache with the encoder and the index of the few entries alone, to be damaged at will."""
    wanted = resolve_model()
    for kind, key in (("encoder", encoder_key(wanted)), ("index", index_key(build_corpus(few, no_examples), wanted))):
        folder = artifact_path(small_cache, kind, key)
        shutil.copytree(folder, tmp_path / "cache" / folder.name)
    return tmp_path / "cache"
