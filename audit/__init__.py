"""Audits of honesty: what no feature may depend on. Run by `movielens audit`."""
