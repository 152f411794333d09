"""A framework as its folder describes it, and the settings that its worker gets."""
