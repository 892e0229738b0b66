package testflight_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

var _ = Describe("CPU shares of two tasks side by side", Serial, func() {
	// measured is the CPU time over which the tasks' shares of it are compared.
	const measured = 20 * time.Second

	// burns has more to do than the node has CPUs, until the gate opens.
	burns := func(at *gate) string {
		return "for i in 1 2 3 4; do while ! test -e /tmp/end; do :; done & done; echo holding $((40+2)); " + at.waitOfMany() + "; touch /tmp/end; wait"
	}

	BeforeEach(func() {
		if _, err := os.Stat(cpuAccounting); err != nil {
			Skip("control groups of version 2 account for CPU time in another way")
		}
	})

	DescribeTable("are the ratio of the CPU time that they get",
		func(ctx SpecContext, one, other string, ratio float64) {
			at := newGate()
			p := setPipeline(ctx, mainJob(inParallel([]string{taskOn1("one", one, burns(at)), taskOn1("other", other, burns(at))})))
			build := p.trigger(ctx)
			Eventually(holding(build)).WithTimeout(patience).Should(Equal(2))

			groups := []string{cpuGroupOf(ctx, p, "one"), cpuGroupOf(ctx, p, "other")}
			usage := func() (of [2]time.Duration) {
				GinkgoHelper()
				for i, group := range groups {
					of[i] = cpuTimeOf(group)
				}
				return of
			}
			before := usage()
			var used [2]time.Duration
			Eventually(func() time.Duration {
				now := usage()
				used = [2]time.Duration{now[0] - before[0], now[1] - before[1]}
				return used[0] + used[1]
			}).WithTimeout(patience).Should(BeNumerically(">=", measured))

			got := used[0].Seconds() / used[1].Seconds()
			AddReportEntry("CPU time", fmt.Sprintf("%v and %v: %.2f, of shares %.2f", used[0], used[1], got, ratio))
			Expect(math.Abs(math.Log(got/ratio))).To(BeNumerically("<=", math.Log(1.5)), "%v and %v", used[0], used[1])

			Expect(build).NotTo(gexec.Exit())
			at.open.Store(true)
			Eventually(build, patience).Should(gexec.Exit(0))
		},
		Entry("of 102, and none named, which are 1024", "{cpu: 102}", "", 102./1024, SpecTimeout(2*patience)),
		Entry("of 512 and 1024", "{cpu: 512}", "{cpu: 1024}", 0.5, SpecTimeout(2*patience)),
		Entry("of none named", "", "", 1., SpecTimeout(2*patience)),
	)
})

const cpuAccounting = "/sys/fs/cgroup/cpuacct"

// cpuGroupOf is the control group, of version 1, of the container of a task of the
// pipeline.
func cpuGroupOf(ctx context.Context, p pipeline, step string) string {
	GinkgoHelper()
	client, err := runs.Client()
	Expect(err).NotTo(HaveOccurred())
	var group string
	Eventually(ctx, func(g Gomega) {
		list, err := client.CoreV1().Pods(concourse.Namespace).List(ctx, metav1.ListOptions{
			LabelSelector: "concourse-ci.org/type=task,concourse-ci.org/pipeline=" + p.name + ",concourse-ci.org/step=" + step,
		})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(list.Items).To(HaveLen(1))
		g.Expect(list.Items[0].Status.ContainerStatuses).To(HaveLen(1))
		_, id, _ := strings.Cut(list.Items[0].Status.ContainerStatuses[0].ContainerID, "://")
		g.Expect(id).NotTo(BeEmpty())
		init, err := initOf(id)
		g.Expect(err).NotTo(HaveOccurred())
		group, err = cpuGroup(init)
		g.Expect(err).NotTo(HaveOccurred())
	}).Should(Succeed())
	return group
}

// cpuGroup is the folder of the control group that accounts for a process.
func cpuGroup(pid int) (string, error) {
	file := fmt.Sprintf("/proc/%d/cgroup", pid)
	groups, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(groups)) {
		if fields := strings.SplitN(strings.TrimSpace(line), ":", 3); len(fields) == 3 && strings.Contains(","+fields[1]+",", ",cpuacct,") {
			return filepath.Join(cpuAccounting, fields[2]), nil
		}
	}
	return "", fmt.Errorf("%s names no group of cpuacct", file)
}

func cpuTimeOf(group string) time.Duration {
	GinkgoHelper()
	read, err := os.ReadFile(filepath.Join(group, "cpuacct.usage"))
	Expect(err).NotTo(HaveOccurred())
	nanoseconds, err := strconv.ParseInt(strings.TrimSpace(string(read)), 10, 64)
	Expect(err).NotTo(HaveOccurred())
	return time.Duration(nanoseconds)
}
