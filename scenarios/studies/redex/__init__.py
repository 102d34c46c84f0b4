"""What the specification of redex says of its own figures, measured over many seeds."""
