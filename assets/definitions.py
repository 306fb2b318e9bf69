"""What ``workspace.yaml`` loads: the graph of this clone."""

from assets.graph import Workspace
from assets.wiring import definitions
from pipeline.paths import Paths
from pipeline.specs import load_project

paths = Paths.from_environment()
defs = definitions(Workspace(paths, load_project(paths)))
