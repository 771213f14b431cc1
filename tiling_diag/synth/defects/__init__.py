"""Defects that generated pictures show, put on any picture at a known place and strength."""
