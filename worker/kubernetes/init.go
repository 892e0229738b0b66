package kubernetes

import (
	"context"
	"syscall"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// Init is the PID 1 of a pod, seen from the worker. Every call but Attach ends in time,
// whatever answers in the pod.
type Init interface {
	// Ping returns the UID of the pod that init is in, if init is to be believed.
	Ping(ctx context.Context) (podUID string, err error)

	// PID is init's process ID on the node, if the pod is to be believed.
	PID(ctx context.Context) (int, error)

	Start(ctx context.Context, spec podinit.ProcessSpec) error

	// Attach blocks until the process has ended. It delivers output from the next
	// byte that no earlier call delivered.
	Attach(ctx context.Context, id string, io podinit.ProcessIO) (exitStatus int, err error)

	// Processes are those that were started, and what became of them.
	Processes(ctx context.Context) ([]podinit.ProcessState, error)

	Resize(ctx context.Context, id string, size podinit.WindowSize) error
	Signal(ctx context.Context, id string, signal syscall.Signal) error

	// Stop ends all processes that were started, with SIGKILL at once or after a moment.
	Stop(ctx context.Context, kill bool) error
}
