"""The last pushed model as the baseline, where no metadata store can be asked for one."""
