"""What holds over whole ranges of parameters: the sign program read in symbols."""
