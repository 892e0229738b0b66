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
//   - The tar program gets an open directory, and no path. A single file is put
//     into its archive here, from its descriptor.
//   - What comes in is unpacked by GNU tar. It makes links that lead out only when
//     everything else is unpacked, and strips or refuses names that do. It would
//     follow a link that was there before, so a directory that holds one that may lead
//     out takes no stream.
//
// All else that a volume can do is upstream's [volume.Repository]. There are no
// user namespaces here: the files of a volume have the owners that pods see.
package contained

import "github.com/concourse/concourse/worker/baggageclaim/volume"

var _ volume.Repository = (*Repository)(nil)
