package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3"
	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	backend "github.com/concourse/concourse-kubernetes/worker/kubernetes"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
)

// benchmarkRuns is how often each of the two is timed, in turn.
const benchmarkRuns = 10

// benchmark compares how long a container takes until init answers with how
// long a bare pod of the same image takes until it runs.
func benchmark(ctx context.Context, runs *concourse.Concourse) error {
	client, err := runs.Client()
	if err != nil {
		return err
	}
	digest, err := runs.Digest("busybox:latest")
	if err != nil {
		return err
	}
	image := runs.Cluster.Registry() + "/busybox@" + digest

	containers, stop, err := startBackend(client, runs)
	if err != nil {
		return err
	}
	defer stop()

	var bare, ours []time.Duration
	for run := range benchmarkRuns + 1 {
		bareTook, err := timeBarePod(ctx, client, runs.Cluster.NodeName(), image, run)
		if err != nil {
			return err
		}
		oursTook, err := timeContainer(containers, image, run)
		if err != nil {
			return err
		}
		if run > 0 { // the first pulls the image
			bare, ours = append(bare, bareTook), append(ours, oursTook)
		}
	}

	ratios := make([]float64, benchmarkRuns)
	for i := range ratios {
		ratios[i] = ours[i].Seconds() / bare[i].Seconds()
	}
	slices.Sort(bare)
	slices.Sort(ours)
	slices.Sort(ratios)
	fmt.Printf("%d runs in turn, min/median/max\n", benchmarkRuns)
	fmt.Printf("bare pod, created until Running:       %v\n", spread(bare))
	fmt.Printf("container, asked for until init answers: %v\n", spread(ours))
	fmt.Printf("ratio:                                 %.2f/%.2f/%.2f\n", ratios[0], ratios[len(ratios)/2], ratios[len(ratios)-1])
	return nil
}

func spread(sorted []time.Duration) string {
	return fmt.Sprintf("%.2fs/%.2fs/%.2fs", sorted[0].Seconds(), sorted[len(sorted)/2].Seconds(), sorted[len(sorted)-1].Seconds())
}

func startBackend(client kubernetes.Interface, runs *concourse.Concourse) (containers *backend.Backend, stop func(), err error) {
	dir := filepath.Join(runs.Cluster.DaemonDir(), "benchmark")
	init, err := backend.InstallInit("bin/concourse-init", filepath.Join(dir, "init"))
	if err != nil {
		return nil, nil, err
	}
	containers, err = backend.NewBackend(runs.Runtime("benchmark", client, dir, init, lager.NewLogger("benchmark")))
	if err != nil {
		return nil, nil, err
	}
	if err := containers.Start(); err != nil {
		return nil, nil, err
	}
	return containers, func() {
		containers.Stop()
		os.RemoveAll(dir)
	}, nil
}

func timeContainer(containers *backend.Backend, image string, run int) (time.Duration, error) {
	handle := fmt.Sprintf("benchmark-%d", run)
	start := time.Now()
	if _, err := containers.Create(garden.ContainerSpec{
		Handle:     handle,
		RootFSPath: "docker:///" + image,
		NetOut:     []garden.NetOutRule{{}}, // one that lets it out, as of any step but a hermetic one
	}); err != nil {
		return 0, err
	}
	took := time.Since(start)
	if err := containers.Destroy(handle); err != nil {
		return 0, err
	}
	return took, nil
}

func timeBarePod(ctx context.Context, client kubernetes.Interface, node, image string, run int) (time.Duration, error) {
	pods := client.CoreV1().Pods(concourse.Namespace)
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("benchmark-bare-%d", run)},
		Spec: corev1.PodSpec{
			NodeName:      node,
			RestartPolicy: corev1.RestartPolicyNever,
			Containers:    []corev1.Container{{Name: "step", Image: image, Command: []string{"sleep", "600"}}},
		},
	}
	start := time.Now()
	if _, err := pods.Create(ctx, pod, metav1.CreateOptions{}); err != nil {
		return 0, err
	}
	one := fields.OneTermEqualSelector("metadata.name", pod.Name)
	listWatch := cache.NewListWatchFromClient(client.CoreV1().RESTClient(), "pods", concourse.Namespace, one)
	_, err := watchtools.UntilWithSync(ctx, listWatch, &corev1.Pod{}, nil, func(event watch.Event) (bool, error) {
		seen, ok := event.Object.(*corev1.Pod)
		return ok && seen.Status.Phase == corev1.PodRunning, nil
	})
	took := time.Since(start)
	if err != nil {
		return 0, fmt.Errorf("wait for pod %s: %w", pod.Name, err)
	}
	now := int64(0)
	if err := pods.Delete(ctx, pod.Name, metav1.DeleteOptions{GracePeriodSeconds: &now}); err != nil {
		return 0, fmt.Errorf("delete pod %s: %w", pod.Name, err)
	}
	return took, nil
}
