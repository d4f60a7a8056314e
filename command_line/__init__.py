"""The command line `spokewright`."""
