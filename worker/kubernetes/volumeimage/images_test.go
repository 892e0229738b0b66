package volumeimage_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("images of volumes", func() {
	var w *worker
	files := map[string]string{"file": "content"}

	BeforeEach(func() { w = newWorker() })

	It("are made once, however many ask at the same time", func() {
		rootfs := w.fill("image", files)
		var asking sync.WaitGroup
		references := make([]string, 20)
		for i := range references {
			asking.Go(func() {
				defer GinkgoRecover()
				references[i] = w.reference(rootfs)
			})
		}
		asking.Wait()
		Expect(references).To(HaveEach(w.reference(rootfs)))
		Expect(w.logged("made-image")).To(Equal(1))
	})

	It("are those of the volume that a container's is a copy of", func() {
		w.fill("image", files)
		first := w.reference(w.copyOf("image", "container-1"))
		second := w.reference(w.copyOf("image", "container-2"))
		Expect(second).To(Equal(first))
		Expect(w.logged("made-image")).To(Equal(1))

		w.remove("container-1")
		Expect(entriesOf(w, filepath.Join(w.volume("container-2"), "volume", "rootfs"))).To(Equal([]string{"./", "file"}))
	})

	It("differ between a volume and a copy of it that a step wrote to", func() {
		original := w.fill("image", files)
		written := w.copyOf("image", "written")
		Expect(os.WriteFile(filepath.Join(written, "more"), nil, 0o644)).To(Succeed())
		container := w.copyOf("written", "container")

		Expect(w.reference(container)).NotTo(Equal(w.reference(original)))
		Expect(entriesOf(w, container)).To(Equal([]string{"./", "more"}))
	})

	It("are forgotten with their volumes", func() {
		gone := w.reference(w.fill("gone", files))
		w.remove("gone")
		_, err := w.image(gone)
		Expect(err).To(MatchError(ContainSubstring("404")))

		w.reference(w.fill("there", files))
		Expect(w.images.Made()).To(Equal(1))
	})

	It("are served as long as any volume has that content", func() {
		one := w.fill("one", nil)
		two := w.fill("two", nil)
		info, err := os.Stat(one)
		Expect(err).NotTo(HaveOccurred())
		Expect(os.Chtimes(two, info.ModTime(), info.ModTime())).To(Succeed())

		reference := w.reference(one)
		Expect(w.reference(two)).To(Equal(reference))
		w.remove("one")
		_, err = w.layer(reference).Uncompressed()
		Expect(err).NotTo(HaveOccurred())
	})

	DescribeTable("break off when the volume has changed, and are made again",
		func(content string) {
			rootfs := w.fill("image", map[string]string{"file": strings.Repeat("long ", 100_000)})
			before := w.reference(rootfs)
			layer := w.layer(before)
			w.fill("image", map[string]string{"file": content})

			stream, err := layer.Uncompressed()
			if err == nil {
				_, err = io.Copy(io.Discard, stream)
			}
			Expect(err).To(HaveOccurred())
			Expect(errorsOf(w.log)).To(ConsistOf(ContainSubstring("broken-off")))

			Expect(w.reference(rootfs)).NotTo(Equal(before))
		},
		Entry("to something shorter", "short"),
		Entry("to something longer", strings.Repeat("longer ", 100_000)),
		Entry("to something as long", strings.Repeat("LONG ", 100_000)),
	)

	It("never end as if they were whole when the volume has changed", func() {
		rootfs := w.fill("image", map[string]string{"file": "before"})
		digest, err := w.layer(w.reference(rootfs)).Digest()
		Expect(err).NotTo(HaveOccurred())
		w.fill("image", map[string]string{"file": "behind"})

		// A client that checks no digest.
		response, err := http.Get(w.url + "/v2/volume/blobs/" + digest.String())
		if err == nil {
			defer response.Body.Close()
			_, err = io.Copy(io.Discard, response.Body)
		}
		Expect(errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)).To(BeTrue(), "%v", err)
	})

	It("can still be had after an earlier request for one was given up", func(ctx SpecContext) {
		rootfs := w.fill("image", files)
		givenUp, cancel := context.WithCancelCause(ctx)
		cancel(errors.New("took too long"))
		if _, err := w.images.Reference(givenUp, rootfs); err != nil {
			Expect(err).To(MatchError(And(ContainSubstring("volume image"), ContainSubstring("took too long"))))
		}
		w.reference(rootfs)
	})

	DescribeTable("are refused",
		func(ctx SpecContext, path func() string, message string) {
			_, err := w.images.Reference(ctx, path())
			Expect(err).To(MatchError(ContainSubstring(message)))
		},
		Entry("outside the volumes", func() string { return "/etc" }, "/etc is not in a volume"),
		Entry("above the volumes", func() string { return w.volumesDir + "/live/../../etc" }, "is not in a volume"),
		Entry("in what Baggageclaim keeps beside the content", func() string { return w.volume("image") + "/parent" }, "is not in the content of a volume"),
		Entry("when the volume is not there", func() string { return w.volume("gone") + "/volume/rootfs" }, "no such file or directory"),
		Entry("when there is no root file system", func() string { return filepath.Dir(w.fill("image", nil)) + "/none" }, "no such file or directory"),
		Entry("when the root file system is a link out of the volume", func() string {
			rootfs := w.fill("image", nil)
			Expect(os.Remove(rootfs)).To(Succeed())
			Expect(os.Symlink("/etc", rootfs)).To(Succeed())
			return rootfs
		}, "leads out of the volume"),
		Entry("when the root file system is a file", func() string {
			return filepath.Join(w.fill("image", files), "file")
		}, "not a directory"),
	)
})

var _ = Describe("the registry", func() {
	var (
		w       *worker
		digests map[string]string
	)

	BeforeEach(func() {
		w = newWorker()
		image, err := w.image(w.reference(w.fill("image", map[string]string{"file": "content"})))
		Expect(err).NotTo(HaveOccurred())
		manifest, err := image.Digest()
		Expect(err).NotTo(HaveOccurred())
		config, err := image.ConfigName()
		Expect(err).NotTo(HaveOccurred())
		digests = map[string]string{
			"MANIFEST": manifest.String(),
			"CONFIG":   config.String(),
			"UNKNOWN":  "sha256:" + strings.Repeat("0", 64),
		}
	})

	DescribeTable("answers",
		func(method, path string, status int) {
			for placeholder, digest := range digests {
				path = strings.ReplaceAll(path, placeholder, digest)
			}
			request, err := http.NewRequest(method, w.url+path, nil)
			Expect(err).NotTo(HaveOccurred())
			response, err := http.DefaultClient.Do(request)
			Expect(err).NotTo(HaveOccurred())
			response.Body.Close()
			Expect(response.StatusCode).To(Equal(status))
			if method == http.MethodHead && status == http.StatusOK {
				Expect(response.Header.Get("Docker-Content-Digest")).To(HavePrefix("sha256:"))
				Expect(response.ContentLength).To(BeNumerically(">", 0))
			}
		},
		Entry(nil, "GET", "/v2/", 200),
		Entry(nil, "GET", "/v2/volume/manifests/MANIFEST", 200),
		Entry(nil, "HEAD", "/v2/volume/manifests/MANIFEST", 200),
		Entry(nil, "HEAD", "/v2/volume/blobs/CONFIG", 200),
		Entry(nil, "GET", "/v2/volume/manifests/UNKNOWN", 404),
		Entry(nil, "GET", "/v2/volume/manifests/CONFIG", 404),
		Entry(nil, "GET", "/v2/volume/blobs/MANIFEST", 404),
		Entry(nil, "GET", "/v2/volume/blobs/UNKNOWN", 404),
		Entry(nil, "GET", "/v2/volume/manifests/latest", 404),
		Entry(nil, "GET", "/v2/other/manifests/MANIFEST", 404),
		Entry(nil, "GET", "/v2/volume/tags/list", 404),
		Entry(nil, "GET", "/v2/_catalog", 404),
		Entry(nil, "GET", "/", 404),
		Entry(nil, "POST", "/v2/volume/blobs/uploads/", 404),
		Entry(nil, "PUT", "/v2/volume/manifests/MANIFEST", 404),
		Entry(nil, "DELETE", "/v2/volume/manifests/MANIFEST", 404),
	)
})
