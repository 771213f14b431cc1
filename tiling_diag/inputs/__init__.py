"""From files, arrays and tensors to walls that can be measured."""
