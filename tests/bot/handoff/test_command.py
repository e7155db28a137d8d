"""``netclinic handoff`` as people run it: a database of its own, cases from Slack, and clusters over HTTP."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import yaml

from bot.recordings import load, serve
from bot.store import open_store
from knowledge.model import Entry
from tests.bot.handoff.conftest import Shift
from tests.command_line import Netclinic

OUT = {"terway-vswitch-out-of-ips": 0.9}


def at_home(netclinic: Netclinic, folder: Path, **more: str) -> dict[str, str]:
    return {"NETCLINIC_DATA_DIR": str(folder / "data"), "NETCLINIC_TIME_ZONE": "Asia/Shanghai", **more}


def test_an_empty_shift_is_said_shown_again_and_written(netclinic: Netclinic, tmp_path: Path) -> None:
    home = at_home(netclinic, tmp_path)
    made = netclinic("handoff", "8h30m", "--out", str(tmp_path / "out"), **home)
    assert made.code == 0, made.err
    assert made.out.startswith("# Nothing to hand over\n")
    assert "8 h 30 min, Asia/Shanghai" in made.out
    (page,) = (tmp_path / "out").iterdir()
    assert page.read_text() == made.out
    again = netclinic("handoff", "--show", page.stem.lower(), **home)
    assert (again.code, again.out) == (0, made.out)
    assert netclinic("handoff", "--show", "last", **home).out == made.out
    listed = netclinic("audit", "list", "-o", "json", **home)
    assert "handoff.made" in listed.out


def test_bad_words_and_unknown_ids_are_bad_usage_in_one_sentence(netclinic: Netclinic, tmp_path: Path) -> None:
    home = at_home(netclinic, tmp_path)
    for words, said in (
        (["yesterday"], "since 09:00"),
        (["since", "2099-01-01"], "future"),
        (["90d"], "31 days"),
        (["--show", "HO-NOTHERE2"], "none was made yet"),
        (["12h", "--show", "last"], "leave the span out"),
    ):
        ran = netclinic("handoff", *words, **home)
        assert (ran.code, ran.out) == (2, "")
        assert said in ran.err
        assert "Traceback" not in ran.err
    wrong = netclinic("handoff", **{**home, "NETCLINIC_TIME_ZONE": "Peking"})
    assert wrong.code == 2
    assert "NETCLINIC_TIME_ZONE" in wrong.err


def test_a_database_that_cannot_be_opened_is_named(netclinic: Netclinic, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "netclinic.sqlite").write_text("this is no database, but a letter" * 50)
    ran = netclinic("handoff", **at_home(netclinic, tmp_path))
    assert ran.code == 1
    assert "netclinic.sqlite" in ran.err
    assert "Traceback" not in ran.err


async def test_open_cases_are_looked_at_on_the_clusters_of_the_kubeconfig(
    netclinic: Netclinic, tmp_path: Path, entries: Mapping[str, Entry], meaning: object
) -> None:
    import asyncio

    store = open_store("", tmp_path / "data")
    shift = Shift(store, entries, meaning, datetime.now(UTC))
    for number, cluster in enumerate(("prod", "mended", "unknown")):
        await shift.asked(
            f"17{number}.1", "pods stuck", OUT, before=60 + number, recording="terway-out-of-ips", cluster=cluster
        )
    store.close()
    async with serve(load("terway-out-of-ips")) as sick, serve(load("terway-healthy")) as well:
        where = {"prod": sick.url, "mended": well.url}
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": name, "cluster": {"server": url}} for name, url in where.items()],
                    "users": [{"name": "u", "user": {}}],
                    "contexts": [{"name": name, "context": {"cluster": name, "user": "u"}} for name in where],
                    "current-context": "prod",
                }
            )
        )
        home = at_home(netclinic, tmp_path, KUBECONFIG=str(kubeconfig))
        ran = await asyncio.to_thread(netclinic, "handoff", "--out", str(tmp_path), "-o", "json", **home)
        left_alone = await asyncio.to_thread(netclinic, "handoff", "12h", "--no-recheck", **home)
    assert ran.code == 0, ran.err
    states = {case["cluster"]: case["state"]["now"] for case in ran.json["open"]}
    assert states == {"prod": "still there", "mended": "cleared", "unknown": "could not look"}
    assert (tmp_path / f"{ran.json['id']}.png").read_bytes().startswith(b"\x89PNG")
    assert "Now:" not in left_alone.out
    assert "not looked at again" in left_alone.out
    reads = await asyncio.to_thread(netclinic, "audit", "list", "--action", "cluster.read", "-o", "json", **home)
    assert "/api/v1/pods" in reads.out
