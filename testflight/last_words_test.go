package testflight_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

var _ = Describe("a pod whose init is killed, as for want of memory", func() {
	It("shows nothing of what its step printed in its status, nor does the step's error", func(ctx SpecContext) {
		p := setPipeline(ctx, task("{repository: ((registry))/busybox}", "", "echo s3cret-$((40+2)); echo now running; sleep 600"))
		build := p.trigger(ctx)
		Eventually(build.Out, patience).Should(gbytes.Say("now running"))
		client, err := runs.Client()
		Expect(err).NotTo(HaveOccurred())
		name := p.podOf("task").Name

		var init int
		Eventually(ctx, func(g Gomega) {
			running, err := client.CoreV1().Pods(concourse.Namespace).Get(ctx, name, metav1.GetOptions{})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(running.Status.ContainerStatuses).To(HaveLen(1))
			_, id, _ := strings.Cut(running.Status.ContainerStatuses[0].ContainerID, "://")
			g.Expect(id).NotTo(BeEmpty())
			init, err = initOf(id)
			g.Expect(err).NotTo(HaveOccurred())
		}).Should(Succeed())
		log, err := client.CoreV1().Pods(concourse.Namespace).GetLogs(name, &corev1.PodLogOptions{}).DoRaw(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(log)).To(ContainSubstring("s3cret-42"), "what a kubelet would copy")

		Expect(syscall.Kill(init, syscall.SIGKILL)).To(Succeed())

		Eventually(build, patience).Should(gexec.Exit(2))
		_, said, found := strings.Cut(string(build.Out.Contents()), "wait for process")
		Expect(found).To(BeTrue())
		Expect(said).To(ContainSubstring("the pod ended"))
		Expect(said).NotTo(ContainSubstring("s3cret"))
		words := lastWords(ctx, p)
		Expect(words).To(HavePrefix("concourse-init served this pod"))
		Expect(words).NotTo(ContainSubstring("s3cret"))
	}, SpecTimeout(4*time.Minute))
})

// lastWords are those of the pipeline's task, once its container has ended.
func lastWords(ctx context.Context, p pipeline) string {
	GinkgoHelper()
	var words string
	Eventually(ctx, func(g Gomega) {
		statuses := p.podOf("task").Status.ContainerStatuses
		g.Expect(statuses).To(HaveLen(1))
		g.Expect(statuses[0].State.Terminated).NotTo(BeNil())
		g.Expect(statuses[0].State.Terminated.ExitCode).NotTo(BeZero())
		words = statuses[0].State.Terminated.Message
	}).Should(Succeed())
	return words
}

// initOf is the process ID, on this node, of the init of a container: the
// container runtime names control groups after containers.
func initOf(container string) (int, error) {
	names, err := filepath.Glob("/proc/[0-9]*/comm")
	if err != nil {
		return 0, err
	}
	for _, file := range names {
		name, _ := os.ReadFile(file) // the process may have ended
		groups, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cgroup"))
		if strings.TrimSpace(string(name)) == "concourse-init" && strings.Contains(string(groups), container) {
			return strconv.Atoi(strings.Split(file, "/")[2])
		}
	}
	return 0, fmt.Errorf("no init of container %s runs on this node", container)
}
