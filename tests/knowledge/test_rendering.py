"""Steps show this cluster's facts and objects; hostile ones never become code nor break the text."""

import shlex
import subprocess
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.expressions import parse_when
from knowledge.model import Call, Step, Value
from knowledge.rendering import RenderedStep, render, render_command, render_text

FACTS: Mapping[str, Value | None] = {
    "network_plugin": "terway",
    "terway.mode": "exclusive",
    "terway.version": None,
    "terway.vswitches": "cn-hangzhou-h: vsw-a, vsw-b; cn-hangzhou-i: vsw-c",
    "kube_proxy.udp_timeout": 300,
    "pods.waiting": "none",
}
OBJECTS: Mapping[str, Sequence[str]] = {
    "pod": ["shop/web-1", "shop/cart-2"],
    "node": ["cn-hangzhou.10.0.0.11"],
    "vswitch": [],
}


@pytest.mark.parametrize(
    ("template", "text", "command"),
    [
        ("no template", "no template", "no template"),
        ("{{ network_plugin }}", "terway", "terway"),
        ("{{ kube_proxy.udp_timeout }}s", "300s", "300s"),
        ("{{ terway.version }}", "unknown", "TERWAY_VERSION"),
        ("{{ flannel.version }}", "unknown", "FLANNEL_VERSION"),
        ("{{ node }}", "cn-hangzhou.10.0.0.11", "cn-hangzhou.10.0.0.11"),
        ("{{ pod }} of {{ namespace }}", "web-1 of shop", "web-1 of shop"),
        ("{{ pods }}", "shop/web-1, shop/cart-2", "shop/web-1 shop/cart-2"),
        ("{{ pods.waiting }}", "none", "none"),
        ("{{ vswitch }} {{ vswitches }}", "VSWITCH VSWITCHES", "VSWITCH VSWITCHES"),
        ("{{ terway_pod }}", "TERWAY_POD", "TERWAY_POD"),
        ("{% for n in nodes %}[{{ n }}]{% endfor %}", "[NODE]", "[NODE]"),
        ("{% for p in pods %}[{{ p }}]{% endfor %}", "[shop/web-1][shop/cart-2]", "[shop/web-1][shop/cart-2]"),
        ('{% if terway.mode == "exclusive" %}a{% else %}b{% endif %}', "a", "a"),
        ('{% if terway.version == "1" %}a{% endif %}.', ".", "."),
        ("{{ pods | join(',') }}", "shop/web-1,shop/cart-2", "shop/web-1,shop/cart-2"),
        ("{{ kube_proxy.udp_timeout // 60 }}", "5", "5"),
        ("{{ terway.version // 60 }}", "unknown", "VALUE"),
        ("{{ broken", "{{ broken", "{{ broken"),
    ],
)
def test_values_and_placeholders(template: str, text: str, command: str) -> None:
    objects = {name: found for name, found in OBJECTS.items() if name != "node" or "nodes" not in template}
    assert render_text(template, FACTS, objects) == text
    assert render_command(template, FACTS, objects) == command


def test_what_a_log_names_is_shown_whole() -> None:
    named = {"module": ["ip_vs_sh", "ip_vs"], "reason": ["open /proc/sys: permission denied"]}
    assert render_command("modprobe -a {{ modules }}", {}, named) == "modprobe -a ip_vs_sh ip_vs"
    assert render_text("{{ modules }}: {{ reason }}", {}, named) == "ip_vs_sh, ip_vs: open /proc/sys: permission denied"
    assert render_text("{% if module %}a{% else %}b{% endif %}", {}, {}) == "b"


def test_the_namespace_is_the_services_where_there_is_no_pod() -> None:
    assert render_command("-n {{ namespace }} {{ service }}", {}, {"service": ["shop/web"]}) == "-n shop web"
    assert render_command("-n {{ namespace }}", {}, {"service": ["a/web"], "pod": ["b/web-1"]}) == "-n b"
    assert render_command("-n {{ namespace }}", {}, {}) == "-n NAMESPACE"


VARIANTS = (
    Step(text="Always."),
    Step(
        text="Restart {{ node }}.",
        command="kubectl drain {{ node }}",
        when=Call(probe="terway_mode", operator="==", operand="exclusive"),
        label="exclusive ENI mode",
    ),
    Step(text="Wait.", when=Call(probe="terway_mode", operator="!=", operand="exclusive"), label="shared ENI mode"),
)


def test_with_the_fact_known_only_what_fits_is_shown() -> None:
    assert render(VARIANTS, FACTS, {"node": ["n1"]}) == [
        RenderedStep(text="Always.", command=None),
        RenderedStep(text="Restart n1.", command="kubectl drain n1"),
    ]


@pytest.mark.parametrize("facts", [{}, {"terway.mode": None}])
def test_with_the_fact_unknown_all_variants_are_shown_with_labels(facts: Mapping[str, Value | None]) -> None:
    assert render(VARIANTS, facts, {}) == [
        RenderedStep(text="Always.", command=None),
        RenderedStep(text="If exclusive ENI mode: restart NODE.", command="kubectl drain NODE"),
        RenderedStep(text="If shared ENI mode: wait.", command=None),
    ]


LACKS, ELSEWHERE = Call(probe="pod_addresses", arguments=(("missing", "IPv6"),)), Call(probe="node_taint")
BY_OUTCOME = (
    Step(text="Mend.", when=parse_when('pod_addresses() == "present"', None), label="one lacks it"),
    Step(text="Read.", when=parse_when('pod_addresses() in ["absent", "unknown"]', None), label="not read"),
)


@pytest.mark.parametrize(
    ("outcomes", "shown"),
    [
        ({LACKS: "present"}, ["Mend."]),
        ({LACKS: "absent", ELSEWHERE: "present"}, ["Read."]),
        ({LACKS: "unknown"}, ["If one lacks it: mend.", "Read."]),
        ({LACKS: "hinted"}, []),
        ({}, ["If one lacks it: mend.", "Read."]),  # nothing was asked
    ],
)
def test_what_a_probe_came_to_chooses_steps_and_not_knowing_shows_them_with_labels(
    outcomes: Mapping[Call, str], shown: list[str]
) -> None:
    assert [step.text for step in render(BY_OUTCOME, {}, {}, outcomes)] == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Let pods in again.", "let pods in again."),
        ("A node is gone.", "a node is gone."),
        ("{% if terway.mode %}a{% else %}Wait{% endif %}.", "wait."),
        ("Terway's log tells.", "Terway's log tells."),
        ("Services of type NodePort.", "Services of type NodePort."),
        ("CCM writes routes.", "CCM writes routes."),
        ("VPC console: look.", "VPC console: look."),
        ("DaemonSet pods.", "DaemonSet pods."),
        ("ENIs are full.", "ENIs are full."),
        ("Node.js waits.", "Node.js waits."),
        ("In-cluster calls.", "in-cluster calls."),
        ("`GET` it.", "`GET` it."),
        ("", ""),
    ],
)
def test_behind_a_label_a_sentence_goes_on_with_a_small_letter(text: str, shown: str) -> None:
    step = Step(text=text, when=Call(probe="terway_mode", operator="==", operand="exclusive"), label="exclusive")
    assert [each.text for each in render(step, {}, {})] == [f"If exclusive: {shown}"]
    assert render(Step(text="Let pods in."), {}, {})[0].text == "Let pods in.", "without a label"


def test_a_single_step_renders_too() -> None:
    assert render(VARIANTS[0], {}, {}) == [RenderedStep(text="Always.", command=None)]


@pytest.mark.parametrize(
    ("template", "value", "command"),
    [
        ("echo {{ a }}", "plain-1.2_3/x:y@z", "echo plain-1.2_3/x:y@z"),
        ("echo {{ a }}", "two words", "echo 'two words'"),
        ("echo {{ a }}", "$(id)", "echo '$(id)'"),
        ("echo {{ a }}", "it's", """echo 'it'"'"'s'"""),
        ("echo '{{ a }}'", "two words", "echo 'A'"),
        ('echo "{{ a }}"', "$(id)", 'echo "A"'),
        ("echo `ls {{ a }}`", "a b", "echo `ls A`"),
        ('echo "$(ls "{{ a }}")"', "a b", 'echo "$(ls "A")"'),
        ("cat <<EOF\n{{ a }}\nEOF", "$(id)", "cat <<EOF\nA\nEOF"),
        ("true # {{ a }}", "a b", "true # A"),
        ("echo \\{{ a }}", "a b", "echo \\A"),
        ("# it's\necho {{ a }}", "a b", "# it's\necho 'a b'"),
        ("echo 'x' {{ a }}", "a b", "echo 'x' 'a b'"),
        ("rm {{ a }}", "-rf", "rm A"),
        ("rm {{ a }}", "", "rm A"),
        ("echo {{ a }}", "a\nrm -rf /", "echo A"),
        ("echo {{ a }}", "a\x1b[2J", "echo A"),
        ("echo x{{ a ~ a }}", "; id ", "echo xVALUE"),
    ],
)
def test_what_is_not_plain_is_quoted_or_left_out(template: str, value: str, command: str) -> None:
    assert render_command(template, {"a": value}, {}) == command


hostile = st.text(
    alphabet=st.sampled_from("abc'\"`$(){}[];&|<>*?~#!\\/-= \t\n\r\x00\x1b\u202e\ue0000\ue001{%"), max_size=20
)
spots = st.sampled_from(
    ["{{ a }}", "'{{ a }}'", '"{{ a }}"', "x{{ a }}y", "'it' {{ a }} # {{ a }}", "\"$(echo '{{ a }}')\""]
)


@given(hostile, spots)
def test_no_value_changes_what_a_command_does(value: str, spot: str) -> None:
    command = render_command(f"printf %s {spot}\nprintf done", {"a": value}, {})
    harmless = render_command(f"printf %s {spot}\nprintf done", {"a": "A"}, {})
    assert command.count("\n") == 1
    words, expected = (shlex.split(text, comments=True) for text in (command, harmless))
    assert len(words) == len(expected)
    assert all(word == wanted or value in word or "A" in word for word, wanted in zip(words, expected, strict=True))


@pytest.mark.parametrize(
    "value", ["$(echo pwned)", "`echo pwned`", "'; echo pwned; '", '"; echo pwned; "', "a\necho pwned"]
)
@pytest.mark.parametrize("spot", ["{{ a }}", "'{{ a }}'", '"{{ a }}"', '"$(printf "{{ a }}")"', "$(printf {{ a }})"])
def test_a_real_shell_never_runs_a_value(value: str, spot: str) -> None:
    command = render_command(f"printf '<%s>' {spot}", {"a": value}, {})
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=10, check=True)
    assert done.stdout in (f"<{value}>", "<A>")


@given(hostile)
def test_no_value_breaks_a_text(value: str) -> None:
    text = render_text("Look at {{ a }} and `{{ a }}` now.", {"a": value}, {})
    assert "\n" not in text
    assert text.isprintable()
    assert text.count("`") in (2, 4)
    assert text.startswith("Look at ")
    assert text.endswith(" now.")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("max_pool_size", "max_pool_size"),
        ("shop/web-1: FailedCreatePodSandBox …", "shop/web-1: FailedCreatePodSandBox …"),
        ("杭州", "杭州"),
        ("*bold*", "`*bold*`"),
        ("<!channel>", "`<!channel>`"),
        ("_it_", "`_it_`"),
        ("`rm`", "'rm'"),
        ("a\nb", "a b"),
        ("x" * 700, "x" * 599 + "…"),
    ],
)
def test_values_in_text(value: str, text: str) -> None:
    assert render_text("{{ a }}", {"a": value}, {}) == text


@pytest.mark.parametrize(
    "template", ["{{ pod.__class__.__mro__ }}", "{{ ''.__class__.__subclasses__() }}", "{{ pods.append('x') }}"]
)
def test_templates_stay_in_their_sandbox(template: str) -> None:
    assert render_command(template, FACTS, OBJECTS) == "VALUE"
