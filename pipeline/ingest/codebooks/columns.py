"""The columns of a codebook table, under the names that codebooks usually give them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

SPELLINGS: dict[str, str] = {
    "variable": "variable|variable name|variable field name|var|var name|varname|name|field name|field|column|"
    "column name|item|item name|nombre|nombre variable|nombre de la variable|variablenname|nom|nom de la variable",
    "label": "label|variable label|var label|varlab|varlabel|field label|short label|description|title|etiqueta|"
    "etiqueta de variable|etiqueta de la variable|descripcion|variablenlabel|bezeichnung|libelle|rotulo",
    "wording": "wording|question|question text|question wording|full question|item text|item wording|text|literal|"
    "pregunta|texto|texto de la pregunta|enunciado|frage|fragetext|frageformulierung|question posee|pergunta",
    "stem": "stem|question stem|intro|introduction|lead in|preamble|section header|item stem|enunciado general",
    "group": "battery|grid|matrix|matrix group name|group|question group|bateria|batterie",
    "values": "values|value labels|codes|categories|response options|response categories|answer options|options|"
    "responses|answers|choices|choices calculations or slider labels|coding|code list|codes and labels|valores|"
    "etiquetas de valor|etiquetas de valores|opciones|opciones de respuesta|categorias|werte|wertelabels|modalites",
    "code": "code|value|category code|response code|answer code|codigo|valor|kode|wert|code value|numeric value",
    "code_label": "value label|code label|category|category label|response|response label|answer|answer label|meaning|"
    "option|etiqueta de valor|etiqueta valor|etiqueta del codigo|categoria|wertelabel|respuesta|modalite",
    "missing": "missing|missing values|missing value|missing codes|missing code|user missing|is missing|missings|"
    "missing values codes|perdidos|valores perdidos|fehlende werte|valeurs manquantes",
    "kind": "kind|type|measure|measurement|measurement level|level of measurement|level|scale|variable type|field type|"
    "data type|tipo|nivel de medicion|skala|messniveau|skalenniveau",
    "min": "min|minimum|lowest|range min|valid min|text validation min|minimo",
    "max": "max|maximum|highest|range max|valid max|text validation max|maximo",
    "range": "range|valid range|valid values|rango|wertebereich",
    "routing": "routing|filter|universe|base|skip|skip logic|skip pattern|condition|asked of|asked if|asked to|"
    "relevance|filtro|universo|branching logic|branching logic show field only if|filterfuehrung|filtre",
}
"""What a column says → its names, in small letters without accents and punctuation."""

_ROLES = {name: role for role, names in SPELLINGS.items() for name in names.split("|")}


def plain_name(name: str) -> str:
    """A column's name as it is compared.

    >>> plain_name("Variable / Field Name"), plain_name("Código")
    ('variable field name', 'codigo')
    """
    text = "".join(sign for sign in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", text).split())


def role_of(column: str) -> str | None:
    """What a column says, by its name."""
    return _ROLES.get(plain_name(column))


def roles_of(columns: Sequence[str]) -> dict[str, str]:
    """What a column says → the column, the first of each that there is."""
    found: dict[str, str] = {}
    for column in columns:
        role = role_of(column)
        if role is not None:
            found.setdefault(role, column)
        if role == "values" and found["values"] != column:
            found.setdefault("code_label", column)  # `values` and `value labels`: the codes, and their labels
    return found
