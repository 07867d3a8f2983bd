"""`python -m audit`: the program behind `movielens audit`.

Tells events, one JSON object a line on stdout: `started` and `finding` for each audit.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from audit.audits import AUDITS
from audit.subject import Subject
from scoreboard.data.rated_movies import read_ratings, split_ratings
from scoreboard.protocols import PROTOCOLS
from scoreboard.rating_files import data_folder

HONEST = [name for name, protocol in PROTOCOLS.items() if not protocol.is_leaky]


def main(argv: list[str] | None = None) -> int:
    """Runs every audit on one protocol.

    Returns:
        0; what the audits found is told, not returned.
    """
    parser = argparse.ArgumentParser(prog="python -m audit", allow_abbrev=False)
    parser.add_argument("--protocol", default="temporal", choices=HONEST)
    parser.add_argument("--data", type=Path)
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="audit-") as name:
        folder = Path(name)
        _tell({"kind": "started", "audit": "preparing the features"})
        files = data_folder(args.data, folder)
        rated = split_ratings(*read_ratings(files), PROTOCOLS[args.protocol].ingest)
        subject = Subject.prepare(rated, folder / "features")
        for audit, look in AUDITS.items():
            _tell({"kind": "started", "audit": audit})
            _tell({"kind": "finding", "audit": audit, "violations": look(subject)})
    return 0


def _tell(event: dict[str, Any]) -> None:
    print(json.dumps(event), flush=True)


if __name__ == "__main__":
    sys.exit(main())
