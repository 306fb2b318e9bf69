"""DDI Codebook (1.2 to 2.5): the variables of the data description, their questions, categories and grids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import CohesionError
from pipeline.ingest.codebooks.answers import Category, answers_of, number, with_answers
from pipeline.ingest.codebooks.bounds import Element, xml_of
from pipeline.ingest.items.question import Question, clean

_KINDS = {"nominal": "nominal", "ordinal": "ordinal", "interval": "number", "ratio": "number", "percent": "number"}
"""What DDI calls the nature of a variable, and the kind of an item."""


@dataclass(frozen=True)
class _Group:
    """A grid of the codebook: its name and its stem."""

    name: str
    stem: str


def read(path: Path) -> list[Question]:
    """One question per variable, in the order of the file. Raises ``CohesionError`` for a file without variables."""
    root = xml_of(path)
    variables = [element for part in root.below("dataDscr") for element in part.all("var")]
    if not variables:
        what = "is DDI Lifecycle, or no DDI at all" if root.name != "codeBook" else "describes no variable"
        raise CohesionError(
            what, where=path.name, todo="A DDI Codebook holds `codeBook`, `dataDscr` and a `var` for each variable."
        )
    groups = _groups(root)
    return [_question(element, groups, path.name) for element in variables]


def _question(element: Element, groups: Mapping[str, _Group], file: str) -> Question:
    variable = clean(element.attributes.get("name") or element.attributes.get("ID"))
    label = _in_one_language(element, "labl")
    asked = element.first("qstn")
    before, literal = (_in_one_language(asked, name) if asked else "" for name in ("preQTxt", "qstnLit"))
    text = literal or (clean(asked.text()) if asked and not asked.children else "")
    group = groups.get(element.attributes.get("ID", ""), groups.get(variable, _Group("", "")))
    stem = group.stem or (before if before and literal else "")
    text = text or label
    if stem and text.startswith(stem):
        text = text[len(stem) :].strip()
    found = answers_of(
        list(_categories(element)),
        kind=_KINDS.get(element.attributes.get("nature", ""), "number" if _is_amount(element) else ""),
        bounds=_bounds(element),
        is_text=_is_text(element),
        marked=list(_invalid(element)),
    )
    made = Question(
        variable=variable,
        label=label if label != text else "",
        text=text,
        stem=stem,
        group=group.name,
        routing=_routing(element, asked),
        source=f"the question in {file}" if literal else "",
        assumed="" if literal else f"drafted from {file}, which holds labels, not the questionnaire",
    )
    made = with_answers(made, found)
    return replace(made, why_not="it is a weight") if element.attributes.get("wgt") == "wgt" else made


def _groups(root: Element) -> dict[str, _Group]:
    """Id of a variable → the grid it is in."""
    found: dict[str, _Group] = {}
    for element in root.below("varGrp"):
        members = element.attributes.get("var", "").split()
        if len(members) > 1 and element.attributes.get("type", "") in (
            "grid",
            "multipleResp",
            "multiResp",
            "multipleResponse",
        ):
            asked = element.first("qstn")
            said = [clean(part.text()) for part in (asked, element.first("txt"), element.first("labl")) if part]
            name = clean(element.attributes.get("name") or element.attributes.get("ID"))
            found |= dict.fromkeys(members, _Group(name, next(filter(None, said), "")))
    return found


def _categories(element: Element) -> Iterator[Category]:
    """The categories, not the totals over them."""
    for category in element.all("catgry"):
        value = category.first("catValu")
        code = clean(value.text()) if value else ""
        if code:
            counts = [
                clean(one.text()) for one in category.all("catStat") if one.attributes.get("type", "freq") == "freq"
            ]
            count = next((int(float(text)) for text in counts if re.fullmatch(r"\d{1,12}(\.0+)?", text)), None)
            is_missing = category.attributes.get("missing", "").upper() in ("Y", "TRUE", "YES")
            yield Category(code, _in_one_language(category, "labl"), is_missing, count)


def _in_one_language(element: Element, name: str) -> str:
    """The text of the first child of a name, the English one where there are several languages."""
    found = list(element.all(name))
    english = [one for one in found if one.attributes.get("xml:lang", "").lower().startswith("en")]
    return next(filter(None, (clean(one.text()) for one in (*english, *found))), "")


def _is_text(element: Element) -> bool:
    form = element.first("varFormat")
    return form is not None and form.attributes.get("type") == "character" and not list(element.all("catgry"))


def _is_amount(element: Element) -> bool:
    return element.attributes.get("intrvl") == "contin" and not any(
        not category.attributes.get("missing") for category in element.all("catgry")
    )


def _bounds(element: Element) -> tuple[float, float] | None:
    """The valid range, or else the lowest and highest value that occur."""
    for part in element.all("valrng"):
        for span in part.all("range"):
            low, high = (number(span.attributes.get(end, "")) for end in ("min", "max"))
            if low is not None and high is not None and low < high:
                return low, high
    stats = {one.attributes.get("type"): number(clean(one.text())) for one in element.all("sumStat")}
    low, high = stats.get("min"), stats.get("max")
    return (low, high) if low is not None and high is not None and low < high else None


def _invalid(element: Element) -> Iterator[tuple[float, float]]:
    """The ranges of values that the codebook says are no answers."""
    for part in element.all("invalrng"):
        for one in part.all("item", "range"):
            ends = [
                one.attributes.get(key, "") for key in (("VALUE", "VALUE") if one.name == "item" else ("min", "max"))
            ]
            low, high = (number(end) for end in ends)
            if low is not None or high is not None:
                yield low if low is not None else float("-inf"), high if high is not None else float("inf")


def _routing(element: Element, asked: Element | None) -> str:
    """Of whom it was asked, and how one comes to it."""
    parts = [clean(one.text()) for one in element.all("universe")]
    parts += [clean(one.text()) for one in asked.all("backward")] if asked else []
    return "; ".join(dict.fromkeys(filter(None, parts)))
