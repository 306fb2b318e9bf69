"""What a GraphQL document would do, read before it is passed on: which operations, and which fields they name."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from graphql import GraphQLError, parse
from graphql.language import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from assets.web.guard.refusal import Refusal

LONGEST, MOST_TOKENS = 100_000, 10_000
"""Characters and tokens of a document: ten times those of the longest that Dagster's pages send."""
REMEMBERED = 256
QUERY, MUTATION, SUBSCRIPTION = "query", "mutation", "subscription"


@dataclass(frozen=True)
class Document:
    """``kinds``: of all its operations, also those that are not to be run; ``fields``: every field at any depth, by its
    own name and not its alias; ``changes``: the fields at the top of its mutations.
    """

    kinds: frozenset[str]
    fields: frozenset[str]
    changes: tuple[str, ...]


def read_document(text: object) -> Document:
    """Raises ``Refusal`` if the text is no document of operations that can be read whole."""
    if not isinstance(text, str) or not text.strip():
        raise Refusal(400, "No GraphQL query was sent. Queries that are kept on the server are not known here.")
    if len(text) > LONGEST:
        raise Refusal(413, f"The GraphQL query is longer than {LONGEST:,} characters.")
    return _read(text)


@lru_cache(maxsize=REMEMBERED)
def _read(text: str) -> Document:
    try:
        document = parse(text, no_location=True, max_lexical_tokens=MOST_TOKENS, max_comments=MOST_TOKENS)
        return _what(document)
    except (GraphQLError, RecursionError):
        raise Refusal(400, "The GraphQL query cannot be read, and was not run.") from None


def _what(document: DocumentNode) -> Document:
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    if not operations or len(operations) + len(fragments) != len(document.definitions):
        raise Refusal(400, "The GraphQL document holds something else than operations and their fragments.")
    parts = [*operations, *fragments.values()]
    changes = [
        name
        for one in operations
        if one.operation.value == MUTATION
        for name in _top(one.selection_set, fragments, set())
    ]
    return Document(
        kinds=frozenset(one.operation.value for one in operations),
        fields=frozenset(name for part in parts for name in _fields(part.selection_set)),
        changes=tuple(dict.fromkeys(changes)),
    )


def _fields(selection: SelectionSetNode) -> Iterator[str]:
    for one in selection.selections:
        if isinstance(one, FieldNode):
            yield one.name.value
        if isinstance(one, FieldNode | InlineFragmentNode) and one.selection_set is not None:
            yield from _fields(one.selection_set)


def _top(selection: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], seen: set[str]) -> Iterator[str]:
    """The fields directly in a selection, through its fragments, each fragment once."""
    for one in selection.selections:
        if isinstance(one, FieldNode):
            yield one.name.value
        elif isinstance(one, InlineFragmentNode):
            yield from _top(one.selection_set, fragments, seen)
        elif isinstance(one, FragmentSpreadNode) and one.name.value in fragments and one.name.value not in seen:
            seen.add(one.name.value)
            yield from _top(fragments[one.name.value].selection_set, fragments, seen)
