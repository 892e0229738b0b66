package kubernetes_test

import (
	"os"
	"path/filepath"
	"strings"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes"
)

var _ = Describe("what a pipeline asks a container to be", func() {
	var w *world

	BeforeEach(func() { w = newWorld() })

	DescribeTable("puts nothing over init, in any spelling",
		func(path string) {
			spec := task()
			spec.BindMounts = []garden.BindMount{{SrcPath: GinkgoT().TempDir(), DstPath: path}}

			_, err := w.backend.Create(spec)

			Expect(err).To(MatchError(And(ContainSubstring(handle), ContainSubstring(`the path "`+path+`"`), ContainSubstring("give it another path"))))
			w.expectNothingLeft()
		},
		Entry(nil, "/.concourse"),
		Entry(nil, "/.concourse/bin/"),
		Entry(nil, "//.concourse/./bin"),
		Entry(nil, "/x/../.concourse/run"),
		Entry(nil, "/"),
	)

	DescribeTable("has a handle that is a directory's name",
		func(given string) {
			spec := task()
			spec.Handle = given
			_, err := w.backend.Create(spec)
			Expect(err).To(MatchError(ContainSubstring("name")))
			Expect(len(err.Error())).To(BeNumerically("<", 512))
			w.expectNothingLeft()
		},
		Entry("not another directory's", "../a"),
		Entry("not one that no file system has", strings.Repeat("a", 256)),
		Entry("not one of a megabyte", strings.Repeat("a", 1<<20)),
	)

	It("may have a handle as long as a directory's name", func() {
		spec := task()
		spec.Handle = strings.Repeat("a", 255)
		Expect(w.create(spec).Handle()).To(Equal(spec.Handle))
		w.start()
		Expect(w.backend.Lookup(spec.Handle)).NotTo(BeNil())
	})

	It("keeps the beginning of a name of any length", func() {
		spec := task()
		spec.Properties[contract.Step] = strings.Repeat("ü", 1<<20)
		spec.Properties["user"] = strings.Repeat("u", 2000)

		properties, err := w.create(spec).Properties()

		Expect(err).NotTo(HaveOccurred())
		Expect(properties[contract.Step]).To(And(HavePrefix("üüü"), HaveSuffix("…")))
		Expect(properties["user"]).To(HaveLen(2000), "a property that means something else")
		record, err := os.Stat(filepath.Join(w.config.StateDir, handle, "container.json"))
		Expect(err).NotTo(HaveOccurred())
		Expect(record.Size()).To(BeNumerically("<", 8<<10))
	})

	It("is not for a worker whose own name no pod could be annotated with", func() {
		w.config.WorkerName = strings.Repeat("w", 1025)
		_, err := kubernetes.NewBackend(w.config)
		Expect(err).To(MatchError(ContainSubstring("the worker name has 1025 bytes")))
	})
})
