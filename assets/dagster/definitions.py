"""What ``workspace.yaml`` loads: the code location of this clone. Importing this reads its declarations."""

from assets.dagster.code_location import definitions
from assets.dagster.declared import declared
from assets.projects.pinned import refuse_other_version
from pipeline.paths import Paths
from pipeline.settings import await_settings

paths = Paths.from_environment()
await_settings(paths.root)  # someone may be saving them: without definitions nothing would look again
refuse_other_version(paths.root)
defs = definitions(declared(paths))
