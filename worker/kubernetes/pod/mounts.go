package pod

import (
	"path"
	"path/filepath"
	"strconv"

	"code.cloudfoundry.org/garden"
	corev1 "k8s.io/api/core/v1"
)

// InitMountPath is the directory in a pod that has concourse-init.
const InitMountPath = concourseMountPath + "/bin"

const (
	concourseMountPath = "/.concourse"
	runMountPath       = concourseMountPath + "/run"
	socketName         = "init.sock"

	initVolume       = "init"
	runVolume        = "run"
	bindVolumePrefix = "volume-"
)

// SocketPath is where init listens, seen from the node, if runDir is the
// directory that the pod shares with the worker.
func SocketPath(runDir string) string {
	return filepath.Join(runDir, socketName)
}

func initCommand(binary string) []string {
	return []string{
		path.Join(InitMountPath, binary),
		"--socket", path.Join(runMountPath, socketName),
		"--state-dir", runMountPath,
	}
}

// hostPaths mounts init, the directory shared with the worker and exactly the
// volumes that the container was given. Nothing is mounted into a volume after
// the pod has started, so no mount has to propagate, which an overlay volume
// would have to be a shared mount for.
func hostPaths(worker Worker, bindMounts []garden.BindMount, runDir string) ([]corev1.Volume, []corev1.VolumeMount) {
	volumes := []corev1.Volume{
		hostPath(initVolume, filepath.Dir(worker.InitBinary)),
		hostPath(runVolume, runDir),
	}
	mounts := []corev1.VolumeMount{
		{Name: initVolume, MountPath: InitMountPath, ReadOnly: true},
		{Name: runVolume, MountPath: runMountPath},
	}
	for i, bindMount := range visible(bindMounts) {
		name := bindVolumePrefix + strconv.Itoa(i)
		volumes = append(volumes, hostPath(name, bindMount.SrcPath))
		mounts = append(mounts, corev1.VolumeMount{
			Name:      name,
			MountPath: bindMount.DstPath,
			ReadOnly:  bindMount.Mode == garden.BindMountModeRO,
		})
	}
	return volumes, mounts
}

// visible leaves out what a later one is mounted over, as a task's output is of
// which the task also makes a cache. Kubernetes takes a path once only.
func visible(bindMounts []garden.BindMount) []garden.BindMount {
	last := map[string]int{}
	for i, bindMount := range bindMounts {
		last[path.Clean(bindMount.DstPath)] = i
	}
	var seen []garden.BindMount
	for i, bindMount := range bindMounts {
		if last[path.Clean(bindMount.DstPath)] == i {
			seen = append(seen, bindMount)
		}
	}
	return seen
}

func hostPath(name, path string) corev1.Volume {
	return corev1.Volume{
		Name:         name,
		VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: path}},
	}
}
