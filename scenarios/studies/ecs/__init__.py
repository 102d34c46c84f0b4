"""What the specification of ecs says of its own figures, measured over many seeds."""
