package kubernetes

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"code.cloudfoundry.org/garden"
	"golang.org/x/sync/semaphore"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/image"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/podwatch"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/statedir"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// checkType is the type of a container in which a resource is checked, see
// upstream's package db, ContainerTypeCheck.
const checkType = "check"

// Container is a record, and a pod while something is to run. What it may be used for is the
// matter of its lifecycle.
type Container struct {
	backend *Backend
	handle  string
	life    *lifecycle.Lifecycle
	state   *statedir.State
	pod     *podwatch.Pod

	// abortStart has a start come to its end, with the reason.
	abortStart context.CancelCauseFunc

	// removal keeps two from removing the container at the same time, and its handle
	// from being free before its Secret, whose name follows from it, is gone.
	removal *semaphore.Weighted

	mu sync.Mutex
	// image is what the container is made from.
	image image.Image
	// startErrorTold says whether a client knows why the start failed.
	startErrorTold bool
	// waiting says what the start waits for, where the pod's status does not tell.
	waiting func() string
	// going is since when the container is being removed.
	going time.Time
	// init is that of the container's pod.
	init Init
	// environment is that of all processes. It is in memory only, so it is lost
	// for a container that was adopted.
	environment []string
	// streams are the attached processes by their ID.
	streams map[string]*Process
	// begun are the processes of a step that were started since the worker started.
	begun map[string]bool
	// exited are the processes that clients followed to their ends.
	exited map[string]statedir.Exit
	// delivered is how much of the output clients have, of processes that are
	// attached or that a client may attach to again.
	delivered map[string]*podinit.Delivered
}

var _ garden.Container = (*Container)(nil)

// newContainer returns one that is starting.
func (b *Backend) newContainer(spec garden.ContainerSpec, img image.Image) *Container {
	podName := pod.Name(spec.Handle, spec.Properties)
	container := b.containerOf(spec.Handle, lifecycle.New(kindOf(spec.Properties)), podwatch.Named(podName), b.states.New(spec.Handle, statedir.Record{
		PodName:        podName,
		GraceTime:      spec.GraceTime,
		Properties:     spec.Properties,
		ImageDirectory: img.Directory,
		HasSecret:      img.HasLogin(),
		Hermetic:       isHermetic(spec),
		HasEnvironment: len(spec.Env) > 0,
		BootID:         b.BootID,
		Phase:          lifecycle.Starting,
	}))
	container.image = img
	container.environment = spec.Env
	return container
}

func (b *Backend) containerOf(handle string, life *lifecycle.Lifecycle, watched *podwatch.Pod, state *statedir.State) *Container {
	return &Container{
		backend:    b,
		handle:     handle,
		life:       life,
		state:      state,
		pod:        watched,
		abortStart: func(error) {},
		removal:    semaphore.NewWeighted(1),
		init:       b.NewInit(pod.SocketPath(state.RunDir())),
		begun:      map[string]bool{},
		streams:    map[string]*Process{},
		delivered:  map[string]*podinit.Delivered{},
	}
}

func kindOf(properties garden.Properties) lifecycle.Kind {
	if properties[contract.Type] == checkType {
		return lifecycle.Check
	}
	return lifecycle.Step
}

// Handle is Garden's name for the container.
func (c *Container) Handle() string {
	return c.handle
}

// tells says whether who asks for the image is to hear why the start failed: it is the image
// that did not start, and nobody heard it yet. Who asks again, for that image or another,
// wants another start.
func (c *Container) tells(asked image.Image) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	told := c.startErrorTold
	c.startErrorTold = true
	return !told && c.image == asked
}

// waitsFor is what the start waits for, in words.
func (c *Container) waitsFor() string {
	c.mu.Lock()
	waiting := c.waiting
	c.mu.Unlock()
	if waiting != nil {
		return waiting()
	}
	seen, _ := c.pod.See()
	if seen.Pod == nil {
		return "its pod to be created"
	}
	return pod.Progress(seen.Pod)
}

func (c *Container) setWaiting(waiting func() string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = waiting
}

// goingSince is since when the container is being removed.
func (c *Container) goingSince() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.going.IsZero() {
		c.going = time.Now()
	}
	return c.going
}

// podsInit is the init of the container's pod.
func (c *Container) podsInit() Init {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.init
}

func (c *Container) connectTo(init Init) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.init = init
}

// remind gives an adopted container its environment back, whose creation
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

func (c *Container) podName() string {
	return c.backend.Namespace + "/" + c.pod.Name()
}
