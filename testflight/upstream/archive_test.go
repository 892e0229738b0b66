package upstream

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"runtime"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The archive of fly", func() {
	It("has the program at its top, under the name that web looks for", func() {
		dir := GinkgoT().TempDir()
		built := filepath.Join(dir, "fly-as-built")
		Expect(os.WriteFile(built, []byte("program"), 0o755)).To(Succeed())

		Expect(archiveFly(built, dir)).To(Succeed())

		archive, err := os.Open(filepath.Join(dir, "fly-"+runtime.GOOS+"-"+runtime.GOARCH+".tgz"))
		Expect(err).NotTo(HaveOccurred())
		defer archive.Close()
		uncompressed, err := gzip.NewReader(archive)
		Expect(err).NotTo(HaveOccurred())
		files := tar.NewReader(uncompressed)

		header, err := files.Next()
		Expect(err).NotTo(HaveOccurred())
		Expect(header.Name).To(Equal("fly"))
		Expect(header.FileInfo().Mode()).To(BeEquivalentTo(0o755))
		Expect(io.ReadAll(files)).To(BeEquivalentTo("program"))
		_, err = files.Next()
		Expect(err).To(MatchError(io.EOF))
	})
})
