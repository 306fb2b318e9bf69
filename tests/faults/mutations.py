"""Seeded damage to files: what a bad disk, a bad copy or a bad export does to one."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Damage = Callable[[bytes, random.Random], bytes]


def flip_bits(data: bytes, chance: random.Random) -> bytes:
    """One to eight bits of the file are the other way round."""
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def truncate(data: bytes, chance: random.Random) -> bytes:
    """The file ends early."""
    return data[: chance.randrange(len(data))]


def zero_block(data: bytes, chance: random.Random) -> bytes:
    """A block in the middle was never written."""
    start = chance.randrange(len(data))
    length = min(chance.choice((16, 64, 512, 4096)), len(data) - start)
    return data[:start] + bytes(length) + data[start + length :]


def zero_tail(data: bytes, chance: random.Random) -> bytes:
    """The copy stopped half way in a file of the full size."""
    start = chance.randrange(len(data))
    return data[:start] + bytes(len(data) - start)


def swap_blocks(data: bytes, chance: random.Random) -> bytes:
    """Two neighbouring stretches changed places: two columns of text, two rows, two records of a header."""
    length = chance.choice((8, 32, 256))
    start = chance.randrange(max(1, len(data) - 2 * length))
    first, second = data[start : start + length], data[start + length : start + 2 * length]
    return data[:start] + second + first + data[start + 2 * length :]


def repeat_block(data: bytes, chance: random.Random) -> bytes:
    """A stretch was written twice."""
    start = chance.randrange(len(data))
    end = min(len(data), start + chance.choice((8, 64, 512)))
    return data[:end] + data[start:end] + data[end:]


def swap_columns(data: bytes, chance: random.Random) -> bytes:
    """Two columns changed names: each then stands over the answers of the other.

    Names of equal length are exchanged wherever they stand alone (header of a text file or of Stata, SPSS and Parquet
    dictionaries); in a file without such names two neighbouring stretches change places.
    """
    names = sorted({name for name in _NAME.findall(data[:20_000]) if len(name) > 2})
    pairs = [(one, other) for one in names for other in names if one < other and len(one) == len(other)]
    if not pairs:
        return swap_blocks(data, chance)
    one, other = chance.choice(pairs)
    either = re.compile(b"(?<![A-Za-z0-9_])(?:" + re.escape(one) + b"|" + re.escape(other) + b")(?![A-Za-z0-9_])")
    return either.sub(lambda found: other if found.group() == one else one, data)


_NAME = re.compile(rb"(?<![A-Za-z0-9_])[A-Za-z_][A-Za-z0-9_]*[0-9](?![A-Za-z0-9_])")

DAMAGES: tuple[Damage, ...] = (flip_bits, truncate, zero_block, zero_tail, swap_blocks, repeat_block, swap_columns)


def mutate(data: bytes, seed: int) -> bytes:
    """The bytes after the damage that a seed stands for; another file than before."""
    chance = random.Random(seed)
    damage = DAMAGES[seed % len(DAMAGES)]
    for _ in range(10):
        damaged = damage(data, chance)
        if damaged != data:
            return damaged
    return flip_bits(data, chance)
