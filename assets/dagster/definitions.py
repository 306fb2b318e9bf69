"""What ``workspace.yaml`` loads: the code location of this clone. Importing this reads its declarations."""

from assets.dagster.code_location import definitions
from assets.engine.workspace import Workspace
from assets.projects.pinned import refuse_other_version
from pipeline.paths import Paths
from pipeline.specs import load_project

paths = Paths.from_environment()
refuse_other_version(paths.root)
defs = definitions(Workspace(paths, load_project(paths)))
