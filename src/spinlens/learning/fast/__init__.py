"""The training step of the published network on the CPU, with its derivatives written out; see `steps.choose_step`."""
