"""The tables of a paper as data: numbers as numbers, one quantity a column, each missing value with its shorthand."""
