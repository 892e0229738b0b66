package kubernetes

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"code.cloudfoundry.org/garden"
	"golang.org/x/sync/semaphore"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// Container is a pod and what the worker keeps for it.
type Container struct {
	backend *Backend
	handle  string
	init    Init
	state   *state
	pod     *watchedPod

	// startContext ends when the start takes too long or is aborted.
	startContext context.Context
	abortStart   context.CancelCauseFunc

	// removal keeps two from removing the container at the same time, and its handle
	// from being free before its Secret, whose name follows from it, is gone.
	removal *semaphore.Weighted

	// started is closed when the start has succeeded or, with startError, failed.
	started    chan struct{}
	startError error

	mu sync.Mutex
	// environment is that of all processes. It is in memory only, so it is lost
	// for a container that was adopted.
	environment []string
	// streams are the attached processes by their ID.
	streams map[string]*Process
	// delivered is how much of the output clients have, of processes that are
	// attached or that a client may attach to again.
	delivered map[string]*podinit.Delivered
}

var _ garden.Container = (*Container)(nil)

func (b *Backend) newContainer(handle string, state *state) *Container {
	startContext, abortStart := context.WithCancelCause(b.ctx)
	return &Container{
		backend:      b,
		handle:       handle,
		state:        state,
		init:         b.NewInit(pod.SocketPath(state.runDir())),
		startContext: startContext,
		abortStart:   abortStart,
		removal:      semaphore.NewWeighted(1),
		started:      make(chan struct{}),
		streams:      map[string]*Process{},
		delivered:    map[string]*podinit.Delivered{},
	}
}

func (c *Container) Handle() string {
	return c.handle
}

func (c *Container) hasStarted() bool {
	return !c.isStarting() && c.startError == nil
}

// hasFailed says whether the start failed. The container is being removed then.
func (c *Container) hasFailed() bool {
	return !c.isStarting() && c.startError != nil
}

// isStarting says whether neither success nor failure of the start is known.
func (c *Container) isStarting() bool {
	select {
	case <-c.started:
		return false
	default:
		return true
	}
}

// remind gives a container that was adopted its environment again: its creation
// was asked for once more.
func (c *Container) remind(environment []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.environment = environment
}

func (c *Container) knownEnvironment() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.environment
}

// attached are the processes that a client follows.
func (c *Container) attached() []*Process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Values(c.streams))
}

// Stop ends the container's processes. The pod goes on; Destroy ends it.
func (c *Container) Stop(kill bool) error {
	if seen, _ := c.pod.see(); seen.ended() {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.backend.ctx, c.backend.patience.request)
	defer cancel()
	if err := c.init.Stop(ctx, kill); err != nil {
		return fmt.Errorf("stop the processes in pod %s: %w", c.podName(), err)
	}
	return nil
}

// Info names the pod's addresses and says whether anything can run in it.
func (c *Container) Info() (garden.ContainerInfo, error) {
	recorded := c.state.read()
	info := garden.ContainerInfo{
		State:         "active",
		ContainerPath: c.state.dir,
		ProcessIDs:    recorded.Processes,
		Properties:    recorded.Properties,
	}
	seen, _ := c.pod.see()
	if seen.ended() {
		info.State = "stopped"
	}
	if seen.pod != nil {
		info.ContainerIP = seen.pod.Status.PodIP
		info.HostIP = seen.pod.Status.HostIP
		if reason := pod.EndReason(seen.pod); reason != nil {
			info.Events = []string{reason.Error()}
		}
	}
	return info, nil
}

func (c *Container) podName() string {
	return c.backend.Namespace + "/" + c.pod.name
}

// Metrics are zeros: the kubelet has the metrics of pods.
func (c *Container) Metrics() (garden.Metrics, error) {
	return garden.Metrics{}, nil
}

func (c *Container) StreamIn(garden.StreamInSpec) error {
	return unsupported("streaming files into a container")
}

func (c *Container) StreamOut(garden.StreamOutSpec) (io.ReadCloser, error) {
	return nil, unsupported("streaming files out of a container")
}

func (c *Container) CurrentBandwidthLimits() (garden.BandwidthLimits, error) {
	return garden.BandwidthLimits{}, unsupported("bandwidth limits")
}

func (c *Container) CurrentCPULimits() (garden.CPULimits, error) {
	return garden.CPULimits{}, unsupported("asking for CPU limits")
}

func (c *Container) CurrentDiskLimits() (garden.DiskLimits, error) {
	return garden.DiskLimits{}, unsupported("disk limits")
}

func (c *Container) CurrentMemoryLimits() (garden.MemoryLimits, error) {
	return garden.MemoryLimits{}, unsupported("asking for memory limits")
}

func (c *Container) NetIn(uint32, uint32) (uint32, uint32, error) {
	return 0, 0, unsupported("mapping ports")
}

func (c *Container) NetOut(garden.NetOutRule) error {
	return unsupported("network rules")
}

func (c *Container) BulkNetOut([]garden.NetOutRule) error {
	return unsupported("network rules")
}
