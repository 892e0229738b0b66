package kubernetes_test

import (
	"os"
	"path/filepath"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

var _ = Describe("the output of a process whose pod gave way", func() {
	var (
		w    *world
		node *fakeNode
	)

	BeforeEach(func() {
		w = newWorld()
		node = newFakeNode(w, 1)
	})

	// keeps has init keep what a process printed, of which clients have what was delivered.
	keeps := func(id, stdout, stderr string, delivered podinit.Delivered) {
		GinkgoHelper()
		process, err := w.create(task()).Run(garden.ProcessSpec{ID: id, Path: "make"}, garden.ProcessIO{Stdout: gbytes.NewBuffer()})
		Expect(err).NotTo(HaveOccurred())
		Eventually(node.initOf(handle).attachCount).Should(Equal(1))
		detach(process) // it has "output\n" by then
		runDir := filepath.Join(w.config.StateDir, handle, "run", "1")
		Expect(os.WriteFile(filepath.Join(runDir, id+".stdout"), []byte(stdout), 0o600)).To(Succeed())
		Expect(os.WriteFile(filepath.Join(runDir, id+".stderr"), []byte(stderr), 0o600)).To(Succeed())
		node.initOf(handle).tell(podinit.ProcessState{ID: id, Delivered: delivered})
		w.create(named(task(), "next"))
		Expect(node.has(handle)()).To(BeFalse())
	}

	attach := func(id string) (stdout, stderr *gbytes.Buffer) {
		GinkgoHelper()
		stdout, stderr = gbytes.NewBuffer(), gbytes.NewBuffer()
		process, err := w.lookup().Attach(id, garden.ProcessIO{Stdout: stdout, Stderr: stderr})
		Expect(err).NotTo(HaveOccurred())
		Expect(process.Wait()).To(BeZero())
		return stdout, stderr
	}

	It("comes to the next client from where the last one had it, and once", func() {
		keeps("task", "output\nand more\n", "a warning\n", podinit.Delivered{Stdout: 7})
		stdout, stderr := attach("task")
		Expect(string(stdout.Contents())).To(Equal("and more\n"))
		Expect(string(stderr.Contents())).To(Equal("a warning\n"))
		stdout, stderr = attach("task")
		Expect(stdout.Contents()).To(BeEmpty())
		Expect(stderr.Contents()).To(BeEmpty())
	})

	It("comes so also after a restart of the worker", func() {
		keeps("task", "output\nand more\n", "a warning\n", podinit.Delivered{Stdout: 7})
		w.start()
		stdout, stderr := attach("task")
		Expect(string(stdout.Contents())).To(Equal("and more\n"))
		Expect(string(stderr.Contents())).To(Equal("a warning\n"))
	})

	It("comes after a restart of the worker to a client that knows what it has", func() {
		keeps("task", "output\nand more\n", "", podinit.Delivered{Stdout: 7})
		w.start()
		log := &rememberingLog{has: "output\nand"}
		process, err := w.lookup().Attach("task", garden.ProcessIO{Stdout: log})
		Expect(err).NotTo(HaveOccurred())
		Expect(process.Wait()).To(BeZero())
		Expect(log.has).To(Equal("output\nand more\n"))
	})

	It("comes in full after a restart of the worker if it is the document of a get or a put", func() {
		keeps("resource", `{"version":{}}`, "fetched\n", podinit.Delivered{Stderr: 8})
		w.start()
		for range 2 {
			stdout, stderr := attach("resource")
			Expect(string(stdout.Contents())).To(Equal(`{"version":{}}`))
			Expect(stderr.Contents()).To(BeEmpty())
		}
	})

	It("goes with the container", func() {
		keeps("task", "output\n", "", podinit.Delivered{Stdout: 7})
		Expect(w.backend.Destroy("next")).To(Succeed())
		Expect(w.backend.Destroy(handle)).To(Succeed())
		w.expectNothingLeft()
	})
})
