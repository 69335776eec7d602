"""What libraries of photos say of one elsewhere than beside it: the parts of a Takeout, the lists of Apple's."""
