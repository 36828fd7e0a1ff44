"""The gallery for human eyes: `python -m tests.component.gallery [PORT]`, until Ctrl-C.

Its address takes `?language=`, `?theme=` and `?only=` (a part of a state's name).
"""

import json
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime

from tests.component.contract import Contract, gallery_page, serve
from tests.component.gallery_samples import gallery


def main():
    contract = Contract()
    contract.pages.update(gallery_page(json.dumps(gallery(datetime.now(UTC)))))
    _, address = serve(contract, int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    print(f"{address}/pages/gallery.html")
    threading.Event().wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
