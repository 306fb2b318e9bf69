"""Which nodes a build concerns, and which of them are due: the one place that decides what is made again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel

from assets.engine import store
from assets.engine.canonical import canonical, digest
from assets.engine.code import Code, version_of_package
from assets.engine.node import Key, Node, ancestors, flat
from assets.engine.outside import Place
from assets.engine.workspace import Workspace


@dataclass(frozen=True)
class State:
    """A node as it lies there: its fingerprint without its inputs, and the record of its last run, if that is whole.

    ``code``: the hash of the code it can reach.
    """

    version: str
    record: store.Record | None
    code: str = ""


@dataclass
class Plan:
    """What a build will do: ``due`` is certain; ``following`` depends on it, and is made if its inputs come out new."""

    nodes: list[Node]
    states: dict[str, State]
    due: set[str]
    following: set[str]
    forced: set[str] = field(default_factory=set)
    aside: dict[Key, str] = field(default_factory=dict)  # contents of tables that are there and not concerned
    given: dict[Key, str] = field(
        default_factory=dict
    )  # contents of tables that no node here makes, such as a bundle's
    waiting: dict[str, str] = field(default_factory=dict)  # study → why it cannot be built
    others: list[Node] = field(default_factory=list)  # the nodes that this build does not concern
    verified: bool = False  # outputs were read again to compare their hashes

    @property
    def count(self) -> int:
        """How many nodes may be made."""
        return len(self.due | self.following)


def version_of(node: Node, code: Code) -> str:
    """The fingerprint of a node without its inputs: what it reads, and the code it can reach."""
    own = (version_of_package(),) if node.stamped else ()
    return digest(canonical(read_by(node)), canonical(node.records), code_of(node, code), *own)


def code_of(node: Node, code: Code) -> str:
    """The hash of the code that a node can reach, with the versions of its libraries."""
    return code.digest_of(*functions_of(node))


def read_by(node: Node) -> dict[str, Any]:
    """What a node reads, without places whose content is known otherwise."""
    return {name: value for name, value in node.reads.items() if not isinstance(value, Place)}


def functions_of(node: Node) -> tuple[str, ...]:
    """The functions and classes by which a node reaches its code (``module:name``)."""
    return tuple(dict.fromkeys((reference(node.function), *node.code, *_classes(node.reads))))


def reference(function: Any) -> str:
    """``module:name`` of a function or a class."""
    return f"{function.__module__}:{function.__qualname__}"


def _classes(value: Any) -> tuple[str, ...]:
    """The declaration classes of what a node reads: their properties are code it may run."""
    found: dict[str, None] = {}
    _collect(value, found)
    return tuple(sorted(found))


def _collect(value: Any, found: dict[str, None]) -> None:
    kind = type(value)
    if isinstance(value, BaseModel) or hasattr(kind, "__dataclass_fields__"):
        found[reference(kind)] = None
        for held in vars(value).values():
            _collect(held, found)
    elif isinstance(value, Mapping):
        for held in value.values():
            _collect(held, found)
    elif isinstance(value, (tuple, list)):
        for held in value:
            _collect(held, found)


def contents_of(node: Node, contents: Mapping[Key, str]) -> dict[str, str]:
    """Name of an input → the content hash that it has now; those that nobody has made are left out."""
    return {name: contents[key] for name, key in flat(node.inputs) if key in contents}


def is_current(node: Node, state: State, contents: Mapping[Key, str]) -> bool:
    """Whether a node's outputs were made from what there is now: the early cut-off."""
    record = state.record
    return record is not None and record.version == state.version and record.inputs == contents_of(node, contents)


def make_plan(
    workspace: Workspace, nodes: Sequence[Node], chosen: Sequence[Node] | None = None, *,
    forced: frozenset[str] = frozenset(), verify: bool = False,
) -> Plan:  # fmt: skip
    """The chosen nodes (all of them by default) with all that they depend on; which are due.

    ``forced`` names nodes that are made anew in any case. ``verify`` reads every output again to compare its hash.
    """
    wanted = {node.name for node in nodes}
    if chosen is not None:
        strict = [node for node in chosen if not node.tolerant]
        wanted = ancestors(nodes, strict) | {node.name for node in chosen if node.tolerant}
    kept = [node for node in nodes if node.name in wanted]
    tolerant = any(node.tolerant for node in kept)
    code = Code(cache=workspace.paths.code_cache)
    plan = Plan(kept, {}, set(), set(), set(forced), verified=verify)
    plan.others = [node for node in nodes if node.name not in wanted]
    if tolerant:
        plan.aside = _contents_aside(workspace, plan.others)
    contents: dict[Key, str] = dict(plan.aside)
    follows: set[Key] = set()
    for node in kept:
        found = store.record(workspace.paths, node)
        whole = found if found is not None and store.intact(workspace.paths, node, found, verify=verify) else None
        plan.states[node.name] = State(version_of(node, code), whole, code_of(node, code))
        _judge(plan, node, contents, follows)
    code.save()
    return plan


def refresh(workspace: Workspace, plan: Plan) -> None:
    """Bring a plan up to date with what another build has made since: nothing is made twice."""
    fresh = replace(plan, states=dict(plan.states), due=set(), following=set())
    fresh.aside = {**_contents_aside(workspace, plan.others), **plan.given} if plan.aside else plan.aside
    contents: dict[Key, str] = dict(fresh.aside)
    follows: set[Key] = set()
    for node in plan.nodes:
        found = store.record(workspace.paths, node)
        is_whole = found is not None and store.intact(workspace.paths, node, found, verify=plan.verified)
        fresh.states[node.name] = replace(plan.states[node.name], record=found if is_whole else None)
        _judge(fresh, node, contents, follows)
    plan.states, plan.due, plan.following, plan.aside = fresh.states, fresh.due, fresh.following, fresh.aside


def _judge(plan: Plan, node: Node, contents: dict[Key, str], follows: set[Key]) -> None:
    """Whether a node is due or follows, once its state is known; those before it have been judged."""
    state = plan.states[node.name]
    if node.name in plan.forced or _is_due(node, state, contents, follows):
        plan.due.add(node.name)
        follows.update(node.keys)
    elif follows.intersection(node.needs):
        plan.following.add(node.name)
        follows.update(node.keys)
    if state.record is not None:
        contents |= {key: state.record.sha256(key) for key in node.keys}


def _contents_aside(workspace: Workspace, nodes: Sequence[Node]) -> dict[Key, str]:
    """Of tables that no build concerns now, as they lie there: key → content hash."""
    found: dict[Key, str] = {}
    for node in nodes:
        record = store.record(workspace.paths, node)
        if record is not None and store.intact(workspace.paths, node, record):
            found |= {key: record.sha256(key) for key in node.keys}
    return found


def _is_due(node: Node, state: State, contents: Mapping[Key, str], follows: set[Key]) -> bool:
    """Whether a node is due whatever becomes of those inputs that are made anew."""
    record = state.record
    if record is None or record.version != state.version:
        return True
    settled = {name: contents.get(key) for name, key in flat(node.inputs) if key not in follows}
    changed = any(record.inputs.get(name) != content for name, content in settled.items())
    return changed or not set(record.inputs) <= {name for name, _ in flat(node.inputs)}  # an input that it had is gone
