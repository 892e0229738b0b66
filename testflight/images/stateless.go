package images

import (
	_ "embed"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

//go:embed files/whoami
var whoami []byte

// statelessLayer takes /etc/passwd away from the layers below it, as in images of
// Clear Linux, whose own users are listed elsewhere. Its shell is bash as well:
// that of busybox runs busybox's own whoami, whatever the PATH.
func statelessLayer() (v1.Layer, error) {
	return newLayer([]entry{
		file("etc/.wh.passwd", 0o644, nil), // what deletes a file of a lower layer
		file("usr/share/defaults/etc/passwd", 0o644, passwd),
		link("bin/sh", "/bin/bash"),
		file("usr/local/bin/whoami", 0o755, whoami),
	})
}
