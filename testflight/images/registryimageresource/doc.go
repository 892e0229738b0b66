// Package registryimageresource names the release of the registry-image
// resource that goes into the images of the test cluster: its go.mod lists the
// resource's three commands as tools.
//
// It is a module of its own because the resource's dependencies are newer than
// those of Concourse, and neither should decide for the other.
package registryimageresource
