package contained_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"code.cloudfoundry.org/lager/v3/lagertest"
	"github.com/concourse/concourse/worker/baggageclaim"
	"github.com/concourse/concourse/worker/baggageclaim/api"
	"github.com/concourse/concourse/worker/baggageclaim/volume"
	"github.com/concourse/concourse/worker/baggageclaim/volume/driver"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/contained"
)

func TestContained(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Contained Suite")
}

const raw = string(baggageclaim.RawEncoding)

// worker has volumes in a directory, which also holds what is none of theirs.
type worker struct {
	dir     string
	volumes volume.Filesystem
	url     string
}

func newWorker() worker {
	GinkgoHelper()
	w := worker{dir: GinkgoT().TempDir()}
	var err error
	w.volumes, err = volume.NewFilesystem(&driver.NaiveDriver{}, filepath.Join(w.dir, "volumes"))
	Expect(err).NotTo(HaveOccurred())
	repository, err := contained.NewRepository(w.volumes)
	Expect(err).NotTo(HaveOccurred())
	handler, err := api.NewHandler(lagertest.NewTestLogger("baggageclaim"), volume.NewStrategizer(), repository, regexp.MustCompile("lo"), 4, 0)
	Expect(err).NotTo(HaveOccurred())
	server := httptest.NewServer(contained.Handler(handler))
	DeferCleanup(server.Close)
	w.url = server.URL
	return w
}

// volume makes a volume and returns where its content is.
func (w worker) volume(handle string) string {
	GinkgoHelper()
	made, err := w.volumes.NewVolume(handle)
	Expect(err).NotTo(HaveOccurred())
	Expect(made.StorePrivileged(false)).To(Succeed())
	live, err := made.Initialize()
	Expect(err).NotTo(HaveOccurred())
	return live.DataPath()
}

// outside makes a file that no pipeline may reach, and returns its directory.
func (w worker) outside() string {
	GinkgoHelper()
	dir := filepath.Join(w.dir, "outside")
	Expect(os.Mkdir(dir, 0o755)).To(Succeed())
	write(filepath.Join(dir, "shadow"), "root's")
	return dir
}

// untouched says that the directory outside is as it was.
func (w worker) untouched() {
	GinkgoHelper()
	dir := filepath.Join(w.dir, "outside")
	entries, err := os.ReadDir(dir)
	Expect(err).NotTo(HaveOccurred())
	Expect(entries).To(ConsistOf(HaveField("Name()", "shadow")))
	Expect(os.ReadFile(filepath.Join(dir, "shadow"))).To(BeEquivalentTo("root's"))
}

func write(path, content string) {
	GinkgoHelper()
	Expect(os.WriteFile(path, []byte(content), 0o644)).To(Succeed())
}

// answer is what Baggageclaim answers.
type answer struct {
	status int
	body   []byte
}

func (a answer) message() string {
	GinkgoHelper()
	var response api.ErrorResponse
	Expect(json.Unmarshal(a.body, &response)).To(Succeed(), "%d: %s", a.status, a.body)
	return response.Message
}

// files are the archive's, with their content.
func (a answer) files() map[string]string {
	GinkgoHelper()
	Expect(a.status).To(Equal(http.StatusOK), "%s", a.body)
	return filesIn(bytes.NewReader(a.body))
}

func filesIn(stream io.Reader) map[string]string {
	GinkgoHelper()
	found := map[string]string{}
	archive := tar.NewReader(stream)
	for {
		header, err := archive.Next()
		if err == io.EOF {
			return found
		}
		Expect(err).NotTo(HaveOccurred())
		content, err := io.ReadAll(archive)
		Expect(err).NotTo(HaveOccurred())
		found[header.Name] = string(content)
	}
}

func (w worker) put(request string, query url.Values, header http.Header, body io.Reader) answer {
	GinkgoHelper()
	asked, err := http.NewRequest(http.MethodPut, w.url+request+"?"+query.Encode(), body)
	Expect(err).NotTo(HaveOccurred())
	asked.Header = header
	response, err := http.DefaultClient.Do(asked)
	Expect(err).NotTo(HaveOccurred())
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	Expect(err).NotTo(HaveOccurred())
	return answer{response.StatusCode, content}
}

func (w worker) streamOut(handle, path, encoding string) answer {
	GinkgoHelper()
	return w.put("/volumes/"+handle+"/stream-out", url.Values{"path": {path}}, http.Header{"Accept-Encoding": {encoding}}, nil)
}

func (w worker) streamIn(handle, path, encoding string, archive []byte) answer {
	GinkgoHelper()
	return w.put("/volumes/"+handle+"/stream-in", url.Values{"path": {path}}, http.Header{"Content-Encoding": {encoding}}, bytes.NewReader(archive))
}

// archiveOf makes an archive of entries; those of content have their length.
func archiveOf(entries ...tar.Header) []byte {
	GinkgoHelper()
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	for _, entry := range entries {
		content := []byte("unpacked")
		if entry.Typeflag == tar.TypeReg {
			entry.Size = int64(len(content))
		}
		if entry.Mode == 0 {
			entry.Mode = 0o755
		}
		Expect(writer.WriteHeader(&entry)).To(Succeed())
		if entry.Typeflag == tar.TypeReg {
			_, err := writer.Write(content)
			Expect(err).NotTo(HaveOccurred())
		}
	}
	Expect(writer.Close()).To(Succeed())
	return archive.Bytes()
}
