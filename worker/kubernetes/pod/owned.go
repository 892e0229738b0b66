package pod

import (
	"path"
	"regexp"
	"strings"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// Upstream's web node has a scratch volume mounted into every container, and a
// step's inputs, outputs and caches below one directory.
const (
	scratchMountPath = "/scratch"
	buildMountPath   = "/tmp/build"
)

var ownVolumeName = regexp.MustCompile(`^(` + initVolume + `|` + runVolume + `|` + bindVolumePrefix + `\d+)$`)

// OwnsKey says whether a label or an annotation is for Concourse to set: the
// worker finds its pods by them.
func OwnsKey(key string) bool {
	return strings.HasPrefix(key, prefix) || key == managedByLabel
}

// OwnsVolumeName says whether [Build] may give that name to a volume.
func OwnsVolumeName(name string) bool {
	return ownVolumeName.MatchString(name)
}

// OwnsVariable says whether [Build] sets an environment variable of that name.
func OwnsVariable(name string) bool {
	return name == podinit.PodUIDVariable
}

// OwnsMountPath says whether Concourse mounts something at the path, or at
// arbitrary names below it, in every pod.
func OwnsMountPath(mountPath string) bool {
	mountPath = path.Clean("/" + mountPath)
	return HidesInit(mountPath) || isAtOrBelow(mountPath, scratchMountPath) || isAtOrBelow(mountPath, buildMountPath)
}
