"""The command `aether_lab` in a terminal.

Errors are reported in one line, with exit status 2; ^C keeps the checkpoint of the last epoch (see `interruption`).
What a command needs, such as JAX, is imported when it is called.
"""

import sys

from aether_lab.interruption import guard, install, leave, report


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit status. Without arguments, those of this process, whose signals it handles."""
    if arguments is not None:
        return _status(arguments)
    install()
    status = _status(sys.argv[1:])
    training = sys.modules.get("aether_lab.model.distributed")
    if status and training is not None and training.others_wait:
        leave(status)
    return status


def _status(arguments: list[str]) -> int:
    from aether_lab.commands.arguments import parse, redirected
    from aether_lab.signals.locks import delete_leftovers
    from aether_lab.signals.names import print_line  # file names may hold anything

    args = parse(arguments)
    try:
        with redirected(args):
            guard(args.run, args, clean=delete_leftovers)
    except (ValueError, OSError, RuntimeError) as error:
        print_line(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return report()
    return 0


if __name__ == "__main__":
    sys.exit(main())
