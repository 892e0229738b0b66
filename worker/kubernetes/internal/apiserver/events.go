package apiserver

import (
	"cmp"
	"context"
	"slices"

	"code.cloudfoundry.org/lager/v3"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// Reasons of the kubelet's events, see its package events.
const (
	// secretMissedReason is of a pull without a Secret that it could not get.
	secretMissedReason = "FailedToRetrieveImagePullSecret"

	pullingReason    = "Pulling"
	pulledReason     = "Pulled"
	pullFailedReason = "Failed"
	backOffReason    = "BackOff"
)

// MissedSecret tells whether the kubelet pulled without a pull secret that the pod
// names, as far as that is known yet. The API server lets a kubelet read a Secret as
// soon as it knows that a pod of the node names it, which it may know later than the
// kubelet: a kubelet that was refused gives up after a second, and has it when it
// tries again.
//
// The kubelet's events may come later than the status that they explain, but they
// come in order: the one of the failed pull comes after the one of the missed Secret.
// An API server that is away leaves the question open, too. It is an error only if it
// refuses to list the events.
func (c *Client) MissedSecret(ctx context.Context, of *corev1.Pod) (missed, known bool, err error) {
	if len(of.Spec.ImagePullSecrets) == 0 {
		return false, true, nil
	}
	events, err := c.events(ctx, fields.Set{"involvedObject.uid": string(of.UID)}.AsSelector())
	if err != nil {
		_, err := c.leftOpen(of, err)
		return false, false, err
	}
	missed = hasReason(events, secretMissedReason)
	return missed, missed || hasReason(events, pullFailedReason), nil
}

func hasReason(events []corev1.Event, reason string) bool {
	return slices.ContainsFunc(events, func(event corev1.Event) bool { return event.Reason == reason })
}

// MayBePullingAgain tells whether the kubelet is at a pull, or done with it, after
// the last one that failed. The pod's status does not: the kubelet leaves the
// last failure in it until the pull that follows has ended. An API server that is
// away leaves that open, too.
func (c *Client) MayBePullingAgain(ctx context.Context, of *corev1.Pod) (bool, error) {
	events, err := c.events(ctx, fields.Set{
		"involvedObject.uid":       string(of.UID),
		"involvedObject.fieldPath": "spec.containers{" + pod.ContainerName + "}",
	}.AsSelector())
	if err != nil {
		return c.leftOpen(of, err)
	}
	// Events tell the second. One with a pull in it that failed was a failure:
	// the kubelet waits for longer than that until it tries again.
	return lastSecond(events, pullingReason, pulledReason) > lastSecond(events, pullFailedReason, backOffReason), nil
}

// leftOpen says that what the events would have told may be so, if they could not
// be listed for now.
func (c *Client) leftOpen(of *corev1.Pod, err error) (bool, error) {
	c.Logger.Error("failed-to-list-events", err, lager.Data{"pod": of.Name})
	if !isOutage(err) {
		return false, err
	}
	return true, nil
}

// lastSecond is when the last event with one of the reasons was, in Unix time,
// or 0 if there is none.
func lastSecond(events []corev1.Event, reasons ...string) int64 {
	var last int64
	for _, event := range events {
		if slices.Contains(reasons, event.Reason) {
			last = max(last, event.LastTimestamp.Unix())
		}
	}
	return last
}

// LastWarning is what only events tell, such as a volume or a network that
// could not be set up. It is empty if there is none or if it can't be read.
func (c *Client) LastWarning(ctx context.Context, podName string) string {
	of := fields.Set{"involvedObject.name": podName, "type": corev1.EventTypeWarning}.AsSelector()
	// A cluster without DNS warns of that at every pod, and starts it.
	telling := fields.OneTermNotEqualSelector("reason", "MissingClusterDNS")
	events, err := c.events(context.WithoutCancel(ctx), fields.AndSelectors(of, telling))
	if err != nil || len(events) == 0 {
		return ""
	}
	last := slices.MaxFunc(events, func(a, b corev1.Event) int {
		return cmp.Compare(a.LastTimestamp.Unix(), b.LastTimestamp.Unix())
	})
	return last.Reason + ": " + last.Message
}

func (c *Client) events(ctx context.Context, selector fields.Selector) ([]corev1.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, c.RequestTimeout)
	defer cancel()
	list, err := c.Kubernetes.CoreV1().Events(c.Namespace).List(ctx, metav1.ListOptions{FieldSelector: selector.String()})
	if err != nil {
		return nil, Error("list", "events", err)
	}
	return list.Items, nil
}
