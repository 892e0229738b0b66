package podinit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

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
	var answer protocol.PingAnswer
	err = c.inquire(ctx, protocol.PathPing, maxAnswer, func(decoder *json.Decoder) error {
		err := decoder.Decode(&answer)
		if errors.Is(err, io.EOF) {
			return nil // it said nothing
		}
		if len(answer.PodUID) > maxPodUID {
			return fmt.Errorf("it tells of a pod with a UID of %d bytes", len(answer.PodUID))
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return answer.PodUID, nil
}
