"""`python -m deepcme` is the `deepcme` command."""

from deepcme.cli.main import main

main()
