// Package engine is native image fetch: upstream's step delegates with a
// FetchImage that leaves the image of a registry-image to the kubelet.
//
// The factories of this package stand where upstream's stood. Each step is
// upstream's own (package exec); only the delegate that it is given is ours,
// and that one passes to upstream's everything but FetchImage.
package engine
