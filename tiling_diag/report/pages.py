"""What all pages share: the templates, and pictures inside of pages. Needs no torch."""

from __future__ import annotations

import base64

from jinja2 import Environment, PackageLoader, StrictUndefined

from tiling_diag.findings.finding import VERDICT_WORDS
from tiling_diag.language import language, said


def environment() -> Environment:
    """The templates of the package; what is put into them is escaped."""
    made = Environment(
        loader=PackageLoader("tiling_diag.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["in_words"] = lambda verdict: said(VERDICT_WORDS[verdict])
    made.filters["said"] = said
    made.globals |= {"_": said, "language": language()}
    return made


def data_uri(data: bytes, kind: str) -> str:
    """A picture as a link that holds it."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
