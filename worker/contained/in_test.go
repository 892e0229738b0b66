package contained_test

import (
	"archive/tar"
	"bytes"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Describe("streaming into a volume", func() {
	var (
		w             worker
		data, outside string
	)

	BeforeEach(func() {
		w = newWorker()
		data, outside = w.volume("in"), w.outside()
	})

	oneFile := func() []byte {
		GinkgoHelper()
		return archiveOf(tar.Header{Typeflag: tar.TypeReg, Name: "file"})
	}

	DescribeTable("unpacks", func(path, encoding string, compress func([]byte) []byte) {
		found := w.streamIn("in", path, encoding, compress(oneFile()))
		Expect(found.status).To(Equal(http.StatusNoContent), "%s", found.body)
		Expect(os.ReadFile(filepath.Join(data, path, "file"))).To(BeEquivalentTo("unpacked"))
	},
		Entry("what is not compressed", ".", raw, func(plain []byte) []byte { return plain }),
		Entry("into directories that it makes", "a/b", raw, func(plain []byte) []byte { return plain }),
		Entry("gzip", ".", "gzip", func(plain []byte) []byte {
			var packed bytes.Buffer
			writer := gzip.NewWriter(&packed)
			writer.Write(plain)
			writer.Close()
			return packed.Bytes()
		}),
		Entry("zstd", ".", "zstd", func(plain []byte) []byte {
			encoder, err := zstd.NewWriter(nil)
			Expect(err).NotTo(HaveOccurred())
			return encoder.EncodeAll(plain, nil)
		}),
	)

	It("follows a link that stays inside", func() {
		Expect(os.Mkdir(filepath.Join(data, "folder"), 0o755)).To(Succeed())
		Expect(os.Symlink("folder", filepath.Join(data, "link"))).To(Succeed())
		Expect(w.streamIn("in", "link/below", raw, oneFile()).status).To(Equal(http.StatusNoContent))
		Expect(filepath.Join(data, "folder", "below", "file")).To(BeAnExistingFile())
	})

	DescribeTable("makes nothing outside for a path that leads there, and says so", func(path string) {
		Expect(os.Symlink(outside, filepath.Join(data, "link"))).To(Succeed())
		found := w.streamIn("in", path, raw, oneFile())
		Expect(found.status).To(Equal(http.StatusUnprocessableEntity))
		Expect(found.message()).To(And(ContainSubstring(path), ContainSubstring("leads out of the volume")))
		w.untouched()
	},
		Entry("by dots", "../../../../outside"),
		Entry("by a link", "link"),
		Entry("below a link", "link/below"),
	)

	DescribeTable("opens no FIFO in the place of a directory, for which it would wait", func(ctx SpecContext, path string) {
		Expect(unix.Mkfifo(filepath.Join(data, "special"), 0o666)).To(Succeed())
		Expect(w.streamIn("in", path, raw, oneFile()).status).To(BeNumerically(">=", 400))
	},
		Entry("as the destination", SpecTimeout(10*time.Second), "special"),
		Entry("on the way", SpecTimeout(10*time.Second), "special/below"),
	)

	DescribeTable("keeps a malicious archive inside", func(entries func() []tar.Header) {
		w.streamIn("in", ".", raw, archiveOf(entries()...))
		w.untouched()
		Expect(filepath.Join(w.dir, "volumes", "live", "in", "escaped")).NotTo(BeAnExistingFile())
	},
		Entry("a file below a link to outside", func() []tar.Header {
			return []tar.Header{
				{Typeflag: tar.TypeSymlink, Name: "x", Linkname: outside},
				{Typeflag: tar.TypeReg, Name: "x/file"},
			}
		}),
		Entry("a file in place of a link to one outside", func() []tar.Header {
			return []tar.Header{
				{Typeflag: tar.TypeSymlink, Name: "x", Linkname: filepath.Join(outside, "shadow")},
				{Typeflag: tar.TypeReg, Name: "x"},
			}
		}),
		Entry("a file below a relative link to outside", func() []tar.Header {
			return []tar.Header{
				{Typeflag: tar.TypeSymlink, Name: "x", Linkname: "../../../../outside"},
				{Typeflag: tar.TypeReg, Name: "x/file"},
			}
		}),
		Entry("a link by way of a link", func() []tar.Header {
			return []tar.Header{
				{Typeflag: tar.TypeSymlink, Name: "y", Linkname: "x"},
				{Typeflag: tar.TypeSymlink, Name: "x", Linkname: outside},
				{Typeflag: tar.TypeReg, Name: "y/file"},
			}
		}),
		Entry("a name with dots", func() []tar.Header {
			return []tar.Header{{Typeflag: tar.TypeReg, Name: "../escaped"}, {Typeflag: tar.TypeReg, Name: "../../../../outside/file"}}
		}),
		Entry("an absolute name", func() []tar.Header {
			return []tar.Header{{Typeflag: tar.TypeReg, Name: filepath.Join(outside, "file")}}
		}),
		Entry("a hard link to outside, which is written to", func() []tar.Header {
			return []tar.Header{
				{Typeflag: tar.TypeLink, Name: "x", Linkname: filepath.Join(outside, "shadow")},
				{Typeflag: tar.TypeReg, Name: "x"},
			}
		}),
		Entry("a hard link to outside by dots", func() []tar.Header {
			return []tar.Header{
				{Typeflag: tar.TypeLink, Name: "x", Linkname: "../../../../outside/shadow"},
				{Typeflag: tar.TypeReg, Name: "x"},
			}
		}),
		Entry("a directory in place of a link", func() []tar.Header {
			return []tar.Header{
				{Typeflag: tar.TypeSymlink, Name: "x", Linkname: outside},
				{Typeflag: tar.TypeDir, Name: "x/", Mode: 0o700},
				{Typeflag: tar.TypeReg, Name: "x/file"},
			}
		}),
	)

	It("gives no hard link's content to what is outside", func() {
		w.streamIn("in", ".", raw, archiveOf(tar.Header{Typeflag: tar.TypeLink, Name: "x", Linkname: filepath.Join(outside, "shadow")}))
		Expect(string(w.streamOut("in", "x", raw).body)).NotTo(ContainSubstring("root's"))
	})

	It("opens no device that came with an archive", func() {
		if os.Geteuid() != 0 {
			Skip("only root makes devices")
		}
		w.streamIn("in", ".", raw, archiveOf(tar.Header{Typeflag: tar.TypeChar, Name: "zero", Devmajor: 1, Devminor: 5}))
		Expect(w.streamOut("in", "zero", raw).status).To(BeNumerically(">=", 400))
	})

	It("answers for what it can't take as upstream's does", func() {
		Expect(w.streamIn("none", ".", raw, oneFile()).status).To(Equal(http.StatusNotFound))
		Expect(w.streamIn("in", ".", "lz4", oneFile()).status).To(Equal(http.StatusBadRequest))
		Expect(w.streamIn("in", ".", "gzip", []byte("no archive")).status).To(Equal(http.StatusBadRequest))
		Expect(w.streamIn("in", ".", raw, []byte("no archive")).status).To(Equal(http.StatusBadRequest))
		Expect(w.streamIn("in", ".", raw, oneFile()[:515]).status).To(Equal(http.StatusBadRequest))
	})

	It("ends at the limit", func() {
		limited := w.put("/volumes/in/stream-in", url.Values{"path": {"."}, "limit": {"0.0001"}}, http.Header{"Content-Encoding": {raw}}, bytes.NewReader(oneFile()))
		Expect(limited.status).To(Equal(http.StatusForbidden))
		Expect(limited.message()).To(ContainSubstring("exceeded volume streaming limit"))
	})
})
