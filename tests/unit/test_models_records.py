"""One record per family and per component: what is declared, what is fitted and what is printed agree."""

import pytest

from pipeline.specs import Model, StructuralModel
from pipeline.specs.base import Asking
from pipeline.specs.components import COMPONENTS
from pipeline.specs.families import FAMILIES
from pipeline.specs.family import SHARED, Family, load

RECORDS = list(FAMILIES.values())
NAMES = [record.key for record in RECORDS]


@pytest.mark.parametrize("record", RECORDS, ids=NAMES)
def test_every_key_of_a_family_is_one_of_its_declaration(record):
    declaration = load(record.declaration)
    assert issubclass(declaration, Asking)
    assert record.keys <= set(declaration.model_fields)


@pytest.mark.parametrize("kind", [Model, StructuralModel])
def test_every_key_of_a_declaration_is_taken_by_some_family(kind):
    taken = {key for record in RECORDS if load(record.declaration) is kind for key in record.keys}
    assert set(kind.model_fields) <= taken | set(Asking.model_fields)


@pytest.mark.parametrize("record", RECORDS, ids=NAMES)
def test_what_a_family_yields_has_a_record(record):
    assert set(record.components) <= set(COMPONENTS)


@pytest.mark.parametrize("record", RECORDS, ids=NAMES)
def test_the_facts_of_a_record_agree_with_the_keys_it_takes(record):
    if record.declaration.endswith(":Model") and record.key != "sensitivity":
        assert record.weighted == ({"weights", "standard_errors"} <= record.keys)
        assert record.imputed == ("imputation" in record.keys)
    assert record.label
    assert record.method
    assert not record.method.endswith(".")
    assert not SHARED & record.takes


def test_a_family_is_registered_for_the_length_of_a_block():
    toy = Family(
        "toy", "Toy", "A toy", "pipeline.models.pooled:fit", ("outcome",), frozenset({"covariates"}), ("coefficient",)
    )
    asked = {"question": "?", "study": "s", "family": "toy", "outcome": "trust"}
    with FAMILIES.registered(toy):
        assert Model.model_validate(asked).family == "toy"
        with pytest.raises(ValueError, match="a `toy` model takes no `exposures`"):
            Model.model_validate({**asked, "exposures": ["contact"]})
        with pytest.raises(ValueError, match="`toy` is a model family already"):
            FAMILIES.register(toy)
    with pytest.raises(ValueError, match="no model family is called `toy`"):
        Model.model_validate(asked)
