"""``python -m spinlens``, for launchers that start modules: ``accelerate launch -m spinlens classify ...``."""

from spinlens.cli.main import run

if __name__ == "__main__":
    run()
