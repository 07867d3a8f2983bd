"""A page to try a served model in a browser, and an example of a program that uses the client."""
