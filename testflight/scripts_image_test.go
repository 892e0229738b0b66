package testflight_test

import (
	"archive/tar"
	"bytes"
	"io"

	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// pushScripts makes an image of a resource type whose scripts, check, in and out,
// are those shell scripts, and returns its repository.
func pushScripts(scripts map[string]string) string {
	GinkgoHelper()
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	for name, script := range scripts {
		content := "#!/bin/sh\nset -e\n" + script + "\n"
		header := &tar.Header{Name: "opt/resource/" + name, Mode: 0o755, Size: int64(len(content))}
		Expect(writer.WriteHeader(header)).To(Succeed())
		_, err := io.WriteString(writer, content)
		Expect(err).NotTo(HaveOccurred())
	}
	Expect(writer.Close()).To(Succeed())

	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(archive.Bytes())), nil
	})
	Expect(err).NotTo(HaveOccurred())
	image, err := mutate.AppendLayers(pull("busybox:latest"), layer)
	Expect(err).NotTo(HaveOccurred())
	repository := newRepository()
	push(repository+":latest", image)
	return repository
}
