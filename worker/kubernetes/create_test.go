package kubernetes_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("creating a container", func() {
	var w *world

	BeforeEach(func() {
		w = newWorld()
	})

	It("makes a pod and returns when its init answers", func() {
		w.init.silence()
		created := make(chan garden.Container)
		go func() {
			defer GinkgoRecover()
			created <- w.create(task())
		}()

		Eventually(w.pods).Should(HaveLen(1))
		Consistently(created, "100ms").ShouldNot(Receive())
		Expect(w.backend.Containers(nil)).To(BeEmpty(), "web looks for a container in this list, to use it")
		_, err := w.backend.Lookup(handle)
		Expect(err).To(Equal(garden.ContainerNotFoundError{Handle: handle}))

		w.init.answer()

		var container garden.Container
		Eventually(created).Should(Receive(&container))
		Expect(container.Handle()).To(Equal(handle))
		Expect(container.Properties()).To(HaveKeyWithValue("user", "root"))
		Expect(w.pod().Spec.Containers[0].Image).To(Equal(image))
		Expect(w.pod().Spec.NodeName).To(Equal("node-1"))
		Expect(w.backend.Lookup(handle)).To(BeIdenticalTo(container))
	})

	It("asks init less and less often", func() {
		w.init.silence()
		created := make(chan garden.Container)
		go func() {
			defer GinkgoRecover()
			created <- w.create(task())
		}()
		Consistently(created, "1s").ShouldNot(Receive())
		Expect(w.init.pingCount()).To(BeNumerically("<", 70), "it would be a hundred at the pace of the first")
		w.init.answer()
		Eventually(created).Should(Receive())
	})

	It("returns the same container for the same handle, also while it starts", func() {
		w.init.silence()
		created := make(chan garden.Container, 2)
		for range 2 {
			go func() {
				defer GinkgoRecover()
				created <- w.create(task())
			}()
		}
		Eventually(w.pods).Should(HaveLen(1))
		w.init.answer()

		var first, second garden.Container
		Eventually(created).Should(Receive(&first))
		Eventually(created).Should(Receive(&second))
		Expect(second).To(BeIdenticalTo(first))
	})

	It("keeps the environment out of the pod and off the disk", func() {
		w.create(task())

		content, err := json.Marshal(w.pod())
		Expect(err).NotTo(HaveOccurred())
		Expect(string(content)).NotTo(ContainSubstring("s3cret-env"))
		Expect(os.ReadFile(filepath.Join(w.config.StateDir, handle, "container.json"))).NotTo(ContainSubstring("s3cret-env"))
		Expect(w.log.Buffer().Contents()).NotTo(ContainSubstring("s3cret-env"))
	})

	It("makes up a handle if there is none", func() {
		spec := task()
		spec.Handle = ""
		Expect(w.create(spec).Handle()).NotTo(BeEmpty())
	})

	DescribeTable("refuses a handle that is no directory in the state directory", func(handle string) {
		spec := task()
		spec.Handle = handle
		_, err := w.backend.Create(spec)
		Expect(err).To(MatchError(ContainSubstring(strconv.Quote(handle))))
		Expect(w.backend.StateDir).To(BeADirectory())
	},
		Entry("a path", "../etc"),
		Entry("the parent", ".."),
		Entry("itself", "."),
	)

	It("refuses a volume that is not there", func() {
		spec := task()
		spec.BindMounts = []garden.BindMount{{SrcPath: "/no/such/volume", DstPath: "/tmp/build/in"}}
		_, err := w.backend.Create(spec)
		Expect(err).To(MatchError(And(ContainSubstring("/tmp/build/in"), ContainSubstring("/no/such/volume"))))
		w.expectNothingLeft()
	})
})
