"""``python -m spinlens``: the commands of the shell."""

from spinlens.cli.main import run

if __name__ == "__main__":
    run()
