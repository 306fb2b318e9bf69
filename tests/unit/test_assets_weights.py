"""Weight sets in the graph: which tables a model with declared weights is made from."""

from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from pipeline.paths import Paths
from pipeline.specs import load_project


def test_a_model_with_declared_weights_is_made_from_them_and_their_replicates():
    nodes = all_nodes(Workspace(Paths(), load_project(Paths())))
    inputs = next(node for node in nodes if node.name == "estimates/buat_stayers_change").needs
    made = next(node for node in nodes if node.name == "weights/beyond_us_and_them/stayers")
    assert set(inputs) - {("panel", "beyond_us_and_them")} == {
        ("weights", "beyond_us_and_them", "stayers"),
        ("replicates", "beyond_us_and_them", "stayers"),
        ("replicate_weights", "beyond_us_and_them", "stayers"),
    }
    assert set(inputs) <= {*made.keys, ("panel", "beyond_us_and_them")}
    assert made.checks == ("weights",)
