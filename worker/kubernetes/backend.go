package kubernetes

import (
	"context"
	"fmt"
	"sync"

	"code.cloudfoundry.org/garden"
	"k8s.io/apimachinery/pkg/types"

	"github.com/concourse/concourse-kubernetes/worker/broadcast"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/apiserver"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/repositories"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/statedir"
)

// Backend runs Garden containers as pods.
type Backend struct {
	Config
	patience patience

	// ctx ends when the backend stops.
	ctx  context.Context
	stop context.CancelFunc

	api     *apiserver.Client
	states  *statedir.Root
	private *repositories.Private

	// queues put containers in order that wait for the same to become free.
	queues queues

	// freed tells who waits for room that a pod has left some, and idled that another may give way.
	freed, idled broadcast.Broadcast

	// mu is for looking a container up, which every request does: nothing slow is done
	// under it.
	mu         sync.Mutex
	containers map[string]*Container
	destroyed  graveyard
	orphans    map[types.UID]bool // pods without a container that are being deleted
}

var _ garden.Backend = (*Backend)(nil)

// NewBackend returns a backend that has to be started.
func NewBackend(config Config) (*Backend, error) {
	if err := config.validate(); err != nil {
		return nil, fmt.Errorf("configure the Kubernetes runtime: %w", err)
	}
	private, err := repositories.Load(config.PrivateRepositoriesFile)
	if err != nil {
		return nil, fmt.Errorf("configure the Kubernetes runtime: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Backend{
		Config:   config,
		patience: defaultPatience,
		ctx:      ctx,
		stop:     stop,
		api: &apiserver.Client{
			Kubernetes:     config.Client,
			Namespace:      config.Namespace,
			Logger:         config.Logger.WithData(map[string]any{"worker": config.WorkerName}),
			RequestTimeout: defaultPatience.request,
			Outage:         defaultPatience.outage,
		},
		states:     statedir.NewRoot(ctx, config.StateDir, config.Logger),
		private:    private,
		queues:     newQueues(),
		containers: map[string]*Container{},
		destroyed:  graveyard{},
		orphans:    map[types.UID]bool{},
	}, nil
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

// Capacity names the number of pods that the node takes, of which others may have some.
// Memory and disk are Kubernetes' affair.
func (b *Backend) Capacity() (garden.Capacity, error) {
	return garden.Capacity{MaxContainers: uint64(b.MaxPods())}, nil
}
