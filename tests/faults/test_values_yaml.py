"""YAML that asks too much of its reader: refused at once, with file and line; never a crash, never an end in sight."""

import time
from pathlib import Path

import pytest
from shared import shared

from pipeline.errors import CohesionError
from pipeline.specs.strict_yaml import parse, read
from pipeline.specs.yaml_edit import YamlFile

LAUGHS = "\n".join(
    ["a: &a [x,x,x,x,x,x,x,x,x]"]
    + [f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]" for old, new in zip("abcdef", "bcdefg", strict=True)]
)
MAPS = "\n".join(
    ["a: &a {k0: x, k1: x}"]
    + [f"{n}: &{n} {{{', '.join(f'k{i}: *{o}' for i in range(12))}}}" for o, n in zip("abcdef", "bcdefg", strict=True)]
)
REFUSED = {
    "nested aliases": (LAUGHS, "x.yaml:5: with `*d` the aliases of this file stand for"),
    "nested aliases in mappings": (MAPS, "x.yaml:5: with `*d` the aliases of this file stand for"),
    "one anchor many times": ("a: &a [1,2,3,4,5,6,7,8,9]\nb: [" + "*a," * 9_000 + "]", "x.yaml:2: with `*a` the"),
    "an alias in its own anchor": ("x: 1\na: &a [1, *a]", "x.yaml:2: `*a` stands inside its own anchor"),
    "an alias in its own mapping": ("a: &a\n  b:\n    c: *a", "x.yaml:3: `*a` stands inside its own anchor"),
    "the whole file in itself": ("&a\nb: *a", "x.yaml:2: `*a` stands inside its own anchor"),
    "brackets in brackets": ("[" * 900 + "]" * 900, "x.yaml:1: nests more than 60 levels deep"),
    "lists in lists": ("a: 1\nb:\n  " + "- " * 900 + "x", "x.yaml:3: nests more than 60 levels deep"),
    "deeper than the parser goes": ("[" * 200_000, "x.yaml:1: is not YAML: exceeded maximum nesting depth"),
    "an integer without end": ("a: 1\nb: " + "9" * 5_000, "x.yaml:2: is a number of 5,000 characters"),
    "an infinite number": ("a: 1e999", "x.yaml:1: is a number of 5 characters, too large to be one"),
    "a control character": ("a: 1\nb: \x01", "x.yaml:2: contains a character that YAML does not allow"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_file_and_line(case):
    text, says = REFUSED[case]
    before = time.process_time()
    source = parse(text, Path("x.yaml"), "x.yaml")
    assert len(source.problems) == 1
    assert source.problems[0].startswith(says)
    assert time.process_time() - before < 2


def test_the_line_is_that_of_the_file_where_the_text_begins_further_down():
    assert parse("a: &a [*a]", Path("x.md"), "x.md", first_line=2).problems[0].startswith("x.md:2: ")


def test_y_bomb():
    path = shared("faults", "waves", "y_bomb.yaml")
    before = time.process_time()
    assert read(path, "y_bomb.yaml").problems[0].startswith("y_bomb.yaml:5: with `*d` the aliases")
    assert time.process_time() - before < 1


def test_aliases_that_repeat_little_are_read_as_written_out():
    source = parse("a: &a {1: Yes, 2: No}\nb: *a\nc: [*a, *a]", Path("x"), "x")
    assert not source.problems
    assert source.data == {"a": {"1": "Yes", "2": "No"}, "b": source.data["a"], "c": [source.data["a"]] * 2}


def test_a_file_that_is_refused_is_not_edited(tmp_path):
    file = tmp_path / "w01.yaml"
    file.write_text(LAUGHS)
    with pytest.raises(CohesionError, match=r"cannot be edited .*w01\.yaml:5: with `\*d`"):
        YamlFile(file)
