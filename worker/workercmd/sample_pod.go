package workercmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/image"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// samplePatience is how long the API server may take for the sample.
const samplePatience = 30 * time.Second

// sampleHandle is that of no container: the sample is never made.
const sampleHandle = "sample"

// trySamplePod asks the API server what it would say to a pod of this worker, the
// operator's template merged in: a dry run. Only that the pod is not valid is an
// error, since that will be so for every pod. The rest (a quota, an admission
// policy, no answer) may be different for the next one, and is logged.
func trySamplePod(ctx context.Context, config kubernetes.Config) error {
	ctx, cancel := context.WithTimeout(ctx, samplePatience)
	defer cancel()
	sample := pod.Build(config.Worker(), garden.ContainerSpec{Handle: sampleHandle}, image.Image{Reference: sampleHandle}, config.RunDir(sampleHandle))
	sample, err := config.PodTemplate.Apply(sample)
	if err != nil {
		return fmt.Errorf("--kubernetes-pod-template: %w", err)
	}

	_, err = config.Client.CoreV1().Pods(config.Namespace).Create(ctx, sample, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	switch {
	case isNotValid(err):
		return fmt.Errorf("the API server refuses the pods that this worker would create: %w: correct --kubernetes-pod-template, or the flag that this is from", err)
	case err != nil:
		config.Logger.Error("failed-to-try-a-sample-pod", err, lager.Data{"advice": "pods may be refused with the same words; if the workers' own policy refuses it, see deploy/policies/worker.yaml for what to set"})
	}
	return nil
}

// isNotValid says of the API server's answer that a field of the pod is wrong. A
// ValidatingAdmissionPolicy, too, denies as Invalid unless it says otherwise, and
// may deny this pod for its image or name alone; but it names no field.
func isNotValid(err error) bool {
	status, ok := errors.AsType[*apierrors.StatusError](err)
	if !ok || !apierrors.IsInvalid(err) {
		return false
	}
	details := status.ErrStatus.Details
	return details != nil && slices.ContainsFunc(details.Causes, func(cause metav1.StatusCause) bool { return cause.Field != "" })
}
