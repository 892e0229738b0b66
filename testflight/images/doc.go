// Package images builds the images of the test cluster and pushes them to a
// registry, without a container engine.
//
// Their content is that of Debian packages on the build machine and of Go
// programs built for them. On one machine it always comes out the same, byte
// for byte, so that a registry which has an image already is left alone.
package images
