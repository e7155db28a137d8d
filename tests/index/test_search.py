"""Questions against a real, small index."""

import pytest

from index.search import Index

MAC_LINE = "error parse config, can't found dev by mac 00:16:3e:12:34:56: not found"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("our vswitch has no free addresses left so new pods cannot start", "terway-vswitch-out-of-ips"),
        ("交换机的地址用完了，pod 起不来", "terway-vswitch-out-of-ips"),
        ("Terway 交换机 IP exhausted 怎么办", "terway-vswitch-out-of-ips"),
        ("pod cannot reach itself thru its own servcie", "flannel-hairpin-off"),
        ("can I move a running cluster from flannel to terway?", "switch-network-plugin"),
        ("conntrack table is full, packets are droped", "conntrack-table-full"),
        (MAC_LINE, "terway-mac-not-found"),
    ],
)
def test_the_right_entry_comes_first(index: Index, text: str, expected: str) -> None:
    found = index.match(text)
    assert found.matches[0].entry_id == expected
    assert found.in_scope


@pytest.mark.parametrize("text", ["good morning everyone", "who is on call tonight?", "大家早上好", "lunch at 12?"])
def test_chatter_is_out_of_scope(index: Index, text: str) -> None:
    assert not index.match(text).in_scope


@pytest.mark.parametrize("text", ["", "   \n\t", "🙂🙂", "???!!"])
def test_nothing_said_is_out_of_scope_without_confidence(index: Index, text: str) -> None:
    found = index.match(text)
    assert not found.in_scope
    assert found.confidence == 0.0
    assert len(found.matches) == len(index.parts.ids)


def test_all_entries_are_ranked_best_first(index: Index) -> None:
    found = index.match("pods get no address")
    scores = [match.score for match in found.matches]
    assert sorted(match.entry_id for match in found.matches) == sorted(index.parts.ids)
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1, abs=0.01)
    assert 0 <= found.confidence <= 1


@pytest.mark.parametrize(
    "line",
    [
        MAC_LINE.upper(),
        MAC_LINE.replace("00:16:3e:12:34:56", "00:16:3e:aa:bb:cc"),
        f'{{"level":"error","msg":"{MAC_LINE}"}}',
    ],
)
def test_error_strings_hold_whatever_varies_in_them(index: Index, line: str) -> None:
    found = index.match(f"seen on cn-hangzhou.10.0.0.7: {line}")
    assert found.matches[0].entry_id == "terway-mac-not-found"
    assert found.matches[0].score > 0.9


@pytest.mark.parametrize("place", [0, 1000, 2000])
def test_one_telling_line_in_100_kb_of_log(index: Index, place: int) -> None:
    lines = [f"2026-11-20T19:{i % 60:02}:00Z INFO reconciled pod web-{i} in 12ms" for i in range(2000)]
    lines.insert(place, f"E1120 19:02:00.123456 7 server.go:12] {MAC_LINE}")
    text = "\n".join(lines)
    assert len(text) > 100_000
    found = index.match(text)
    assert found.in_scope
    assert found.matches[0].entry_id == "terway-mac-not-found"


def test_one_endless_line_is_no_trouble(index: Index) -> None:
    assert index.match("a" * 300_000 + " 中" * 50_000).text


def test_the_same_question_gets_the_same_answer(index: Index) -> None:
    assert index.match("udp requests fail after a pod restart") == index.match("udp requests fail after a pod restart")
