package pod

import (
	"code.cloudfoundry.org/garden"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/image"
)

// ContainerName is the name of a pod's only container.
const ContainerName = "step"

// terminationGracePeriod is what a pod gets that someone deletes by hand; init
// passes the signal on to the step's processes.
const terminationGracePeriod = 10

// Worker is what the pods of one worker have in common.
type Worker struct {
	Name      string
	Namespace string
	NodeName  string

	// InitBinary is the path of concourse-init on the node.
	InitBinary string

	// ImagePullSecrets are Secrets that the operator made in the namespace. Every
	// pod may pull with them.
	ImagePullSecrets []string

	// PodLogOff keeps what processes print out of the pod's log.
	PodLogOff bool

	// CPUReservedPerShare is how much CPU a pod requests for each of its CPU shares. With
	// zero a pod requests none.
	CPUReservedPerShare resource.Quantity
}

// Build returns the pod for a Garden container.
//
// The directory runDir on the node is shared by the pod and the worker, see [SocketPath]. The container's
// environment is not in the pod: it may hold secrets, and whoever may list pods
// could read them. The pod's own has what init is told of its pod.
//
// What the operator's template may change are defaults, see package template:
// for a container that is not privileged, the runtime's seccomp profile, and no
// leave to make device files.
func Build(worker Worker, container garden.ContainerSpec, from image.Image, runDir string) *corev1.Pod {
	initMountPath := newInitMountPath()
	volumes, mounts := hostPaths(worker, container.BindMounts, initMountPath, runDir)

	return &corev1.Pod{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{
			Name:        Name(container.Handle, container.Properties),
			Namespace:   worker.Namespace,
			Labels:      Labels(worker.Name, container.Handle, container.Properties),
			Annotations: withShares(Annotations(worker.Name, container.Handle, container.Properties), container.Limits.CPU),
		},
		Spec: corev1.PodSpec{
			NodeName:                      worker.NodeName,
			RestartPolicy:                 corev1.RestartPolicyNever,
			AutomountServiceAccountToken:  new(bool),
			EnableServiceLinks:            new(bool),
			TerminationGracePeriodSeconds: new(int64(terminationGracePeriod)),
			ImagePullSecrets:              pullSecrets(worker, container, from),
			SecurityContext:               podSecurity(container),
			Containers: []corev1.Container{{
				Name:                     ContainerName,
				Image:                    from.Reference,
				ImagePullPolicy:          from.PullPolicy(),
				Command:                  initCommand(worker, initMountPath),
				Env:                      initVariables(),
				Resources:                resources(worker, container.Limits),
				SecurityContext:          containerSecurity(container),
				VolumeMounts:             mounts,
				TerminationMessagePath:   terminationMessagePath,
				TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
			}},
			Volumes: volumes,
		},
	}
}

// Again is the pod to create in the place of one whose node had no room for it.
func Again(refused *corev1.Pod, from image.Image, runDir string) *corev1.Pod {
	next := &corev1.Pod{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{
			Name:        refused.Name,
			Namespace:   refused.Namespace,
			Labels:      refused.Labels,
			Annotations: refused.Annotations,
		},
		Spec: *refused.Spec.DeepCopy(),
	}
	for i := range next.Spec.Containers {
		if next.Spec.Containers[i].Name == ContainerName {
			next.Spec.Containers[i].ImagePullPolicy = from.PullPolicy()
		}
	}
	for i := range next.Spec.Volumes {
		if next.Spec.Volumes[i].Name == runVolume {
			next.Spec.Volumes[i] = hostPath(runVolume, runDir)
		}
	}
	return next
}

// pullSecrets lists the operator's Secrets and the container's own one, which
// has the name of the pod.
func pullSecrets(worker Worker, container garden.ContainerSpec, from image.Image) []corev1.LocalObjectReference {
	var secrets []corev1.LocalObjectReference
	if from.HasLogin() {
		secrets = append(secrets, corev1.LocalObjectReference{Name: Name(container.Handle, container.Properties)})
	}
	for _, name := range worker.ImagePullSecrets {
		secrets = append(secrets, corev1.LocalObjectReference{Name: name})
	}
	return secrets
}
