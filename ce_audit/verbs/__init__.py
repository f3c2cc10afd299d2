"""The verbs of the command line, one file each; those that only tell about the product share one."""
