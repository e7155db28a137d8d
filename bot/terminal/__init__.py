"""What the command line shows: pages to be read at 3 a.m., narrow, without colour, or through a pipe."""
