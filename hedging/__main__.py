"""``python -m hedging`` is the ``hedging`` command."""

from hedging.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
