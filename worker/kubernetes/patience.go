package kubernetes

import (
	"math"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// patience is how long the backend waits for what usually comes at once.
type patience struct {
	ping        time.Duration // between the first questions whether init is there
	longestPing time.Duration // between later ones
	pullProblem time.Duration // for a registry that does not answer to come back
	secondPull  time.Duration // for the kubelet to try again, after 10 to 15 seconds
	drain       time.Duration // for the last output of a pod that ended
	endReason   time.Duration // for Kubernetes to say why init went away
	room        wait.Backoff  // for a node that is full to have room
	outage      wait.Backoff  // for an API server that is away to be asked again
	idle        time.Duration // until a container counts as idle
	weight      time.Duration // for the kubelet to report a container whose CPU weight is to be set
	look        time.Duration // between looks whether others of the worker run
	request     time.Duration // for one request to the API server or to init
	lastOutput  time.Duration // for the output of a process that was stopped
	removal     time.Duration // for the kubelet to take a pod down
}

var defaultPatience = patience{
	ping:        10 * time.Millisecond,
	longestPing: 200 * time.Millisecond,
	pullProblem: 15 * time.Second,
	secondPull:  30 * time.Second,
	drain:       2 * time.Second,
	endReason:   10 * time.Second,
	room:        backoff(2*time.Second, 16*time.Second),
	outage:      backoff(500*time.Millisecond, 8*time.Second),
	idle:        2 * time.Second,
	weight:      5 * time.Second,
	look:        time.Second,
	request:     30 * time.Second,
	lastOutput:  30 * time.Second,
	removal:     time.Minute,
}

// backoff has each pause be twice the one before, up to the longest.
func backoff(first, longest time.Duration) wait.Backoff {
	return wait.Backoff{Duration: first, Factor: 2, Steps: math.MaxInt32, Cap: longest}
}
