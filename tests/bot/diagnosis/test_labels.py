"""Labels say in Chinese what they say in English, with the same places for numbers and names."""

import re
from dataclasses import asdict, fields

import pytest

from bot.diagnosis.labels import ENGLISH, Labels
from bot.diagnosis.labels_chinese import CHECKS_CHINESE, CHINESE
from bot.probes.failure_checks import declared_checks
from knowledge.model import is_chinese


@pytest.mark.parametrize("name", [field.name for field in fields(Labels) if field.type == "str" or field.type is str])
def test_each_label_is_there_in_both_languages(name: str) -> None:
    english, chinese = asdict(ENGLISH)[name], asdict(CHINESE)[name]
    assert not is_chinese(english)
    assert english.count("{}") == chinese.count("{}")
    assert is_chinese(chinese) or not re.search(r"[a-z]", chinese), "punctuation may be all of it"


def test_what_the_failure_checks_look_at_has_a_name_in_chinese() -> None:
    assert set(CHECKS_CHINESE) == {check.what for check in declared_checks()}
    assert all(map(is_chinese, CHECKS_CHINESE.values()))
