package contained_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Describe("streaming out of a volume", func() {
	var (
		w    worker
		data string
	)

	BeforeEach(func() {
		w = newWorker()
		data = w.volume("out")
		Expect(os.MkdirAll(filepath.Join(data, "folder"), 0o755)).To(Succeed())
		write(filepath.Join(data, "folder", "file"), "the step's")
	})

	link := func(target string, name ...string) {
		GinkgoHelper()
		Expect(os.Symlink(target, filepath.Join(append([]string{data}, name...)...))).To(Succeed())
	}

	DescribeTable("gives what is inside",
		func(path string, files map[string]string) {
			link("folder", "link")
			link("../folder/file", "folder", "link-to-file")
			Expect(w.streamOut("out", path, raw).files()).To(Equal(files))
		},
		Entry("a file", "folder/file", map[string]string{"file": "the step's"}),
		Entry("a file, by an absolute path", "/folder/file", map[string]string{"file": "the step's"}),
		Entry("a file, by a path with dots", "folder/../folder/./file", map[string]string{"file": "the step's"}),
		Entry("a file, by dots after what is not there", "none/../folder/file", map[string]string{"file": "the step's"}),
		Entry("a file in a linked directory", "link/file", map[string]string{"file": "the step's"}),
		Entry("a linked file's content", "folder/link-to-file", map[string]string{"link-to-file": "the step's"}),
		Entry("a directory", "folder", map[string]string{"./": "", "./file": "the step's", "./link-to-file": ""}),
		Entry("a linked directory", "link", map[string]string{"./": "", "./file": "the step's", "./link-to-file": ""}),
		Entry("all", ".", map[string]string{"./": "", "./folder/": "", "./folder/file": "the step's", "./folder/link-to-file": "", "./link": ""}),
	)

	DescribeTable("does not give what is outside, and says which path leads there",
		func(path string, links map[string]string) {
			outside := w.outside()
			for name, target := range links {
				link(strings.ReplaceAll(target, "OUTSIDE", outside), name)
			}
			found := w.streamOut("out", strings.ReplaceAll(path, "OUTSIDE", outside), raw)
			Expect(string(found.body)).NotTo(ContainSubstring("root's"))
			Expect(found.status).To(Equal(http.StatusUnprocessableEntity))
			Expect(found.message()).To(And(HavePrefix("volume out: "), ContainSubstring(strings.ReplaceAll(path, "OUTSIDE", outside)), ContainSubstring("leads out of the volume")))
		},
		Entry("by dots", "../../../../outside/shadow", nil),
		Entry("by dots after a folder", "folder/../../../../../outside/shadow", nil),
		Entry("all volumes, by dots", "../..", nil),
		Entry("by a link to a directory", "link/shadow", map[string]string{"link": "OUTSIDE"}),
		Entry("by a link to a directory, which is the source", "link", map[string]string{"link": "OUTSIDE"}),
		Entry("by a link to a file", "link", map[string]string{"link": "OUTSIDE/shadow"}),
		Entry("by a relative link", "link/shadow", map[string]string{"link": "../../../../outside"}),
		Entry("by a link to a link", "first/shadow", map[string]string{"first": "second", "second": "OUTSIDE"}),
		Entry("by a link to all", "link/etc/shadow", map[string]string{"link": "/"}),
		Entry("by the links of the kernel", "link/self/root/etc/shadow", map[string]string{"link": "/proc"}),
	)

	DescribeTable("opens nothing but files and directories",
		func(make func(path string) error) {
			if err := make(filepath.Join(data, "special")); err != nil {
				Skip("may not make it here: " + err.Error())
			}
			link("special", "link")
			for _, path := range []string{"special", "link"} {
				found := w.streamOut("out", path, raw)
				Expect(found.status).To(Equal(http.StatusUnprocessableEntity))
				Expect(found.message()).To(And(ContainSubstring(path), ContainSubstring("neither a file nor a directory")))
			}
		},
		Entry("a FIFO, for which it would wait", func(path string) error { return unix.Mkfifo(path, 0o666) }),
		Entry("a device", func(path string) error { return unix.Mknod(path, unix.S_IFCHR|0o666, int(unix.Mkdev(1, 5))) }),
		Entry("a socket", func(path string) error {
			listener, err := net.Listen("unix", path)
			if err == nil {
				DeferCleanup(listener.Close)
			}
			return err
		}),
	)

	It("answers for what is not there as upstream's does", func() {
		Expect(w.streamOut("out", "none", raw).status).To(Equal(http.StatusNotFound))
		Expect(w.streamOut("none", ".", raw).status).To(Equal(http.StatusNotFound))
		Expect(w.streamOut("out", ".", "lz4").status).To(Equal(http.StatusBadRequest))
	})

	DescribeTable("compresses",
		func(encoding string, reader func(io.Reader) (io.Reader, error)) {
			found := w.streamOut("out", "folder/file", encoding)
			Expect(found.status).To(Equal(http.StatusOK))
			plain, err := reader(bytes.NewReader(found.body))
			Expect(err).NotTo(HaveOccurred())
			Expect(filesIn(plain)).To(Equal(map[string]string{"file": "the step's"}))
		},
		Entry("with gzip", "gzip", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }),
		Entry("with zstd", "zstd", func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) }),
	)

	Describe("to another worker", func() {
		var other worker

		BeforeEach(func() { other = newWorker() })

		streamTo := func(path, encoding string) string {
			GinkgoHelper()
			there := other.url + "/volumes/in/stream-in?path=."
			found := w.put("/volumes/out/stream-p2p-out", url.Values{"path": {path}, "encoding": {encoding}, "streamInURL": {there}}, nil, nil)
			Expect(found.status).To(Equal(http.StatusOK))
			return string(found.body)
		}

		DescribeTable("gives the files", func(encoding string) {
			copied := other.volume("in")
			Expect(streamTo(".", encoding)).To(Equal("ok"))
			Expect(os.ReadFile(filepath.Join(copied, "folder", "file"))).To(BeEquivalentTo("the step's"))
		}, Entry("compressed with gzip", "gzip"), Entry("compressed with zstd", "zstd"))

		It("does not give what is outside", func() {
			copied := other.volume("in")
			link(w.outside(), "link")
			Expect(streamTo("link", "gzip")).To(And(ContainSubstring("link"), ContainSubstring("leads out of the volume")))
			Expect(streamTo("../../../../outside", "gzip")).To(ContainSubstring("leads out of the volume"))
			Expect(os.ReadDir(copied)).To(BeEmpty())
		})

		It("says what the other one answers", func() {
			Expect(streamTo(".", "gzip")).To(ContainSubstring("404 Not Found: failed to stream in to volume"))
		})
	})
})
