"""What a command leaves to fill in is explained once, at the first step that needs it."""

import pytest

from knowledge.placeholders import HOW_TO_GET, explained
from knowledge.rendering import RenderedStep


def step(text: str, command: str | None) -> RenderedStep:
    return RenderedStep(text=text, command=command)


def test_a_name_that_is_not_known_is_explained_once() -> None:
    look = step("Look.", "kubectl -n NAMESPACE get pod POD")
    (settle, verify) = explained([[look, look], [look, step("Drain.", "kubectl drain NODE")]])
    assert settle[0].text == f"Look. {HOW_TO_GET['POD']}"
    assert settle[1].text == verify[0].text == "Look."
    assert verify[1].text == f"Drain. {HOW_TO_GET['NODE']}"
    assert settle[0].command == look.command


def test_what_the_step_says_itself_is_not_said_again() -> None:
    own = step("Put the zone of POD there.", "kubectl -n shop get pod POD")
    assert explained([[own]]) == [(own,)]


@pytest.mark.parametrize(
    "command",
    [
        None,
        "kubectl get nodes",
        "kubectl get pod $POD",
        "echo POD_NAME=/NODE/x",
        "kubectl get pods -o custom-columns=NODE:x",
        "grep -E 'POD|web'",
    ],
)
def test_other_words_are_left_alone(command: str | None) -> None:
    assert explained([[step("Look.", command)]]) == [(step("Look.", command),)]


def test_the_host_of_an_address_and_a_command_in_the_sentence_are_explained_too() -> None:
    (steps,) = explained([[step("Look: `kubectl -n NAMESPACE get pods`.", "curl http://SERVICE:PORT/")]])
    told = [HOW_TO_GET[word] for word in ("NAMESPACE", "SERVICE", "PORT")]
    assert steps[0].text == " ".join(["Look: `kubectl -n NAMESPACE get pods`.", *told])
