"""The calculator of a panel that works in a page: its numbers, and the block that has it."""
