package kubernetes

import (
	"errors"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// killedStatus is the exit status that shells give a process that got SIGKILL.
const killedStatus = 137

// killedWithPod says whether the reason why a process can't be followed to its
// end is that it needed too much memory. With control groups of version 2 the
// kubelet has the kernel kill all of a container then, init too, so that init
// can't tell: it is the process that failed, as it is with version 1.
func killedWithPod(err error) bool {
	reason, ok := errors.AsType[*pod.Failure](err)
	return ok && reason.IsOutOfMemory()
}

// lastNote is what init would have said at the end of the process' output.
func lastNote(err error) string {
	if killedWithPod(err) {
		return podinit.OutOfMemoryNote
	}
	return ""
}
