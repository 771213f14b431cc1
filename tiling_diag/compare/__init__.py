"""Two pictures or two sets of pictures against each other, with statistics where there are many."""
