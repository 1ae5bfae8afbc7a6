"""The clouds. A module here is shared by all vendors; a package is one vendor."""
