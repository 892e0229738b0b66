// Package registryimage turns the source and the version of a registry-image
// resource into what a kubelet needs to pull the image: a reference, pinned by
// digest where the version has one, and a login; or into the reason why a
// kubelet can't.
//
// It is pure: nothing here asks a registry. The fields it knows, and what they
// mean, are those of the registry-image resource v1.18.0.
package registryimage
