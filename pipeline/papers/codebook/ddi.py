"""The codebook as DDI-Codebook 2.5, which data archives read.

A variable of DDI is a question in one wave: it has the wording, the codes and the counts of that wave, and refers to
the files of that wave. The waves of a question are a group of the type ``repetition``, the questions of a score one of
the type ``analysis``. Schema: ddialliance.org, DDI-Codebook 2.5.
"""

from __future__ import annotations

from xml.etree import ElementTree

from pipeline.papers.codebook.content import Asked, Code, Codebook, Variable
from pipeline.texts import visible

NAMESPACE = "ddi:codebook:2_5"
PLACE = "http://www.ddialliance.org/Specification/DDI-Codebook/2.5/XMLSchema/codebook.xsd"
NATURE = {"ordinal": "ordinal", "nominal": "nominal", "number": "interval"}
Element = ElementTree.Element


def codebook_ddi(book: Codebook) -> bytes:
    """The XML file: study, files (one a wave and arm), variables. Same input, same bytes."""
    attributes = {
        "xmlns": NAMESPACE,
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
        "xsi:schemaLocation": f"{NAMESPACE} {PLACE}",
        "version": "2.5",
        "ID": f"codebook_{book.key}",
    }
    root = Element("codeBook", attributes)
    _study(root, book)
    for wave in book.waves:
        for period in wave.periods:
            file = _add(_add(root, "fileDscr", ID=_file(wave.key, period.arm)), "fileTxt")
            _add(file, "fileName", f"{wave.title}, {period.title}: {', '.join(period.files)}")
    data = _add(root, "dataDscr")
    _groups(data, book)
    for one in book.variables:
        for asked in one.asked:
            _variable(data, book, one, asked)
    ElementTree.indent(root, " ")
    content: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _groups(data: Element, book: Codebook) -> None:
    """The waves of each question, and the questions of each score."""
    known = {one.key: one for one in book.variables if one.asked}
    for key, one in known.items():
        ids = " ".join(_id(one, asked) for asked in one.asked)
        _add(_add(data, "varGrp", ID=f"G_{key}", type="repetition", name=key, var=ids), "labl", one.label)
    for score in book.derived:
        items = " ".join(f"G_{item}" for item in score.items if item in known)
        if items:
            group = _add(data, "varGrp", ID=f"S_{score.key}", type="analysis", name=score.key, varGrp=items)
            _add(group, "labl", score.label)
            _add(group, "txt", f"Scored as the {score.score} of its questions.")


def _add(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    made = ElementTree.SubElement(parent, tag, {name: visible(value) for name, value in attributes.items() if value})
    made.text = visible(text) or None
    return made


def _study(root: Element, book: Codebook) -> None:
    study = _add(root, "stdyDscr")
    citation = _add(study, "citation")
    _add(_add(citation, "titlStmt"), "titl", book.title)
    if book.funder:
        _add(_add(citation, "prodStmt"), "fundAg", book.funder)
    _add(citation, "biblCit", book.citation)
    info = _add(study, "stdyInfo")
    if book.synthetic:
        _add(info, "abstract", "Synthetic data: invented to test the method, not findings.")
    summary = _add(info, "sumDscr")
    for event in ("start", "end"):
        for wave in book.waves:
            for period in wave.periods:
                when = {"date": getattr(period, event), "event": event, "cycle": wave.key}
                said = f"{wave.title}, {period.title}"
                _add(summary, "collDate", said, ID=_date(wave.key, period.arm, event), **when)
    _add(summary, "anlyUnit", "Individual")
    _add(summary, "universe", book.population)
    method = _add(_add(study, "method"), "dataColl")
    _add(method, "timeMeth", "Longitudinal: panel")
    for mode in dict.fromkeys(period.mode for wave in book.waves for period in wave.periods if period.mode):
        _add(method, "collMode", mode)
    use = _add(_add(study, "dataAccs"), "useStmt")
    _add(use, "citReq", book.citation)
    _add(use, "conditions", book.licence)


def _variable(data: Element, book: Codebook, one: Variable, asked: Asked) -> None:
    """One question in one wave, in the order of elements that the schema asks for."""
    wave = next(each for each in book.waves if each.key == asked.wave)
    periods = [period for period in wave.periods if period.title in asked.arms] or list(wave.periods)
    made = _add(
        data,
        "var",
        ID=_id(one, asked),
        name=asked.variables[0] if asked.variables else one.key,
        files=" ".join(_file(wave.key, period.arm) for period in periods),
        intrvl="contin" if one.kind == "number" else "discrete",
        nature=NATURE[one.kind],
        sdatrefs=" ".join(_date(wave.key, period.arm, "start") for period in periods),
    )
    _add(made, "labl", one.label)
    _add(_add(made, "qstn"), "qstnLit", asked.wording)
    _add(made, "universe", one.universe)
    if one.assumed:
        _add(made, "txt", f"The wording is assumed, not confirmed by the questionnaire: {one.assumed}")
    for code in asked.codes:
        _category(made, code)
    if one.concept:
        _add(made, "concept", one.concept)
    _add(made, "varFormat", type="numeric")
    if len(asked.variables) > 1:
        _add(made, "notes", f"Also called {', '.join(asked.variables[1:])} in other files of the wave.")
    if asked.remark:
        _add(made, "notes", f"Asked otherwise in this wave: {asked.remark} (comparability: {asked.verdict})")


def _category(made: Element, code: Code) -> None:
    entry = _add(made, "catgry", missing="Y" if code.reason else "N")
    if code.code:
        _add(entry, "catValu", code.code)
    _add(entry, "labl", code.label or code.code)
    if code.count is None:
        _add(entry, "txt", "Frequency confidential.")
    else:
        _add(entry, "catStat", str(code.count), type="freq", wgtd="not-wgtd")


def _id(one: Variable, asked: Asked) -> str:
    return f"V_{asked.wave}_{one.key}"


def _file(wave: str, arm: str) -> str:
    return f"F_{wave}_{arm}"


def _date(wave: str, arm: str, event: str) -> str:
    return f"D_{wave}_{arm}_{event}"
