"""Errors that are meant for people."""

import pytest

from inlay.errors import UserError


def test_is_a_value_error_with_its_message() -> None:
    with pytest.raises(ValueError, match=r"^photo\.png: no such file$"):
        raise UserError("photo.png: no such file")
