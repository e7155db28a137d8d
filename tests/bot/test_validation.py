"""What is malformed is told in our words, never in pydantic's."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from bot.validation import UNKNOWN, describe_problem


def refuse(value: str) -> str:
    raise ValueError("write it otherwise.")


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        (int, "soon", "write a whole number"),
        (int, 1.5, "write a whole number"),
        (float, "soon", "write a number"),
        (Annotated[float, Field(allow_inf_nan=False)], "nan", "write a finite number"),
        (Annotated[float, Field(gt=0.5)], 0.5, "write more than 0.5"),
        (Annotated[int, Field(ge=1)], 0, "write 1 or more"),
        (Annotated[int, Field(lt=9)], 9, "write less than 9"),
        (Annotated[int, Field(le=600)], 601, "write 600 or less"),
        (bool, "perhaps", "write true or false"),
        (str, ["x"], "write text, in quotes"),
        (Path, 3, "write the path of a file or folder"),
        (Literal["keep", "drop"], "hold", "write 'keep' or 'drop'"),
        (datetime, "yesterday", "write an RFC 3339 time"),
        (list[int], 3, "write a list"),
        (dict[str, str], 3, "write an object"),
        (Annotated[str, AfterValidator(refuse)], "x", "write it otherwise"),
        (Annotated[str, Field(pattern="a")], "b", UNKNOWN),
    ],
)
def test_what_to_write_instead(kind: Any, value: object, told: str) -> None:
    with pytest.raises(ValidationError) as error:
        TypeAdapter(kind).validate_python(value)
    assert describe_problem(error.value) == told


def test_what_is_no_json() -> None:
    with pytest.raises(ValidationError) as error:
        TypeAdapter(int).validate_json(b"{")
    assert describe_problem(error.value) == "it is no JSON"
