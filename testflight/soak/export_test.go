package soak

// For the specs.
var (
	ReadSample = (*Sample).read
	TextOf     = textOf
)
