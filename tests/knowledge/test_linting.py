"""Lint names file, line and remedy of all that is wrong with an entry, and is silent on a good one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.command_rules import (
    calls_without_namespace,
    code_snippets,
    find_banned_fragment,
    find_destructive_command,
    find_destructive_instruction,
)
from knowledge.entry_template import entry_template
from knowledge.errors import Problem
from knowledge.linting import faq_headings, lint
from knowledge.loading import load_entries
from knowledge.model import Kind
from knowledge.vocabulary import Vocabulary

Write = Callable[..., Path]
Lint = Callable[[], list[Problem]]
RECORDINGS = {name: Path("recordings") / name for name in ("thing-broken", "thing-fine")}
FENCED = 'write "---" in the first line'


@pytest.fixture
def problems(folder: Path, vocabulary: Vocabulary) -> Lint:
    """The problems of the folder, as a team's own."""
    return lambda: lint([folder], vocabulary, RECORDINGS)


def test_a_good_entry_has_no_problems(write: Write, problems: Lint) -> None:
    write()
    assert problems() == []


CAUTION = "\n## Caution\n\n- The restart interrupts new pods.\n"
MISTAKES: list[tuple[list[tuple[str, str]], str]] = [
    ([("id: broken-thing", "id: other-thing")], '2: the id "other-thing" is not the file name'),
    ([("kind: fault", "title_zh: a thing\nkind: fault")], '4: there is no Chinese in title_zh, "a thing": write the'),
    ([("  - no thing today\n", "")], "6: there are 9 symptoms: write at least 10"),
    ([("  - 东西坏了", "  - it broke")], "6: 2 symptoms are in Chinese: write at least 3"),
    ([("  - no thing today", "  - Thing is broken!")], "12: the symptom"),
    ([("no thing today", "TODO today")], "12: still to be filled in: today"),
    ([("  confirmed: [thing-broken]\n", "")], "no recording proves the verdict confirmed"),
    ([("  ruled_out: [thing-fine]\n", "")], "no recording proves the verdict ruled_out"),
    ([("  ruled_out: [thing-fine]\n", ""), ("facts:", "absence: suspected\nfacts:")], "verdict ruled_out or suspected"),
    (
        [("ruled_out: [thing-fine]", "ruled_out: [thing-fin]")],
        'no recording "thing-fin": make recordings/thing-fin/rec',
    ),
    ([("ruled_out: [thing-fine]", "ruled_out: [thing-fin]")], 'did you mean "thing-fine"'),
    ([("terway.mode]", "terway.mod]")], '26: there is no fact "terway.mod"'),
    ([("facts:", "related: [other]\nfacts:")], 'there is no entry "other"'),
    ([("{{ node }}", "{{ nod }}")], 'the template uses "nod"'),
    ([("{{ node }}", "{{ nod }}")], 'did you mean "node"'),
    ([("{{ node }}", "{{ terway }}")], 'the template uses "terway"'),
    ([("{{ node }}", "{{ terway.modes }}")], 'did you mean "terway.mode"'),
    ([("{{ node }}", "{{ node.name }}")], 'the template uses "node.name"'),
    ([("{{ node }}", "{{ node ")], "the template cannot be read"),
    ([("{{ node }}", "{{ node | nope }}")], 'the filter "nope" may not stand in a template'),
    (
        [("{{ node }}", "{{ range(9) }}")],
        "32: a call may not stand in a template: use names",
    ),
    ([("{{ node }}", "{{ 'a' * 300000000 }}")], "a multiplication may not stand in a template"),
    ([("{{ node }}", "{% for n in nodes %}")], "the template cannot be read"),
    ([("The restart interrupts", "{{ nope }} interrupts")], 'the template uses "nope"'),
    ([(" | exclusive ENI mode}", "}")], "has no label"),
    ([('{when: terway_mode() == "exclusive"', '{when: node_taint(key="a")')], "compare what it came to"),
    ([(CAUTION, "")], '"rollout restart" can hurt, and the entry has no caution'),
    ([(CAUTION, "\n## Caution\n\n")], 'the section "## Caution" is empty'),
    ([("get pod {{ pod }}", "drain {{ node }}"), (CAUTION, "")], '"drain" can hurt'),
    (
        [("get pod {{ pod }}", "delete pod {{ pod }}"), ("Restart it.", "Restart it.\n\n   Caution: it stops.")],
        '"delete" can hurt, and its step has no caution',
    ),
    ([("1. Look at the pod.", "1. Look, then delete the pod."), (CAUTION, "")], '"delete" can hurt'),
    ([("The thing broke", "Somebody ran `rm /thing`"), (CAUTION, "")], '"rm" can hurt'),
    ([("kubectl -n {{ namespace }} get", "kubectl get")], "`kubectl get pod {{ pod }}` names no namespace"),
    ([("Look at the thing.", "Run `kubectl logs thing`.")], "`kubectl logs thing` names no namespace"),
    ([("Look at the thing.", "Run `sed 's/\\r#g'`.")], "wrong files"),
    ([("Look at the thing.", "Never run `rm -rf /etc/cni/`.")], "wrong files"),
    ([("network_plugin()", "network_plug()")], "there is no probe network_plug()"),
    ([("## Verify", "## Verfy")], 'did you mean "Verify"'),
]


SAYS = '    - question_says(about="a thing", contains=["thing*"])\n'
ASKS = 'asks: {text: "Is it so?", yes: confirmed, no: ruled_out}\n'
SETTING = """\
  all:
    - terway_mode() == "shared"
    - none:
        - pod_waiting(reason="CrashLoopBackOff")
"""
IN_ONE_WAY = """\
  any:
    - pod_waiting(reason="ContainerCreating")
    - terway_mode() == "shared"
"""
IN_BOTH_WAYS = """\
  any:
    - pod_waiting(reason="ContainerCreating")
    - all:
        - terway_mode() == "shared"
        - question_says(about="a thing", contains=["thing*"])
"""


@pytest.mark.parametrize(
    ("confirmed_by", "is_content"),
    [(SETTING, False), (SETTING + SAYS + ASKS, True), (IN_ONE_WAY, False), (IN_BOTH_WAYS + ASKS, True)],
)
def test_what_settings_alone_can_confirm_needs_words(
    write: Write, problems: Lint, confirmed_by: str, is_content: bool
) -> None:
    text = write().read_text()
    write((text[text.index("  all:") : text.index("facts:")], confirmed_by))
    complaints = [str(problem) for problem in problems()]
    assert (complaints == []) is is_content, complaints
    if not is_content:
        assert "settings alone can confirm this, and nothing says what the words must carry" in complaints[0]


def test_words_that_may_be_silent_need_a_question(write: Write, problems: Lint) -> None:
    text = write().read_text()
    write((text[text.index("  all:") : text.index("facts:")], SETTING + SAYS))
    assert ["where the words are silent, nothing settles it" in str(problem) for problem in problems()] == [True]


def test_a_wording_that_cannot_be_read_is_named(write: Write, problems: Lint) -> None:
    text = write().read_text()
    write((text[text.index("  all:") : text.index("facts:")], SETTING + SAYS.replace("thing*", "(thing|")))
    assert 'the wording "(thing|" says nothing in one of its alternatives' in str(problems()[0])


@pytest.mark.parametrize(("replacements", "complaint"), MISTAKES)
def test_mistakes_are_named(replacements: list[tuple[str, str]], complaint: str, write: Write, problems: Lint) -> None:
    path = write(*replacements)
    found = problems()
    assert any(complaint in str(problem) for problem in found), [str(problem) for problem in found]
    assert all(problem.file == path and problem.message for problem in found)


def test_problems_of_steps_have_the_steps_line(write: Write, problems: Lint) -> None:
    path = write(("get pod {{ pod }}", "get pod {{ pot }}"))
    (problem,) = problems()
    assert path.read_text().split("\n")[problem.line - 1] == "1. Look at the pod."


def test_the_same_symptom_in_two_entries_names_the_other_place(write: Write, problems: Lint) -> None:
    first = write()
    write(("id: broken-thing", "id: other"), ("  - thing", "  - this"), name="things/other.md")
    found = problems()
    assert len(found) == 7
    assert all(problem.file.name == "other.md" and f"{first}:" in problem.message for problem in found)


def test_a_fault_without_reads_needs_a_suspected_proof_and_a_way_to_settle(write: Write, problems: Lint) -> None:
    text = write().read_text()
    reads = text[text.index("confirmed_by:") : text.index("facts:")]
    write((reads, ""), ("## Settle\n\n1. Look at the thing.\n", ""))
    messages = [problem.message for problem in problems()]
    assert any("verdict suspected" in message for message in messages)
    assert any("what would settle it" in message for message in messages)
    write((reads, ""), ("  confirmed: [thing-broken]", "  suspected: [thing-broken]"))
    assert problems() == []


def test_a_guide_needs_an_answered_proof(write: Write, problems: Lint) -> None:
    text = write().read_text()
    reads = text[text.index("confirmed_by:") : text.index("facts:")]
    write((reads, ""), ("kind: fault", "kind: guide"))
    assert ["verdict answered" in problem.message for problem in problems()] == [True]


def test_headings_are_wanted_of_the_built_in_folder_only(
    write: Write, folder: Path, vocabulary: Vocabulary, problems: Lint
) -> None:
    write()
    assert problems() == []
    found = lint([folder], vocabulary, RECORDINGS, builtin=folder)
    assert len(found) == len(faq_headings()) - 1 == 36
    assert all(problem.file.name == "headings.txt" for problem in found)
    assert 'no entry answers "Terway network modes"' in str(found[0])


def test_a_misspelt_heading_is_named(write: Write, folder: Path, vocabulary: Vocabulary) -> None:
    write(("Enable hairpinning for Pods", "Enable hairpining for pods"))
    found = [str(problem) for problem in lint([folder], vocabulary, RECORDINGS, builtin=folder)]
    assert any(
        ':5: no such FAQ heading: copy it from headings.txt (did you mean "Enable hair' in line for line in found
    )


def test_the_facts_can_be_handed_in(write: Write, folder: Path, vocabulary: Vocabulary) -> None:
    write()
    messages = [problem.message for problem in lint([folder], vocabulary, RECORDINGS, {"network_plugin"})]
    assert messages == ['there is no fact "terway.mode"']


def test_one_file_is_linted_alone_and_knows_the_entries_in_use(
    write: Write, folder: Path, vocabulary: Vocabulary
) -> None:
    in_use = folder.parent / "in-use"
    first = write(("facts:", "related: [nowhere]\nfacts:"), name="../in-use/broken-thing.md")
    write(("kind: fault", "kind: riddle"), name="../in-use/bad.md")
    other = write(("id: broken-thing", "id: other"), ("facts:", "related: [thing]\nfacts:"), name="other.md")
    found = [str(problem) for problem in lint([other], vocabulary, RECORDINGS, in_use=[in_use])]
    assert all(problem.startswith(f"{other}:") for problem in found)
    assert any('there is no entry "thing"' in problem for problem in found)
    assert any(f"also stands at {in_use / first.name}:" in problem for problem in found)
    other.write_text(other.read_text().replace("related: [thing]", "related: [broken-thing]"))
    found = [str(problem) for problem in lint([other], vocabulary, RECORDINGS, in_use=[in_use])]
    assert not any("there is no entry" in problem for problem in found)


def test_a_file_below_the_folders_in_use_is_read_once(write: Write, folder: Path, vocabulary: Vocabulary) -> None:
    path = write()
    assert lint([path], vocabulary, RECORDINGS, in_use=[folder]) == []
    document = folder / "CHANGELOG.md"
    document.write_text("# Changes")
    assert lint([folder], vocabulary, RECORDINGS) == []
    (problem,) = lint([document], vocabulary, RECORDINGS, in_use=[folder])
    assert str(problem) == f"{document}:1: this is no entry, it does not start with front matter: {FENCED}"


def test_the_places_to_fill_of_its_recordings_are_named(write: Write, folder: Path, vocabulary: Vocabulary) -> None:
    write()
    recording = folder / "recordings" / "thing-broken"
    recording.mkdir(parents=True)
    (recording / "recording.yaml").write_text('base: thing-fine\ndescription: "TODO what it shows"\n')
    problems = lint([folder], vocabulary, {**RECORDINGS, "thing-broken": recording})
    place = recording / "recording.yaml"
    assert [str(problem) for problem in problems] == [f"{place}:2: still to be filled in: what it shows"]


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("section", ["terway", "flannel", "runbooks"])
def test_a_new_entry_lints_with_only_its_places_to_fill(
    kind: Kind, section: str, folder: Path, vocabulary: Vocabulary
) -> None:
    (folder / section).mkdir()
    for name in ("my-entry", "your-entry"):
        (folder / section / f"{name}.md").write_text(entry_template(name, kind, section), encoding="utf-8")
    entry, other = load_entries([folder], vocabulary)
    assert (entry.id, entry.kind, entry.section) == ("my-entry", kind, section)
    named = [name for each in (entry, other) for names in vars(each.proved_on).values() for name in names]
    problems = lint([folder], vocabulary, {name: folder / name for name in named})
    assert {problem.message for problem in problems} == {"still to be filled in"}
    assert all(problem.remedy for problem in problems)


@pytest.mark.parametrize(
    "command",
    [
        "rm -f /var/lib/x",
        "cd / && rm x",
        "kubectl drain n1 --ignore-daemonsets",
        "kubectl -n kube-system delete pod x",
        "kubectl -n a rollout restart deploy b",
        "systemctl restart kubelet",
        "/etc/init.d/docker restart",
        "sudo reboot",
        "sysctl -w net.netfilter.nf_conntrack_max=1",
        "sysctl net.netfilter.nf_conntrack_max=1",
        "iptables -F",
        "iptables -t nat -F",
        "conntrack -D -p udp",
        "ipvsadm --set 900 120 10",
        "ip link delete cni0",
        "crictl rm abc",
        "xargs rm -f",
        "kubectl -n a scale deploy b --replicas=0",
        "kubectl replace -f x --force",
    ],
)
def test_commands_that_hurt(command: str) -> None:
    assert find_destructive_command(command)


@pytest.mark.parametrize(
    "command",
    [
        "kubectl -n a get pods",
        "kubectl get pods -A -o jsonpath='{.spec.restartPolicy}'",
        "sysctl net.netfilter.nf_conntrack_max",
        "iptables -t nat -L -n",
        "ipvsadm -Ln",
        "ip route show",
        "conntrack -S",
        "crictl ps",
        "kubectl -n a get pod term-x",
        "kubectl -n a scale deploy b --replicas=3",
    ],
)
def test_commands_that_only_look(command: str) -> None:
    assert find_destructive_command(command) is None


def test_sentences_that_tell_to_hurt() -> None:
    assert find_destructive_instruction("Restart the pods.") == "Restart"
    assert find_destructive_instruction("Cordon it and drain it.") == "drain"
    assert find_destructive_instruction("The pods did not restart.") is None


@pytest.mark.parametrize(
    "line", ["sed 's/\\r#g'", 'sed -e "s/\\r#g"', "rm -rf /etc/cni", "rm -r -f /etc/cni/net.d", "rm -rf '/etc/cni'"]
)
def test_fragments_of_the_broken_script(line: str) -> None:
    assert find_banned_fragment(f"x | {line} | y")
    assert find_banned_fragment("ls /etc/cni; sed 's/\\r//g'") is None


@pytest.mark.parametrize(
    "command",
    [
        "kubectl get pods",
        "kubectl get po/x -o yaml",
        "kubectl describe networkpolicy",
        "kubectl logs x -c terway",
        "kubectl exec -it x -- ls -n a",
        "kubectl edit configmap eni-config",
        "kubectl delete pod x",
        "kubectl rollout status daemonset/x",
        "kubectl top pod",
        "kubectl label pod x a=b",
        "kubectl get nodes,pods",
        "kubectl -o wide get pods",
        "kubectl get \\\n  pods",
        "x=$(kubectl get cm y)",
    ],
)
def test_kubectl_without_a_namespace(command: str) -> None:
    assert list(calls_without_namespace(command))


@pytest.mark.parametrize(
    "command",
    [
        "kubectl get pods -A",
        "kubectl get pods --all-namespaces -o wide",
        "kubectl -n kube-system get pods",
        "kubectl -nkube-system get pods",
        "kubectl get pods --namespace=a",
        "kubectl get nodes -o wide",
        "kubectl get node/x",
        "kubectl describe node x",
        "kubectl get nodes.network.alibabacloud.com x",
        "kubectl label node x terway-config=y",
        "kubectl taint nodes x a=b:NoSchedule",
        "kubectl drain x",
        "kubectl top node",
        "kubectl debug node/x -it --image=busybox",
        "kubectl version",
        "kubectl cluster-info",
        "kubectl api-resources",
        "kubectl get --raw /readyz",
        "kubectl apply -f x.yaml",
        "kubectl -n a get \\\n  pods",
        "echo kubectlx get pods",
    ],
)
def test_kubectl_with_a_namespace_or_no_need_of_one(command: str) -> None:
    assert list(calls_without_namespace(command)) == []


def test_code_is_found_in_blocks_and_spans() -> None:
    text = "Run `a b` or\n\n```sh\nc\nd\n```\n\nand `e`."
    assert list(code_snippets(text)) == ["c\nd\n", "a b", "e"]
