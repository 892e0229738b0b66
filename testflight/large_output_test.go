package testflight_test

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"
	"golang.org/x/sys/unix"
)

var _ = Describe("an output of 5 GB", func() {
	const (
		size = 5 << 30
		// growth is far below the output's size, and far above what a Go program's
		// garbage takes.
		growth = 256 << 20
	)

	sum := regexp.MustCompile(`\b[0-9a-f]{64}  large/file`)

	// memory returns a field of the process' status that is in kB, in bytes.
	memory := func(pid int, field string) int {
		GinkgoHelper()
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		Expect(err).NotTo(HaveOccurred())
		_, after, found := strings.Cut(string(status), field+":")
		Expect(found).To(BeTrue(), field)
		kilobytes, err := strconv.Atoi(strings.Fields(after)[0])
		Expect(err).NotTo(HaveOccurred())
		return kilobytes << 10
	}
	// forgetPeak has VmHWM begin anew, see proc_pid_clear_refs(5).
	forgetPeak := func(pid int) {
		GinkgoHelper()
		Expect(os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)).To(Succeed())
	}

	It("goes to a task on another node, through web, for which nobody takes more memory", func(ctx SpecContext) {
		needTwoNodes()
		var disk unix.Statfs_t
		Expect(unix.Statfs(runs.Cluster.DaemonDir(), &disk)).To(Succeed())
		if free := disk.Bavail * uint64(disk.Bsize); free < 3*size {
			Skip(fmt.Sprintf("it takes 15 GB of disk, and there are %d GB", free>>30))
		}

		By("streaming without compression, which takes two cores minutes")
		reconfigure(ctx, func(c *concourse.Concourse) { c.WebFlags = []string{"--streaming-artifacts-compression=raw"} })

		before := map[string]int{}
		daemons := []string{"web", concourse.WorkerDaemon, concourse.SecondWorkerDaemon}
		for _, daemon := range daemons {
			before[daemon] = memory(pidOf(daemon), "VmRSS")
			forgetPeak(pidOf(daemon))
		}

		p := setPipeline(ctx, fmt.Sprintf(`
jobs:
- name: main
  plan:
  - task: make
    config:
      platform: linux
      image_resource: &image {type: registry-image, source: {repository: ((registry))/busybox}}
      outputs: [{name: large}]
      run: {path: sh, args: [-ec, "dd if=/dev/urandom of=large/file bs=1M count=%d && sha256sum large/file"]}
  - task: use
    tags: [second-node]
    config:
      platform: linux
      image_resource: *image
      inputs: [{name: large}]
      run: {path: sha256sum, args: [large/file]}
`, size>>20))
		build := p.trigger(ctx)
		Eventually(build, 10*time.Minute).Should(gexec.Exit(0))
		made := sum.FindAllString(string(build.Out.Contents()), -1)
		Expect(made).To(HaveLen(2))
		Expect(made[1]).To(Equal(made[0]))

		for _, daemon := range daemons {
			grown := memory(pidOf(daemon), "VmHWM") - before[daemon]
			AddReportEntry(fmt.Sprintf("%s: %d MB before, at most %d MB more meanwhile", daemon, before[daemon]>>20, grown>>20))
			Expect(grown).To(BeNumerically("<", growth), daemon)
		}
	}, SpecTimeout(12*time.Minute))
})
