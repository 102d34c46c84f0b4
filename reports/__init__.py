"""Reads run directories and draws; knows records and histories, never a model or the world."""
