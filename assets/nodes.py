"""The whole graph, in build order."""

from assets import draw, fieldwork, follow, harmonise, impute, ingest, link, model, score, weigh, weight_sets, write
from assets.graph import Node
from pipeline.specs import Project


def all_nodes(project: Project) -> list[Node]:
    """Every node of a project; each comes after those it reads from."""
    stages = (ingest, link, harmonise, fieldwork, weigh, score, follow, weight_sets, impute, model, draw, write)
    return [node for stage in stages for node in stage.nodes(project)]
