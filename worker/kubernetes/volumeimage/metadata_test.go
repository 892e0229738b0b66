package volumeimage_test

import (
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Describe("the environment of an image", func() {
	var (
		w      *worker
		rootfs string
	)

	BeforeEach(func() {
		w = newWorker()
		rootfs = w.fill("image", map[string]string{"file": "content"})
	})

	beside := func() string { return filepath.Join(filepath.Dir(rootfs), "metadata.json") }
	write := func(metadata string) {
		GinkgoHelper()
		Expect(os.WriteFile(beside(), []byte(metadata), 0o644)).To(Succeed())
	}
	environment := func() []string {
		GinkgoHelper()
		image, err := w.image(w.reference(rootfs))
		Expect(err).NotTo(HaveOccurred())
		config, err := image.ConfigFile()
		Expect(err).NotTo(HaveOccurred())
		Expect(config.Config.User).To(BeEmpty(), "Concourse says with each process as whom it runs")
		return config.Config.Env
	}

	DescribeTable("is that of the metadata beside it",
		func(metadata string, expected ...string) {
			write(metadata)
			Expect(environment()).To(HaveExactElements(expected))
		},
		Entry("in its order", `{"user": "me", "env": ["B=1", "A=two words=2", "EMPTY="]}`, "B=1", "A=two words=2", "EMPTY="),
		Entry("without what is no variable", `{"env": ["A=1", "NOTHING", "=value", "", "N=\u0000"]}`, "A=1"),
		Entry("whatever follows, which Concourse does not read", `{"env": ["A=1"]} more`, "A=1"),
		Entry("if there is one", `{"user": "me"}`),
		Entry("if it can be read", `{"env": "A=1"}`),
		Entry("if it is JSON", `env: [A=1]`),
	)

	It("is empty without metadata", func() {
		Expect(environment()).To(BeEmpty())
	})

	It("is empty for a volume that is an image as a whole", func() {
		write(`{"env": ["A=1"]}`)
		rootfs = filepath.Dir(rootfs)
		Expect(environment()).To(BeEmpty())
	})

	It("is not taken from outside the volume", func() {
		elsewhere := filepath.Join(GinkgoT().TempDir(), "metadata.json")
		Expect(os.WriteFile(elsewhere, []byte(`{"env": ["A=1"]}`), 0o644)).To(Succeed())
		Expect(os.Symlink(elsewhere, beside())).To(Succeed())
		Expect(environment()).To(BeEmpty())
	})

	It("is not waited for at a FIFO", func(ctx SpecContext) {
		Expect(unix.Mkfifo(beside(), 0o644)).To(Succeed())
		made := make(chan error, 1)
		go func() {
			_, err := w.images.Reference(ctx, rootfs)
			made <- err
		}()
		Eventually(made).Should(Receive(BeNil()))
		Expect(environment()).To(BeEmpty())
	})

	It("makes another image, with the same layer", func() {
		write(`{"env": ["A=1"]}`)
		other := w.fill("other", map[string]string{"file": "content"})
		Expect(os.WriteFile(filepath.Join(filepath.Dir(other), "metadata.json"), []byte(`{"env": ["A=2"]}`), 0o644)).To(Succeed())
		for _, path := range []string{rootfs, filepath.Join(rootfs, "file"), other, filepath.Join(other, "file")} {
			Expect(os.Chtimes(path, someTime, someTime)).To(Succeed())
		}
		one := w.reference(rootfs)
		Expect(w.reference(other)).NotTo(Equal(one))
		digestOf := func(reference string) string {
			GinkgoHelper()
			digest, err := w.layer(reference).Digest()
			Expect(err).NotTo(HaveOccurred())
			return digest.String()
		}
		Expect(digestOf(w.reference(other))).To(Equal(digestOf(one)))
	})
})
