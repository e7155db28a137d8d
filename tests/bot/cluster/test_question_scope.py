"""What a question names: object names by their look or by the kind beside them, never everyday words alone."""

import pytest

from bot.cluster.session import QuestionScope, full_name


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("pods stuck on node cn-beijing.192.168.0.31", "cn-beijing.192.168.0.31"),
        ("web-7d9c6b8f54-4hpxk has no ip", "web-7d9c6b8f54-4hpxk"),
        ("service web only shows ipv4", "web"),
        ("the cart svc has no v6 cluster ip", "cart"),
        ("shop/web is unreachable", "web"),
        ("shop/web is unreachable", "shop/web"),
    ],
)
def test_names_objects(question: str, named: str) -> None:
    assert QuestionScope.of(question).names({"metadata": {"name": named}}) or named in QuestionScope.of(question).words


@pytest.mark.parametrize("question", ["our web shop is slow", "the api is slow since the deploy", "新 pod 没有 ip"])
@pytest.mark.parametrize("name", ["web", "api", "shop", "slow"])
def test_everyday_words_name_nothing(question: str, name: str) -> None:
    assert not QuestionScope.of(question).names({"metadata": {"name": name}})


def test_a_forged_name_is_harmless_in_a_shell() -> None:
    forged = {"metadata": {"name": "web-0; rm -rf $(pwd)", "namespace": "`id`"}}
    assert full_name(forged) == "_id_/web-0__rm_-rf___pwd_"
