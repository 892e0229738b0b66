package testflight_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// outputThen is a pipeline of a task, which fills its output by a script, and of a step
// that reads a file of it.
func outputThen(script, step string) string {
	return strings.NewReplacer("SCRIPT", strings.TrimSpace(script), "STEP", step).Replace(`
jobs:
- name: main
  plan:
  - task: fill
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      outputs: [{name: out}]
      run: {path: sh, dir: out, args: [-ec, 'SCRIPT']}
  - STEP
`)
}

var _ = Describe("a file that a pipeline names", func() {
	const up = "out/../../../../../../../../../../../../../../../../etc/shadow"

	DescribeTable("is none of the node's, and the build says which path would be",
		func(ctx SpecContext, script, step, path string) {
			p := setPipeline(ctx, outputThen(script, step))
			log := string(p.run(ctx, 2).Contents())
			Expect(log).To(And(ContainSubstring(path), ContainSubstring("leads out of the volume")))
			Expect(log).NotTo(ContainSubstring("root:"))
		},
		Entry("by dots, for load_var", SpecTimeout(patience), "true", "{load_var: a, format: raw, file: "+up+"}", "etc/shadow"),
		Entry("by a link, for load_var", SpecTimeout(patience), "ln -s /etc link", "{load_var: b, format: raw, file: out/link/shadow}", "link/shadow"),
		Entry("by a link to the file, for load_var", SpecTimeout(patience), "ln -s /etc/shadow link", "{load_var: c, format: raw, file: out/link}", "link"),
		Entry("by a relative link, for load_var", SpecTimeout(patience), "ln -s ../../../../../../../../../../../etc link", "{load_var: d, format: raw, file: out/link/shadow}", "link/shadow"),
		Entry("by a link to all, for load_var", SpecTimeout(patience), "ln -s / link", "{load_var: e, format: raw, file: out/link/etc/shadow}", "link/etc/shadow"),
		Entry("by dots, for set_pipeline", SpecTimeout(patience), "true", "{set_pipeline: other, file: "+up+"}", "etc/shadow"),
		Entry("by a link, for set_pipeline", SpecTimeout(patience), "ln -s /etc link", "{set_pipeline: other, file: out/link/shadow}", "link/shadow"),
		Entry("by a link, for the vars of set_pipeline", SpecTimeout(patience), "ln -s /etc link; echo jobs: [] > p.yml", "{set_pipeline: other, file: out/p.yml, var_files: [out/link/shadow]}", "link/shadow"),
		Entry("by dots, for a task's file", SpecTimeout(patience), "true", "{task: two, file: "+up+"}", "etc/shadow"),
		Entry("by a link, for a task's file", SpecTimeout(patience), "ln -s /etc link", "{task: two, file: out/link/shadow}", "link/shadow"),
	)

	It("is found by links that stay in its volume", func(ctx SpecContext) {
		p := setPipeline(ctx, outputThen(
			"mkdir -p a/b; echo value 42 > a/b/file; ln -s a link; ln -s ../b/file a/b/other; ln -s a/b/file last",
			`load_var: by-directory
    format: trim
    file: out/link/b/file
  - load_var: by-relative
    format: trim
    file: out/link/b/other
  - load_var: by-file
    format: trim
    file: out/last
  - task: show
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      run: {path: echo, args: [found ((.:by-directory)), ((.:by-relative)), ((.:by-file))]}`))
		Expect(string(p.run(ctx, 0).Contents())).To(ContainSubstring("found value 42 value 42 value 42"))
	}, SpecTimeout(3*time.Minute))

	DescribeTable("is not opened unless it is a regular one",
		func(ctx SpecContext, script string) {
			p := setPipeline(ctx, outputThen(script, "{load_var: a, format: raw, file: out/special}"))
			Expect(string(p.run(ctx, 2).Contents())).To(And(ContainSubstring("special"), ContainSubstring("neither a file nor a directory")))
		},
		Entry("a FIFO", SpecTimeout(patience), "mkfifo special"),
		Entry("a link to a FIFO", SpecTimeout(patience), "mkfifo other; ln -s other special"),
	)
})

var _ = Describe("an image that a pipeline names", func() {
	rootFS := func(uri string) string {
		return strings.ReplaceAll(`
jobs:
- name: main
  plan:
  - task: one
    config:
      platform: linux
      rootfs_uri: 'URI'
      run: {path: sh, args: [-ec, 'echo ran $((40+2))']}
`, "URI", uri)
	}

	DescribeTable("is no directory of the node", func(ctx SpecContext, uri string) {
		p := setPipeline(ctx, rootFS(uri))
		Expect(string(p.run(ctx, 2).Contents())).To(And(ContainSubstring("a Kubernetes worker runs images only"), Not(ContainSubstring("ran 42"))))
		Expect(p.pods()).To(BeEmpty())
	},
		Entry("raw", SpecTimeout(patience), "raw:///"),
		Entry("a directory of its own", SpecTimeout(patience), "raw:///etc"),
	)

	It("is not that of another pipeline's volume, which the node's registry has", func(ctx SpecContext) {
		owner := setPipeline(ctx, `
resources:
- name: mirror
  type: mock
  source: {mirror_self: true}
jobs:
- name: main
  plan:
  - get: mirror
  - task: one
    image: mirror
    config:
      platform: linux
      run: {path: "true"}
`)
		owner.run(ctx, 0)
		reference := owner.podOf("task").Spec.Containers[0].Image
		address, rest, _ := strings.Cut(reference, "/")
		Expect(rest).To(HavePrefix("volume@sha256:"))
		port := address[strings.LastIndex(address, ":"):]

		for _, host := range []string{address, "localhost" + port, "127.1" + port, "[::1]" + port} {
			p := setPipeline(ctx, rootFS("docker:///"+host+"/"+rest))
			Expect(string(p.run(ctx, 2).Contents())).To(And(ContainSubstring("in the registry of this worker's volumes"), Not(ContainSubstring("ran 42"))), host)
			Expect(p.pods()).To(BeEmpty())
		}
	}, SpecTimeout(4*time.Minute))
})

var _ = Describe("the worker's directories", func() {
	It("are entered by root alone", func(ctx SpecContext) {
		workDir := filepath.Join(runs.Cluster.DaemonDir(), concourse.WorkerDaemon)
		for _, directory := range []string{workDir, filepath.Join(workDir, "volumes"), filepath.Join(workDir, "overlays")} {
			opened, err := os.Open(directory)
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(opened.Close)
			list := exec.CommandContext(ctx, "ls", "/dev/fd/3")
			list.ExtraFiles = []*os.File{opened}
			list.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			output, err := list.CombinedOutput()
			Expect(err).To(HaveOccurred(), directory)
			Expect(string(output)).To(ContainSubstring("Permission denied"), directory)
		}
	}, SpecTimeout(time.Minute))
})
