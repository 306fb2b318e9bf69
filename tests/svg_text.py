"""The text of figures, compared apart from the build that drew them."""

import re


def unstamped(svg: str) -> str:
    """An SVG without what names its build: that is another one with each edit of the code."""
    without = re.sub(r"<metadata>.*?</metadata>|<defs>.*?</defs>", "", svg, flags=re.DOTALL)
    return re.sub(r"<g [^>]*>\s*<!--[^>]*(?:data file|code|build)[^>]*-->.*?</g>", "", without, flags=re.DOTALL)
