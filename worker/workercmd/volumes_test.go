package workercmd

import (
	"archive/tar"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/concourse/flag/v2"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the worker's Baggageclaim", func() {
	var cmd *WorkerCommand

	BeforeEach(func() {
		if os.Geteuid() != 0 {
			Skip("only root gives directories to root and mounts")
		}
		cmd = &WorkerCommand{}
		cmd.WorkDir = flag.Dir(GinkgoT().TempDir())
		cmd.Baggageclaim.Driver = "naive"
		cmd.Baggageclaim.P2pInterfaceNamePattern = "eth0"
		cmd.Baggageclaim.Logger.LogLevel = "error"
		DeferCleanup(func() { Expect(unmountVolumes(cmd.volumesDir(), "")).To(Succeed()) })
	})

	serve := func() http.Handler {
		GinkgoHelper()
		handler, err := cmd.baggageclaimHandler()
		Expect(err).NotTo(HaveOccurred())
		return handler
	}
	ask := func(of http.Handler, method, url, body string) *httptest.ResponseRecorder {
		request := httptest.NewRequest(method, url, strings.NewReader(body))
		request.Header.Set("Accept-Encoding", "raw")
		response := httptest.NewRecorder()
		of.ServeHTTP(response, request)
		return response
	}

	It("keeps its directories to root, whatever their modes were", func() {
		directories := []string{cmd.volumesDir(), filepath.Join(cmd.WorkDir.Path(), "overlays")}
		Expect(os.Mkdir(directories[0], 0o777)).To(Succeed())
		Expect(os.Chmod(directories[0], 0o777)).To(Succeed())
		Expect(os.Chown(directories[0], 1, 1)).To(Succeed())

		serve()

		for _, directory := range directories {
			info, err := os.Stat(directory)
			Expect(err).NotTo(HaveOccurred())
			Expect(info.Mode().Perm()).To(BeEquivalentTo(0o700), directory)
			Expect(info.Sys().(*syscall.Stat_t).Uid).To(BeZero(), directory)
		}
	})

	DescribeTable("gives nothing but what is in a volume, with every driver",
		func(driver string) {
			cmd.Baggageclaim.Driver = driver
			cmd.Baggageclaim.BtrfsBin, cmd.Baggageclaim.MkfsBin = "btrfs", "mkfs.btrfs"
			handler, err := cmd.baggageclaimHandler()
			if err != nil && driver == "btrfs" {
				Skip("no btrfs here: " + err.Error())
			}
			Expect(err).NotTo(HaveOccurred())

			for _, created := range []string{
				`{"handle": "parent", "strategy": {"type": "empty"}}`,
				`{"handle": "child", "strategy": {"type": "cow", "volume": "parent"}}`,
			} {
				response := ask(handler, "POST", "/volumes", created)
				if response.Code != http.StatusCreated && driver == "overlay" {
					Skip("can't mount an overlay file system here")
				}
				Expect(response.Code).To(Equal(http.StatusCreated), response.Body.String())
			}
			data := filepath.Join(cmd.volumesDir(), "live", "child", "volume")
			Expect(os.WriteFile(filepath.Join(data, "file"), []byte("the step's"), 0o644)).To(Succeed())
			Expect(os.Symlink("/etc", filepath.Join(data, "link"))).To(Succeed())

			streamOut := func(path string) *httptest.ResponseRecorder {
				return ask(handler, "PUT", "/volumes/child/stream-out?path="+path, "")
			}
			Expect(fileIn(streamOut("file").Body)).To(Equal("the step's"))
			for _, path := range []string{"link/passwd", "../../../../../../../../../../etc/passwd"} {
				refused := streamOut(path)
				Expect(refused.Code).To(Equal(http.StatusUnprocessableEntity))
				Expect(refused.Body.String()).To(ContainSubstring("leads out of the volume"))
			}
		},
		Entry("overlay", "overlay"),
		Entry("the one that is found", "detect"),
		Entry("naive", "naive"),
		Entry("btrfs", "btrfs"),
	)

	It("says which program of btrfs is missing", func() {
		cmd.Baggageclaim.Driver, cmd.Baggageclaim.BtrfsBin = "btrfs", "no-such-btrfs"
		_, err := cmd.baggageclaimHandler()
		Expect(err).To(MatchError(And(ContainSubstring("--baggageclaim-driver btrfs"), ContainSubstring("no-such-btrfs"))))
	})
})

// fileIn is the content of an archive's first file.
func fileIn(archive *bytes.Buffer) string {
	GinkgoHelper()
	reader := tar.NewReader(archive)
	_, err := reader.Next()
	Expect(err).NotTo(HaveOccurred())
	content, err := io.ReadAll(reader)
	Expect(err).NotTo(HaveOccurred())
	return string(content)
}
