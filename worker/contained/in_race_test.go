package contained_test

import (
	"archive/tar"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Describe("streaming into a volume that others change", func() {
	var (
		w             worker
		data, outside string
	)

	BeforeEach(func() {
		w = newWorker()
		data, outside = w.volume("in"), w.outside()
	})

	// whileUnpacking has a change happen between two members of a stream. The second
	// is d/pwned.
	whileUnpacking := func(change func()) answer {
		GinkgoHelper()
		body, writer := io.Pipe()
		archive := tar.NewWriter(writer)
		member := func(name string) {
			defer GinkgoRecover()
			content := make([]byte, 64<<10) // more than a reader of tar takes at once
			Expect(archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(content))})).To(Succeed())
			_, err := archive.Write(content)
			Expect(err).NotTo(HaveOccurred())
		}
		go func() {
			defer GinkgoRecover()
			defer writer.Close()
			member("first")
			Expect(archive.Flush()).To(Succeed())
			Eventually(filepath.Join(data, "first")).Should(BeAnExistingFile())
			change()
			archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "d/pwned", Mode: 0o644})
			archive.Close() // the other end may have gone at the link
		}()
		return w.put("/volumes/in/stream-in", url.Values{"path": {"."}}, http.Header{"Content-Encoding": {raw}}, body)
	}

	DescribeTable("writes nothing through a link to outside", func(change func(target string), target func() string) {
		whileUnpacking(func() { change(target()) })
		Expect(os.Readlink(filepath.Join(data, "d"))).To(Equal(target()))
		w.untouched()
	},
		Entry("that a step makes", func(target string) { Expect(os.Symlink(target, filepath.Join(data, "d"))).To(Succeed()) }, func() string { return outside }),
		Entry("that a step makes, with dots", func(target string) { Expect(os.Symlink(target, filepath.Join(data, "d"))).To(Succeed()) }, func() string { return "../../../../outside" }),
		Entry("that another stream brings", func(target string) {
			Expect(w.streamIn("in", ".", raw, archiveOf(tar.Header{Typeflag: tar.TypeSymlink, Name: "d", Linkname: target})).status).To(Equal(http.StatusNoContent))
		}, func() string { return outside }),
	)

	DescribeTable("follows a link that was there as if the volume were all there is", func(target string) {
		Expect(os.Mkdir(filepath.Join(data, "folder"), 0o755)).To(Succeed())
		Expect(os.Symlink(target, filepath.Join(data, "x"))).To(Succeed())
		found := w.streamIn("in", ".", raw, archiveOf(tar.Header{Typeflag: tar.TypeReg, Name: "x/file"}))
		Expect(found.status).To(Equal(http.StatusNoContent), "%s", found.body)
		Expect(filepath.Join(data, "folder", "file")).To(BeAnExistingFile())
	}, Entry("absolute", "/folder"), Entry("with dots", "../../../../folder"), Entry("inside", "folder"))

	DescribeTable("reaches nothing outside by a link that was there", func(members ...tar.Header) {
		Expect(os.Symlink(outside, filepath.Join(data, "x"))).To(Succeed())
		w.streamIn("in", ".", raw, archiveOf(members...))
		w.untouched()
		Expect(string(w.streamOut("in", ".", raw).body)).NotTo(ContainSubstring("root's"))
	},
		Entry("a file", tar.Header{Typeflag: tar.TypeReg, Name: "x/file"}),
		Entry("a directory", tar.Header{Typeflag: tar.TypeDir, Name: "x/new"}),
		Entry("a hard link", tar.Header{Typeflag: tar.TypeLink, Name: "hard", Linkname: "x/shadow"}),
		Entry("a hard link, into it", tar.Header{Typeflag: tar.TypeReg, Name: "file"}, tar.Header{Typeflag: tar.TypeLink, Name: "x/hard", Linkname: "file"}),
		Entry("a device", tar.Header{Typeflag: tar.TypeChar, Name: "x/zero", Devmajor: 1, Devminor: 5}),
	)

	It("does not write to what has a file's name, but replaces it", func(ctx SpecContext) {
		write(filepath.Join(data, "other"), "kept")
		Expect(unix.Mkfifo(filepath.Join(data, "fifo"), 0o666)).To(Succeed())
		Expect(os.Link(filepath.Join(data, "other"), filepath.Join(data, "hard"))).To(Succeed())
		Expect(os.Symlink("other", filepath.Join(data, "soft"))).To(Succeed())
		for _, name := range []string{"fifo", "hard", "soft"} {
			Expect(w.streamIn("in", ".", raw, archiveOf(tar.Header{Typeflag: tar.TypeReg, Name: name})).status).To(Equal(http.StatusNoContent))
			Expect(os.Lstat(filepath.Join(data, name))).To(HaveField("Mode()", os.FileMode(0o755)))
			Expect(os.ReadFile(filepath.Join(data, name))).To(BeEquivalentTo("unpacked"))
		}
		Expect(os.ReadFile(filepath.Join(data, "other"))).To(BeEquivalentTo("kept"))
	}, SpecTimeout(10*time.Second))

	It("leaves the process' own root and working directory as they are", func() {
		before, err := os.Readlink("/proc/self/cwd")
		Expect(err).NotTo(HaveOccurred())
		Expect(w.streamIn("in", ".", raw, archiveOf(tar.Header{Typeflag: tar.TypeReg, Name: "file"})).status).To(Equal(http.StatusNoContent))
		threads, err := filepath.Glob("/proc/self/task/*")
		Expect(err).NotTo(HaveOccurred())
		Expect(threads).NotTo(BeEmpty())
		for _, thread := range threads {
			Eventually(func() []string { // until the thread that had another has ended
				root, err := os.Readlink(thread + "/root")
				if err != nil {
					return []string{"/", before}
				}
				cwd, err := os.Readlink(thread + "/cwd")
				if err != nil {
					return []string{"/", before}
				}
				return []string{root, cwd}
			}).Should(Equal([]string{"/", before}))
		}
	})
})
