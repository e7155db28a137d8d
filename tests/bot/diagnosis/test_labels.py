"""Labels say in Chinese what they say in English, with the same places for numbers and names."""

import re
from dataclasses import asdict, fields

import pytest

from bot.diagnosis.labels import CHINESE, ENGLISH, Labels
from knowledge.model import is_chinese


@pytest.mark.parametrize("name", [field.name for field in fields(Labels)])
def test_each_label_is_there_in_both_languages(name: str) -> None:
    english, chinese = asdict(ENGLISH)[name], asdict(CHINESE)[name]
    assert not is_chinese(english)
    assert english.count("{}") == chinese.count("{}")
    assert is_chinese(chinese) or not re.search(r"[a-z]", chinese), "punctuation may be all of it"
