"""The lab: a real two-region OpenStack on one machine, for the tests of the project."""
