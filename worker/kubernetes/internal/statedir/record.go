package statedir

import (
	"maps"
	"slices"
	"time"

	"code.cloudfoundry.org/garden"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// Record is what a restarted worker has to know of a container beyond its pod.
type Record struct {
	PodName    string            `json:"pod_name"`
	GraceTime  time.Duration     `json:"grace_time,omitempty"`
	Properties garden.Properties `json:"properties"`

	// Processes are the names under which a client may attach again.
	Processes []string `json:"processes,omitempty"`

	// ImageDirectory is the directory in a volume that the image is made of, if it is.
	ImageDirectory string `json:"image_directory,omitempty"`

	// HasSecret says that the image is pulled with a Secret of its own.
	HasSecret bool `json:"has_secret,omitempty"`

	// Hermetic says that the pod is cut off from the network before a process runs.
	Hermetic bool `json:"hermetic,omitempty"`

	// HasEnvironment says that the container was created with an environment, which
	// is not kept here.
	HasEnvironment bool `json:"has_environment,omitempty"`

	// Run is the number of the pod's run directory. Each pod of the container has another.
	Run int `json:"run"`

	// BootID is the kernel's name for the boot of the node in which the pod was made.
	BootID string `json:"boot_id,omitempty"`

	// Phase is the phase of the container as far as it has to outlive the worker: Starting,
	// Ready, Ended, GaveWay or Discarded. It is empty in the records of earlier versions.
	Phase lifecycle.Phase `json:"phase"`

	// Reason is why a container that is Ended or GaveWay has no processes.
	Reason string `json:"reason,omitempty"`

	// Exited are the processes that are over, by their names, of a container whose pod is gone.
	Exited map[string]Exit `json:"exited,omitempty"`
}

// Exit is what became of a process.
type Exit struct {
	Status int `json:"status"`

	// Delivered is up to where clients have its output, below zero where that is not known.
	Delivered podinit.Delivered `json:"delivered"`
}

func (r Record) clone() Record {
	r.Properties = maps.Clone(r.Properties)
	if r.Properties == nil {
		r.Properties = garden.Properties{}
	}
	r.Processes = slices.Clone(r.Processes)
	r.Exited = maps.Clone(r.Exited)
	return r
}
