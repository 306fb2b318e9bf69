"""The waves in the source line of a figure are those that its models' rows come from."""

from __future__ import annotations

from typing import Any

import pytest

from assets.nodes.stamps import made
from pipeline.paths import Paths
from pipeline.specs import load_project
from pipeline.specs.measured.used import waves_used
from pipeline.specs.models import declare
from pipeline.specs.project import Project
from pipeline.specs.provenance import Provenance

BUAT = "beyond_us_and_them"
EVERY = tuple(f"w0{number}" for number in range(1, 9))
LATE = ("w04", "w05", "w06", "w07", "w08")
TRUST = {"family": "pooled", "outcome": "outgroup_trust"}
HESITANT = {"family": "pooled", "outcome": "vaccine_hesitancy", "exposures": ("political_trust",)}


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(Paths())


@pytest.mark.parametrize(
    ("declared", "waves"),
    [
        ({**TRUST, "exposures": ("contact_quantity",)}, EVERY),
        ({**TRUST, "exposures": ("contact_quantity",), "arms": ("metropolitan",)}, EVERY[:3]),
        ({**TRUST, "exposures": ("contact_quantity",), "waves": ("w02", "w05")}, ("w02", "w05")),
        ({**HESITANT, "arms": ("regions",)}, EVERY[5:]),
        ({**HESITANT, "arms": ("activists",)}, EVERY[3:6]),
        ({**HESITANT, "arms": ("regions",), "waves": ("w05", "w06", "w07")}, ("w06", "w07")),
        # the lag is of the wave before: in the first wave that asks the outcome it is known already
        ({**HESITANT, "exposures": ("lag(political_trust)",), "arms": ("regions",)}, EVERY[4:]),
        ({**TRUST, "exposures": ("lag(vaccine_hesitancy)",), "arms": ("regions",)}, EVERY[5:]),
        ({**TRUST, "exposures": ("lag(contact_quantity, 2)",), "arms": ("metropolitan",)}, ("w01", "w03")),
        ({"family": "design_means", "outcomes": ("vaccine_hesitancy",), "arms": ("regions",)}, EVERY[5:]),
        ({"family": "design_means", "outcomes": ("vaccine_hesitancy", "outgroup_trust")}, EVERY),
        ({**TRUST, "exposures": ("contact_quantity",), "weights": "three_waves"}, EVERY[:3]),
        ({"family": "attrition", "from_wave": "w01", "to_wave": "w03", "exposures": ("age",)}, ("w01", "w03")),
        ({"family": "riclpm", "constructs": ("vaccine_hesitancy", "outgroup_trust"), "arms": ("regions",)}, EVERY[5:]),
        ({"family": "sensitivity", "of": "hesitant", "weights": "three_waves",
          "result": {"term": "political_trust"}}, EVERY[5:]),
        ({"family": "corrections", "tests": [{"model": "hesitant", "term": "political_trust"},
                                              {"model": "early", "term": "contact_quantity"}]},
         ("w01", "w06", "w07", "w08")),
        ({"family": "multiverse", "of": "hesitant", "result": {"term": "political_trust"},
          "choices": {"waves": {"all": (), "two": ("w06", "w07")}, "arms": {"one": ("regions",),
                      "two": ("activists",)}}}, LATE),
    ],
)  # fmt: skip
def test_waves_are_those_that_ask_what_the_model_reads(
    project: Project, declared: dict[str, Any], waves: tuple[str, ...]
) -> None:
    others = {
        "hesitant": declare(question="Why?", study=BUAT, **{**HESITANT, "arms": ("regions",)}),
        "early": declare(
            question="Why?", study=BUAT, **{**TRUST, "exposures": ("contact_quantity",), "waves": ("w01",)}
        ),
    }
    model = declare(question="Why?", study=BUAT, **declared)
    assert waves_used(model, project.studies[BUAT], others) == waves


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        ("buat_distrustful_complacency", "Waves 6–8; unweighted; model buat_distrustful_complacency"),
        ("buat_national_trust", "Waves 1–8; weights as delivered; model buat_means"),
    ],
)
def test_the_source_line_of_a_figure_says_them(project: Project, figure: str, words: str) -> None:
    drawn = project.figures[figure]
    models = {name: project.models[name] for name in drawn.models}
    rests_on = made(models, project.studies[drawn.study], project.models)
    assert Provenance("0" * 16, "1", rests_on).line().startswith(words)
