package podinit

import (
	"context"
	"fmt"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
)

// PodUIDVariable is the environment variable by which a pod's spec, which is written before
// there is a UID, hands init the UID of its pod. Init keeps it from all processes.
const PodUIDVariable = "CONCOURSE_INIT_POD_UID"

// maxPodUID is the most of a UID, in bytes. Kubernetes makes UUIDs, of 36.
const maxPodUID = 64

// Ping returns the UID of the pod that init says it is in, once init answers. A kubelet may
// start a pod that it refused, after another took its place: who expects a certain pod
// compares.
//
// It is a claim: whatever runs in the pod may say it. It is empty, without an error, for an
// init that was not told, as one of an earlier version.
func (c *Client) Ping(ctx context.Context) (podUID string, err error) {
	answer, err := inquire[protocol.PingAnswer](ctx, c, protocol.PathPing)
	if err != nil {
		return "", err
	}
	if len(answer.PodUID) > maxPodUID {
		return "", c.gone(ctx, protocol.PathPing, fmt.Errorf("it said that its pod has a UID of %d bytes", len(answer.PodUID)))
	}
	return answer.PodUID, nil
}
