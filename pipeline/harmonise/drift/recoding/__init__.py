"""Recodings: codes that stand for other answers than before, found by the same people's answers."""
