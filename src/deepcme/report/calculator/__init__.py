"""The calculator of a panel that works inside a page: its numbers, and the block that has it."""
