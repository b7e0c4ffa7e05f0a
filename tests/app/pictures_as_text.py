"""Pictures as they travel in the tests."""

import base64
import io
from typing import Any

from PIL import Image


def file_of(picture: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format=form, **options)
    return buffer.getvalue()


def text_of(picture: Image.Image, form: str = "PNG", **options: Any) -> str:
    return base64.b64encode(file_of(picture, form, **options)).decode()


def picture_of(answer: str | bytes) -> Image.Image:
    data = answer if isinstance(answer, bytes) else base64.b64decode(answer.partition(",")[2])
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture
