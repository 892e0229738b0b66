package testflight_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
	corev1 "k8s.io/api/core/v1"
)

var _ = Describe("a task", func() {
	It("finds its inputs and outputs where it says, within each other too, and optional ones only if they are there", func(ctx SpecContext) {
		p := setPipeline(ctx, `
jobs:
- name: main
  plan:
  - task: make
    config: &on-busybox
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      outputs: [{name: outer}, {name: inner}]
      run: {path: sh, args: [-ec, "echo outer > outer/file; echo inner > inner/file"]}
  - task: use
    input_mapping: {mapped: outer}
    output_mapping: {made: kept}
    config:
      <<: *on-busybox
      inputs: [{name: mapped, path: a}, {name: inner, path: a/b/c}, {name: missing, optional: true}]
      outputs: [{name: made, path: a/b/c/d}]
      run: {path: sh, dir: a, args: [-ec, "cat file b/c/file; test ! -e ../missing; echo made > b/c/d/file; pwd"]}
  - task: see
    config:
      <<: *on-busybox
      inputs: [{name: kept}, {name: outer}]
      run: {path: sh, args: [-ec, "cat kept/file; ls outer"]}
`)
		log := p.run(ctx, 0)
		Expect(log).To(gbytes.Say("outer"))
		Expect(log).To(gbytes.Say("inner"))
		Expect(log).To(gbytes.Say(`/tmp/build/\w+/a`))
		Expect(log).To(gbytes.Say("made"))
		Expect(log).To(gbytes.Say("file"), "the inputs of one task are copies")
		Expect(log.Contents()).NotTo(ContainSubstring("b\n"), "what was mounted into an input is not in it")
	}, SpecTimeout(3*time.Minute))

	It("may have an output and a cache at one path, which later steps and builds don't mind", func(ctx SpecContext) {
		p := setPipeline(ctx, `
jobs:
- name: main
  plan:
  - task: make
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      outputs: [{name: build}]
      caches: [{path: build}]
      run: {path: sh, args: [-ec, "echo made $((40+2)) > build/file"]}
  - task: use
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      inputs: [{name: build}]
      run: {path: cat, args: [build/file]}
`)
		for range 2 { // the second build finds a cache
			Expect(p.run(ctx, 0)).To(gbytes.Say("made 42"))
		}
	}, SpecTimeout(2*patience))

	It("takes thirty inputs", func(ctx SpecContext) {
		var outputs, inputs, files []string
		for i := range 30 {
			outputs = append(outputs, fmt.Sprintf("{name: o%d}", i))
			inputs = append(inputs, fmt.Sprintf("{name: o%d}", i))
			files = append(files, fmt.Sprintf("o%d/n", i))
		}
		p := setPipeline(ctx, fmt.Sprintf(`
jobs:
- name: main
  plan:
  - task: make
    config:
      platform: linux
      image_resource: &image {type: registry-image, source: {repository: ((registry))/busybox}}
      outputs: [%s]
      run: {path: sh, args: [-ec, "for f in %s; do echo 1 > $f; done"]}
  - task: sum
    config:
      platform: linux
      image_resource: *image
      inputs: [%s]
      run: {path: sh, args: [-ec, "echo there are $(cat %[2]s | wc -l)"]}
`, strings.Join(outputs, ", "), strings.Join(files, " "), strings.Join(inputs, ", ")))
		Expect(p.run(ctx, 0)).To(gbytes.Say("there are 30"))
	}, SpecTimeout(3*time.Minute))

	It("runs as the user that it names, by name and by ID", func(ctx SpecContext) {
		as := func(user string) string {
			return fmt.Sprintf(`
  - task: as-%s
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      run: {path: id, args: [-u], user: %[1]q}`, user)
		}
		p := setPipeline(ctx, "jobs:\n- name: main\n  plan:"+as("nobody")+as("4711")+as("root"))
		log := p.run(ctx, 0)
		for _, id := range []string{"65534", "4711", "0"} {
			Expect(log).To(gbytes.Say(`\b` + id + `\b`))
		}
	}, SpecTimeout(3*time.Minute))

	It("is told when it needs more memory than its limit; its CPU shares reserve next to nothing", func(ctx SpecContext) {
		p := setPipeline(ctx, `
jobs:
- name: main
  plan:
  - task: one
    config:
      platform: linux
      container_limits: {memory: 32mb, cpu: 256}
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      run: {path: sh, args: [-ec, "head -c 300m /dev/zero | tail -c 200m > /dev/null || exit 1"]}
`)
		build := p.trigger(ctx)
		// The kernel may kill init as well, which is of about the same size here.
		Eventually(build, patience).Should(Or(gexec.Exit(1), gexec.Exit(137)))
		Expect(build.Out).To(gbytes.Say("raise container_limits.memory"))

		resources := p.podOf("task").Spec.Containers[0].Resources
		Expect(resources.Limits.Memory().Value()).To(Equal(int64(32 << 20)))
		Expect(resources.Requests[corev1.ResourceCPU]).To(HaveField("String()", "5m"))
	}, SpecTimeout(3*time.Minute))

	It("may name its image by a rootfs_uri", func(ctx SpecContext) {
		image := runs.Cluster.Registry() + "/busybox@" + digestOf("busybox:latest")
		p := setPipeline(ctx, fmt.Sprintf(`
jobs:
- name: main
  plan:
  - task: one
    config:
      platform: linux
      rootfs_uri: docker:///%s
      run: {path: echo, args: ["on the image"]}
`, image))
		Expect(p.run(ctx, 0)).To(gbytes.Say("on the image"))
		Expect(p.podOf("task").Spec.Containers[0].Image).To(Equal(image))
	}, SpecTimeout(3*time.Minute))

	It("ends although it leaves a process behind, whose output is not waited for", func(ctx SpecContext) {
		p := setPipeline(ctx, task("{repository: ((registry))/busybox}", "", "sleep 1000 & printf 'no newline at the end'"))
		Expect(p.run(ctx, 0)).To(gbytes.Say("no newline at the end"))
	}, SpecTimeout(3*time.Minute))

	It("may print a million lines, of which none is lost", func(ctx SpecContext) {
		const lines = 1_000_000
		p := setPipeline(ctx, task("{repository: ((registry))/busybox}", "", fmt.Sprintf("seq %d", lines)))
		log := string(p.run(ctx, 0).Contents())

		next := 1
		for line := range strings.Lines(log) {
			if strings.TrimSpace(line) == fmt.Sprint(next) {
				next++
			}
		}
		Expect(next).To(Equal(lines + 1))
	}, SpecTimeout(5*time.Minute))

	It("gets files from fly execute and gives files back, byte for byte", func(ctx SpecContext) {
		in, out := GinkgoT().TempDir(), GinkgoT().TempDir()
		Expect(exec.CommandContext(ctx, "dd", "if=/dev/urandom", "of="+filepath.Join(in, "binary"), "bs=1M", "count=20").Run()).To(Succeed())
		config := filepath.Join(GinkgoT().TempDir(), "task.yml")
		Expect(os.WriteFile(config, []byte(fmt.Sprintf(`
platform: linux
image_resource: {type: registry-image, source: {repository: %s/busybox}}
inputs: [{name: given}]
outputs: [{name: taken}]
run: {path: sh, args: [-ec, "cp given/binary taken/binary; ln -s binary taken/link"]}
`, runs.Cluster.Registry())), 0o600)).To(Succeed())

		_, err := fly.Run(ctx, "execute", "-c", config, "-i", "given="+in, "-o", "taken="+out, "--include-ignored")
		Expect(err).NotTo(HaveOccurred())
		Expect(exec.CommandContext(ctx, "cmp", filepath.Join(in, "binary"), filepath.Join(out, "binary")).Run()).To(Succeed())
		Expect(os.Readlink(filepath.Join(out, "link"))).To(Equal("binary"))
	}, SpecTimeout(3*time.Minute))
})
