// Package volumeimage makes a container image of a directory in a volume and
// serves it to the node's container runtime, which pulls it like any other.
//
// Manifest, config and one uncompressed layer are synthesised from the directory
// and from the environment in the metadata.json beside it: where both are the same,
// the digest is. Nothing is copied on disk. The first
// pass over the directory finds the layer's digest; each download streams the
// same bytes again, and breaks off if they are not the same any more.
//
// # One image for all containers of a volume
//
// Concourse gives each container a copy-on-write child of the image's volume. No
// pod writes to that child (the container runtime has a writable layer of its
// own), so it equals its parent, and the parent's image serves all of them. The
// parent does not change: Concourse hands a volume out only once the step that
// filled it has ended, and only as copies. It is one level up and no more: the
// parent may itself be a child that a step wrote to, as one is that was both
// input and output of a task. It outlives its children.
//
// # What a layer can't hold
//
//   - A file whose name begins with .wh. would remove another file: it is an error.
//   - Sockets are left out.
//   - A character device 0/0 is how an overlay file system says "removed": it is
//     left out, and a copy-on-write child on such a file system does not show it either.
//   - The root directory's own owner and mode are in the layer, but containerd gives
//     every image's root directory to root, with mode 0755.
//   - Holes of sparse files become the zeros that they stand for, and take space
//     in the container runtime's storage.
//   - An extended attribute whose name has an equals sign in it is left out: an
//     archive can't name it.
//   - SELinux labels are the node's affair and overlayfs' own attributes the
//     kernel's: both are left out.
//   - Access times are left out: reading would change the digest.
//
// # Bounds
//
// A step fills the volume, so [Limits] and constants bound what its image may take. Names
// are read directory by directory, and only those on the way from the root are kept;
// paths are kept of files that have several names. Few volumes are read at a time, be
// it for a digest or for a pull. What goes beyond is an error before it is read.
package volumeimage
