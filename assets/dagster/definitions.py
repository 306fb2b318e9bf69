"""What ``workspace.yaml`` loads: the code location of this clone. Importing this reads its declarations."""

from contextlib import suppress

from assets.dagster.code_location import definitions
from assets.dagster.declared import declared
from assets.projects.pinned import refuse_other_version
from pipeline.paths import Paths
from pipeline.settings import SettingsError

paths = Paths.from_environment()
with suppress(SettingsError):  # each look and each build refuses them; without definitions nobody would look again
    refuse_other_version(paths.root)
defs = definitions(declared(paths))
