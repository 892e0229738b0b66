// Package contained streams files into and out of Baggageclaim's volumes, and
// keeps what a path names inside its volume.
//
// Both the path and the volume's content are a pipeline's: a step may put
// any link, device or FIFO into its output, and the next step names a path to it.
// The worker is root of the node. So this package does not join paths:
//
//   - A path is resolved by the kernel, from an open directory and never above
//     it (openat2, RESOLVE_BENEATH). "a/../b" is b, as in upstream's Baggageclaim.
//   - A link that stays inside the volume is followed. One that leads out is an
//     error. An absolute one always leads out: the volume has no root of its
//     own, and is mounted at different places in different steps.
//   - What was found is looked at before it is opened. Only a regular file
//     or a directory is opened.
//   - What comes in is unpacked by a thread whose root is the volume's content. Every
//     link ends in the volume there: an absolute one begins at its content, and dots go
//     no further up. A step, or another stream, may change the volume meanwhile.
//   - Nothing that has a member's name is opened to be written. It is replaced.
//   - What goes out is packed by GNU tar, which gets an open directory and no path.
//     It follows no link, not even one that takes a directory's place meanwhile. A
//     single file is put into its archive here, from its descriptor.
//
// All else that a volume can do is upstream's [volume.Repository]. There are no
// user namespaces here: the files of a volume have the owners that pods see.
package contained

import "github.com/concourse/concourse/worker/baggageclaim/volume"

var _ volume.Repository = (*Repository)(nil)
