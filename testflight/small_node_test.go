package testflight_test

import (
	"context"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

const (
	// fewPods is how many pods the second node takes in specs of its room.
	fewPods = 12
	// waitsForPods is in the log of a step that waits for the node to take another.
	waitsForPods = `waiting for the pod .*of the node's \d+ pods are taken`
)

// takeFewPods has the second node take few pods while the spec runs.
func takeFewPods(ctx SpecContext) {
	GinkgoHelper()
	needOwnCluster()
	needTwoNodes()
	clearWorker(ctx, concourse.SecondWorkerName)
	before, err := runs.Cluster.RestartKubelet(ctx, 2, fewPods)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func(ctx SpecContext) {
		_, err := runs.Cluster.RestartKubelet(ctx, 2, before)
		Expect(err).NotTo(HaveOccurred())
	})
}

// clearWorker deletes the pods of a worker. No step runs, so they only wait for
// Concourse's GC.
func clearWorker(ctx context.Context, worker string) {
	GinkgoHelper()
	admin, err := runs.Client()
	Expect(err).NotTo(HaveOccurred())
	Expect(admin.CoreV1().Pods(concourse.Namespace).DeleteCollection(ctx,
		metav1.DeleteOptions{GracePeriodSeconds: new(int64(1))},
		metav1.ListOptions{LabelSelector: "concourse-ci.org/worker=" + worker},
	)).To(Succeed())
	Eventually(ctx, podsOfWorker).WithArguments(worker).WithTimeout(patience).Should(BeEmpty())
}

// holding is how often tasks of a build have said that they hold.
func holding(build *gexec.Session) func() int {
	return func() int { return strings.Count(string(build.Out.Contents()), "holding 42") }
}

// holds is a script that says so, waits at the gate and ends.
func holds(at *gate) string {
	return "echo holding $((40+2)); " + at.waitOfMany() + "; echo let go $((40+2))"
}

// holdTasksOnSecond has that many tasks run on the second node until the gate opens.
func holdTasksOnSecond(ctx context.Context, at *gate, tasks int) *gexec.Session {
	GinkgoHelper()
	p := setPipeline(ctx, mainJob(inParallel(copies(tasks, func(name string) string { return taskOn2(name, "", holds(at)) }))))
	build := p.trigger(ctx)
	Eventually(holding(build)).WithTimeout(patience).Should(Equal(tasks))
	return build
}

// addBystanders runs that many pods on the second node, among no others, that are not
// Concourse's.
func addBystanders(ctx context.Context, count int) {
	GinkgoHelper()
	clearWorker(ctx, concourse.SecondWorkerName)
	admin, err := runs.Client()
	Expect(err).NotTo(HaveOccurred())
	pods := admin.CoreV1().Pods(newNamespace(ctx, admin, "bystanders-"))
	for i := range count {
		made, err := pods.Create(ctx, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("bystander-%d", i)},
			Spec: corev1.PodSpec{
				NodeName:                      runs.Cluster.NodeNames()[1],
				TerminationGracePeriodSeconds: new(int64(1)),
				Containers: []corev1.Container{{
					Name: "sleeps", Image: runs.Cluster.Registry() + "/busybox@" + digestOf("busybox:latest"),
					Command: []string{"sleep", "3600"},
				}},
			},
		}, metav1.CreateOptions{})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(pods.Delete, made.Name, metav1.DeleteOptions{GracePeriodSeconds: new(int64(1))})
		Eventually(ctx, func() (corev1.PodPhase, error) {
			found, err := pods.Get(ctx, made.Name, metav1.GetOptions{})
			return found.Status.Phase, err
		}).Should(Equal(corev1.PodRunning))
	}
}
