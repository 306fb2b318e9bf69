"""The directions of the house, read from the imports: data flows forwards, and no stage knows another."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = {
    "specs",
    "tables",
    "paths",
    "root",
    "settings",
    "errors",
    "files",
    "parallel",
    "door",
    "on_disk",
    "page_templates",
    "options",
    "subsamples",
    "wave_order",
    "texts",
}
STAGES = sorted(
    path.name
    for path in (ROOT / "pipeline").iterdir()
    if path.is_dir() and (path / "__init__.py").exists() and path.name not in SHARED
)
TOP_LEVEL = {
    "pipeline", "assets", "data", "reports", "tests", "workspace.yaml", "pyproject.toml", "README.md",
    "uv.lock", "LICENSE", "CONTRIBUTING.md", "CHANGELOG.md",
}  # fmt: skip


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, absolute."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.relative_to(ROOT)} imports relatively"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_imports_no_other_stage(stage):
    for file in files(f"pipeline/{stage}"):
        for name in imports(file):
            if name.startswith("pipeline."):
                part = name.split(".")[1]
                assert part in SHARED | {stage}, f"{file.relative_to(ROOT)} imports {name}"


def test_shared_modules_import_no_stage():
    for file in [*files("pipeline/specs"), *files("pipeline/tables"), *(ROOT / "pipeline").glob("*.py")]:
        for name in imports(file):
            if name.startswith("pipeline."):
                assert name.split(".")[1] in SHARED, f"{file.relative_to(ROOT)} imports {name}"


def test_the_science_knows_neither_dagster_nor_the_wiring():
    for file in files("pipeline"):
        for name in imports(file):
            assert name.split(".")[0] not in {"dagster", "assets"}, f"{file.relative_to(ROOT)} imports {name}"


def test_pandas_stays_at_the_seam():
    for file in [*files("pipeline"), *files("assets")]:
        if "pandas" in {name.split(".")[0] for name in imports(file)}:
            assert file.is_relative_to(ROOT / "pipeline" / "models"), f"{file.relative_to(ROOT)} imports pandas"


def test_dagster_modules_keep_their_annotations_readable():
    """Dagster rejects the annotations of a module that postpones them."""
    for file in files("assets"):
        if "dagster" in set(imports(file)):
            assert "__future__" not in set(imports(file)), file.name


def test_no_pickle_anywhere():
    for file in [*files("pipeline"), *files("assets")]:
        assert not {"pickle", "cloudpickle", "dill", "shelve"} & set(imports(file)), file.relative_to(ROOT)


def test_the_top_level_is_fixed():
    ignored = {line.strip("/\n") for line in (ROOT / ".gitignore").read_text().splitlines()}
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")} - ignored
    assert found <= TOP_LEVEL, found - TOP_LEVEL


def test_only_paths_builds_paths_below_the_root():
    """No other module spells out the folders of the house."""
    folders = {"warehouse", "quarantine", "instance"}
    for file in [*files("pipeline"), *files("assets")]:
        if file == ROOT / "pipeline" / "paths.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and isinstance(node.right, ast.Constant):
                assert node.right.value not in folders, f"{file.relative_to(ROOT)} builds a path to {node.right.value}"


def test_templates_are_asked_for_by_name():
    """A project need not have any: ``Paths.template`` falls back to those that come with the code."""
    for file in [*files("pipeline"), *files("assets")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and isinstance(node.left, ast.Attribute):
                taken = node.left.attr == "templates" and file != ROOT / "pipeline" / "paths.py"
                assert not taken, f"{file.relative_to(ROOT)} builds the path of a template"


def test_commands_ask_for_their_project_in_one_place():
    """``here`` and ``here_to_write`` refuse what is no project, of another version, or closed, in one message."""
    for file in files("assets/commands"):
        if file.name not in {"place.py", "migrate.py"}:
            assert "from_environment" not in file.read_text(encoding="utf-8"), file.name


def modules() -> dict[str, Path]:
    """Every module of the project by its name."""
    found = {}
    for file in [*files("pipeline"), *files("assets")]:
        found[".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")] = file
    return found


def imported_modules(file: Path, known: dict[str, Path]) -> set[str]:
    """Which modules of the project a file names, also for types alone and inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                member = f"{node.module}.{alias.name}"
                found.add(member if member in known else str(node.module))
    return found & set(known)


def test_no_modules_import_one_another_in_a_circle():
    known = modules()
    graph = {name: imported_modules(file, known) - {name} for name, file in known.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_every_room_has_its_readme():
    rooms = {file.parent for file in [*files("pipeline"), *files("assets")]}
    assert [str(room.relative_to(ROOT)) for room in sorted(rooms) if not (room / "README.md").is_file()] == []


def test_no_two_test_files_have_one_name():
    """Files of one name in two folders cannot be collected in one run."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []
