"""Questions out of Slack's texts: what is a mark of Slack's, what is an option, and what is only words."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.slack.parsing import MAX_LENGTH, ParsedQuestion, is_courtesy, mentions_bot, parse_question

BOT = "U0BOT"


def asked(text: str) -> ParsedQuestion:
    return parse_question(text, bot_user=BOT)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<@U0BOT> pods stuck", "pods stuck"),
        ("<@U0BOT|netclinic> pods stuck", "pods stuck"),
        ("pods stuck <@U0BOT>", "pods stuck"),
        ("<@U0ANN> says pods hang", "says pods hang"),
        ("<@U0ANN|ann> says pods hang", "@ann says pods hang"),
        ("as in <#C1|inc-shop> pods hang", "as in #inc-shop pods hang"),
        ("<!here> pods hang", "pods hang"),
        ("<!subteam^S1|@oncall> pods hang", "@oncall pods hang"),
        ("<http://shop.example|shop.example> times out", "shop.example times out"),
        ("<https://shop.example/a?b=1&amp;c=2> times out", "https://shop.example/a?b=1&c=2 times out"),
        ("a &amp;&amp; b &lt;none&gt;", "a && b <none>"),
        ("“can’t resolve”", '"can\'t resolve"'),
        (":fire: pods hang :rotating_light:", "pods hang"),
        ("at 10:30:45 the code path a:b:c", "at 10:30:45 the code path a:b:c"),
        ("Pod 一直 ContainerCreating", "Pod 一直 ContainerCreating"),
        ("", ""),
        ("<@U0BOT>", ""),
    ],
)
def test_slacks_marks_are_undone(text: str, words: str) -> None:
    assert asked(text).words == words


def test_a_doubly_escaped_mark_stays_text() -> None:
    assert asked("pod &lt;!channel&gt; and &amp;lt;b&amp;gt;").words == "pod <!channel> and &lt;b&gt;"


@pytest.mark.parametrize(
    ("text", "cluster", "namespace", "words"),
    [
        ("pods stuck cluster=prod-hz", "prod-hz", "", "pods stuck"),
        ("cluster=prod-hz, pods stuck", "prod-hz", "", "pods stuck"),
        ("pods CLUSTER=prod-hz stuck ns=shop", "prod-hz", "shop", "pods stuck"),
        ("pods stuck namespace=shop.", "", "shop", "pods stuck"),
        ('cluster="kubernetes admin" pods stuck', "kubernetes admin", "", "pods stuck"),
        ("cluster=“prod hz” pods stuck", "prod hz", "", "pods stuck"),
        ("cluster=<mailto:admin@prod.hz|admin@prod.hz> pods", "admin@prod.hz", "", "pods"),
        ("cluster=a cluster=b pods", "a", "", "pods"),
        ("the cluster = slow", "", "", "the cluster = slow"),
        ("mycluster=x is slow", "", "", "mycluster=x is slow"),
        ("pods `cluster=prod` stuck", "", "", "pods cluster=prod stuck"),
    ],
)
def test_where_to_look_is_taken_out_of_the_words(text: str, cluster: str, namespace: str, words: str) -> None:
    found = asked(text)
    assert (found.cluster, found.namespace, found.words) == (cluster, namespace, words)


def test_a_pasted_log_stays_whole_and_sets_nothing() -> None:
    found = asked("pods fail ns=shop:\n```level=error cluster=x namespace=kube-system :oops: &lt;nil&gt;\nsecond```")
    assert found.namespace == "shop"
    assert found.cluster == ""
    assert found.words.splitlines()[-2:] == ["level=error cluster=x namespace=kube-system :oops: <nil>", "second"]


def test_flags_belong_to_commands() -> None:
    typed = parse_question("drain --force hangs --share", flags=["share"])
    assert typed == ParsedQuestion(words="drain --force hangs", flags=frozenset({"share"}))
    assert parse_question("`--share` --shared", flags=["share"]).flags == frozenset()
    assert parse_question("pods stuck —share", flags=["share"]) == ParsedQuestion(
        words="pods stuck", flags=frozenset({"share"})
    )
    assert asked("kubectl drain --force hangs").words == "kubectl drain --force hangs"


def test_what_cannot_be_asked_is_told_in_one_sentence() -> None:
    assert asked("pods stuck ns=shop").trouble == ""
    assert "'Shop_1' is no name of a namespace" in asked("pods stuck ns=Shop_1").trouble


def test_of_a_long_paste_the_lines_with_errors_are_taken() -> None:
    assert asked("x" * MAX_LENGTH).note == ""
    paste = asked("see this\n" + "all is well\n" * 1000 + "IpNotEnough: no address\n" + "and now?")
    assert paste.words == "see this\nIpNotEnough: no address\nand now?"
    assert paste.note == "Of 1,003 lines of your message, 3 were read: those with errors, each kind once."
    assert paste.trouble == ""


def test_a_mention_in_code_is_none() -> None:
    assert mentions_bot("hi <@U0BOT>", BOT)
    assert mentions_bot("hi <@U0BOT|netclinic>", BOT)
    assert not mentions_bot("type `<@U0BOT> pods stuck`", BOT)
    assert not mentions_bot("<@U0BOTTLE> hi", BOT)


@given(some.text(alphabet="<>@#!|`:&;=ab \"'\n", max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    assert isinstance(asked(text).words, str)


@pytest.mark.parametrize(
    "words", ["thanks", "Thank you very much!", "ok, great job", "谢谢", "收到，谢谢！", "got it 👍"]
)
def test_thanks_ask_nothing(words: str) -> None:
    assert is_courtesy(words)


@pytest.mark.parametrize(
    "words",
    ["", "👍", "it is not ok", "thanks, and on staging?", "谢谢，但是Pod还是起不来", "and now", "good pods hang"],
)
def test_thanks_with_a_question_ask_it(words: str) -> None:
    assert not is_courtesy(words)
