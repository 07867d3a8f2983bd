"""From the files of a folder to arrays, and what is wrong with them."""
