package kubernetes

import (
	"errors"
	"fmt"
	"os"
	"time"

	"code.cloudfoundry.org/lager/v3"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/client-go/kubernetes"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/statedir"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod/template"
)

// Config is what a Backend needs to know.
type Config struct {
	Client     kubernetes.Interface
	Namespace  string
	NodeName   string
	WorkerName string

	// BootID is the kernel's name for this boot of the node. Pods of an earlier boot are not
	// gone on with: the kubelet may start them before the worker has mounted their volumes.
	BootID string

	// MaxPods is the number of pods that the node takes, whoever creates them.
	MaxPods func() int

	// StateDir holds a directory for each container, and nothing else. It is a
	// path on the node, and the same path for this process.
	StateDir string

	// PrivateRepositoriesFile is where the worker keeps, across restarts, the names
	// of the repositories from which its pods pulled with a login.
	PrivateRepositoriesFile string

	// InitBinary is the path of concourse-init on the node, see [InstallInit].
	InitBinary string

	// PodStartupTimeout is how long a container may take until its pod's init
	// answers, the pull of its image included, and the reading of a volume that is
	// its image. The time does not count in which the pod waits for room while others
	// of the worker run.
	PodStartupTimeout time.Duration

	// IdleCheckTimeout is how long the pod of a container of checks is kept for the next
	// check.
	IdleCheckTimeout time.Duration

	// PodTemplate is merged into every pod. It may be nil.
	PodTemplate *template.Template

	// ImagePullSecrets are Secrets in Namespace that every pod may pull with.
	ImagePullSecrets []string

	// PrivilegedMode is what becomes of containers that are to be privileged.
	PrivilegedMode PrivilegedMode

	// PodLogOff keeps what processes print out of the pods' logs.
	PodLogOff bool

	// CPUReservedPerShare is how much CPU a pod requests for each of its CPU shares.
	CPUReservedPerShare resource.Quantity

	// VolumeImages makes images of volumes.
	VolumeImages VolumeImages

	// NewInit connects to the init that listens on a socket.
	NewInit func(socketPath string) Init

	// NetworkOfInit returns the network namespace of a process on the node if that is the
	// init of a container, which is named as in the status of its pod.
	NetworkOfInit func(pid int, containerID string) (*os.File, error)

	// CutOffNetwork takes the network from the pod that has a network namespace.
	CutOffNetwork func(network *os.File) error

	// SetCPUWeight has the pod of a container weigh as much as its CPU shares among others. The
	// process is the container's init, which is verified.
	SetCPUWeight func(pid int, containerID, podUID string, shares uint64) error

	Logger lager.Logger
}

func (c Config) validate() error {
	if c.Client == nil || c.NewInit == nil || c.NetworkOfInit == nil || c.CutOffNetwork == nil || c.SetCPUWeight == nil || c.VolumeImages == nil || c.MaxPods == nil || c.Logger == nil {
		return errors.New("a client, a logger, images of volumes, the number of pods that the node takes, " +
			"ways to connect to init and to verify it, one to cut a pod off from the network, and one to set its CPU weight are needed")
	}
	for name, value := range map[string]string{
		"namespace":                 c.Namespace,
		"node name":                 c.NodeName,
		"worker name":               c.WorkerName,
		"state dir":                 c.StateDir,
		"init binary":               c.InitBinary,
		"private repositories file": c.PrivateRepositoriesFile,
	} {
		if value == "" {
			return fmt.Errorf("the %s is not set", name)
		}
	}
	if c.PodStartupTimeout <= 0 || c.IdleCheckTimeout <= 0 {
		return errors.New("the pod startup timeout and the idle check timeout must be positive")
	}
	if len(c.WorkerName) > contract.MaxLength {
		return fmt.Errorf("the worker name has %d bytes: every pod is annotated with it, which %d may have", len(c.WorkerName), contract.MaxLength)
	}
	return c.PrivilegedMode.validate()
}

// RunDir is a path like those of the directories that pods share with the worker.
func (c Config) RunDir(handle string) string {
	return statedir.RunDir(c.StateDir, handle)
}

// Worker is what all pods of the worker have in common.
func (c Config) Worker() pod.Worker {
	return pod.Worker{
		Name:             c.WorkerName,
		Namespace:        c.Namespace,
		NodeName:         c.NodeName,
		InitBinary:       c.InitBinary,
		ImagePullSecrets: c.ImagePullSecrets,
		PodLogOff:        c.PodLogOff,

		CPUReservedPerShare: c.CPUReservedPerShare,
	}
}
