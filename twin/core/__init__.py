"""Pure: the live state and its rules. No IO, no clock: time is an argument."""
