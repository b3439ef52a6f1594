"""`python -m warble`: the command."""

from warble.cli import main

raise SystemExit(main())
