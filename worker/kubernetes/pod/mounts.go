package pod

import (
	"crypto/rand"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"code.cloudfoundry.org/garden"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// InitMountPrefix begins the path of the directory in a pod that has
// concourse-init. The rest is made up for each pod: a runtime follows the links of
// an image to where it mounts something, so that an image and an input that knew
// the path could put a program of theirs in the place of init.
const InitMountPrefix = concourseMountPath + "/bin-"

const (
	concourseMountPath = "/.concourse"
	runMountPath       = concourseMountPath + "/run"
	socketName         = "init.sock"

	// terminationMessagePath is where a kubelet by default mounts the file that it
	// reads a container's last words from.
	terminationMessagePath = "/dev/termination-log"

	initVolume       = "init"
	runVolume        = "run"
	bindVolumePrefix = "volume-"
)

// SocketPath is where init listens, seen from the node, if runDir is the
// directory that the pod shares with the worker.
func SocketPath(runDir string) string {
	return filepath.Join(runDir, socketName)
}

func newInitMountPath() string {
	return InitMountPrefix + strings.ToLower(rand.Text())
}

func initCommand(worker Worker, initMountPath string) []string {
	command := []string{
		path.Join(initMountPath, filepath.Base(worker.InitBinary)),
		"--pod-uid", "$(" + podinit.PodUIDVariable + ")", // Kubernetes puts the value in
		"--socket", path.Join(runMountPath, socketName),
		"--state-dir", runMountPath,
		"--termination-message", terminationMessagePath,
	}
	if worker.PodLogOff {
		command = append(command, "--pod-log=false")
	}
	return command
}

// initVariables are those of init alone: it keeps them from the processes that it runs.
func initVariables() []corev1.EnvVar {
	return []corev1.EnvVar{{
		Name:      podinit.PodUIDVariable,
		ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.uid"}},
	}}
}

// HidesInit says whether a mount at the path would lie over init, or over what init
// shares with the worker.
func HidesInit(mountPath string) bool {
	mountPath = path.Clean("/" + mountPath)
	return mountPath == "/" || isAtOrBelow(mountPath, concourseMountPath)
}

func isAtOrBelow(mountPath, directory string) bool {
	return mountPath == directory || strings.HasPrefix(mountPath, directory+"/")
}

// hostPaths mounts init, the directory shared with the worker and exactly the
// volumes that the container was given. Nothing is mounted into a volume after
// the pod has started, so no mount has to propagate, which an overlay volume
// would have to be a shared mount for.
func hostPaths(worker Worker, bindMounts []garden.BindMount, initMountPath, runDir string) ([]corev1.Volume, []corev1.VolumeMount) {
	volumes := []corev1.Volume{
		hostPath(initVolume, filepath.Dir(worker.InitBinary)),
		hostPath(runVolume, runDir),
	}
	mounts := []corev1.VolumeMount{
		{Name: initVolume, MountPath: initMountPath, ReadOnly: true},
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

// hostPath is a directory of the node that has to be there. A container runtime would make
// one that is missing, as for a pod that a kubelet starts after its container has gone.
func hostPath(name, path string) corev1.Volume {
	return corev1.Volume{
		Name: name,
		VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{
			Path: path,
			Type: new(corev1.HostPathDirectory),
		}},
	}
}
