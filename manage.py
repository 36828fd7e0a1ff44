#!/usr/bin/env python
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "challenges_project.settings")
    from django.core.management import execute_from_command_line

    from core import actors

    # The audit log names the command.
    with actors.acting(actors.command(sys.argv[1]) if len(sys.argv) > 1 else actors.COMMAND_LINE):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
