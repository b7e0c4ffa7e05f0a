"""Run `python -m inlay`: the same as the command `inlay`."""

from inlay.cli.main import main

if __name__ == "__main__":
    main()
