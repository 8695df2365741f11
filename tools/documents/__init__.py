"""What is generated from the tables of the package: the MIB module, and parts of the documents."""
