"""A program that draws Vega-Lite's charts: a JSON list of specs comes in, one of SVGs goes out.

It is a process of its own because the library ends its process on some texts, and a run must not
end because of a picture. It imports nothing of the project.
"""

import json
import sys
from typing import Final

import vl_convert

_VEGA_LITE: Final = "5.20"


def main() -> None:
    """Reads from standard input and writes to standard output, both in ASCII."""
    specs = json.load(sys.stdin)
    svgs = [vl_convert.vegalite_to_svg(spec, vl_version=_VEGA_LITE) for spec in specs]
    json.dump(svgs, sys.stdout)


if __name__ == "__main__":
    main()
