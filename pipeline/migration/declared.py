"""The files of one study and of the reports that name it: as they stand, and as the steps would have them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.errors import CohesionError
from pipeline.files import write_bytes
from pipeline.paths import Paths
from pipeline.specs.strict_yaml import Source, parse
from pipeline.specs.yaml_edit import YamlFile

_HEAD = re.compile(r"---\r?\n(.*?)^---\s*$", re.DOTALL | re.MULTILINE)


class Declared:
    """What is declared of one study. Texts are read once, changed here, and written when every step has ended."""

    def __init__(self, paths: Paths, study: str) -> None:
        self._paths, self.study = paths, study
        self._before: dict[Path, str] = {}
        self._texts: dict[Path, str] = {}

    @property
    def about(self) -> Path:
        return self._paths.study(self.study) / "study.yaml"

    def papers(self) -> list[Path]:
        """The papers about this study, by the front matter of each."""
        files = sorted(file for file in self._paths.papers.glob("*.md") if not file.name.startswith("."))
        return [file for file in files if _study_of(self.text(file)) == self.study]

    def name(self, file: Path) -> str:
        """What messages call a file."""
        return file.relative_to(self._paths.root).as_posix()

    def text(self, file: Path) -> str:
        """A file as the steps have it so far. Raises ``CohesionError`` for one that is not UTF-8, or not there."""
        if file not in self._texts:
            try:
                self._before[file] = self._texts[file] = file.read_bytes().decode("utf-8")
            except UnicodeDecodeError as error:
                raise CohesionError(f"is not UTF-8 text (byte {error.start:,})", where=self.name(file)) from None
            except FileNotFoundError:
                raise CohesionError("is missing", where=self.name(file)) from None
        return self._texts[file]

    def data(self, file: Path) -> Source:
        """What a YAML file says now. Raises ``CohesionError`` with the first mistake in reading it."""
        source = parse(self.text(file), file, self.name(file))
        if source.problems or not isinstance(source.data, dict):
            raise CohesionError(
                f"cannot be brought up to date: {[*source.problems, 'it holds no keys'][0]}".rstrip("."),
                todo="Correct it first.",
            )
        return source

    def put(self, file: Path, text: str) -> None:
        """Another text for a file that was read."""
        self._texts[file] = text

    def edit(self, file: Path, change: Callable[[YamlFile], None]) -> None:
        """Change values of a YAML file; all else of it stays byte for byte."""
        edited = YamlFile(file, self.text(file))
        change(edited)
        self.put(file, edited.text)

    def changed(self) -> Iterator[tuple[Path, str]]:
        """Every file that would be another, with its text; study.yaml, which says the format, comes last."""
        files = [file for file, text in self._texts.items() if text != self._before[file]]
        yield from ((file, self._texts[file]) for file in sorted(files, key=lambda file: (file == self.about, file)))

    def save(self) -> None:
        """Write what changed, each file whole. A run that ends between two files is finished by the next."""
        for file, text in self.changed():
            write_bytes(file, text.encode(), mode=file.stat().st_mode & 0o777)


def _study_of(text: str) -> str | None:
    head = _HEAD.match(text)
    data = parse(head.group(1), Path("paper.md"), "paper.md").data if head else None
    return str(data["study"]) if isinstance(data, dict) and "study" in data else None
