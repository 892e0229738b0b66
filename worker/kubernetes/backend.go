package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/client-go/kubernetes"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod/template"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/property"
)

// Config is what a Backend needs to know.
type Config struct {
	Client     kubernetes.Interface
	Namespace  string
	NodeName   string
	WorkerName string

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
	// its image.
	PodStartupTimeout time.Duration

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

	Logger lager.Logger
}

// Backend runs Garden containers as pods.
type Backend struct {
	Config
	patience patience

	// ctx ends when the backend stops.
	ctx  context.Context
	stop context.CancelFunc

	private *privateRepositories

	// rename is os.Rename.
	rename func(from, to string) error

	// mu is for looking a container up, which every request does: nothing slow is done
	// under it.
	mu         sync.Mutex
	containers map[string]*Container
}

var _ garden.Backend = (*Backend)(nil)

// NewBackend returns a backend that has to be started.
func NewBackend(config Config) (*Backend, error) {
	if err := config.validate(); err != nil {
		return nil, fmt.Errorf("configure the Kubernetes runtime: %w", err)
	}
	private, err := loadPrivateRepositories(config.PrivateRepositoriesFile)
	if err != nil {
		return nil, fmt.Errorf("configure the Kubernetes runtime: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Backend{
		Config:     config,
		patience:   defaultPatience,
		ctx:        ctx,
		stop:       stop,
		private:    private,
		rename:     os.Rename,
		containers: map[string]*Container{},
	}, nil
}

func (c Config) validate() error {
	if c.Client == nil || c.NewInit == nil || c.NetworkOfInit == nil || c.CutOffNetwork == nil || c.VolumeImages == nil || c.Logger == nil {
		return errors.New("a client, a logger, images of volumes, ways to connect to init and to verify it, and one to cut a pod off from the network are needed")
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
	if c.PodStartupTimeout <= 0 {
		return errors.New("the pod startup timeout must be positive")
	}
	if len(c.WorkerName) > property.MaxLength {
		return fmt.Errorf("the worker name has %d bytes: every pod is annotated with it, which %d may have", len(c.WorkerName), property.MaxLength)
	}
	return c.PrivilegedMode.validate()
}

// Stop ends watching and attaching. The pods go on; a backend that is started
// later finds them.
func (b *Backend) Stop() error {
	b.stop()
	return nil
}

// Ping answers for the worker alone. Its liveness probe would otherwise restart it
// while the API server is away, which ends the streams of steps that run, and
// without the API server it can't start.
func (b *Backend) Ping() error {
	return nil
}

// Capacity names the number of pods that a node commonly takes. Memory and disk
// are Kubernetes' affair.
func (b *Backend) Capacity() (garden.Capacity, error) {
	return garden.Capacity{MaxContainers: 250}, nil
}

// Containers lists the containers that have all the given properties and are of
// use. One that is starting is none of them: upstream's Lookup asks for the list,
// so that a web node that was restarted would run a step's process before there is
// anything to run it in. It goes on to Create, which waits for the start in progress.
// Nor is one whose start failed: the worker removes it, and Create waits for that.
func (b *Backend) Containers(wanted garden.Properties) ([]garden.Container, error) {
	found := []garden.Container{}
	for _, container := range b.all() {
		if container.state.hasAll(wanted) && container.hasStarted() && !container.isSpent() {
			found = append(found, container)
		}
	}
	return found, nil
}

// Lookup finds a container that has started and is of use. One that is starting
// is not found: who asks goes on to create it, and Create waits for the start in
// progress.
func (b *Backend) Lookup(handle string) (garden.Container, error) {
	container := b.find(handle)
	if container == nil || !container.hasStarted() || container.isSpent() {
		return nil, garden.ContainerNotFoundError{Handle: handle}
	}
	return container, nil
}

func (b *Backend) BulkInfo(handles []string) (map[string]garden.ContainerInfoEntry, error) {
	entries := map[string]garden.ContainerInfoEntry{}
	for _, handle := range handles {
		container, err := b.Lookup(handle)
		if err != nil {
			entries[handle] = garden.ContainerInfoEntry{Err: &garden.Error{Err: err}}
			continue
		}
		info, _ := container.Info()
		entries[handle] = garden.ContainerInfoEntry{Info: info}
	}
	return entries, nil
}

// BulkMetrics answers with zeros: the kubelet has the metrics of pods.
func (b *Backend) BulkMetrics(handles []string) (map[string]garden.ContainerMetricsEntry, error) {
	entries := map[string]garden.ContainerMetricsEntry{}
	for _, handle := range handles {
		entry := garden.ContainerMetricsEntry{}
		if _, err := b.Lookup(handle); err != nil {
			entry.Err = &garden.Error{Err: err}
		}
		entries[handle] = entry
	}
	return entries, nil
}

// GraceTime is how long a container may go unused before Garden destroys it;
// zero is for ever.
func (b *Backend) GraceTime(container garden.Container) time.Duration {
	if known := b.find(container.Handle()); known != nil {
		return known.state.read().GraceTime
	}
	return 0
}

// RunDir is the directory that the pod of a container shares with the worker.
func (c Config) RunDir(handle string) string {
	return newState(filepath.Join(c.StateDir, handle), record{}).runDir()
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
