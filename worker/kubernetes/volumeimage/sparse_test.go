package volumeimage_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a sparse file", func() {
	const size = 4 << 20

	var w *worker

	BeforeEach(func() { w = newWorker() })

	// write makes a volume with a file of that size, with pieces of data in it.
	write := func(handle string, fill []byte, pieces map[int64]string) string {
		GinkgoHelper()
		rootfs := w.fill(handle, nil)
		path := filepath.Join(rootfs, "file")
		Expect(os.WriteFile(path, fill, 0o644)).To(Succeed())
		Expect(os.Truncate(path, size)).To(Succeed())
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		Expect(err).NotTo(HaveOccurred())
		defer file.Close()
		for offset, piece := range pieces {
			_, err := file.WriteAt([]byte(piece), offset)
			Expect(err).NotTo(HaveOccurred())
		}
		for _, of := range []string{path, rootfs} {
			Expect(os.Chtimes(of, someTime, someTime)).To(Succeed())
		}
		return rootfs
	}

	DescribeTable("makes the same image as one that is not",
		func(pieces map[int64]string) {
			sparse := write("sparse", nil, pieces)
			full := write("full", make([]byte, size), pieces)

			Expect(w.reference(sparse)).To(Equal(w.reference(full)))

			extracted := GinkgoT().TempDir()
			extract(w.layer(w.reference(sparse)).Uncompressed, extracted)
			Expect(describeTree(extracted)).To(Equal(describeTree(full)))
		},
		Entry("with nothing in it", map[int64]string{}),
		Entry("with data at its beginning", map[int64]string{0: "begins"}),
		Entry("with data at its end", map[int64]string{size - 4: "ends"}),
		Entry("with data in its midst", map[int64]string{1_000_001: "one", 3 << 20: "two"}),
		Entry("with data all over", map[int64]string{0: "begins", 2 << 20: strings.Repeat("long", 1<<17), size - 4: "ends"}),
	)

	It("is not read where it has no data", func() {
		rootfs := write("image", nil, nil)
		Expect(os.Truncate(filepath.Join(rootfs, "file"), 256<<20)).To(Succeed())

		before := bytesRead()
		w.reference(rootfs)
		Expect(bytesRead() - before).To(BeNumerically("<", 64<<20))
	})
})

// bytesRead is how much this process has read since it began, by proc(5).
func bytesRead() int {
	GinkgoHelper()
	content, err := os.ReadFile("/proc/self/io")
	Expect(err).NotTo(HaveOccurred())
	var count int
	_, err = fmt.Fscanf(bytes.NewReader(content), "rchar: %d", &count)
	Expect(err).NotTo(HaveOccurred())
	return count
}
