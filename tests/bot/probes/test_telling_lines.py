"""The line of a log that names what is wrong, as the network's components write it; frames and usages are not it."""

from typing import Any

import pytest

from bot.probes.logs import last_words, telling_line

FRAMES = [
    "goroutine 1 [running]:",
    "main.main()",
    "\t/go/src/example.org/daemon/failed.go:12 +0x1d",
    "    /go/src/example.org/daemon/error.go:7",
    "example.org/daemon/server.(*Server).mustNotFail(0xc0000a2000, {0x1, 0x2})",
    "k8s.io/klog/v2.fatal(...)",
    "created by example.org/daemon.newErrorHandler in goroutine 1",
]
USAGE = [
    "Usage:",
    "  -v level",
    "  -alsologtostderr",
    "    \tlog to standard error as well as files",
    "      --cleanup-on-fail          remove all rules and exit when it cannot start",
]


@pytest.mark.parametrize(
    "line",
    [
        "/etc/coredns/Corefile:9 - Error during parsing: Unknown directive 'foo'",
        "plugin/forward: this is an invalid plugin block: unknown property 'retries'",
        "Listen: listen tcp :53: bind: address already in use",
        "panic: runtime error: invalid memory address or nil pointer dereference",
        "F1129 07:00:01.120001       1 server.go:495] unable to load the in-cluster configuration",
        "E1129 07:00:01.120001       1 main.go:330] Error registering network: no pod range is assigned to the node",
        "main.go:71: cannot read /etc/kube-flannel/net-conf.json",
        "runtime.sh: line 4: ip6tables: command not found",
        "/usr/bin/terwayd: error while loading shared libraries: libbpf.so.1: cannot open shared object file",
        "/opt/cni/bin/flannel failed to be copied: read-only file system",
        'time="2026-11-29T07:00:01Z" level=fatal msg="instance has no ENI left"',
        "- cannot reach the API server at 172.21.0.1:443",
        "connect() to the metadata server failed",
        "-bash: sysctl: Permission denied",
    ],
)
@pytest.mark.parametrize("rest", [[], FRAMES, USAGE, ["shutting down", ""]])
def test_what_a_component_says_is_told_whatever_stands_after_it(line: str, rest: list[str]) -> None:
    assert telling_line(["starting", line, *rest]) == line


@pytest.mark.parametrize("frame", [*FRAMES, *USAGE])
def test_a_frame_or_an_option_tells_nothing(frame: str) -> None:
    assert telling_line(["ready", frame]) == "ready"


def test_where_no_line_names_anything_the_last_one_is_told() -> None:
    assert telling_line(["one", "two", ""]) == "two"
    assert telling_line([]) == ""


def test_a_long_line_of_nothing_costs_no_more_than_its_length() -> None:
    long = "a." * 100_000
    assert telling_line([f"({long}", f"created by {long}!", "fine"]) == "fine"
    assert telling_line([f"/{long}", f"{long}(0x{long}"]).startswith(long)


async def test_the_previous_run_is_read_where_there_was_one(make: Any, session_on: Any) -> None:
    pod = make.running("kube-proxy-a", "10.0.0.1", namespace="kube-system")
    before = {("kube-system", "kube-proxy-a", "main", True): "now-2m Error: no kubeconfig"}
    async with session_on([pod], logs=before) as session:
        assert await last_words(session, pod, "main", has_restarted=True) == ("Error: no kubeconfig", True)
        assert await last_words(session, pod, "main", has_restarted=False) == ("", False)
    async with session_on([pod], forbid=["pods/log"]) as session:
        assert await last_words(session, pod, "main", has_restarted=True) == ("", False)
