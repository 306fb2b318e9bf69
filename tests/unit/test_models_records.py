"""One record per family and per component: what is declared, what is fitted and what is printed agree."""

import re
import subprocess
import sys

import pytest

from pipeline import models
from pipeline.paths import REPOSITORY
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
    toy = Family("toy", "Toy", "A toy", "toys:fit", ("outcome",), frozenset({"covariates"}), ("coefficient",))
    asked = {"question": "?", "study": "s", "family": "toy", "outcome": "trust"}
    with FAMILIES.registered(toy):
        assert Model.model_validate(asked).family == "toy"
        with pytest.raises(ValueError, match="a `toy` model takes no `exposures`"):
            Model.model_validate({**asked, "exposures": ["contact"]})
        with pytest.raises(ValueError, match="`toy` is a model family already"):
            FAMILIES.register(toy)
    with pytest.raises(ValueError, match="no model family is called `toy`"):
        Model.model_validate(asked)


@pytest.mark.parametrize("record", RECORDS, ids=NAMES)
def test_a_family_names_a_function_that_is_there(record):
    assert callable(load(record.function))


def test_every_module_of_a_family_is_named_by_a_record():
    named = {record.function.split(":")[0] for record in RECORDS if not {"of", "tests"} & set(record.needs)}
    rooms = REPOSITORY / "pipeline" / "models"
    found = {
        ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
        for path in rooms.rglob("*/*.py")
        if re.search(r"^def fit\(\s*name: str", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }
    assert found == {name for name in named if name.startswith("pipeline.models.")}


def test_a_model_loads_only_the_module_of_its_family():
    script = "import sys, pipeline.models; pipeline.models.logit; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert "pipeline.models.logistic.logit" in loaded
    assert not {"pipeline.models.linear.pooled", "pipeline.models.multilevel.within_between"} & set(loaded.split())


def test_functions_for_notebooks_have_types():
    stub = (REPOSITORY / "pipeline" / "models" / "__init__.pyi").read_text(encoding="utf-8")
    exported = re.findall(r"from (\S+) import \(?\s*(\w+) as \2", stub)
    assert all(getattr(models, name) is load(f"{module}:{name}") for module, name in exported)
    families = {record.key for record in RECORDS if record.function.startswith("pipeline.models.")}
    assert families <= {name for _, name in exported}


@pytest.mark.parametrize("name", NAMES)
def test_the_guide_to_models_says_what_a_family_answers(name):
    guide = (REPOSITORY / "reports" / "models" / "README.md").read_text(encoding="utf-8")
    assert f"`{name}`" in guide
