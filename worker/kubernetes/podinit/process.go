package podinit

import (
	"fmt"
	"io"
	"time"
)

// MaxKept is the most of an output that init keeps for clients that are slow or away before
// it holds up the process, in bytes.
const MaxKept = 64 << 20

// StopTimeout is the time that processes which are told to end have before they are
// killed, as on upstream's containerd worker.
const StopTimeout = 10 * time.Second

// WindowSize is the size of a terminal in characters.
type WindowSize struct{ Columns, Rows uint16 }

// ProcessSpec says what to run in the pod.
type ProcessSpec struct {
	// ID names the process from then on. It is not free again once the process
	// has ended.
	ID string

	// Path is the executable: a name to look up in PATH, an absolute path, or,
	// with a slash in it, a path relative to Dir.
	Path string
	Args []string

	// Env overlays the environment that the image configures.
	Env []string

	// Dir is the working directory, the image's if empty. It is created if it
	// is missing.
	Dir string

	// User is the user the image configures if empty, else a name or uid,
	// optionally followed by a colon and a group name or gid.
	User string

	// Terminal gives the process a terminal of that size. Stdout and stderr
	// are then one stream, stdout.
	Terminal *WindowSize

	// ReplayStdout gives every attach the whole of stdout, for a client that
	// reads it as one document. Stderr goes on at the next byte all the same.
	ReplayStdout bool

	// Unlogged keeps the output out of the pod's log: it is what a person types
	// and reads.
	Unlogged bool
}

// ProcessIO is what an attach connects a process to. Output for a nil writer
// stays with init, for a later attach. A writer may be a
// Destination of package outputstream: what that has not taken comes again with a
// later attach.
type ProcessIO struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	// Delivered is kept up to date, if it is not nil.
	Delivered *Delivered

	// Writing is kept up to date, if it is not nil.
	Writing *Writing
}

// ServedMessage is the termination message of a pod in which processes may have
// run. A kubelet that finds no message in a container that failed copies the end of
// the container's log into the pod's status. Before init serves, the log has init's
// own words only: why it did not start. After that it has the output of processes.
const ServedMessage = "concourse-init served this pod; what its processes printed is in no status"

// OutOfMemoryNote ends the output of a process during which the kernel killed
// for want of memory. The process may say nothing, or just "Killed".
const OutOfMemoryNote = "\nthe kernel killed a process of this step because it needed more memory than its limit, or than the node had left: " +
	"raise container_limits.memory, or give the node more\n"

// ExecutableNotFoundError means that the pod's image has no such executable.
type ExecutableNotFoundError struct{ Path string }

func (e *ExecutableNotFoundError) Error() string {
	return fmt.Sprintf("executable %q was not found in the image", e.Path)
}

// ProcessExistsError means that a process of that ID runs or has run.
type ProcessExistsError struct{ ID string }

func (e *ProcessExistsError) Error() string {
	return fmt.Sprintf("a process with the ID %q was started before in this pod", e.ID)
}

// NoSuchProcessError means that no process of that ID was ever started.
type NoSuchProcessError struct{ ID string }

func (e *NoSuchProcessError) Error() string {
	return fmt.Sprintf("no process with the ID %q was started in this pod", e.ID)
}
